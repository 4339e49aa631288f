/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LEAVE_H
#define HCAUTH_LEAVE_H

#include "flow.h"
#include "store/store.h"

/* What is left of people who have left. */

struct txn;

/* Deletes all rows of a table whose keys begin so. 0 also when there are none. */
int drop_rows(struct txn *t, enum table table, const void *prefix, size_t len);

/* What an owner (an identity or a legacy account) could come in with, or begin anew with: credentials,
 * activation and pending codes, recoveries, second factors given just now, and the messages that carry a
 * code to them. */
int drop_ways_in(struct txn *t, const struct conv *c, const struct id *owner);

/* Whatever is queued to that owner; codes: that which carries one. Not by the address: it is as a practice
 * typed it, and may be another's. A message that can't be read keeps nobody in. */
int drop_messages(struct txn *t, const struct conv *c, const struct id *owner, bool codes);

/* The account's sessions are to be ended by root's hand. */
int ending_add(struct txn *t, const struct now *now, const struct account *a);
/* After that commit: wakes the unit that does it (hcauth-end-sessions.path). */
void ending_wake(void);

/* Whether what the account said of its person was deleted: the user ID, the system user and the uid are
 * all that is left, so that nobody else ever gets them. */
bool account_is_purged(const struct account *a);

#endif
