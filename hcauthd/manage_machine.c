/* SPDX-License-Identifier: Apache-2.0 */
/* Unlocking, and the state of the machine. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "factor.h"
#include "list.h"
#include "log.h"
#include "manage.h"
#include "publish.h"
#include "scope.h"
#include "shift.h"
#include "store/store.h"

struct unlocking {
	struct conv *c;
	const struct words *w;
	struct now now;
};

/* Whom the caller may see; for root also a person without an account. */
static int find(struct txn *t, const struct words *w, struct person *out)
{
	char name[SIGN_IN_NAME_MAX + 1];
	int r = scope_person(t, w, w->word[0], out);

	if (r == -ENOENT && w->scope->root && name_normal(w->word[0], name))
		r = person_by_name(t, name, out);
	return r;
}

static int clear(struct txn *t, const struct id *owner, unsigned factor)
{
	int r = lockout_clear(t, owner, factor, SOURCE_LOCAL);

	return r < 0 ? r : lockout_clear(t, owner, factor, SOURCE_NETWORK);
}

static int unlock(struct txn *t, void *arg)
{
	static const unsigned besides[] = { FACTOR_CODE, FACTOR_RESET, FACTOR_CODE_RECOVER };
	struct unlocking *u = arg;
	struct person who;
	int r = find(t, u->w, &who);

	for (unsigned id = FACTOR_PASSWORD; r == 0 && id <= FACTOR_LAST; id++)
		r = clear(t, &who.owner, id);
	for (size_t i = 0; r == 0 && i < sizeof besides / sizeof *besides; i++)
		r = clear(t, &who.owner, besides[i]);
	if (r < 0 || (r = shift_end(t, &who.owner)) < 0)
		return r; /* a PIN that was locked ended it */
	return audit(t, u->c, &u->now, AUDIT_UNLOCKED, &who, "");
}

enum status manage_unlock(struct conv *c, const struct words *w)
{
	struct unlocking u = { .c = c, .w = w };
	char what[300], shown[300];

	snprintf(what, sizeof what, "person %s", w->word[0]);
	c->now(&u.now);
	enum status s = manage_result(c, store_update(c->store, NEED_ALWAYS, unlock, &u), what);
	if (s == STATUS_DONE)
		tell(c, TELL_INFO, "%s may try again now.",
			visible(w->word[0], shown, sizeof shown));
	return s;
}

struct counts {
	struct conv *c;
	int identities, accounts, practices, sessions;
	uint64_t directory;
	struct audit_state audit;
};

static int rows(struct txn *t, enum table table)
{
	struct key at = { .len = 0 };
	struct bytes row;
	int n = 0;

	while (txn_next(t, table, "", 0, &at, &row) == 0)
		n++;
	return n;
}

static int count_all(struct txn *t, void *arg)
{
	struct counts *n = arg;
	int r;

	n->identities = rows(t, TABLE_IDENTITY);
	n->accounts = rows(t, TABLE_ACCOUNT);
	n->practices = rows(t, TABLE_PRACTICE);
	n->sessions = rows(t, TABLE_SESSION);
	if ((r = meta_u64(t, "directory", 0, &n->directory)) < 0)
		return r;
	return audit_check(t, n->c->seal, &n->audit);
}

enum status manage_status(struct conv *c, const struct words *w)
{
	struct counts n = { .c = c };

	int r = store_read(c->store, count_all, &n);
	if (r < 0)
		return manage_result(c, r, "status");
	json_t *object = json_pack("{s:s,s:i,s:i,s:i,s:i,s:I,s:s,s:I,s:I,s:b}", "version",
		HC_VERSION, "identities", n.identities, "accounts", n.accounts, "practices",
		n.practices, "sessions", n.sessions, "audit_records", (json_int_t)n.audit.records,
		"audit_chain", n.audit.broken ? "broken" : "good", "shared_login_signs",
		(json_int_t)n.audit.signs, "directory_generation", (json_int_t)n.directory,
		"directory_published", publish_is_current(c->store, c->conf, c->directory));
	if (n.audit.broken)
		json_object_set_new(
			object, "audit_broken_at", json_integer((json_int_t)n.audit.broken));
	show_object(c, w->json, object);
	return n.audit.broken ? STATUS_REFUSED : STATUS_DONE;
}
