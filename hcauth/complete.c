/* SPDX-License-Identifier: Apache-2.0 */
/* What may come next on a command line, for shells' completion. What must hold: it is read from the table
 * of verbs, each usage as it is shown to people, so that it can't differ from what there is; nothing is
 * asked of the daemon, and no file is looked at. */
#include "hcauth.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "verbs.h"

#define FILES ":files" /* the shell knows them best; no word of ours begins with a colon */

/* A part of a usage: "--name", "ID", "yes|no", or all of "[app|sms|remove app]". */
struct part {
	const char *text;
	size_t len;
	bool ends; /* a bracket closes behind it: what follows is not its value */
};

static bool part_next(const char **at, struct part *out)
{
	const char *p = *at + strspn(*at, " []");
	const char *inside = p > *at && p[-1] == '[' ? p + strcspn(p, "]") : p;

	out->text = p;
	if (memchr(p, '|', (size_t)(inside - p)) && *p != '-' && *inside == ']')
		out->len = (size_t)(inside - p);
	else if (*p == '"')
		out->len = 2 + strcspn(p + 1, "\"");
	else
		out->len = strcspn(p, " []");
	*at = p + out->len;
	out->ends = **at != ' ';
	return out->len > 0;
}

static bool part_is(const struct part *p, const char *word)
{
	return p->len == strlen(word) && memcmp(p->text, word, p->len) == 0;
}

static bool is_option(const struct part *p)
{
	return p->len > 2 && p->text[0] == '-' && p->text[1] == '-';
}

/* The value of the option that has just been read, if it has one. */
static bool option_value(const struct part *option, const char **at, struct part *value)
{
	const char *ahead = *at;

	if (option->ends || !part_next(&ahead, value) || is_option(value))
		return false;
	*at = ahead;
	return true;
}

/* --- what is offered --- */

static const char *typed; /* what stands at the cursor so far */

static void offer(const char *word, size_t len, const char *says)
{
	if (len >= strlen(typed) && memcmp(word, typed, strlen(typed)) == 0)
		printf("%.*s\t%s\n", (int)len, word, says);
}

/* The word after those of before in one of the alternatives, such as "app|sms|remove app". */
static void offer_alternatives(const struct part *p, const char *const *before, size_t n)
{
	const char *end = p->text + p->len;
	const char *last = "";

	for (const char *a = p->text; a < end; a += strcspn(a, "|]") + 1) {
		size_t k = 0;
		const char *w = a;
		size_t len = strcspn(w, " |]");

		while (k < n && strlen(before[k]) == len && memcmp(before[k], w, len) == 0 &&
			w[len] == ' ') {
			k++;
			w += len + 1;
			len = strcspn(w, " |]");
		}
		if (k < n || w + len > end || *w < 'a' || *w > 'z' || strncmp(last, w, len) == 0)
			continue;
		offer(w, len, "");
		last = w;
	}
}

static void offer_value(const struct part *p, const char *const *before, size_t n)
{
	if (part_is(p, "FILE"))
		puts(FILES);
	else if (memchr(p->text, '|', p->len))
		offer_alternatives(p, before, n);
}

/* --- the line --- */

static bool among(const struct part *option, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (part_is(option, words[i]))
			return true;
	return false;
}

/* Finds the option that a word is, and its value. */
static bool find_option(const struct verb *v, const char *word, bool *has_value, struct part *value)
{
	const char *at = v->usage + strlen(v->name);
	struct part p;

	while (part_next(&at, &p)) {
		if (!is_option(&p))
			continue;
		bool takes = option_value(&p, &at, value);

		if (part_is(&p, word)) {
			*has_value = takes;
			return true;
		}
	}
	return false;
}

/* The part of the usage that stands at the nth place, options apart. Alternatives take all that follow. */
static bool find_operand(const struct verb *v, size_t n, struct part *out, size_t *into)
{
	const char *at = v->usage + strlen(v->name);
	struct part value;
	size_t i = 0;

	while (part_next(&at, out)) {
		if (is_option(out)) {
			(void)option_value(out, &at, &value); /* if any: it is no operand */
			continue;
		}
		*into = n - i;
		if (i++ == n || memchr(out->text, ' ', out->len))
			return true;
	}
	return false;
}

static void offer_options(const struct verb *v, const char *const *words, size_t n)
{
	const char *at = v->usage + strlen(v->name);
	struct part p;

	while (part_next(&at, &p))
		if (is_option(&p) && !among(&p, words, n))
			offer(p.text, p.len, "");
	if (n == 0)
		offer("--help", 6, "Show how the command is used");
}

/* words: those behind the verb, up to the cursor. */
static void offer_arguments(const struct verb *v, const char *const *words, size_t n)
{
	const char *operands[64];
	struct part p;
	size_t count = 0, into = 0;

	for (size_t i = 0; i < n; i++) {
		bool has_value = false;

		if (find_option(v, words[i], &has_value, &p)) {
			if (has_value && ++i == n) {
				offer_value(&p, NULL, 0);
				return;
			}
		} else if (count < sizeof operands / sizeof *operands) {
			operands[count++] = words[i];
		}
	}
	if (find_operand(v, count, &p, &into))
		offer_value(&p, operands + count - into, into);
	offer_options(v, words, n);
}

/* The word of a verb's name that comes after these, NULL where its name is another. */
static const char *word_after(const struct verb *v, const char *const *words, size_t n, size_t *len)
{
	const char *at = v->name;

	for (size_t i = 0; i < n; i++) {
		*len = strlen(words[i]);
		if (strncmp(at, words[i], *len) != 0 || at[*len] != ' ')
			return NULL;
		at += *len + 1;
	}
	*len = strcspn(at, " ");
	return at;
}

/* The verbs whose names begin with these words, each by its next word, once. */
static void offer_verbs(const char *const *words, size_t n)
{
	const struct verb *v, *other;

	for (size_t i = 0; (v = verb_at(i)); i++) {
		size_t len, length, k = 0;
		const char *word = word_after(v, words, n, &len), *same = NULL;

		if (!word)
			continue;
		for (; k < i && (other = verb_at(k)); k++)
			if ((same = word_after(other, words, n, &length)) && length == len &&
				memcmp(same, word, len) == 0)
				break;
		if (k == i)
			offer(word, len, word[len] ? "..." : v->summary);
	}
}

int cmd_complete(const char *const *words, size_t n)
{
	size_t used = 0;

	if (n < 3 || strcmp(words[1], "--") != 0) {
		complain("Try: hcauth help complete");
		return STATUS_USAGE;
	}
	typed = words[n - 1];
	words += 2;
	n -= 3;

	const struct verb *v = verb_find(words, n, &used);
	if (v && strcmp(v->name, "help") == 0)
		offer_verbs(words + used, n - used);
	else if (!v || used == n)
		offer_verbs(words, n);
	if (n == 0) {
		offer("--help", 6, "Show all commands");
		offer("--version", 9, "Show the version");
	}
	if (v)
		offer_arguments(v, words + used, n - used);
	return STATUS_DONE;
}
