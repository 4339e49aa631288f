/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold. The same steps whoever asks: those of the service's rule, then what the practice asks for
 * besides, at the workstation alone, where it tells nobody who exists, as the service's own steps were gone
 * before it. Nothing here writes, asks or tells. */
#include "rule.h"

#include "glass.h"
#include "policy.h"

const struct factor *rule_factor(const struct conv *c, uint32_t step, uint32_t enrolled)
{
	static const enum factor_id order[] = { FACTOR_PIN, FACTOR_PASSWORD, FACTOR_TOTP,
		FACTOR_SMS, FACTOR_YUBIKEY, FACTOR_RECOVERY };
	const struct factor *usual = NULL;

	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		const struct factor *f = factor_of(order[i]);

		if (!(step & 1u << order[i]) || (!c->local && !f->remote))
			continue;
		if (enrolled & 1u << order[i])
			return f;
		if (!usual || order[i] == FACTOR_PASSWORD)
			usual = f;
	}
	return usual ? usual : &factor_password;
}

bool rule_meets(const struct proof *p, uint32_t step, const struct factor *f)
{
	uint32_t bit = 1u << f->id;

	if (f == &factor_glass)
		return step & p->waived;
	return step & (f == &factor_recovery ? policy_counted(bit) : bit);
}

bool rule_waived(const struct proof *p, uint32_t step, const struct enrolled *e)
{
	uint32_t finger = p->fingerprint ? 1u << FACTOR_FINGERPRINT : 0;

	return step & e->waived && !(step & ~e->waived & ~(uint32_t)FACTORS_EARLIER) &&
		!(step & finger);
}

/* Whether what the practice asks for is asked for here. */
static bool is_required(const struct conv *c)
{
	return c->local && !c->service->one_prompt && c->hello.purpose == PURPOSE_AUTH;
}

/* Out of several, what the practice asks for. Six digits may be the app's or a text message's: where it asks
 * for both, each has a prompt of its own. */
static uint32_t required_of(uint32_t step, uint32_t required)
{
	const uint32_t digits = 1u << FACTOR_TOTP | 1u << FACTOR_SMS;

	if (!(step & required))
		return step;
	step &= required;
	return (step & digits) == digits ? step & ~(1u << FACTOR_SMS) : step;
}

/* What the practice asks for that was not given. */
static uint32_t besides(const struct rule *r, const struct proof *p)
{
	uint32_t given = p->waived;

	if (!is_required(r->c) || p->unmet)
		return 0;
	for (size_t i = 0; i < p->n; i++)
		given |= 1u << p->given[i].factor->id;
	return r->e->required & ~policy_counted(given);
}

static bool next_besides(struct rule *r, uint32_t *step)
{
	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++)
		if (r->besides & 1u << id) {
			*step = 1u << id;
			r->besides &= ~*step;
			return true;
		}
	return false;
}

bool rule_next(struct rule *r, const struct proof *p, uint32_t *step)
{
	const struct service *s = r->c->service; /* may be another than before: shift_leave() */

	if (r->from == RULE_SERVICE && r->at < s->nsteps) {
		*step = s->step[r->at++];
		if (is_required(r->c))
			*step = required_of(*step, r->e->required);
		return true;
	}
	if (r->from == RULE_SERVICE) {
		r->besides = besides(r, p);
		r->from = RULE_PRACTICE;
	}
	if (r->from == RULE_PRACTICE && next_besides(r, step))
		return true;
	if (r->from == RULE_GLASS)
		return false;
	r->from = RULE_GLASS;
	*step = glass_besides(p);
	return *step != 0;
}
