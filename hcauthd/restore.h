/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RESTORE_H
#define HCAUTH_RESTORE_H

#include "backup.h"
#include "conv.h"

enum { RESTORE_UID_GAP = 1000 }; /* uids that were given out since the backup are nobody's now */

struct restoring {
	int fd; /* of the backup */
	const struct backup *backup;
	struct conv *c; /* its seal is the backup's */
	const uint8_t *key; /* the new machine key */
	struct now now;
	size_t people, accounts, unreadable; /* what it has found */
};

/* For store_update() on an empty store: all of the backup, as it is to go on here. -EUCLEAN and -ENOTSUP as
 * backup_read(). */
int restore_all(struct txn *t, void *restoring);

/* Counts what a backup holds, and changes nothing. */
int restore_look(struct restoring *v);

#endif
