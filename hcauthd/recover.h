/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RECOVER_H
#define HCAUTH_RECOVER_H

#include "proof.h"

/* Getting back in by oneself. A code by e-mail, then one by text message, for a password a second factor
 * too, then the new PIN or password: each step is a commit, and whoever is cut off goes on there when they
 * come back to the same place in time. It signs nobody in: p is asked for what they chose then. */

/* The prompt for p's PIN or password. Whoever answers with nothing is told what to do, and then asked
 * whether they have forgotten it, if this machine can send both codes. False: there is nobody at the
 * terminal, or that was all for this conversation. */
bool recover_ask(struct conv *c, struct person *p, enum factor_id what, const char *prompt,
	struct secret *out);

/* Offers p, whose PIN is locked, a new one. True when it is set: they are to be asked for it. */
bool recover_locked(struct conv *c, struct person *p);

/* After a full sign-in in which a recovery code stood in for the app: sets the app up on another phone,
 * if that is wanted. False: switched off or reset meanwhile, so no sign-in. */
bool recover_phone(struct conv *c, const struct proof *p);

#endif
