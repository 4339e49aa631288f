/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a name stands for one thing; a linked account is reached through its identity or its
 * system user only; a uid belongs to one account for ever. */
#include "people.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "log.h"
#include "seal.h"
#include "store/store.h"

enum { DECOYS = 1024 };

struct id id_new(void)
{
	struct id id;

	randombytes_buf(&id, sizeof id);
	return id;
}

bool people_name_good(const char *text, size_t max)
{
	char shown[512];

	return *text && !strchr(" =+-@", *text) && strlen(text) <= max && !strpbrk(text, ":\\") &&
		strcmp(visible(text, shown, sizeof shown), text) == 0;
}

int identity_load(struct txn *t, const struct id *id, struct identity *out)
{
	struct bytes row;
	int r = txn_get(t, TABLE_IDENTITY, id, sizeof *id, &row);

	return r < 0 ? r : identity_get(row.p, row.len, out);
}

int identity_save(struct txn *t, const struct identity *v)
{
	uint8_t row[RECORD_MAX];

	return txn_put(t, TABLE_IDENTITY, &v->id, sizeof v->id, row, identity_put(row, v));
}

int account_load(struct txn *t, const struct id *id, struct account *out)
{
	struct bytes row;
	int r = txn_get(t, TABLE_ACCOUNT, id, sizeof *id, &row);

	return r < 0 ? r : account_get(row.p, row.len, out);
}

static bool is_unowned(const struct account *a)
{
	return a->state == STATE_ACTIVE && id_is_none(&a->identity);
}

static int count_unowned(struct txn *t, uint64_t *n)
{
	struct key at = { .len = 0 };
	struct account a;
	struct bytes row;
	int r;

	*n = 0;
	while ((r = txn_next(t, TABLE_ACCOUNT, "", 0, &at, &row)) == 0)
		*n += account_get(row.p, row.len, &a) == 0 && is_unowned(&a);
	return r == -ENOENT ? 0 : r;
}

int accounts_unowned(struct txn *t, uint64_t *n)
{
	int r = meta_u64(t, "unowned", UINT64_MAX, n);

	return r == 0 && *n == UINT64_MAX ? count_unowned(t, n) : r;
}

int account_save(struct txn *t, const struct account *v)
{
	uint8_t row[RECORD_MAX];
	struct account before;
	uint64_t n;
	int r = accounts_unowned(t, &n);

	if (r < 0)
		return r;
	if (account_load(t, &v->id, &before) == 0 && is_unowned(&before) && n > 0)
		n--;
	n += is_unowned(v);
	if ((r = txn_put(t, TABLE_ACCOUNT, &v->id, sizeof v->id, row, account_put(row, v))) < 0)
		return r;
	return meta_set_u64(t, "unowned", n);
}

int practice_load(struct txn *t, const char *id, struct practice *out)
{
	struct bytes row;
	int r = txn_get(t, TABLE_PRACTICE, id, strlen(id), &row);

	return r < 0 ? r : practice_get(row.p, row.len, out);
}

int practice_save(struct txn *t, const struct practice *v)
{
	uint8_t row[RECORD_MAX];

	return txn_put(t, TABLE_PRACTICE, v->id, strlen(v->id), row, practice_put(row, v));
}

int name_find(struct txn *t, const char *name, struct name_row *out)
{
	struct bytes row;
	int r = txn_get(t, TABLE_NAME, name, strlen(name), &row);

	return r < 0 ? r : name_row_get(row.p, row.len, out);
}

/* An address is its owner's: who has left may come back as somebody new before the old one is purged. */
static bool has_left(struct txn *t, const struct name_row *row)
{
	struct identity who;

	return row->kind == NAME_IDENTITY && identity_load(t, &row->id, &who) == 0 &&
		who.state == STATE_LEFT;
}

int name_claim(struct txn *t, const char *name, enum name_kind kind, const struct id *id)
{
	const struct name_row v = { .kind = kind, .id = *id };
	uint8_t row[RECORD_MAX];
	struct name_row there;
	int r = name_find(t, name, &there);

	if (r == 0 && !(kind == NAME_IDENTITY && has_left(t, &there)))
		return -EEXIST;
	if (r < 0 && r != -ENOENT)
		return r;
	return txn_put(t, TABLE_NAME, name, strlen(name), row, name_row_put(row, &v));
}

/* A uid stands among the names with a colon in front, which no name has. */
static void uid_name(uid_t uid, char out[16])
{
	snprintf(out, 16, ":%u", (unsigned)uid);
}

int uid_claim(struct txn *t, uid_t uid, const struct id *account)
{
	char name[16];

	uid_name(uid, name);
	return name_claim(t, name, NAME_USER, account);
}

bool uid_taken(struct txn *t, uid_t uid)
{
	struct name_row row;
	char name[16];

	uid_name(uid, name);
	return name_find(t, name, &row) != -ENOENT; /* in doubt: yes */
}

int member_add(struct txn *t, const struct id *identity, const struct id *account)
{
	struct id key[2] = { *identity, *account };

	return txn_put(t, TABLE_MEMBER, key, sizeof key, "", 0);
}

int identity_accounts(
	struct txn *t, const struct id *identity, struct account *out, size_t max, size_t *n)
{
	struct key at = { .len = 0 };
	struct bytes none;
	int r = 0;

	for (*n = 0; *n < max; (*n)++) {
		struct id account;

		if ((r = txn_next(t, TABLE_MEMBER, identity, sizeof *identity, &at, &none)) < 0)
			break;
		memcpy(&account, at.bytes + sizeof *identity, sizeof account);
		if ((r = account_load(t, &account, &out[*n])) < 0)
			return r;
		size_t k = *n; /* oldest first */
		for (; k > 0 && out[k - 1].created > out[k].created; k--) {
			struct account swap = out[k];
			out[k] = out[k - 1];
			out[k - 1] = swap;
		}
	}
	return r == -ENOENT ? 0 : r;
}

/* The account that the identity's e-mail address stands for: the one last used; where that is switched
 * off or has left (or there is none yet) the oldest that is not; where all are, the one last used all the
 * same. */
static int default_account(struct txn *t, struct person *p)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one thread a process */
	const struct account *best = NULL;
	size_t n;
	int r = identity_accounts(t, &p->identity.id, all, IDENTITY_ACCOUNTS_MAX, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		bool last = id_equal(&all[i].id, &p->identity.account);

		/* the less of a state the better: active, switched off, left */
		if (!best || all[i].state < best->state || (last && all[i].state == best->state))
			best = &all[i];
	}
	if (best)
		p->account = *best;
	p->has_account = best != NULL;
	return r;
}

static int of_identity(struct txn *t, const struct id *id, struct person *p)
{
	int r = identity_load(t, id, &p->identity);

	p->owner = *id;
	p->has_identity = p->known = r == 0;
	return r;
}

static int of_account(struct txn *t, const struct id *id, struct person *p)
{
	int r = account_load(t, id, &p->account);
	if (r < 0)
		return r;

	p->has_account = p->chose = true;
	if (!id_is_none(&p->account.identity))
		return of_identity(t, &p->account.identity, p);
	p->owner = *id;
	p->known = true;
	return 0;
}

int person_by_name(struct txn *t, const char *name, struct person *out)
{
	struct person p = { .known = false };
	struct name_row row;
	int r = name_find(t, name, &row);

	if (r == 0 && row.kind == NAME_SHARED)
		return -ENOENT;
	if (r == 0 && row.kind == NAME_IDENTITY)
		r = of_identity(t, &row.id, &p) < 0 ? -EUCLEAN : default_account(t, &p);
	else if (r == 0)
		r = of_account(t, &row.id, &p) < 0 ? -EUCLEAN : 0;
	if (r == 0 && row.kind == NAME_USERID && p.has_identity)
		r = -ENOENT;
	if (r == 0)
		*out = p;
	return r;
}

int person_by_uid(struct txn *t, uid_t uid, struct person *out)
{
	char name[16];

	uid_name(uid, name);
	return person_by_name(t, name, out);
}

int person_by_identity(struct txn *t, const struct id *identity, struct person *out)
{
	struct person p = { .known = false };
	int r = of_identity(t, identity, &p);

	if (r == 0)
		r = default_account(t, &p);
	if (r == 0)
		*out = p;
	return r;
}

void person_decoy(const struct seal *s, const char *name, struct person *out)
{
	uint8_t hash[HASH_BYTES];
	struct person p = { .known = false };

	seal_hash(s, SEAL_DECOY, name, strlen(name), hash);
	memset(&p.owner, 0xff, sizeof p.owner);
	p.owner.bytes[0] = hash[0] & ((DECOYS - 1) >> 8);
	p.owner.bytes[1] = hash[1];
	*out = p;
}

int person_refresh(struct txn *t, struct person *p)
{
	uint32_t resets = p->identity.resets;
	int r = 0;

	if (p->has_identity)
		r = identity_load(t, &p->identity.id, &p->identity);
	if (r == 0 && p->has_identity && p->identity.resets != resets)
		r = -ESTALE;
	if (r == 0 && p->has_account)
		r = account_load(t, &p->account.id, &p->account);
	if (r == 0 && p->has_account && p->known &&
		!id_equal(&p->account.identity, &p->identity.id))
		r = -ENOENT;
	return r;
}

bool person_active(const struct person *p)
{
	return p->known && p->has_account && p->account.state == STATE_ACTIVE &&
		(!p->has_identity || p->identity.state == STATE_ACTIVE);
}

int meta_u64(struct txn *t, const char *name, uint64_t fallback, uint64_t *out)
{
	struct bytes row;
	int r = txn_get(t, TABLE_META, name, strlen(name), &row);

	if (r == -ENOENT) {
		*out = fallback;
		return 0;
	}
	if (r < 0)
		return r;

	struct reader in = reader_of(row.p, row.len);
	struct field f = { .tag = 0 };
	if (!next_field(&in, &f) || f.tag != 1)
		return -EUCLEAN;
	uint64_t v = field_u64(&in, &f);
	if (in.bad || in.left > 0)
		return -EUCLEAN;
	*out = v;
	return 0;
}

int meta_set_u64(struct txn *t, const char *name, uint64_t v)
{
	uint8_t row[16];
	struct writer w = writer_of(row, sizeof row);

	put_u64(&w, 1, v);
	return txn_put(t, TABLE_META, name, strlen(name), row, w.len);
}

int directory_changed(struct txn *t)
{
	uint64_t generation;
	int r = meta_u64(t, "directory", 0, &generation);

	return r < 0 ? r : meta_set_u64(t, "directory", generation + 1);
}
