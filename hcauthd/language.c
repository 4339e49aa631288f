/* SPDX-License-Identifier: Apache-2.0 */
/* Catalogues of translations (GNU gettext's .mo files, its manual's "The Format of GNU MO Files"). What must
 * hold: a catalogue that is missing, damaged, or anybody's but root's changes no more than the language; no
 * translation is used that asks for other arguments than its English does; nothing of the caller's
 * environment, no locale and no other file has a part in it. libc's own reader is not used: it maps the
 * file, and trusts every length in it. */
#include "language.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "log.h"
#include "paths.h"

enum {
	MAGIC = 0x950412de,
	AT_COUNT = 8, /* where in the file its numbers stand, 32 bits each, the lowest byte first */
	AT_ENGLISH = 12,
	AT_TRANSLATED = 16,
	SENTENCES_MAX = 4096,
	ARGUMENTS = 8, /* of one sentence */
	WIDTH = 3, /* digits of one */
};

static struct catalogue {
	char *data;
	size_t size;
	uint32_t n, english,
		translated; /* how many; where their tables of length and place begin */
} loaded;

static bool number(const struct catalogue *c, size_t at, uint32_t *out)
{
	if (at > c->size || c->size - at < 4)
		return false;
	const unsigned char *p = (const unsigned char *)c->data + at;

	*out = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return true;
}

/* The ith text of a table, NULL where it is not whole. */
static const char *text_at(const struct catalogue *c, uint32_t table, uint32_t i)
{
	uint32_t len, at;

	if (!number(c, (size_t)table + 8 * (size_t)i, &len) ||
		!number(c, (size_t)table + 8 * (size_t)i + 4, &at) || at >= c->size ||
		len >= c->size - at || strnlen(c->data + at, len + 1) != len)
		return NULL;
	return c->data + at;
}

/* --- the arguments that a sentence asks for --- */

struct arguments {
	char kind[ARGUMENTS][4]; /* "zu", "s": the conversion and its length */
	unsigned n;
};

/* How many of its conversions say which argument they are of, and how many do not. */
struct counted {
	unsigned by_number, in_turn;
};

/* One conversion, from behind its %; NULL where it is none of those that are used here. */
static const char *conversion(const char *p, struct arguments *a, struct counted *n)
{
	char *end;
	unsigned long place = strtoul(p, &end, 10);

	if (*end == '$' && *p >= '1' && *p <= '9') {
		p = end + 1;
		n->by_number++;
	} else {
		place = ++n->in_turn;
	}
	p += strspn(p, "-0");
	size_t width = strspn(p, "0123456789");
	if (width > WIDTH) /* printf fails where one runs over */
		return NULL;
	p += width;

	size_t len = strspn(p, "zl");
	if (len > 1 || !p[len] || !strchr("sudx", p[len]) || place == 0 || place > ARGUMENTS)
		return NULL;
	char *kind = a->kind[place - 1];
	if (*kind && (strncmp(kind, p, len + 1) != 0 || kind[len + 1]))
		return NULL; /* one argument can't be two things */
	memcpy(kind, p, len + 1);
	kind[len + 1] = 0;
	a->n = place > a->n ? (unsigned)place : a->n;
	return p + len + 1;
}

static bool arguments_of(const char *text, struct arguments *out)
{
	struct counted n = { .in_turn = 0 };

	*out = (struct arguments){ .n = 0 };
	for (const char *p = text; (p = strchr(p, '%'));) {
		if (p[1] == '%') {
			p += 2;
			continue;
		}
		p = conversion(p + 1, out, &n);
		if (!p)
			return false;
	}
	return n.by_number == 0 ||
		n.in_turn == 0; /* both: what printf takes then is its own affair */
}

/* A translation may ask for them in another order ("%2$s"), never for others. */
static bool arguments_alike(const char *english, const char *translated)
{
	struct arguments a, b;

	return arguments_of(english, &a) && arguments_of(translated, &b) &&
		memcmp(&a, &b, sizeof a) == 0;
}

/* --- loading --- */

/* Every text is there, and they are in order: looking one up checks nothing any more. */
static bool catalogue_good(struct catalogue *c)
{
	uint32_t magic;
	const char *last = NULL;

	if (!number(c, 0, &magic) || magic != MAGIC || !number(c, AT_COUNT, &c->n) ||
		!number(c, AT_ENGLISH, &c->english) || !number(c, AT_TRANSLATED, &c->translated) ||
		c->n > SENTENCES_MAX)
		return false;
	for (uint32_t i = 0; i < c->n; i++) {
		const char *english = text_at(c, c->english, i);
		const char *translated = text_at(c, c->translated, i);

		if (!english || !translated || (last && strcmp(last, english) >= 0))
			return false;
		if (*english && (!*translated || !arguments_alike(english, translated)))
			return false; /* "" is the file's own heading */
		last = english;
	}
	return true;
}

static bool read_all(int fd, struct catalogue *c)
{
	ssize_t got = 1;

	c->data = malloc(CONF_BYTES_MAX + 1);
	while (c->data && c->size <= CONF_BYTES_MAX &&
		(got = read(fd, c->data + c->size, CONF_BYTES_MAX + 1 - c->size)) > 0)
		c->size += (size_t)got;
	return c->data && got == 0;
}

bool language_load(const char *file)
{
	struct catalogue c = { .data = NULL };
	char error[CONF_ERROR_MAX] = "";
	int fd = conf_open(file, error);

	free(loaded.data);
	loaded = c;
	if (fd < 0) {
		log_warn("language: %s; English is told", error);
		return false;
	}
	bool good = read_all(fd, &c) && catalogue_good(&c);
	close(fd);
	if (good) {
		loaded = c;
		return true;
	}
	log_warn("language: %s: damaged; English is told", file);
	free(c.data);
	return false;
}

const char *language_file(const char *language, char out[256])
{
	if (strcmp(language, "en_GB") == 0)
		return NULL;
	snprintf(out, 256, "%s/%s/LC_MESSAGES/hcauth.mo", HC_LOCALE_DIR, language);
	return out;
}

const char *language_text(const char *english)
{
	uint32_t from = 0, to = loaded.n;

	while (from < to) {
		uint32_t i = from + (to - from) / 2;
		const char *there = text_at(&loaded, loaded.english, i);
		int r = there ? strcmp(english, there) : -1;

		if (r == 0)
			return text_at(&loaded, loaded.translated, i);
		if (r < 0)
			to = i;
		else
			from = i + 1;
	}
	return english;
}
