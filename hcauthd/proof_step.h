/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PROOF_STEP_H
#define HCAUTH_PROOF_STEP_H

#include "proof.h"

/* Between proof.c, which asks the steps of a rule, and the files of single steps. */

/* What p has. */
struct enrolled {
	const struct conv *c;
	const struct person *p;
	uint32_t factors; /* as bits */
	bool activation; /* an activation code, */
	bool waits; /* which is in time */
	uint32_t waived; /* what a break-glass code spares p here (glass.h) */
	uint32_t required; /* what the practice of p's account asks for in every sign-in */
};

/* What p has, from the store. */
void proof_look(struct conv *c, const struct person *p, struct enrolled *out);

/* Whether text is the person's activation code: then the way to enrolment is open (p->print). A reset code
 * becomes one here, and what was enrolled goes. */
bool step_activation(struct conv *c, struct proof *p, const char *text, struct enrolled *e);

/* The step for a code of any kind. False: the proof ends here. password: what was given before, or empty. */
bool step_code(struct conv *c, struct proof *p, uint32_t step, struct enrolled *e,
	const struct secret *password);

/* Whether somebody with a right password may go on by a code sent by e-mail: only here, at the workstation,
 * and only to enrolment, where there is no second factor that could be asked for. */
bool step_is_bare(const struct conv *c, const struct proof *p, const struct enrolled *e);

#endif
