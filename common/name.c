/* SPDX-License-Identifier: Apache-2.0 */
/* Names in their one normal form. What must hold: two names that a person could take for the same have
 * the same form or one of them has none, whatever the locale; a form survives sshd, a passwd line, a
 * path and a log line unchanged. */
#include "name.h"

#include <stddef.h>
#include <string.h>

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool allowed(char c)
{
	return c > ' ' && c < 0x7f && !strchr("/:,;'\"`\\()<>[]", c);
}

bool name_normal(const char *text, char out[SIGN_IN_NAME_MAX + 1])
{
	char name[SIGN_IN_NAME_MAX + 1];
	size_t len = strnlen(text, SIGN_IN_NAME_MAX + 1);
	size_t at = 0;

	if (len == 0 || len > SIGN_IN_NAME_MAX || text[0] == '-' || text[0] == '.' ||
		text[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!allowed(text[i]))
			return false;
		if (text[i] == '@' && (at != 0 || i == 0 || i == len - 1))
			return false;
		if (text[i] == '@')
			at = i;
		name[i] = fold(text[i]);
	}
	if (at != 0 && (name[at + 1] == '.' || name[at + 1] == '-'))
		return false;
	memcpy(out, name, len);
	out[len] = 0;
	return true;
}

bool name_is_email(const char *name)
{
	return strchr(name, '@') != NULL;
}

bool mobile_normal(const char *text, char out[MOBILE_MAX + 1])
{
	char digits[MOBILE_MAX + 1];
	size_t n = 0;

	bool plus = *text == '+';
	for (text += plus; *text; text++) {
		if (strchr(" -.()/", *text))
			continue;
		if (*text < '0' || *text > '9' || n == MOBILE_MAX)
			return false;
		digits[n++] = *text;
	}
	digits[n] = 0;
	const char *p = digits;
	if (!plus) {
		if (strncmp(p, "00", 2) != 0)
			return false;
		p += 2;
	}
	n = strlen(p);
	if (n < 8 || n > 15 || *p == '0')
		return false;
	out[0] = '+';
	memcpy(out + 1, p, n + 1);
	return true;
}

bool name_is_userid(const char *name)
{
	bool first = (*name >= 'a' && *name <= 'z') || *name == '_';

	return first && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == 0;
}

bool name_is_user(const char *text)
{
	return strnlen(text, USER_NAME_MAX + 1) <= USER_NAME_MAX && name_is_userid(text);
}

bool parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!*text)
		return false;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || v > (UINT64_MAX - (uint64_t)(*p - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}
