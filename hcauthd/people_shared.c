/* SPDX-License-Identifier: Apache-2.0 */
/* E-mail addresses as names, of one person or of two. What must hold: an address is never more than two
 * people's, and two people's only where every practice of both allows it; who leaves it leaves it to the
 * other; where two have it, it picks neither. */
#include <errno.h>
#include <string.h>

#include "factor.h"
#include "people.h"
#include "store/store.h"

int people_by_address(struct txn *t, const char *name, struct person out[2], size_t *n)
{
	struct name_row row;
	int r = name_find(t, name, &row);

	if (r == 0 && row.kind != NAME_IDENTITY && row.kind != NAME_SHARED)
		r = -ENOENT;
	if (r < 0)
		return r;
	r = person_by_identity(t, &row.id, &out[0]);
	if (r == 0 && row.kind == NAME_SHARED)
		r = person_by_identity(t, &row.other, &out[1]);
	if (r < 0)
		return r == -ENOENT ? -EUCLEAN : r;
	*n = row.kind == NAME_SHARED ? 2 : 1;
	return 0;
}

/* The row of who's address, if it is theirs. */
static int own_row(struct txn *t, const struct identity *who, struct name_row *out)
{
	int r = name_find(t, who->email, out);

	if (r < 0)
		return r;
	if (out->kind == NAME_IDENTITY && id_equal(&out->id, &who->id))
		return 0;
	bool two = out->kind == NAME_SHARED &&
		(id_equal(&out->id, &who->id) || id_equal(&out->other, &who->id));
	return two ? 0 : -ENOENT;
}

static const struct id *other_of(const struct name_row *row, const struct identity *who)
{
	return id_equal(&row->id, &who->id) ? &row->other : &row->id;
}

bool address_is_shared(struct txn *t, const struct identity *who)
{
	struct name_row row;
	int r = own_row(t, who, &row);

	return r == 0 ? row.kind == NAME_SHARED : r != -ENOENT;
}

int address_other(struct txn *t, const struct identity *who, struct identity *out)
{
	struct name_row row;
	int r = own_row(t, who, &row);

	if (r == 0 && row.kind != NAME_SHARED)
		r = -ENOENT;
	if (r == 0 && identity_load(t, other_of(&row, who), out) < 0)
		r = -EUCLEAN;
	return r;
}

static int put_row(struct txn *t, const char *name, const struct name_row *v)
{
	uint8_t row[RECORD_MAX];
	int r = txn_put(t, TABLE_NAME, name, strlen(name), row, name_row_put(row, v));

	return r < 0 ? r : directory_changed(t);
}

int address_claim(struct txn *t, const struct identity *who)
{
	int r = name_claim(t, who->email, NAME_IDENTITY, &who->id);

	return r < 0 ? r : directory_changed(t);
}

int address_release(struct txn *t, const struct identity *who)
{
	struct name_row row;
	int r = own_row(t, who, &row);

	if (r < 0)
		return r;
	if (row.kind == NAME_SHARED) {
		const struct name_row left = { .kind = NAME_IDENTITY, .id = *other_of(&row, who) };

		return put_row(t, who->email, &left);
	}
	r = txn_del(t, TABLE_NAME, who->email, strlen(who->email));
	return r < 0 ? r : directory_changed(t);
}

static int practices_allow(struct txn *t, const struct id *identity)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one thread a process */
	struct practice practice;
	size_t n;
	int r = identity_accounts(t, identity, all, IDENTITY_ACCOUNTS_MAX, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (all[i].state == STATE_LEFT)
			continue;
		r = practice_load(t, all[i].practice, &practice);
		if (r == 0 && !practice.shared_addresses)
			r = -EPERM;
	}
	return r == -ENOENT ? -EUCLEAN : r;
}

/* Nobody comes to share an address with who has left: it is free (name_claim). */
static int look_first(struct txn *t, const struct id *id)
{
	struct identity first;
	int r = identity_load(t, id, &first);

	if (r < 0)
		return r == -ENOENT ? -EUCLEAN : r;
	return first.state == STATE_LEFT ? -ENOENT : 0;
}

int address_join(struct txn *t, const struct identity *who)
{
	struct name_row row;
	int r = name_find(t, who->email, &row);

	if (r < 0)
		return r;
	if (row.kind != NAME_IDENTITY || id_equal(&row.id, &who->id))
		return -EEXIST;
	if ((r = look_first(t, &row.id)) < 0 || (r = practices_allow(t, &row.id)) < 0 ||
		(r = practices_allow(t, &who->id)) < 0)
		return r;
	/* what was sent there was for one of the two alone */
	if ((r = credential_del(t, &row.id, FACTOR_RESET)) < 0 ||
		(r = credential_del(t, &who->id, FACTOR_RESET)) < 0)
		return r;
	row.kind = NAME_SHARED;
	row.other = who->id;
	return put_row(t, who->email, &row);
}

bool address_could_join(struct txn *t, const char *address, const char *practice)
{
	struct practice p;
	struct name_row row;

	return name_find(t, address, &row) == 0 && row.kind == NAME_IDENTITY &&
		look_first(t, &row.id) == 0 && practices_allow(t, &row.id) == 0 &&
		practice_load(t, practice, &p) == 0 && p.shared_addresses;
}

int address_allowed(struct txn *t, const struct identity *who)
{
	struct identity other;
	int r = address_other(t, who, &other);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = practices_allow(t, &who->id);
	return r < 0 ? r : practices_allow(t, &other.id);
}

int identity_by_word(struct txn *t, const char *name, struct identity *out)
{
	struct name_row row;
	struct account a;
	int r = name_find(t, name, &row);

	if (r < 0)
		return r;
	if (row.kind == NAME_SHARED)
		return -ENOTUNIQ;
	if (row.kind == NAME_IDENTITY)
		return identity_load(t, &row.id, out);
	if ((r = account_load(t, &row.id, &a)) < 0)
		return r;
	return id_is_none(&a.identity) ? -ENOENT : identity_load(t, &a.identity, out);
}
