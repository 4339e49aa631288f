/* SPDX-License-Identifier: Apache-2.0 */
/* The import of a file. What must hold: all of it is one transaction, begun when the file is read to its
 * end; one wrong line, and nothing of it is there; every wrong line is told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "factor.h"
#include "import.h"
#include "join.h"
#include "letter_tell.h"
#include "log.h"
#include "manage.h"
#include "store/store.h"

struct importing {
	struct import im;
	struct conv *c;
	bool dry, letters;
	size_t nwrong, wrongs; /* of the file itself, before the store was looked at */
	size_t people, accounts; /* made */
	struct now now;
};

/* More room, without a copy left behind. */
static char *grow(char *text, size_t len, size_t room)
{
	char *larger = malloc(room);

	if (!larger)
		die("import: no memory");
	if (text)
		memcpy(larger, text, len);
	import_free(text, len);
	return larger;
}

char *import_collect(struct conv *c, size_t *len)
{
	static struct data piece;
	char *text = NULL;
	size_t room = 0;

	for (*len = 0;; *len += piece.len) {
		c->io.data(c->io.arg, &piece);
		if (piece.len > WIRE_DATA_MAX - *len)
			die("import: more than %d bytes", WIRE_DATA_MAX);
		if (*len + piece.len >= room) {
			room = 2 * (*len + piece.len + 1);
			text = grow(text, *len, room);
		}
		memcpy(text + *len, piece.bytes, piece.len);
		text[*len + piece.len] = 0;
		if (piece.len > 0)
			continue;
		wipe(&piece, sizeof piece);
		return text;
	}
}

void import_free(char *text, size_t len)
{
	if (text)
		wipe(text, len);
	free(text);
}

/* --- who belongs together --- */

static int by_email(const void *a, const void *b)
{
	const struct import_row *x = *(const struct import_row *const *)a;
	const struct import_row *y = *(const struct import_row *const *)b;
	int r = strcmp(x->email, y->email);

	return r != 0 ? r : (x->line > y->line) - (x->line < y->line);
}

static void check_same(struct import *im, struct import_row *row)
{
	const struct import_row *first = row->first;

	if (strcmp(first->name, row->name) != 0 || strcmp(first->mobile, row->mobile) != 0) {
		row->bad = true;
		import_wrong(im, row->line,
			"%s is in line %u too, with another name or mobile number", row->email,
			first->line);
	}
}

/* Rows with one e-mail address are one person. */
static void find_people(struct import *im)
{
	struct import_row **order = calloc(im->n + 1, sizeof *order), *first = NULL;

	if (!order)
		die("import: no memory");
	for (size_t i = 0; i < im->n; i++)
		order[i] = &im->row[i];
	qsort(order, im->n, sizeof *order, by_email);
	for (size_t i = 0; i < im->n; i++) {
		struct import_row *row = order[i];

		if (!*row->email)
			continue;
		if (!first || strcmp(first->email, row->email) != 0)
			first = row;
		row->first = first;
		if (row != first)
			check_same(im, row);
	}
	free(order);
}

static void take_words(struct importing *v, struct import_row *row)
{
	struct account_new *a = &row->a;
	const struct account_words words = { .userid = *row->userid ? row->userid : NULL,
		.user = *row->user ? row->user : NULL,
		.groups = row->groups };
	char why[WHY_MAX];

	for (char *p = row->groups; *p; p++)
		if (*p == ';' || *p == ' ')
			*p = ',';
	*a = (struct account_new){ .c = v->c,
		.person = row->name,
		.email = row->email,
		.event = AUDIT_ACCOUNT_ADDED,
		.detail = "imported",
		.problem = "",
		.now = v->now };
	memcpy(a->account.practice, row->practice, sizeof a->account.practice);
	if (!*row->email) { /* else the identity has them */
		memcpy(a->account.name, row->name, sizeof a->account.name);
		memcpy(a->account.mobile, row->mobile, sizeof a->account.mobile);
	}
	if (!row->bad && !account_new_take(a, &words, why)) {
		row->bad = true;
		import_wrong(&v->im, row->line, "%s", why);
	}
}

/* --- the transaction --- */

static int make_identity(struct txn *t, struct importing *v, struct import_row *first)
{
	struct person p = { .known = true, .has_identity = true };
	struct identity *who = &p.identity;
	int r;

	who->id = p.owner = id_new();
	who->state = STATE_ACTIVE;
	who->created = v->now.unix_s;
	memcpy(who->email, first->email, sizeof who->email);
	memcpy(who->name, first->name, sizeof who->name);
	memcpy(who->mobile, first->mobile, sizeof who->mobile);
	if ((r = name_claim(t, who->email, NAME_IDENTITY, &who->id)) < 0 ||
		(r = identity_save(t, who)) < 0 ||
		(r = activation_make(t, v->c, &who->id, &v->now, ACTIVATION_S, first->code)) < 0)
		return r;
	first->identity = who->id;
	v->people++;
	return audit(t, v->c, &v->now, AUDIT_IDENTITY_ADDED, &p, "imported");
}

/* The identity of the row's address: made by this import at most once. */
static int take_identity(struct txn *t, struct importing *v, struct import_row *row)
{
	struct import_row *first = row->first;
	struct name_row name;
	int r;

	if (first->made)
		return 0;
	row->a.problem = "a sign-in name of that e-mail address, which is not one person's,";
	r = name_find(t, first->email, &name);
	if (r == 0 && name.kind != NAME_IDENTITY)
		return -EEXIST;
	first->known = r == 0;
	first->identity = name.id;
	if (r == -ENOENT)
		r = make_identity(t, v, first);
	first->made = r == 0;
	return r;
}

static int make_manager(struct txn *t, struct importing *v, const struct import_row *row)
{
	struct practice p;
	int r = practice_load(t, row->practice, &p);

	for (size_t i = 0; r == 0 && i < p.nmanagers; i++)
		if (id_equal(&p.manager[i], &row->first->identity))
			return 0;
	if (r < 0)
		return r;
	if (p.nmanagers == PRACTICE_MANAGERS_MAX) {
		import_wrong(&v->im, row->line, "%s has %d managers already", p.id,
			PRACTICE_MANAGERS_MAX);
		return 0;
	}
	p.manager[p.nmanagers++] = row->first->identity;
	const struct person who = { .owner = row->first->identity,
		.known = true,
		.has_account = true,
		.account = row->a.account };
	if ((r = practice_save(t, &p)) < 0)
		return r;
	return audit(t, v->c, &v->now, AUDIT_MANAGER, &who, "made, imported");
}

static int add_row(struct txn *t, struct importing *v, struct import_row *row)
{
	char why[WHY_MAX];
	int r = row->first ? take_identity(t, v, row) : 0;

	if (r == 0)
		r = account_new_add(t, &row->a);
	if (r == 0 && row->manager)
		r = make_manager(t, v, row);
	if (r == -ENOENT || r == -EEXIST || r == -ERANGE) {
		account_new_why(&row->a, r, why);
		import_wrong(&v->im, row->line, "%s", why);
		return 0; /* the next line may be wrong too */
	}
	v->accounts += r == 0;
	v->people += r == 0 && !row->first;
	return r;
}

static int import_txn(struct txn *t, void *arg)
{
	struct importing *v = arg;
	struct import *im = &v->im;
	char detail[64];
	int r;

	im->nwrong = v->nwrong;
	im->wrongs = v->wrongs;
	v->people = v->accounts = 0;
	r = import_known(t, im);
	for (size_t i = 0; r == 0 && i < im->n; i++)
		if (!im->row[i].bad && !im->row[i].refused)
			r = add_row(t, v, &im->row[i]);
	if (r < 0 || im->wrongs > 0 || v->dry)
		return r < 0 ? r : -ECANCELED;
	snprintf(detail, sizeof detail, "people=%zu accounts=%zu", v->people, v->accounts);
	return audit(t, v->c, &v->now, AUDIT_IMPORTED, NULL, detail);
}

/* --- the report --- */

static int by_line(const void *a, const void *b)
{
	const struct import_wrong *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

void import_tell_wrong(struct import *im)
{
	qsort(im->wrong, im->nwrong, sizeof *im->wrong, by_line);
	for (size_t i = 0; i < im->nwrong; i++)
		tell(im->c, TELL_ERROR, "%s%sline %u: %s", im->wrong[i].of,
			*im->wrong[i].of ? ", " : "", im->wrong[i].line, im->wrong[i].why);
	if (im->wrongs > im->nwrong)
		tell(im->c, TELL_ERROR, "and %zu more", im->wrongs - im->nwrong);
	tell(im->c, TELL_ERROR, "%zu %s wrong: nothing was imported.", im->wrongs,
		im->wrongs == 1 ? "thing is" : "things are");
}

/* The code of a row's person, told with their first row; "" for those who have none to get. */
static const char *code_of(const struct import_row *row)
{
	if (!row->first)
		return row->a.code;
	return row->first == row && !row->known ? row->code : "";
}

static int practice_name(struct txn *t, void *arg)
{
	struct letter *l = arg;
	struct practice p;
	int r = practice_load(t, l->practice, &p);

	if (r == 0)
		memcpy(l->practice, p.name, sizeof l->practice);
	return r;
}

static void tell_letter(struct importing *v, const struct import_row *row)
{
	struct letter l = { .until = v->now.unix_s + ACTIVATION_S };

	snprintf(l.practice, sizeof l.practice, "%s", row->a.account.practice);
	if (store_read(v->c->store, practice_name, &l) < 0)
		die("store: a practice's name");
	snprintf(l.name, sizeof l.name, "%.*s", PERSON_NAME_MAX, row->name);
	memcpy(l.userid, row->a.account.userid, sizeof l.userid);
	memcpy(l.email, row->email, sizeof l.email);
	snprintf(l.code, sizeof l.code, "%s", code_of(row));
	letter_tell(v->c, &l);
	wipe(&l, sizeof l);
}

static void tell_rows(struct importing *v)
{
	for (size_t i = 0; i < v->im.n; i++) {
		const struct import_row *row = &v->im.row[i];
		const struct account *a = &row->a.account;
		bool codes = !v->dry && !v->letters;

		tell(v->c, TELL_INFO, "line %u: %s %s uid %u%s%s%s%s", row->line, a->userid,
			a->user, a->uid, *row->email ? " " : "", row->email,
			codes && *code_of(row) ? " " : "", codes ? code_of(row) : "");
	}
	for (size_t i = 0; v->letters && !v->dry && i < v->im.n; i++)
		if (*code_of(&v->im.row[i]))
			tell_letter(v, &v->im.row[i]);
	tell(v->c, TELL_INFO, "%zu %s and %zu %s %s", v->people,
		v->people == 1 ? "person" : "people", v->accounts,
		v->accounts == 1 ? "account" : "accounts",
		v->dry ? "would be imported. Nothing was changed." : "are imported.");
}

static enum status import_all(struct importing *v)
{
	struct import *im = &v->im;

	find_people(im);
	for (size_t i = 0; i < im->n; i++)
		take_words(v, &im->row[i]);
	v->nwrong = im->nwrong;
	v->wrongs = im->wrongs;
	int r = store_update(v->c->store, NEED_SPACE, import_txn, v);
	if (r < 0 && r != -ECANCELED)
		return manage_result(v->c, r, "import");
	if (im->wrongs > 0) {
		import_tell_wrong(im);
		return STATUS_REFUSED;
	}
	tell_rows(v);
	return STATUS_DONE;
}

enum status manage_import(struct conv *c, const struct words *w)
{
	struct importing v = { .c = c,
		.dry = w->option[OPT_DRY_RUN] != NULL,
		.letters = w->option[OPT_LETTER] != NULL };
	size_t len;

	/* The command keeps the file's name to itself: this is all that it says of it. */
	if (v.letters && strcmp(w->option[OPT_LETTER], "tell") != 0)
		return STATUS_USAGE;
	v.im.c = c;
	v.im.wrong = calloc(IMPORT_WRONG_MAX, sizeof *v.im.wrong);
	if (!v.im.wrong)
		die("import: no memory");
	c->now(&v.now);
	char *text = import_collect(c, &len);
	import_read(&v.im, text, len);
	import_free(text, len);
	enum status s = import_all(&v);
	if (v.im.n > 0)
		wipe(v.im.row, v.im.n * sizeof *v.im.row);
	free(v.im.row);
	free(v.im.wrong);
	return s;
}
