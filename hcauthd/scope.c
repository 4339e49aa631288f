/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whatever a caller may not see is answered as what does not exist, here, so that no
 * command can forget it; a manager without an active account at the practice manages nothing there; and
 * whoever has left a practice is out of its reach. */
#include "scope.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "store/store.h"

bool in_scope(const struct words *w, const char *practice)
{
	for (size_t i = 0; i < w->scope->n; i++)
		if (strcmp(w->scope->practice[i], practice) == 0)
			return true;
	return w->scope->root;
}

static bool is_listed(const struct practice *p, const struct id *identity)
{
	for (size_t i = 0; i < p->nmanagers; i++)
		if (id_equal(&p->manager[i], identity))
			return true;
	return false;
}

bool scope_manages(struct txn *t, const struct practice *p, const struct id *identity)
{
	static struct account a[IDENTITY_ACCOUNTS_MAX]; /* large; one thread a process */
	struct identity who;
	size_t n;

	if (!is_listed(p, identity) || identity_load(t, identity, &who) < 0 ||
		who.state != STATE_ACTIVE ||
		identity_accounts(t, identity, a, IDENTITY_ACCOUNTS_MAX, &n) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (a[i].state == STATE_ACTIVE && strcmp(a[i].practice, p->id) == 0)
			return true;
	return false;
}

size_t scope_managers_but(struct txn *t, const struct practice *p, const struct id *identity)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nmanagers; i++)
		n += !id_equal(&p->manager[i], identity) && scope_manages(t, p, &p->manager[i]);
	return n;
}

int scope_last_of(struct txn *t, const struct id *identity, char out[PRACTICE_ID_MAX + 1])
{
	struct key at = { .len = 0 };
	struct practice p;
	struct bytes row;
	int r;

	out[0] = 0;
	while (!*out && (r = txn_next(t, TABLE_PRACTICE, "", 0, &at, &row)) == 0) {
		if ((r = practice_get(row.p, row.len, &p)) < 0)
			return r;
		if (scope_manages(t, &p, identity) && scope_managers_but(t, &p, identity) == 0)
			memcpy(out, p.id, sizeof p.id);
	}
	return *out || r == -ENOENT ? 0 : r;
}

struct scoping {
	uid_t uid;
	struct scope *scope;
};

static int find_scope(struct txn *t, void *arg)
{
	struct scoping *s = arg;
	struct scope *out = s->scope;
	struct key at = { .len = 0 };
	struct practice p;
	struct bytes row;
	int r = person_by_uid(t, s->uid, &out->who);

	if (r == 0 && (!out->who.has_identity || !person_active(&out->who)))
		return 0;
	while (r == 0 && (r = txn_next(t, TABLE_PRACTICE, "", 0, &at, &row)) == 0)
		if ((r = practice_get(row.p, row.len, &p)) == 0 && out->n < SCOPE_MAX &&
			scope_manages(t, &p, &out->who.identity.id))
			memcpy(out->practice[out->n++], p.id, sizeof p.id);
	return r == -ENOENT ? 0 : r;
}

void scope_of(struct conv *c, struct scope *out)
{
	struct scoping s = { .uid = c->peer, .scope = out };

	*out = (struct scope){ .root = c->peer == 0 };
	if (!out->root && store_read(c->store, find_scope, &s) < 0)
		die("store: what a caller manages");
}

struct updating {
	struct scoping in;
	int (*fn)(struct txn *, void *);
	void *arg;
};

static int run_in_scope(struct txn *t, void *arg)
{
	struct updating *u = arg;
	struct scope *s = u->in.scope;

	if (!s->root) {
		*s = (struct scope){ .root = false };
		int r = find_scope(t, &u->in);
		if (r < 0 || s->n == 0)
			return r < 0 ? r : -ENOENT;
	}
	return u->fn(t, u->arg);
}

int scope_update(struct conv *c, const struct words *w, enum need need,
	int (*fn)(struct txn *, void *), void *arg)
{
	struct updating u = { .in = { .uid = c->peer, .scope = w->scope }, .fn = fn, .arg = arg };

	return store_update(c->store, need, run_in_scope, &u);
}

int scope_practice(struct txn *t, const struct words *w, const char *id, struct practice *out)
{
	char normal[SIGN_IN_NAME_MAX + 1];

	if (!name_normal(id, normal) || !in_scope(w, normal))
		return -ENOENT;
	return practice_load(t, normal, out);
}

int scope_account(struct txn *t, const struct words *w, const char *name, struct account *out)
{
	char normal[SIGN_IN_NAME_MAX + 1];
	struct name_row row;
	struct account a;
	int r = name_normal(name, normal) ? name_find(t, normal, &row) : -ENOENT;

	if (r == 0 && row.kind != NAME_USERID && row.kind != NAME_USER)
		r = -ENOENT;
	if (r < 0 || (r = account_load(t, &row.id, &a)) < 0)
		return r;
	if (!in_scope(w, a.practice))
		return -ENOENT;
	*out = a;
	return 0;
}

/* Whether the caller reaches the person by it. Root does by any. */
static bool reaches(const struct words *w, const struct account *a)
{
	return w->scope->root || (a->state != STATE_LEFT && in_scope(w, a->practice));
}

/* Somebody's account by which the caller reaches them: an active one, else any. */
static int visible_account(
	struct txn *t, const struct words *w, const struct id *identity, struct account *out)
{
	static struct account a[IDENTITY_ACCOUNTS_MAX]; /* large; one thread a process */
	const struct account *best = NULL;
	size_t n;
	int r = identity_accounts(t, identity, a, IDENTITY_ACCOUNTS_MAX, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (reaches(w, &a[i]) &&
			(!best || (best->state != STATE_ACTIVE && a[i].state == STATE_ACTIVE)))
			best = &a[i];
	if (r == 0 && !best)
		r = -ENOENT;
	if (r == 0)
		*out = *best;
	return r;
}

/* The same of an address. Of two who share it, a manager may see one alone: for them, there is no other. */
static int visible_address(
	struct txn *t, const struct words *w, const char *address, struct account *out)
{
	struct person who[2];
	struct account a;
	size_t n, seen = 0;
	int r = people_by_address(t, address, who, &n);

	if (r == 0 && n == 2 && w->scope->root)
		return -ENOTUNIQ;
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = visible_account(t, w, &who[i].owner, &a);
		if (r == 0) {
			*out = a;
			seen++;
		}
		r = r == -ENOENT ? 0 : r;
	}
	if (r < 0)
		return r;
	return seen == 1 ? 0 : seen == 0 ? -ENOENT : -ENOTUNIQ;
}

int scope_person(struct txn *t, const struct words *w, const char *name, struct person *out)
{
	char normal[SIGN_IN_NAME_MAX + 1];
	struct person p = { .known = true, .has_account = true };
	int r;

	if (!name_normal(name, normal))
		return -ENOENT;
	if (name_is_email(normal))
		r = visible_address(t, w, normal, &p.account);
	else
		r = scope_account(t, w, name, &p.account);
	if (r == 0 && !reaches(w, &p.account))
		r = -ENOENT; /* linked or not: that is the same to them */
	if (r < 0)
		return r;
	p.owner = p.account.id;
	p.has_identity = !id_is_none(&p.account.identity);
	if (p.has_identity) {
		p.owner = p.account.identity;
		if ((r = identity_load(t, &p.owner, &p.identity)) < 0)
			return r;
	}
	*out = p;
	return 0;
}

/* Whether the identity has an active account at the practice besides that one. */
static bool works_there_without(struct txn *t, const struct account *but)
{
	static struct account a[IDENTITY_ACCOUNTS_MAX]; /* large; one thread a process */
	size_t n;

	if (identity_accounts(t, &but->identity, a, IDENTITY_ACCOUNTS_MAX, &n) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (a[i].state == STATE_ACTIVE && strcmp(a[i].practice, but->practice) == 0 &&
			!id_equal(&a[i].id, &but->id))
			return true;
	return false;
}

bool manager_is_last(struct txn *t, const struct account *a)
{
	struct practice p;

	return !id_is_none(&a->identity) && a->state == STATE_ACTIVE &&
		practice_load(t, a->practice, &p) == 0 && scope_manages(t, &p, &a->identity) &&
		scope_managers_but(t, &p, &a->identity) == 0 && !works_there_without(t, a);
}

int unlink_next(struct txn *t, const struct words *w, struct key *at, struct account *out)
{
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_ACCOUNT, "", 0, at, &row)) == 0)
		if ((r = account_get(row.p, row.len, out)) < 0 ||
			(out->unlink && in_scope(w, out->practice)))
			return r;
	return r;
}
