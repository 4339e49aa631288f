/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_DETAILS_H
#define HCAUTH_DETAILS_H

#include "proof.h"

/* What a sign-in asks people about themselves. */

enum { DETAILS_AGAIN_S = 7 * 86400 }; /* what was skipped is asked for again */

/* After a full sign-in: an e-mail address of their own of those who have none; an address that somebody
 * else typed, and a mobile number, with "skip for now". False: no sign-in without. */
bool details_ask(struct conv *c, struct proof *p);

/* Which of the latter two are asked for now. */
struct details_due {
	bool asked, email, mobile;
};
struct details_due details_due(struct conv *c, const struct person *p);

/* Of somebody with a right password and nothing else (p->bare): a code by e-mail, then enrolment. Sets
 * p->enrolled, and p->mailed for proof_close(), which spends the code. */
void details_first(struct conv *c, struct proof *p);

/* Asks for p's new mobile number and a code sent there, and writes it: one commit, which tells whoever was
 * told before. text: the number; "": it is asked for. False: nothing was changed. */
bool details_mobile(struct conv *c, const struct person *p, const char *text);

#endif
