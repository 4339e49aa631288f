/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a form shows no letter of a name but those that it is made of, whatever spaces, signs and
 * scripts the name is written with. */
#include "names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const titles[] = { "dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor",
	"sir", "dame", "lady", "lord", "rev", "sister", "nurse" };

/* The length of the space, ordinary or not to be broken, at p; 0: there is none. */
static size_t gap(const char *p)
{
	return *p == ' ' ? 1 : strncmp(p, "\xc2\xa0", 2) == 0 ? 2 : 0;
}

static size_t word_length(const char *p)
{
	size_t n = 0;

	while (p[n] && !gap(p + n))
		n++;
	return n;
}

static const char *skip_gaps(const char *p)
{
	while (gap(p))
		p += gap(p);
	return p;
}

static bool is_title(const char *word, size_t n)
{
	if (n > 0 && word[n - 1] == '.')
		n--;
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		if (strlen(titles[i]) == n && strncasecmp(titles[i], word, n) == 0)
			return true;
	return false;
}

/* Past the titles, unless there is nothing else. */
static const char *skip_titles(const char *p)
{
	const char *all = p;

	while (*p && is_title(p, word_length(p)))
		p = skip_gaps(p + word_length(p));
	return *p ? p : all;
}

static bool is_sign(char c)
{
	return (unsigned char)c < 0x80 && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		!(c >= 'a' && c <= 'z');
}

/* The first letter at p with the marks over it (U+0300 to U+036F), in UTF-8. */
static size_t letter_length(const char *p)
{
	size_t n = 1;

	while (((unsigned char)p[n] & 0xc0) == 0x80)
		n++;
	while (p[n] && p[n + 1] &&
		((unsigned char)p[n] == 0xcc ||
			((unsigned char)p[n] == 0xcd && (unsigned char)p[n + 1] < 0xb0)))
		n += 2;
	return n;
}

/* Each part's first letter: of parts between spaces, and between hyphens. */
static void initials(const char *p, char *out)
{
	char between = 0;

	for (;; between = *p == '-' ? '-' : ' ') {
		while (*p && (is_sign(*p) || gap(p)))
			p += gap(p) ? gap(p) : 1;
		if (!*p)
			break;
		size_t n = letter_length(p);

		if (between)
			*out++ = between;
		memcpy(out, p, n);
		out += n;
		*out++ = '.';
		for (p += n; *p && *p != '-' && !gap(p); p++)
			;
	}
	*out = 0;
}

static void first_of(const char *p, char *out)
{
	const char *comma = strchr(p, ',');

	if (comma && *skip_gaps(comma + 1))
		p = skip_titles(skip_gaps(comma + 1));
	size_t n = word_length(p);
	while (n > 0 && p[n - 1] == ',')
		n--;
	memcpy(out, p, n);
	out[n] = 0;
}

void name_form(enum names form, const char *name, char out[NAME_FORM_MAX + 1])
{
	char whole[PERSON_NAME_MAX + 1];

	snprintf(whole, sizeof whole, "%s", name);
	const char *p = skip_titles(skip_gaps(whole));

	switch (form) {
	case NAMES_FULL: snprintf(out, NAME_FORM_MAX + 1, "%s", whole); return;
	case NAMES_INITIALS: initials(p, out); return;
	case NAMES_FIRST: first_of(p, out); return;
	}
	out[0] = 0;
}
