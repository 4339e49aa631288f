/* SPDX-License-Identifier: Apache-2.0 */
/* The PIN: digits, for this workstation only, never over the network. With 100,000 values it lives from
 * the ten tries and from the seal, so what many people would choose is refused. */
#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "text.h"

static void take(
	struct conv *c, const struct person *p, const struct secret *answer, struct given *g)
{
	if (c->local)
		hash_take(c, p, FACTOR_PIN, answer, g);
}

const struct factor factor_pin = {
	.id = FACTOR_PIN,
	.name = "pin",
	.remote = false,
	.take = take,
	.close = hash_close,
};

/* Runs (12345, 97531, 00000), one digit or pair or half repeated, few different digits, years: the
 * patterns that studies of chosen PINs find first. About a thousand of the 100,000 of five digits. */
static bool easily_guessed(const char *pin, size_t n)
{
	bool run = true, pairs = true, mirror = true;
	unsigned seen = 0, kinds = 0;
	int step = pin[1] - pin[0];

	for (size_t i = 0; i < n; i++) {
		run &= i == 0 || pin[i] - pin[i - 1] == step;
		pairs &= i < 2 || pin[i] == pin[i - 2];
		mirror &= pin[i] == pin[n - 1 - i] || n < 6;
		seen |= 1u << (pin[i] - '0');
	}
	for (; seen; seen &= seen - 1)
		kinds++;
	bool thirds = n % 3 == 0 && n > 3;
	for (size_t i = 3; i < n; i++)
		thirds &= pin[i] == pin[i - 3];
	bool year = n >= 5 && (strncmp(pin, "19", 2) == 0 || strncmp(pin, "20", 2) == 0) &&
		n <= 5 && (pin[n - 1] == '0' || pin[n - 1] == '1');
	return run || pairs || (mirror && n >= 6) || thirds || kinds <= 1 ||
		(kinds == 2 && n <= 5) || year;
}

bool may_be_pin(const struct secret *answer)
{
	return answer->len >= PIN_MIN && answer->len <= PIN_MAX &&
		strspn(answer->text, "0123456789") == answer->len;
}

const char *pin_problem(const struct conv *c, const struct person *p, const char *text)
{
	static char wrong_length[240];
	size_t n = strlen(text);

	(void)p;
	if (n != c->conf->pin_length || strspn(text, "0123456789") != n) {
		snprintf(wrong_length, sizeof wrong_length, TEXT_PIN_LENGTH,
			(unsigned)c->conf->pin_length);
		return wrong_length;
	}
	return easily_guessed(text, n) ? TEXT_PIN_EASY : NULL;
}
