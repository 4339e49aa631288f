/* SPDX-License-Identifier: Apache-2.0 */
/* From a file's text to rows. What must hold: nothing is cut and nothing guessed at: what does not fit,
 * or is not what its column holds, makes the line wrong. libcsv does the quoting; lines are counted here,
 * since quoted fields may go over several. */
#include <csv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "import.h"
#include "log.h"
#include "message.h"
#include "text.h"

enum column { PRACTICE, USERID, USER, NAME, EMAIL, MOBILE, GROUPS, MANAGER, COLUMNS };

static const char *const column_names[COLUMNS] = { "practice", "userid", "user", "name", "email",
	"mobile", "groups", "manager" };

struct reading {
	struct import *im;
	unsigned line; /* where the parser is */
	unsigned begun; /* where the row began; 0: none has */
	size_t field; /* of the row */
	bool header; /* has been read */
	enum column column[COLUMNS];
	size_t columns;
	bool lost; /* the header is no good: there is no sense in the rest */
	struct import_row row;
	char mobile[64], manager[8];
};

void import_wrong(struct import *im, unsigned line, const char *format, ...)
{
	va_list ap;

	im->wrongs++;
	if (im->nwrong == IMPORT_WRONG_MAX)
		return;
	struct import_wrong *w = &im->wrong[im->nwrong++];
	w->part = im->part;
	w->line = line;
	memcpy(w->of, im->of, sizeof w->of);
	va_start(ap, format);
	vsnprintf(w->why, sizeof w->why, format, ap);
	va_end(ap);
}

static void bad(struct reading *r, const char *what, const char *text)
{
	char shown[160];

	r->row.bad = true;
	import_wrong(r->im, r->begun, "%s: \"%s\"", what, visible(text, shown, sizeof shown));
}

static void take_header(struct reading *r, const char *text)
{
	char shown[80];

	for (enum column i = 0; i < COLUMNS; i++) {
		if (strcasecmp(text, column_names[i]) != 0)
			continue;
		for (size_t k = 0; k < r->columns; k++)
			if (r->column[k] == i) {
				import_wrong(r->im, r->line, "the column %s is there twice", text);
				r->lost = true;
			}
		if (r->columns < COLUMNS)
			r->column[r->columns++] = i;
		return;
	}
	r->lost = true;
	import_wrong(r->im, r->line,
		"there is no column \"%s\": they are practice, userid, user, name, email, mobile, "
		"groups, manager",
		visible(text, shown, sizeof shown));
}

static void copy(struct reading *r, enum column c, const char *text, char *to, size_t size)
{
	char what[64];

	if (strlen(text) < size) {
		memcpy(to, text, strlen(text) + 1);
		return;
	}
	snprintf(what, sizeof what, "%s is too long", column_names[c]);
	bad(r, what, text);
}

static void take_field(struct reading *r, enum column c, const char *text)
{
	struct import_row *row = &r->row;

	switch (c) {
	case PRACTICE: copy(r, c, text, row->practice, sizeof row->practice); break;
	case USERID: copy(r, c, text, row->userid, sizeof row->userid); break;
	case USER: copy(r, c, text, row->user, sizeof row->user); break;
	case NAME: copy(r, c, text, row->name, sizeof row->name); break;
	case EMAIL: copy(r, c, text, row->email, sizeof row->email); break;
	case MOBILE: copy(r, c, text, r->mobile, sizeof r->mobile); break;
	case GROUPS: copy(r, c, text, row->groups, sizeof row->groups); break;
	case MANAGER: copy(r, c, text, r->manager, sizeof r->manager); break;
	case COLUMNS: break;
	}
}

static unsigned lines_in(const char *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static void on_field(void *text, size_t len, void *arg)
{
	struct reading *r = arg;
	const char *s = text ? text : "";

	if (!r->begun)
		r->begun = r->line;
	r->line += lines_in(s, len);
	if (r->lost)
		return;
	if (!r->header)
		take_header(r, s);
	else if (r->field < r->columns)
		take_field(r, r->column[r->field], s);
	r->field++;
}

static bool has(const struct reading *r, enum column c)
{
	for (size_t i = 0; i < r->columns; i++)
		if (r->column[i] == c)
			return true;
	return false;
}

static void end_header(struct reading *r)
{
	r->header = true;
	if (r->lost || (has(r, PRACTICE) && has(r, NAME)))
		return;
	r->lost = true;
	import_wrong(
		r->im, r->begun, "the first line names the columns: practice and name at least");
}

static void check_email(struct reading *r)
{
	char typed[sizeof r->row.email], why[ADDRESS_WHY_MAX];

	if (!*r->row.email)
		return;
	memcpy(typed, r->row.email, sizeof typed);
	if (address_can_be(r->im->c, typed, r->row.email, why))
		return;
	r->row.email[0] = 0;
	if (strcmp(why, TEXT_ADDRESS_FORM) == 0) {
		bad(r, "not an e-mail address", typed);
		return;
	}
	r->row.bad = true;
	if (strcmp(why, TEXT_ADDRESS_UNCHECKED) == 0)
		import_wrong(r->im, r->begun, "%s", why);
	else
		import_wrong(r->im, r->begun, "%s belongs to a desk, not to a person", typed);
}

static void check_row(struct reading *r)
{
	struct import_row *row = &r->row;
	char typed[sizeof row->practice];

	if (r->field != r->columns) {
		row->bad = true;
		import_wrong(r->im, r->begun, "%zu fields, where the first line has %zu", r->field,
			r->columns);
		row->practice[0] = 0;
		return;
	}
	memcpy(typed, row->practice, sizeof typed);
	if (!name_normal(typed, row->practice) || strlen(row->practice) > PRACTICE_ID_MAX) {
		bad(r, "not the ID of a practice", typed);
		row->practice[0] = 0;
	}
	if (!people_name_good(row->name, PERSON_NAME_MAX))
		bad(r, "not a person's name", row->name);
	check_email(r);
	if (*r->mobile && !mobile_normal(r->mobile, row->mobile))
		bad(r, "not a mobile number with its country, such as +447700900123", r->mobile);
	row->manager = strcasecmp(r->manager, "yes") == 0;
	if (!row->manager && *r->manager && strcasecmp(r->manager, "no") != 0)
		bad(r, "manager is yes or no", r->manager);
	if (row->manager && !*row->email)
		bad(r, "a manager needs an e-mail address", row->name);
}

static void keep_row(struct reading *r)
{
	struct import *im = r->im;

	if (im->n == IMPORT_ROWS_MAX) {
		import_wrong(im, r->begun, "more than %d lines: divide the file", IMPORT_ROWS_MAX);
		r->lost = true;
		return;
	}
	if (im->n == im->room) {
		im->room = im->room ? 2 * im->room : 64;
		im->row = realloc(im->row, im->room * sizeof *im->row);
		if (!im->row)
			die("import: no memory");
	}
	r->row.line = r->begun;
	im->row[im->n++] = r->row;
}

/* c: the character that ends the row, or -1 at the end. A line's end in two characters comes as two. */
static void on_row(int c, void *arg)
{
	struct reading *r = arg;

	if (r->begun && !r->header) {
		end_header(r);
	} else if (r->begun && !r->lost) {
		check_row(r);
		keep_row(r);
	}
	r->line += c == '\n';
	r->begun = 0;
	r->field = 0;
	r->row = (struct import_row){ .line = 0 };
	r->mobile[0] = r->manager[0] = 0;
}

void import_read(struct import *out, const char *text, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf"; /* spreadsheets put it before UTF-8 */
	struct reading *r = calloc(1, sizeof *r);
	struct csv_parser p;

	if (!r || csv_init(&p, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL | CSV_APPEND_NULL) != 0)
		die("import: no memory");
	r->im = out;
	r->line = 1;
	if (len >= 3 && memcmp(text, mark, 3) == 0) {
		text += 3;
		len -= 3;
	}
	const char *zero = memchr(text, 0, len);
	if (zero) {
		import_wrong(out, 1 + lines_in(text, (size_t)(zero - text)),
			"a zero byte: this is no text");
		len = 0;
	}
	size_t done = csv_parse(&p, text, len, on_field, on_row, r);
	if (done < len || csv_fini(&p, on_field, on_row, r) != 0)
		import_wrong(out, done < len ? 1 + lines_in(text, done) : r->line,
			"a quotation mark that is not in its place: a field that has one is written "
			"\"like \"\"this\"\"\"");
	else if (!r->header && out->wrongs == 0)
		import_wrong(out, 1, "the file is empty");
	csv_free(&p);
	free(r);
}
