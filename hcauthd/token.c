/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: what was printed is what is parsed, in any spelling that a person could take for it,
 * and a TOTP code or a password is not taken for a token by its form alone (length and alphabet). */
#include "token.h"

#include <stdio.h>
#include <string.h>

#include "wipe.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* Crockford's base32 */

enum { DIGITS = 16, SLOT_DIGITS = 2 };

_Static_assert(SLOT_DIGITS + DIGITS == RECOVERY_LENGTH, "a slot's digits, then the token's");

static void groups(const uint8_t token[TOKEN_BYTES], char *p)
{
	for (unsigned i = 0; i < DIGITS; i++) {
		unsigned bit = i * 5, byte = bit / 8, shift = bit % 8;
		unsigned two =
			(unsigned)token[byte] << 8 | (byte + 1 < TOKEN_BYTES ? token[byte + 1] : 0);

		if (i > 0 && i % 4 == 0)
			*p++ = '-';
		*p++ = alphabet[two >> (11 - shift) & 31];
	}
	*p = 0;
}

void token_text(const uint8_t token[TOKEN_BYTES], char out[TOKEN_TEXT])
{
	groups(token, out);
}

void recovery_code_text(unsigned slot, const uint8_t token[TOKEN_BYTES], char out[TOKEN_TEXT])
{
	out[0] = (char)('0' + slot / 10);
	out[1] = (char)('0' + slot % 10);
	out[2] = '-';
	groups(token, out + 3);
}

static int digit(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

/* The base32 digits of text into out: exactly n, or false. */
static bool digits(const char *text, uint8_t *out, unsigned n)
{
	unsigned have = 0;

	for (const char *p = text; *p; p++) {
		if (*p == ' ' || *p == '-')
			continue;
		int d = digit(*p);
		if (d < 0 || have == n)
			return false;
		out[have++] = (uint8_t)d;
	}
	return have == n;
}

static void pack(const uint8_t digit5[DIGITS], uint8_t out[TOKEN_BYTES])
{
	memset(out, 0, TOKEN_BYTES);
	for (unsigned i = 0; i < DIGITS; i++) {
		unsigned bit = i * 5, byte = bit / 8, shift = bit % 8;
		unsigned two = (unsigned)digit5[i] << (11 - shift);

		out[byte] |= (uint8_t)(two >> 8);
		if (byte + 1 < TOKEN_BYTES)
			out[byte + 1] |= (uint8_t)two;
	}
}

bool token_parse(const char *text, uint8_t out[TOKEN_BYTES])
{
	uint8_t d[DIGITS];
	bool ok = digits(text, d, DIGITS);

	if (ok)
		pack(d, out);
	wipe(d, sizeof d);
	return ok;
}

bool recovery_code_parse(const char *text, unsigned *slot, uint8_t out[TOKEN_BYTES])
{
	uint8_t d[RECOVERY_LENGTH];
	bool ok = digits(text, d, sizeof d) && d[0] <= 9 && d[1] <= 9;
	unsigned n = ok ? d[0] * 10u + d[1] : 0;

	ok = n >= 1 && n <= RECOVERY_SLOTS;
	if (ok) {
		*slot = n;
		pack(d + SLOT_DIGITS, out);
	}
	wipe(d, sizeof d);
	return ok;
}
