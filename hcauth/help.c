/* SPDX-License-Identifier: Apache-2.0 */
/* Help, from the table of verbs alone, so that it can't differ from what there is. */
#include "hcauth.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "verbs.h"

static void print_all(FILE *to)
{
	const char *heading = "";
	const struct verb *v;

	fprintf(to, "Usage: hcauth COMMAND [ARGUMENT...]\n");
	for (size_t i = 0; (v = verb_at(i)); i++) {
		if (strcmp(v->heading, heading) != 0)
			fprintf(to, "\n%s:\n", v->heading);
		heading = v->heading;
		fprintf(to, "  %-17s  %s\n", v->name, v->summary);
	}
	fprintf(to, "\nMore on one of them: hcauth help COMMAND. On all: man hcauth.\n");
}

/* The verbs whose first word is the one given, as "practice" alone; title before the first. */
static bool print_family(FILE *to, const char *word, const char *title)
{
	size_t len = strlen(word);
	const struct verb *v;
	bool any = false;

	for (size_t i = 0; (v = verb_at(i)); i++) {
		if (strncmp(v->name, word, len) != 0 || v->name[len] != ' ')
			continue;
		fprintf(to, "%s hcauth %s\n", any ? "      " : title, v->usage);
		any = true;
	}
	return any;
}

static void print_verb(FILE *to, const struct verb *v)
{
	fprintf(to, "Usage: hcauth %s\n%s.\n", v->usage, v->summary);
	if (*v->details)
		fprintf(to, "\n%s", v->details);
	(void)print_family(to, v->name, "\nAlso: "); /* most have none */
}

int no_such_command(const char *const *words, size_t n)
{
	char shown[64];

	if (n == 0)
		print_all(stderr);
	else if (n > 1 && print_family(stderr, words[0], "Usage:"))
		complain("There is no command \"%s %s\".", words[0],
			visible(words[1], shown, sizeof shown));
	else if (n > 1 || !print_family(stderr, words[0], "Usage:"))
		complain("There is no command \"%s\". Try: hcauth help",
			visible(words[0], shown, sizeof shown));
	return STATUS_USAGE;
}

int cmd_help(const char *const *words, size_t n)
{
	size_t used = 0;
	const struct verb *v = verb_find(words + 1, n - 1, &used);

	if (n == 1)
		print_all(stdout);
	else if (v && used == n - 1)
		print_verb(stdout, v);
	else if (n > 2 || !print_family(stdout, words[1], "Usage:"))
		return no_such_command(words + 1, n - 1);
	return STATUS_DONE;
}
