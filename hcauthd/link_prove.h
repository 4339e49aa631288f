/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LINK_PROVE_H
#define HCAUTH_LINK_PROVE_H

#include "proof.h"

/* That an account which is nobody's yet is the caller's: what it signs in with, asked for and counted as at
 * a sign-in with it. */

struct other {
	struct person who; /* a decoy when no account has that user ID, or it is somebody's */
	struct given password; /* factor NULL: the activation code alone was given */
	struct given code; /* factor NULL: none was given */
	struct secret activation; /* len 0: none was given */
	/* as they were when it was asked */
	bool has_password, has_second, is_activation;
};

#define OTHER(name) struct other name __attribute__((cleanup(other_wipe))) = { .has_second = false }

void other_wipe(struct other *o);

/* Finds the account, and asks. False: nothing was answered. */
bool other_take(struct conv *c, const char *userid, struct other *o);

/* In the closing transaction: *ok if all of it is right, of an account that is active and still nobody's;
 * *who is that account now. Counts, and spends a code. */
int other_close(struct txn *t, const struct conv *c, struct other *o, const struct now *now,
	struct person *who, bool *ok);

/* Whether none of it was looked at, for want of attempts. */
bool other_was_held(const struct other *o);

#endif
