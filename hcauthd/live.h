/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LIVE_H
#define HCAUTH_LIVE_H

#include "proof.h"

/* A legacy account's person gets an identity: an e-mail address of their own, which a code sent there has
 * proved, is their sign-in name from then on, and the user ID is nobody's. */

enum live {
	LIVE_REFUSED = 0, /* not now, and without one there is no sign-in */
	LIVE_SKIPPED, /* for now, as the settings allow */
	LIVE_DONE, /* p->who is the identity */
};

/* Asks for the address and a code. bare: nothing but a password was proved, so the code is what enrolment
 * rests on: it is not skipped, goes nowhere before something was typed, and stands right until
 * p->mailed is spent with the last step. */
enum live live_ask(struct conv *c, struct proof *p, bool bare);

#endif
