/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whatever people are called, no request and no escape of groff's comes from it: each line
 * of theirs begins with one that does nothing, so that it is no request, and every character that could
 * begin an escape is named instead. */
#include "letter_page.h"

#include <stdbool.h>
#include <string.h>

#include "letter_line.h"

/* U+0100 to U+017F, which groff's fonts mostly lack, as the nearest letters that they have. */
static const char latin[] = "AaAaAaCcCcCcCcDd"
			    "DdEeEeEeEeEeGgGg"
			    "GgGgHhHhIiIiIiIi"
			    "IiJjJjKkkLlLlLlL"
			    "lLlNnNnNnnNnOoOo"
			    "OoOoRrRrRrSsSsSs"
			    "SsTtTtTtUuUuUuUu"
			    "UuUuWwYyYZzZzZzs";

static void put(FILE *out, const char *text)
{
	static const struct {
		char c;
		const char *name;
	} named[] = { { '\\', "\\[rs]" }, { '\'', "\\[aq]" }, { '"', "\\[dq]" }, { '`', "\\[ga]" },
		{ '^', "\\[ha]" }, { '~', "\\[ti]" } };

	for (; *text; text++) {
		const char *name = NULL;

		for (size_t i = 0; i < sizeof named / sizeof *named; i++)
			if (named[i].c == *text)
				name = named[i].name;
		if (name)
			fputs(name, out);
		else if ((unsigned char)*text >= ' ' && *text != 0x7f)
			fputc(*text, out);
	}
}

/* A line of text, never a request. */
static void put_line(FILE *out, const char *text)
{
	fputs("\\&", out);
	put(out, text);
	fputc('\n', out);
}

static void preamble(FILE *out)
{
	fputs(".pl 29.7c\n.po 2.3c\n.ll 16.4c\n.nh\n.ad l\n.fam H\n.ta 4.6c\n", out);
	for (unsigned i = 0; i < sizeof latin - 1; i++)
		fprintf(out, ".fchar \\[u%04X] %c\n", 0x100 + i, latin[i]);
}

static void heading(FILE *out, const char *text, bool first)
{
	if (!first)
		fputs(".bp\n", out);
	fputs(".in 0\n.ps 22\n.vs 27p\n.sp |3c\n.ft B\n", out);
	put_line(out, text);
	fputs(".br\n\\l'16.4c'\n.br\n.ft R\n.ps 12\n.vs 17p\n.sp 0.5\n", out);
}

/* "User ID: STJ0042": what is to be typed is in letters that can't be taken for each other. */
static void label(FILE *out, const char *name, const char *text, const char *font)
{
	fputs(".br\n.sp 0.5\n\\&", out);
	put(out, name);
	fprintf(out, "\t%s", font);
	put(out, text + strspn(text, " "));
	fputs("\\f[R]\\s[12]\n.br\n", out);
}

/* "1. At one of": the number hangs. */
static void step(FILE *out, char *line)
{
	char *text = line + strcspn(line, " ");

	if (*text)
		*text++ = 0;
	fputs(".sp 0.4\n.in 0.8c\n.ti -0.8c\n.ta 0.8c\n", out);
	fputs("\\&", out);
	put(out, line);
	fputs("\t", out);
	put(out, text);
	fputs("\n.ta 4.6c\n", out);
}

static void body_line(FILE *out, char *line)
{
	static const struct {
		const char *name, *font;
	} labels[] = { { LETTER_USERID, "\\s[14]\\f[CB]" }, { LETTER_EMAIL, "\\s[14]\\f[CB]" },
		{ LETTER_CODE, "\\s[24]\\f[CB]" }, { LETTER_UNTIL, "\\f[B]" },
		{ LETTER_USERID_CY, "\\s[14]\\f[CB]" }, { LETTER_EMAIL_CY, "\\s[14]\\f[CB]" },
		{ LETTER_CODE_CY, "\\s[24]\\f[CB]" }, { LETTER_UNTIL_CY, "\\f[B]" } };

	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (strncmp(line, labels[i].name, strlen(labels[i].name)) == 0) {
			label(out, labels[i].name, line + strlen(labels[i].name), labels[i].font);
			return;
		}
	if (strcmp(line, LETTER_STEPS) == 0 || strcmp(line, LETTER_STEPS_CY) == 0) {
		fputs(".sp 0.4\n.ft B\n.ps 14\n", out);
		put_line(out, line);
		fputs(".br\n.ft R\n.ps 12\n", out);
	} else if (*line >= '1' && *line <= '9' && strncmp(line + 1, ". ", 2) == 0) {
		step(out, line);
	} else if (*line == 0) {
		fputs(".br\n.in 0\n.sp 0.6\n", out);
	} else {
		put_line(out, line + strspn(line, " "));
	}
}

void letter_page(FILE *out, char *text)
{
	bool first = true, begins = true;
	char *rest = text;

	preamble(out);
	for (char *line; (line = strsep(&rest, "\n"));) {
		if (*line == '\f') {
			begins = true;
			line++;
		}
		if (begins && *line) {
			heading(out, line, first);
			first = begins = false;
		} else if (!begins) {
			body_line(out, line);
		}
	}
}
