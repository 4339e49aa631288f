/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_REQUEST_H
#define HCAUTH_REQUEST_H

#include "audit.h"
#include "flow.h"

struct key;
struct txn;

/* Requests for a login: what somebody has typed about themselves, until a manager of the practice approves
 * or refuses it. In transactions; 0 or -errno. */

enum {
	REQUESTS_OPEN_MAX = 50, /* of a practice */
	REQUESTS_BY_MAX =
		2, /* open ones of one user of the machine, in all; root and newcomer apart */
	REQUESTS_HOUR_MAX = 10, /* of those whom nobody knows, in all */
	REQUEST_S = 30 * 86400, /* then it is dropped */
};

struct request {
	uint64_t
		number; /* counted in the practice: managers do not see how much the others are asked */
	char practice[PRACTICE_ID_MAX + 1];
	char name[PERSON_NAME_MAX + 1];
	char email[SIGN_IN_NAME_MAX + 1], mobile[MOBILE_MAX + 1];
	uint64_t made;
	char tty[64];
	uint32_t by; /* who asked, by uid; 0: root or newcomer */
};

/* The next one that w's caller may see and that is not too old, by practice and number. Start with
 * at->len = 0. -ENOENT after the last. */
int request_next(struct txn *t, const struct now *now, const struct words *w, struct key *at,
	struct request *out);

/* The one that q's practice and number name. -ENOENT when there is none that w's caller may see. */
int request_load(struct txn *t, const struct now *now, const struct words *w, struct request *q);

/* Keeps it, and sets its number and by whom. -EDQUOT: the practice has too many; -EALREADY: the caller has;
 * -EBUSY: there were too many in this hour (when stranger says that nobody knows who asks). Drops those that
 * are too old. */
int request_add(struct txn *t, const struct conv *c, const struct now *now, bool stranger,
	struct request *q);

/* Takes away the one that named names, with its record in the audit. As request_load(). */
int request_close(struct txn *t, const struct conv *c, const struct now *now, const struct words *w,
	const struct request *named, const char *how);

#endif
