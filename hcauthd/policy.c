/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <stdio.h>
#include <string.h>

#include "factor.h"

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
	static char names[80];
	size_t at = 0;

	names[0] = 0;
	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_PIN; id++)
		if (factors & 1u << id)
			at += (size_t)snprintf(names + at, sizeof names - at, "%s%s",
				at ? ", " : "", factor_of(id)->name);
	return names;
}

/* A recovery code stands in for one from the app, and is nothing that can be required. */
static uint32_t bit_of(const char *name, size_t len)
{
	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_PIN; id++)
		if (id != FACTOR_RECOVERY && strlen(factor_of(id)->name) == len &&
			memcmp(factor_of(id)->name, name, len) == 0)
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
