/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "hours.h"
#include "people.h"
#include "scope.h"

uint32_t policy_counted(uint32_t factors)
{
	if (factors & 1u << FACTOR_FINGERPRINT)
		factors |= 1u << FACTOR_PIN;
	return factors & 1u << FACTOR_RECOVERY ? factors | FACTORS_SECOND : factors;
}

static int look(struct txn *t, const struct conv *c, const struct now *now, const struct account *a,
	bool network, uint32_t factors, struct policy *out)
{
	struct policy v = { .result = POLICY_UNKNOWN };
	const struct practice *p = &v.practice;
	int r = practice_load(t, a->practice, &v.practice);

	if (r < 0)
		return r;
	v.missing = p->require & ~policy_counted(factors);
	if (network && p->no_network)
		v.result = POLICY_NETWORK;
	else if (c->service->hours && !hours_open(p->hours, now->unix_s) &&
		!scope_manages(t, p, &a->identity))
		v.result = POLICY_CLOSED;
	else
		v.result = v.missing ? POLICY_FACTORS : POLICY_MET;
	*out = v;
	return 0;
}

int policy_look(struct txn *t, const struct conv *c, const struct now *now, const struct account *a,
	uint32_t factors, struct policy *out)
{
	return look(t, c, now, a, !c->local, factors, out);
}

int policy_look_account(struct txn *t, const struct conv *c, const struct now *now,
	const struct account *a, struct policy *out)
{
	bool by_itself =
		c->peer == 0 && c->hello.ruid == 0 && !*c->hello.rhost && !c->service->hours;

	return look(t, c, now, a, !c->local && !by_itself, UINT32_MAX, out);
}

const char *policy_why(const struct policy *p)
{
	static char why[PRACTICE_ID_MAX + 120];
	const char *id = p->practice.id;

	why[0] = 0;
	if (p->result == POLICY_CLOSED)
		snprintf(why, sizeof why, "practice %s is closed", id);
	if (p->result == POLICY_NETWORK)
		snprintf(why, sizeof why, "practice %s signs nobody in over the network", id);
	if (p->result == POLICY_FACTORS)
		snprintf(why, sizeof why, "practice %s requires %s", id, policy_names(p->missing));
	return why;
}

uint64_t policy_migrate(const struct conf *conf, const struct practice *p)
{
	if (conf->migrate == 0 || (p->migrate != 0 && p->migrate < conf->migrate))
		return p->migrate;
	return conf->migrate;
}

uint32_t policy_missing(const struct service *s, const struct practice *p)
{
	uint32_t asked = 0;

	if (s->local && !s->one_prompt)
		return 0;
	for (size_t i = 0; i < s->nsteps; i++)
		asked |= s->step[i];
	return p->require & ~asked;
}

const char *policy_names(uint32_t factors)
{
	static char names[160];
	size_t at = 0;

	names[0] = 0;
	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++)
		if (factors & 1u << id)
			at += (size_t)snprintf(names + at, sizeof names - at, "%s%s",
				at ? ", " : "", factor_name(id));
	return names;
}

/* A recovery code stands in for the other codes, and is nothing that can be required; nor is what only some
 * doors can prove. */
uint32_t policy_requirable(void)
{
	uint32_t bits = 0;

	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++)
		if (id != FACTOR_RECOVERY && factor_of(id) && factor_of(id)->take)
			bits |= 1u << id;
	return bits;
}

static uint32_t bit_of(const char *name, size_t len)
{
	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++)
		if (policy_requirable() & 1u << id && strlen(factor_name(id)) == len &&
			memcmp(factor_name(id), name, len) == 0)
			return 1u << id;
	return 0;
}

bool policy_parse(const char *text, uint32_t *out)
{
	uint32_t bits = 0;

	if (strcmp(text, "none") == 0) {
		*out = 0;
		return true;
	}
	for (const char *p = text;; p++) {
		p += strspn(p, " ");
		size_t len = strcspn(p, ", ");
		uint32_t bit = bit_of(p, len);

		if (!bit || bits & bit)
			return false;
		bits |= bit;
		p += len + strspn(p + len, " ");
		if (!*p)
			break;
		if (*p != ',')
			return false;
	}
	*out = bits;
	return true;
}
