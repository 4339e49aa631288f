/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *found(const char *const *words, size_t n, size_t *used)
{
	const struct verb *v = verb_find(words, n, used);

	return v ? v->name : "none";
}

TEST(verb_is_whole_words_and_the_longest)
{
	static const char *const add[] = { "identity", "add", "ada@example.org" };
	static const char *const pin[] = { "pin" };
	static const char *const bad[][2] = { { "identity", "ad" }, { "identity", "addd" },
		{ "identit", "add" }, { "identity add", "x" }, { "identity", "" }, { "", "add" },
		{ "pi", "n" }, { "PIN", "" } };
	size_t used = 9;

	CHECK_TEXT(found(add, 3, &used), "identity add");
	CHECK_INT(used, 2);
	CHECK_TEXT(found(pin, 1, &used), "pin");
	CHECK_INT(used, 1);
	used = 9;
	CHECK_TEXT(found(add, 1, &used), "none");
	CHECK_TEXT(found(add, 0, &used), "none");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_TEXT(found(bad[i], 2, &used), "none");
	CHECK_INT(used, 9);
}

TEST(verb_usage_begins_with_its_name_and_each_has_one_row)
{
	const struct verb *v, *w;

	for (size_t i = 0; (v = verb_at(i)); i++) {
		CHECK(strncmp(v->usage, v->name, strlen(v->name)) == 0);
		CHECK(*v->summary && v->summary[strlen(v->summary) - 1] != '.');
		CHECK(v->details && (!*v->details || v->details[strlen(v->details) - 1] == '\n'));
		CHECK(v->where == VERB_DAEMON || v->where == VERB_HERE);
		for (size_t k = 0; k < i && (w = verb_at(k)); k++)
			CHECK(strcmp(v->name, w->name) != 0);
	}
}

/* As mdoc(7) wants it. */
static void escaped(const char *text, char *out, size_t size)
{
	FILE *f = fmemopen(out, size, "w");

	for (; *text; text++) {
		if (*text == '"')
			fputs("\\(dq", f);
		else
			fprintf(f, "%s%c", *text == '-' ? "\\" : "", *text);
	}
	CHECK_INT(fclose(f), 0);
}

TEST(verb_manual_page_says_what_the_table_says)
{
	char path[512], item[512], line[1024];
	static char page[65536];
	const char *from = getenv("srcdir"); /* make check; by hand, from the build folder */
	const struct verb *v;
	size_t rows = 0, items = 0;

	snprintf(path, sizeof path, "%s/doc/hcauth.1", from ? from : "..");
	FILE *f = fopen(path, "r");
	CHECK(f != NULL);
	size_t n = fread(page, 1, sizeof page - 1, f);
	fclose(f);
	CHECK(n > 0 && n < sizeof page - 1);

	for (; (v = verb_at(rows)); rows++) {
		escaped(v->usage, item, sizeof item);
		snprintf(line, sizeof line, "\n.It Ic %s\n%s.\n", item, v->summary);
		CHECK_HAS(page, line);
	}
	for (const char *p = page; (p = strstr(p, "\n.It Ic ")); p++)
		items++;
	CHECK_INT(rows, items);
}
