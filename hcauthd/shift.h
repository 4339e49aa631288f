/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SHIFT_H
#define HCAUTH_SHIFT_H

#include "flow.h"

struct txn;

/* A shift: for some hours after a full sign-in at this workstation, the PIN alone is enough where the
 * settings say so (lockers, su from one account of the same person to another). */

/* What a sign-in's steps are: the service's, or within a shift the PIN alone; then c->in_shift is set. */
const struct service *shift_service(struct conv *c);

/* The service's own rule holds after all, and begins with a password. False: it does not. */
bool shift_leave(struct conv *c);

/* In the closing transaction: *over if the sign-in rests on a shift that has ended meanwhile. */
int shift_look(struct txn *t, const struct conv *c, const struct now *now, const struct person *p,
	bool *over);

/* The same, of one that is granted: a full one begins a shift, any other leaves it as it is. */
int shift_begin(struct txn *t, const struct conv *c, const struct now *now, const struct person *p,
	uint32_t factors);

/* Whatever shift the owner has is over. 0 also when there is none. */
int shift_end(struct txn *t, const struct id *owner);

/* The owner's shift. -ENOENT: there is none now. */
int shift_of(struct txn *t, const struct conv *c, const struct now *now, const struct id *owner,
	struct shift *out);

/* hcauth lock */
enum status shift_lock(struct conv *c, const struct words *w);

#endif
