/* SPDX-License-Identifier: Apache-2.0 */
/* What an import's lines say that the store knows otherwise. What must hold: every such line is told, also
 * where it is wrong in itself; the same file twice adds nobody twice. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "log.h"
#include "people.h"
#include "store/store.h"

static void refuse_known(struct import *im, struct import_row *row, const char *userid)
{
	row->refused = true;
	import_wrong(im, row->line, "%s has %s at %s already", *row->email ? row->email : row->name,
		userid, row->practice);
}

static int check_practice(struct txn *t, struct import *im, struct import_row *row)
{
	struct practice p;
	int r = *row->practice ? practice_load(t, row->practice, &p) : 0;

	if (r != -ENOENT)
		return r;
	row->refused = true;
	import_wrong(im, row->line, "there is no practice %s", row->practice);
	return 0;
}

/* Somebody known who has an account at that practice. */
static int check_person(struct txn *t, struct import *im, struct import_row *row)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	struct name_row name;
	size_t n = 0;
	int r = *row->email ? name_find(t, row->email, &name) : -ENOENT;

	if (r == 0 && name.kind == NAME_IDENTITY)
		r = identity_accounts(t, &name.id, all, IDENTITY_ACCOUNTS_MAX, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (all[i].state != STATE_LEFT && strcmp(all[i].practice, row->practice) == 0) {
			refuse_known(im, row, all[i].userid);
			return 0;
		}
	return r == -ENOENT ? 0 : r;
}

static int by_name(const void *a, const void *b)
{
	const struct import_row *x = *(const struct import_row *const *)a;
	const struct import_row *y = *(const struct import_row *const *)b;
	int r = strcmp(x->practice, y->practice);

	return r != 0 ? r : strcmp(x->name, y->name);
}

static void refuse_named(
	struct import *im, struct import_row **rows, size_t n, const struct account *a)
{
	struct import_row key = { .line = 0 }, *of = &key;
	size_t from = 0, to = n;

	memcpy(key.practice, a->practice, sizeof a->practice);
	memcpy(key.name, a->name, sizeof a->name);
	while (from < to) { /* the first that is not before */
		size_t middle = from + (to - from) / 2;

		if (by_name(&rows[middle], &of) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < n && by_name(&rows[from], &of) == 0; from++)
		if (!rows[from]->refused)
			refuse_known(im, rows[from], a->userid);
}

/* Accounts that are nobody's have nothing but a name to be known by, where the line has none either. */
static int check_names(struct txn *t, struct import *im)
{
	struct import_row **rows = calloc(im->n + 1, sizeof *rows);
	struct key at = { .len = 0 };
	struct account a;
	struct bytes row;
	size_t n = 0;
	int r = 0;

	if (!rows)
		die("import: no memory");
	for (size_t i = 0; i < im->n; i++)
		if (!*im->row[i].email && !*im->row[i].userid && !*im->row[i].user)
			rows[n++] = &im->row[i];
	qsort(rows, n, sizeof *rows, by_name);
	while (n > 0 && r == 0 && (r = txn_next(t, TABLE_ACCOUNT, "", 0, &at, &row)) == 0)
		if ((r = account_get(row.p, row.len, &a)) == 0 && a.state != STATE_LEFT &&
			id_is_none(&a.identity))
			refuse_named(im, rows, n, &a);
	free(rows);
	return r == -ENOENT ? 0 : r;
}

/* All of it before anything is added: a file may have two accounts of one person at a practice. */
int import_known(struct txn *t, struct import *im)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < im->n; i++) {
		struct import_row *row = &im->row[i];

		row->made = row->refused = false;
		if ((r = check_practice(t, im, row)) == 0 && !row->refused)
			r = check_person(t, im, row);
	}
	return r < 0 ? r : check_names(t, im);
}
