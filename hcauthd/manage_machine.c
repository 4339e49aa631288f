/* SPDX-License-Identifier: Apache-2.0 */
/* Unlocking, the state of the machine, and the audit. */
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

static int unlock(struct txn *t, void *arg)
{
	static const unsigned factors[] = { FACTOR_PASSWORD, FACTOR_TOTP, FACTOR_RECOVERY,
		FACTOR_PIN, FACTOR_CODE };
	struct unlocking *u = arg;
	struct person who;
	int r = find(t, u->w, &who);

	for (size_t i = 0; r == 0 && i < sizeof factors / sizeof *factors; i++)
		for (enum source s = SOURCE_LOCAL; r == 0 && s <= SOURCE_NETWORK; s++)
			r = lockout_clear(t, &who.owner, factors[i], s);
	return r < 0 ? r : audit(t, u->c, &u->now, AUDIT_UNLOCKED, &who, "");
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
	uint64_t audit, broken, directory;
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
	if ((r = meta_u64(t, "audit", 0, &n->audit)) < 0 ||
		(r = meta_u64(t, "directory", 0, &n->directory)) < 0)
		return r;
	return audit_verify(t, n->c->seal, &n->broken);
}

enum status manage_status(struct conv *c, const struct words *w)
{
	struct counts n = { .c = c };

	int r = store_read(c->store, count_all, &n);
	if (r < 0)
		return manage_result(c, r, "status");
	json_t *object = json_pack("{s:s,s:i,s:i,s:i,s:i,s:I,s:s,s:I,s:b}", "version", HC_VERSION,
		"identities", n.identities, "accounts", n.accounts, "practices", n.practices,
		"sessions", n.sessions, "audit_records", (json_int_t)n.audit, "audit_chain",
		n.broken ? "broken" : "good", "directory_generation", (json_int_t)n.directory,
		"directory_published", publish_is_current(c->store, c->conf, c->directory));
	if (n.broken)
		json_object_set_new(object, "audit_broken_at", json_integer((json_int_t)n.broken));
	show_object(c, w->json, object);
	return n.broken ? STATUS_REFUSED : STATUS_DONE;
}

struct showing {
	struct list *list;
	uint64_t from;
};

static int show_audit(struct txn *t, void *arg)
{
	struct showing *s = arg;
	struct audit_row a;
	uint64_t number = s->from;
	int r;

	while ((r = audit_next(t, &number, &a)) == 0) {
		char when[32] = "-";
		json_t *time = json_time(a.time);

		if (json_is_string(time))
			snprintf(when, sizeof when, "%s", json_string_value(time));
		list_row(s->list,
			json_pack("{s:I,s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "number",
				(json_int_t)a.number, "time", time, "event",
				audit_event_name(a.event), "who", a.who, "practice", a.practice,
				"service", a.service, "tty", a.tty, "rhost", a.rhost, "by", a.by,
				"detail", a.detail),
			"%llu %s %-16s %-28s %-10s %-12s %s %s %s", (unsigned long long)a.number,
			when, audit_event_name(a.event), a.who, a.practice, a.service,
			*a.rhost ? a.rhost : a.tty, a.by, a.detail);
	}
	return r == -ENOENT ? 0 : r;
}

static int count_audit(struct txn *t, void *arg)
{
	return meta_u64(t, "audit", 0, arg);
}

enum status manage_audit(struct conv *c, const struct words *w)
{
	enum { SHOWN = 100 };
	struct list list;
	struct showing s = { .list = &list };
	uint64_t count = 0;

	int r = store_read(c->store, count_audit, &count);
	if (r == 0) {
		s.from = count > SHOWN ? count - SHOWN : 0;
		list_begin(&list, c, w->json);
		r = store_read(c->store, show_audit, &s);
		list_end(&list);
	}
	return manage_result(c, r, "audit");
}
