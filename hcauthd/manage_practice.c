/* SPDX-License-Identifier: Apache-2.0 */
/* Practices, and what all administration shares. */
#include <errno.h>
#include <string.h>

#include "audit.h"
#include "factor.h"
#include "list.h"
#include "log.h"
#include "manage.h"
#include "policy.h"
#include "rollout.h"
#include "scope.h"
#include "store/store.h"
#include "text.h"
#include "when.h"

enum status manage_result(struct conv *c, int r, const char *what)
{
	char shown[300];

	visible(what, shown, sizeof shown);
	switch (r) {
	case 0: return STATUS_DONE;
	case -ENOENT: tell(c, TELL_ERROR, "There is no %s.", shown); return STATUS_NO_SUCH;
	case -EEXIST: tell(c, TELL_ERROR, "There is %s already.", shown); return STATUS_EXISTS;
	case -ENOTUNIQ:
		tell(c, TELL_ERROR,
			"Two people share this address. Name the person by one of their user IDs.");
		return STATUS_REFUSED;
	case -ESHUTDOWN: tell(c, TELL_ERROR, TEXT_HAS_LEFT, shown); return STATUS_REFUSED;
	case -ENOSPC:
		tell(c, TELL_ERROR,
			"The disk is nearly full: nothing was changed. Free some space and try again.");
		return STATUS_UNAVAILABLE;
	default: die("store: %s: %s", shown, strerror(-r));
	}
}

bool manage_name_good(struct conv *c, const char *text, size_t max)
{
	char shown[512];

	if (people_name_good(text, max))
		return true;
	tell(c, TELL_ERROR,
		"\"%s\" cannot be a name: use letters, at most %zu bytes, no colon or control character.",
		visible(text, shown, sizeof shown), max);
	return false;
}

struct adding {
	struct conv *c;
	struct practice practice;
	struct now now;
};

static int add(struct txn *t, void *arg)
{
	struct adding *a = arg;
	struct person nobody = { .known = false };
	struct practice there;
	int r = practice_load(t, a->practice.id, &there);

	if (r != -ENOENT)
		return r < 0 ? r : -EEXIST;
	nobody.has_account = true;
	memcpy(nobody.account.practice, a->practice.id, sizeof nobody.account.practice);
	if ((r = practice_save(t, &a->practice)) < 0)
		return r;
	return audit(t, a->c, &a->now, AUDIT_PRACTICE_ADDED, &nobody, "");
}

static enum status add_practice(struct conv *c, const struct words *w)
{
	struct adding a = { .c = c };
	char what[80], id[SIGN_IN_NAME_MAX + 1];

	if (!name_normal(w->word[0], id) || !name_is_user(id) || strlen(id) > PRACTICE_ID_MAX) {
		tell(c, TELL_ERROR,
			"A practice's ID is a short word: a to z first, then digits and - too, 31 at most.");
		return STATUS_REFUSED;
	}
	if (!manage_name_good(c, w->word[1], PRACTICE_NAME_MAX))
		return STATUS_REFUSED;
	memcpy(a.practice.id, id, strlen(id) + 1);
	memcpy(a.practice.name, w->word[1], strlen(w->word[1]) + 1);
	c->now(&a.now);
	a.practice.created = a.now.unix_s;
	snprintf(what, sizeof what, "practice %s", id);
	return manage_result(c, store_update(c->store, NEED_SPACE, add, &a), what);
}

struct listing {
	struct list *list;
	const struct words *w;
};

static size_t count_accounts(struct txn *t, const char *practice)
{
	struct key at = { .len = 0 };
	struct account a;
	struct bytes row;
	size_t n = 0;

	while (txn_next(t, TABLE_ACCOUNT, "", 0, &at, &row) == 0)
		n += account_get(row.p, row.len, &a) == 0 && strcmp(a.practice, practice) == 0;
	return n;
}

/* What it has set itself; how people are asked there, whoever says so. */
static json_t *with_rollout(const struct conv *c, const struct practice *p, json_t *object)
{
	char text[ROLLOUT_TEXT], both[ROLLOUT_BOTH_TEXT];
	struct rollouts all;

	rollout_of(c->conf, p, &all);
	json_object_set_new(object, "rollout", json_string(rollout_text(&p->rollout, text)));
	json_object_set_new(object, "ask", json_string(rollout_ask_text(all.ask, all.times, text)));
	json_object_set_new(object, "rollout_in_force", json_string(rollout_in_force(&all, both)));
	return object;
}

static int list_all(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct key at = { .len = 0 };
	struct practice p;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_PRACTICE, "", 0, &at, &row)) == 0) {
		if ((r = practice_get(row.p, row.len, &p)) < 0)
			return r;
		if (!in_scope(l->w, p.id))
			continue;
		list_row(l->list,
			with_rollout(l->list->c, &p,
				json_pack("{s:s,s:s,s:o}", "id", p.id, "name", p.name, "created",
					json_time(p.created))),
			"%-16s %s", p.id, p.name);
	}
	return r == -ENOENT ? 0 : r;
}

/* Their name and, if they still have one, their user ID at the practice; the e-mail address for root. */
static void add_manager(struct txn *t, const struct listing *l, const struct practice *p,
	const struct id *id, json_t *to)
{
	static struct account a[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	const char *userid = NULL, *email = NULL;
	char line[PERSON_NAME_MAX + 2 * SIGN_IN_NAME_MAX + 16];
	struct identity who;
	size_t n = 0;

	if (identity_load(t, id, &who) < 0 ||
		identity_accounts(t, id, a, IDENTITY_ACCOUNTS_MAX, &n) < 0)
		return;
	for (size_t i = 0; i < n && !userid; i++)
		if (strcmp(a[i].practice, p->id) == 0)
			userid = a[i].userid;
	if (l->w->scope->root)
		email = who.email;
	snprintf(line, sizeof line, "%s (%s)%s%s", who.name, userid ? userid : "no account here",
		email ? " " : "", email ? email : "");
	json_array_append_new(to,
		l->w->json ? json_pack("{s:s,s:s?,s:s?}", "name", who.name, "userid", userid,
				     "email", email)
			   : json_string(line));
}

enum { DEADLINE_TEXT = WHEN_TEXT + 3 };

static const char *deadline_text(uint64_t until, char out[DEADLINE_TEXT])
{
	char day[WHEN_TEXT];

	if (until <= 1)
		return until ? "now" : "optional";
	snprintf(out, DEADLINE_TEXT, "by %s", when_text(until, WHEN_DAY, day));
	return out;
}

static int show_one(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct conv *c = l->list->c;
	json_t *managers = json_array();
	struct practice p;
	char day[DEADLINE_TEXT];
	int r = scope_practice(t, l->w, l->w->word[0], &p);

	for (size_t i = 0; r == 0 && i < p.nmanagers; i++)
		add_manager(t, l, &p, &p.manager[i], managers);
	if (r == 0)
		show_object(c, l->w->json,
			with_rollout(c, &p,
				json_pack("{s:s,s:s,s:o,s:i,s:o,s:b,s:s,s:b,s:s,s:b,s:O}", "id",
					p.id, "name", p.name, "created", json_time(p.created),
					"accounts", (int)count_accounts(t, p.id), "require",
					json_factors(p.require), "network", !p.no_network, "hours",
					*p.hours ? p.hours : "always", "shared_addresses",
					p.shared_addresses, "migrate",
					deadline_text(policy_migrate(c->conf, &p), day),
					"break_glass", p.break_glass && c->conf->break_glass,
					"managers", managers)));
	json_decref(managers);
	return r;
}

enum status manage_practice(struct conv *c, const struct words *w)
{
	struct list list;
	struct listing l = { .list = &list, .w = w };
	char what[320];

	if (strcmp(w->verb, "practice add") == 0)
		return add_practice(c, w);
	if (strcmp(w->verb, "practice set") == 0)
		return practice_set(c, w);
	list_begin(&list, c, w->json);
	if (strcmp(w->verb, "practice list") == 0) {
		enum status s =
			manage_result(c, store_read(c->store, list_all, &l), "practice list");
		list_end(&list);
		return s;
	}
	snprintf(what, sizeof what, "practice %s", w->word[0]);
	return manage_result(c, store_read(c->store, show_one, &l), what);
}
