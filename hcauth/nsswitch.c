/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: "files" stays before hcauth, so that local users win; and nothing else of the text changes. */
#include "nsswitch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct words {
	const char *at, *end;
};

/* The next word of a line: what is between blanks, or between square brackets. */
static bool next_word(struct words *w, const char **word, size_t *len)
{
	while (w->at < w->end && (*w->at == ' ' || *w->at == '\t'))
		w->at++;
	if (w->at == w->end || *w->at == '#' || *w->at == '\n')
		return false;
	*word = w->at;
	bool inside = false;
	for (; w->at < w->end && *w->at != '\n' && *w->at != '#'; w->at++) {
		inside = (inside || *w->at == '[') && *w->at != ']';
		if (!inside && (*w->at == ' ' || *w->at == '\t'))
			break;
	}
	*len = (size_t)(w->at - *word);
	return true;
}

static bool is(const char *word, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(word, text, len) == 0;
}

/* Over the characters that are of the set, or that are not. */
static const char *over(const char *p, const char *end, const char *set, bool of)
{
	while (p < end && (*p && strchr(set, *p)) == of)
		p++;
	return p;
}

static bool is_fold(const char *p, const char *end, const char *text)
{
	return (size_t)(end - p) == strlen(text) && strncasecmp(p, text, strlen(text)) == 0;
}

/* "!" is for all results but that one; of several that say what follows on one result, the last counts. */
bool nsswitch_ends(const char *action, size_t len)
{
	static const char stop[] = " \t[]=";
	const char *p = action, *end = action + len;
	bool ends = false;

	while ((p = over(p, end, stop, true)) < end) {
		bool but = *p == '!';
		const char *result = p + but, *result_end = over(result, end, stop, false);
		const char *then = over(result_end, end, " \t=", true);

		p = over(then, end, stop, false);
		if (is_fold(result, result_end, "NOTFOUND") != but)
			ends = is_fold(then, p, "return");
	}
	return ends;
}

/* Where hcauth goes: behind "files" and what it says of files' own results, unless that ends the search. NULL: there is no
 * "files", or a bracket is open at the line's end. *on: it is there already. */
static const char *place(const char *line, const char *end, bool *on, bool *action)
{
	struct words w = { .at = line, .end = end };
	const char *word, *after = NULL;
	bool behind = false;
	size_t len;

	*on = *action = false;
	while (next_word(&w, &word, &len)) {
		if (memchr(word, '[', len) && word[len - 1] != ']')
			return NULL; /* what is put behind it would be part of it */
		*on |= is(word, len, "hcauth");
		if (behind && *word == '[' && !nsswitch_ends(word, len)) {
			*action = true;
			after = w.at;
		}
		behind = !after && is(word, len, "files");
		if (behind)
			after = w.at;
	}
	return after;
}

/* One line, of passwd or group. */
static bool put(FILE *f, const char *line, size_t len, size_t name, bool group)
{
	bool on, action;
	const char *at = place(line + name, line + len, &on, &action);

	if (on)
		return fwrite(line, 1, len, f) == len;
	if (!at)
		return false;
	fwrite(line, 1, (size_t)(at - line), f);
	if (group)
		fputs(action ? " hcauth [SUCCESS=merge]" : " [SUCCESS=merge] hcauth", f);
	else
		fputs(" hcauth", f);
	fwrite(at, 1, len - (size_t)(at - line), f);
	return true;
}

static bool starts(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

char *nsswitch_on(const char *text, size_t len, size_t *out_len)
{
	const char *end = text + len;
	bool done = true;
	unsigned seen = 0;
	char *out = NULL;
	FILE *f = open_memstream(&out, out_len);

	for (const char *line = text, *next; f && done && line < end; line = next) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		next = nl ? nl + 1 : end;
		size_t n = (size_t)(next - line);
		bool group = starts(line, n, "group:"), passwd = starts(line, n, "passwd:");

		seen |= group ? 1u : passwd ? 2u : 0;
		if (group || passwd)
			done = put(f, line, n, group ? 6 : 7, group);
		else
			fwrite(line, 1, n, f);
	}
	if (f && fclose(f) == 0 && done && seen == 3)
		return out;
	free(out);
	return NULL;
}
