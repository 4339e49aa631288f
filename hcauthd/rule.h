/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RULE_H
#define HCAUTH_RULE_H

#include "proof_step.h"

/* Which steps a sign-in has, and what each asks for: for proof.c, which asks them, and for explain.c, which
 * says what would be asked. */

enum rule_from {
	RULE_SERVICE = 0, /* the service's own */
	RULE_PRACTICE, /* the practice of the account asks for it besides */
	RULE_GLASS, /* all else was waived by a break-glass code */
};

struct rule {
	const struct conv *c;
	const struct enrolled *e;
	size_t at; /* of the service's own steps */
	uint32_t besides; /* what the practice asks for that was not given */
	enum rule_from from; /* the step that was taken last */
};

/* The next step, after those that p has been through. False: there is none. */
bool rule_next(struct rule *r, const struct proof *p, uint32_t *step);

/* The factor to ask for in a step: the quickest that p has and that may be used here; for whoever has none
 * of them, the one that most people would be asked for. */
const struct factor *rule_factor(const struct conv *c, uint32_t step, uint32_t enrolled);

/* Whether factor f is one that the step asks for. A recovery code stands in for a code of any other kind, and
 * an envelope's for what it waives. */
bool rule_meets(const struct proof *p, uint32_t step, const struct factor *f);

/* Whether all that p could be asked for in the step is what is waived: a finger that was not read must not
 * hold up whoever has lost the PIN beside it. A step of nothing is met by nothing. */
bool rule_waived(const struct proof *p, uint32_t step, const struct enrolled *e);

#endif
