/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SIGNS_H
#define HCAUTH_SIGNS_H

#include "proof.h"

/* Signs of a login that several people use: AUDIT_SHARED_LOGIN in the transaction in which they show.
 * They are told to those who look after the place, and block nobody. */

struct txn;

/* p's session v begins: the same person is active at another place. */
int sign_of_two_places(struct txn *t, const struct conv *c, const struct now *now,
	const struct person *p, const struct session *v);

/* p's sign-in is granted: after many wrong PINs in a row. */
int sign_of_guessing(
	struct txn *t, const struct conv *c, const struct now *now, const struct proof *p);

#endif
