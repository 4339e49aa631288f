/* SPDX-License-Identifier: Apache-2.0 */
/* The password: NIST SP 800-63B-4, 3.1.1: long rather than odd, never expiring, checked against what
 * attackers try first and against the person's own names. Bytes are compared as they were typed. */
#include <pwquality.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "factor.h"
#include "log.h"
#include "store/store.h"
#include "text.h"

enum { DICTIONARY_MIN = 6 }; /* letters: shorter ones libpwquality refuses by their length */

static void take(
	struct conv *c, const struct person *p, const struct secret *answer, struct given *g)
{
	hash_take(c, p, FACTOR_PASSWORD, answer, g);
}

const struct factor factor_password = {
	.id = FACTOR_PASSWORD,
	.name = "password",
	.remote = true,
	.take = take,
	.close = hash_close,
};

/* The parts of a name that a password must not be made of: four letters and more. */
static bool has_own_name(const char *text, const char *name)
{
	char low[ANSWER_MAX + 1], part[PERSON_NAME_MAX + SIGN_IN_NAME_MAX];
	size_t n = 0;

	for (n = 0; n < sizeof low - 1 && text[n]; n++)
		low[n] = text[n] >= 'A' && text[n] <= 'Z' ? (char)(text[n] + 32) : text[n];
	low[n] = 0;
	n = 0;
	bool found = false;
	for (const char *p = name;; p++) {
		if (*p && !strchr(" .-_@+'", *p) && n < sizeof part - 1) {
			part[n++] = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
			continue;
		}
		part[n] = 0;
		found |= n >= 4 && strstr(low, part) != NULL;
		n = 0;
		if (!*p)
			break;
	}
	wipe(low, sizeof low);
	return found;
}

/* Whether the dictionary has it, by libpwquality with all of its composition rules off. */
static bool in_dictionary(const char *text)
{
	pwquality_settings_t *q = pwquality_default_settings();
	void *why;

	if (!q)
		die("password: no memory");
	pwquality_set_int_value(q, PWQ_SETTING_MIN_LENGTH, DICTIONARY_MIN);
	pwquality_set_int_value(q, PWQ_SETTING_DIFF_OK, 0);
	pwquality_set_int_value(q, PWQ_SETTING_DIG_CREDIT, 0);
	pwquality_set_int_value(q, PWQ_SETTING_UP_CREDIT, 0);
	pwquality_set_int_value(q, PWQ_SETTING_LOW_CREDIT, 0);
	pwquality_set_int_value(q, PWQ_SETTING_OTH_CREDIT, 0);
	int r = pwquality_check(q, text, NULL, NULL, &why);
	pwquality_free_settings(q);
	if (r == PWQ_ERROR_CRACKLIB_CHECK && !why)
		die("password: the dictionary of common passwords is missing (Debian: cracklib-runtime)");
	return r < 0;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Also one word with digits and signs around it, or written twice: what is tried right after the words. */
static bool well_known(const char *text)
{
	char core[ANSWER_MAX + 1];
	size_t n;

	if (in_dictionary(text))
		return true;
	while (*text && !is_letter(*text))
		text++;
	for (n = strlen(text); n > 0 && !is_letter(text[n - 1]); n--)
		;
	if (n % 2 == 0 && strncasecmp(text, text + n / 2, n / 2) == 0)
		n /= 2;
	if (n < DICTIONARY_MIN || n >= sizeof core)
		return false;
	memcpy(core, text, n);
	core[n] = 0;
	bool known = in_dictionary(core);
	wipe(core, sizeof core);
	return known;
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

struct paper {
	const struct conv *c;
	const struct person *p;
	const char *text;
	bool matches;
};

static int match_paper(struct txn *t, void *arg)
{
	struct paper *a = arg;
	struct now now;

	a->c->now(&now);
	a->matches = activation_matches(t, a->c, &a->p->owner, &now, a->text);
	return 0;
}

/* The activation code, which sshd's password method would give to every prompt: it is on paper, and the
 * person would not know that it is their password now. */
static bool is_activation(const struct conv *c, const struct person *p, const char *text)
{
	struct paper a = { .c = c, .p = p, .text = text };

	if (store_read(c->store, match_paper, &a) < 0)
		die("store: an activation code");
	return a.matches;
}

const char *password_problem(const struct conv *c, const struct person *p, const char *text)
{
	static char too_short[240];

	if (characters(text) < c->conf->password_length) {
		snprintf(too_short, sizeof too_short, TEXT_PASSWORD_SHORT,
			(unsigned)c->conf->password_length);
		return too_short;
	}
	if (is_activation(c, p, text))
		return TEXT_PASSWORD_ACTIVATION;
	for (const char *q = text; *q; q++)
		if ((unsigned char)*q < ' ' || *q == 0x7f)
			return TEXT_PASSWORD_CONTROL;
	if ((p->has_identity &&
		    (has_own_name(text, p->identity.email) ||
			    has_own_name(text, p->identity.name))) ||
		(p->has_account &&
			(has_own_name(text, p->account.user) ||
				has_own_name(text, p->account.userid))))
		return TEXT_PASSWORD_OWN_NAME;
	return well_known(text) ? TEXT_PASSWORD_KNOWN : NULL;
}
