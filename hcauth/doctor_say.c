/* SPDX-License-Identifier: Apache-2.0 */
/* How the doctor speaks. What must hold: whatever stands in the files that were read is shown as text and nothing else;
 * the words of the JSON stay as they are. */
#include <string.h>

#include "doctor.h"
#include "log.h"

static const char *const severities[] = { [FINE] = "fine", [MIND] = "mind", [WRONG] = "wrong" };

static const char *const mends[] = {
	[MEND_NOT] = "",
	[MEND_REPLACE] = "replace",
	[MEND_BEFORE] = "before",
	[MEND_AFTER] = "after",
	[MEND_REMOVE] = "remove",
	[MEND_SET] = "set",
	[MEND_RUN] = "run",
};

static unsigned count(const struct doctor *d, enum severity s)
{
	unsigned n = 0;

	for (const struct finding *f = d->first; f; f = f->next)
		n += f->severity == s;
	return n;
}

/* --- text --- */

/* Broken into lines of some 90 columns, each with that margin. */
static void print_wrapped(FILE *to, const char *text, int margin, int column)
{
	char shown[2048];
	const char *p = visible(text, shown, sizeof shown);

	while (*p) {
		size_t len = strcspn(p, " ");

		if (column > margin && column + 1 + (int)len > 92) {
			fprintf(to, "\n%*s", margin, "");
			column = margin;
		} else if (column > margin) {
			fputc(' ', to);
			column++;
		}
		fprintf(to, "%.*s", (int)len, p);
		column += (int)len;
		p += len + strspn(p + len, " ");
	}
	fputc('\n', to);
}

static bool alike(const struct door *a, const struct door *b)
{
	return strcmp(a->person, b->person) == 0 && strcmp(a->root, b->root) == 0 &&
		strcmp(a->stranger, b->stranger) == 0 && strcmp(a->bypass, b->bypass) == 0;
}

static bool said_before(const struct doctor *d, const struct door *door)
{
	for (const struct door *o = d->doors; o != door; o = o->next)
		if (alike(o, door))
			return true;
	return false;
}

static void print_row(FILE *to, const char *name, const char *text)
{
	fprintf(to, "  %-9s ", name);
	print_wrapped(to, text, 12, 12);
}

static void print_doors(const struct doctor *d, FILE *to)
{
	for (const struct door *door = d->doors; door; door = door->next) {
		char names[1024];
		size_t used = 0;

		if (said_before(d, door))
			continue;
		for (const struct door *o = door; o && used < sizeof names; o = o->next)
			if (alike(o, door))
				used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
					used ? ", " : "", o->service);
		print_wrapped(to, names, 0, 0);
		print_row(to, "person", door->person);
		print_row(to, "root", door->root);
		print_row(to, "stranger", door->stranger);
		print_row(to, "bypass", door->bypass);
		fputc('\n', to);
	}
}

static const char *what_to_do(const struct finding *f)
{
	switch (f->mend) {
	case MEND_REPLACE: return "put in place of the line there";
	case MEND_BEFORE: return "put above the line there";
	case MEND_AFTER: return "put below the line there";
	case MEND_REMOVE: return "take that line away";
	case MEND_SET: return "let this stand there";
	case MEND_RUN: return "type, as root";
	default: return "";
	}
}

/* What is to be put somewhere: tabs and line ends are no harm, and are copied with it. */
static void print_line(const char *line, FILE *to)
{
	fputs("           ", to);
	for (const char *p = line; *p;) {
		size_t len = strcspn(p, "\t\n");
		char part[2048], shown[4096];

		snprintf(part, sizeof part, "%.*s", (int)len, p);
		fputs(visible(part, shown, sizeof shown), to);
		p += len;
		if (*p == '\t')
			fputc('\t', to);
		else if (*p)
			fputs("\n           ", to);
		p += *p != 0;
	}
	fputc('\n', to);
}

static void print_finding(const struct finding *f, FILE *to)
{
	char shown[2048];

	fprintf(to, "%-7s", severities[f->severity]);
	print_wrapped(to, f->subject, 7, 7);
	fprintf(to, "       ");
	print_wrapped(to, f->means, 7, 7);
	if (*f->where || f->mend != MEND_NOT)
		fprintf(to, "       %s%s%s\n", visible(f->where, shown, sizeof shown),
			*f->where && f->mend != MEND_NOT ? ": " : "", what_to_do(f));
	if (*f->line)
		print_line(f->line, to);
}

static void print_verdict(const struct doctor *d, FILE *to)
{
	unsigned wrong = count(d, WRONG), mind = count(d, MIND);

	if (d->memory_out)
		fprintf(to, "Not finished: there was not enough memory.\n");
	else if (wrong > 0)
		fprintf(to, "Wrong: %u to mend. To bear in mind: %u.\n", wrong, mind);
	else
		fprintf(to, "Nothing is wrong. To bear in mind: %u.\n", mind);
}

void print_text(const struct doctor *d, FILE *to)
{
	print_doors(d, to);
	for (int s = WRONG; s >= FINE; s--)
		for (const struct finding *f = d->first; f; f = f->next)
			if (f->severity == (enum severity)s)
				print_finding(f, to);
	print_verdict(d, to);
}

/* --- JSON --- */

static void print_string(FILE *to, const char *name, const char *text, const char *after)
{
	fprintf(to, "\"%s\": \"", name);
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\t\n");
		char part[2048], shown[4096];

		snprintf(part, sizeof part, "%.*s", (int)len, p);
		for (const char *c = visible(part, shown, sizeof shown); *c; c++)
			fprintf(to, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
		if (p[len])
			fputs(p[len] == '\t' ? "\\t" : "\\n", to);
		p += len + (p[len] != 0);
	}
	fprintf(to, "\"%s", after);
}

static void print_door_json(const struct door *door, FILE *to)
{
	fputs("  {", to);
	print_string(to, "service", door->service, ", ");
	print_string(to, "file", door->file, ", ");
	print_string(to, "person", door->person, ", ");
	print_string(to, "root", door->root, ", ");
	print_string(to, "stranger", door->stranger, ", ");
	print_string(to, "bypass", door->bypass, door->next ? "},\n" : "}\n");
}

static void print_finding_json(const struct finding *f, FILE *to)
{
	fputs("  {", to);
	print_string(to, "severity", severities[f->severity], ", ");
	print_string(to, "id", f->id, ", ");
	print_string(to, "subject", f->subject, ", ");
	print_string(to, "means", f->means, ", ");
	print_string(to, "where", f->where, ", ");
	print_string(to, "mend", mends[f->mend], ", ");
	print_string(to, "line", f->line, f->next ? "},\n" : "}\n");
}

void print_json(const struct doctor *d, FILE *to)
{
	fputs("{", to);
	print_string(to, "verdict", severities[doctor_worst(d)], ", ");
	fprintf(to, "\"finished\": %s, \"wrong\": %u, \"mind\": %u,\n \"services\": [\n",
		d->memory_out ? "false" : "true", count(d, WRONG), count(d, MIND));
	for (const struct door *door = d->doors; door; door = door->next)
		print_door_json(door, to);
	fputs(" ],\n \"findings\": [\n", to);
	for (const struct finding *f = d->first; f; f = f->next)
		print_finding_json(f, to);
	fputs(" ]}\n", to);
}
