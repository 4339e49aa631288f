/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts: lists and states. What must hold: an account that is switched off keeps its names, its uid
 * and its row in the directory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "audit.h"
#include "factor.h"
#include "glass.h"
#include "list.h"
#include "log.h"
#include "manage.h"
#include "scope.h"
#include "shift.h"
#include "store/store.h"

struct listed {
	char userid[SIGN_IN_NAME_MAX + 1];
	struct id id;
};

struct listing {
	struct conv *c;
	const struct words *w;
	struct list *list;
	const char *practice; /* NULL: all */
	struct listed *found;
	size_t n, room;
	enum state state;
	bool last;
	struct now now;
};

/* Whose it is: for root by e-mail address; a practice knows the name of whoever works there, no more. */
static void add_person(struct txn *t, const struct words *w, const struct account *a, json_t *to)
{
	bool linked = !id_is_none(&a->identity);
	struct identity who = { .email = "" };
	const char *name = a->name;

	if (linked && identity_load(t, &a->identity, &who) == 0)
		name = who.name;
	json_object_set_new(to, "name", *name ? json_string(name) : json_null());
	json_object_set_new(to, "linked", json_boolean(linked));
	if (w->scope->root)
		json_object_set_new(to, "identity", linked ? json_string(who.email) : json_null());
	if (!linked)
		json_object_set_new(to, "activation_pending",
			json_boolean(credential_exists(t, &a->id, FACTOR_ACTIVATION)));
	if (*a->email)
		json_object_set_new(to, "contact_email", json_string(a->email));
	if (*a->mobile)
		json_object_set_new(to, "contact_mobile", json_string(a->mobile));
	if (a->unlink)
		json_object_set_new(to, "unlink_asked", json_time(a->unlink));
}

static json_t *account_json(struct txn *t, const struct words *w, const struct account *a)
{
	json_t *groups = json_array(), *object;

	for (size_t i = 0; i < a->ngroups; i++)
		json_array_append_new(groups, json_string(a->group[i]));
	object = json_pack("{s:s,s:s,s:s,s:i,s:s,s:b,s:o,s:o,s:o}", "userid", a->userid, "practice",
		a->practice, "user", a->user, "uid", (int)a->uid, "state", state_name(a->state),
		"existing", a->existing, "groups", groups, "created", json_time(a->created),
		"last_sign_in", json_time(a->last_seen));
	add_person(t, w, a, object);
	return object;
}

static void keep_listed(struct listing *l, const struct account *a)
{
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->found = realloc(l->found, l->room * sizeof *l->found);
		if (!l->found)
			die("account list: no memory");
	}
	memcpy(l->found[l->n].userid, a->userid, sizeof a->userid);
	l->found[l->n++].id = a->id;
}

static int by_userid(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	return strcasecmp(x->userid, y->userid);
}

static void show_row(struct txn *t, const struct listing *l, const struct account *a)
{
	json_t *object = account_json(t, l->w, a);
	const char *name = json_string_value(json_object_get(object, "name"));
	char shown[PERSON_NAME_MAX + 1];

	snprintf(shown, sizeof shown, "%s", name ? name : "-");
	list_row(l->list, object, "%-16s %-28s %-16s %-16s %u%s%s%s%s", a->userid, shown,
		a->practice, a->user, a->uid, a->state == STATE_ACTIVE ? "" : "  (",
		a->state == STATE_ACTIVE ? "" : state_name(a->state),
		a->state == STATE_ACTIVE ? "" : ")", a->unlink ? "  (asks to leave)" : "");
}

static int list_all(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct key at = { .len = 0 };
	struct practice practice;
	struct account a;
	struct bytes row;
	int r;

	if (l->practice && (r = scope_practice(t, l->w, l->practice, &practice)) < 0)
		return r;
	while ((r = txn_next(t, TABLE_ACCOUNT, "", 0, &at, &row)) == 0) {
		if ((r = account_get(row.p, row.len, &a)) < 0)
			return r;
		if (!in_scope(l->w, a.practice) ||
			(l->practice && strcmp(a.practice, practice.id) != 0))
			continue;
		keep_listed(l, &a);
	}
	if (r != -ENOENT)
		return r;
	if (l->n > 0)
		qsort(l->found, l->n, sizeof *l->found, by_userid);
	for (size_t i = 0; i < l->n; i++) {
		if ((r = account_load(t, &l->found[i].id, &a)) < 0)
			return r;
		show_row(t, l, &a);
	}
	return 0;
}

static int show_one(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct account a;
	int r = scope_account(t, l->w, l->w->word[0], &a);

	if (r == 0)
		show_object(l->c, l->w->json, account_json(t, l->w, &a));
	return r;
}

static int set_state(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct person p = { .known = true, .has_account = true };
	int r = scope_account(t, l->w, l->w->word[0], &p.account);

	if (r < 0)
		return r;
	if (p.account.state == STATE_LEFT)
		return -ESHUTDOWN;
	l->last = l->state != STATE_ACTIVE && manager_is_last(t, &p.account);
	if (l->last && !(l->w->scope->root && l->w->option[OPT_FORCE]))
		return -EACCES;
	p.owner = p.account.id;
	p.account.state = l->state;
	const struct id *owner = id_is_none(&p.account.identity) ? &p.owner : &p.account.identity;
	/* an e-mail address may stand for another account of its person now */
	if ((r = account_save(t, &p.account)) < 0 || (r = directory_changed(t)) < 0 ||
		(r = glass_end(t, owner, p.account.practice)) < 0 || (r = shift_end(t, owner)) < 0)
		return r;
	return audit(t, l->c, &l->now, l->state == STATE_ACTIVE ? AUDIT_ENABLED : AUDIT_DISABLED,
		&p, "account");
}

static enum status list_accounts(struct conv *c, const struct words *w)
{
	struct list list;
	char what[300];
	struct listing l = { .c = c, .w = w, .list = &list, .practice = w->option[OPT_PRACTICE] };

	list_begin(&list, c, w->json);
	list.heading =
		"USER ID          NAME                         PRACTICE         SYSTEM USER      UID";
	enum status s = manage_result(c, store_read(c->store, list_all, &l),
		manage_practice_word(l.practice ? l.practice : "", what));
	free(l.found);
	if (s == STATUS_DONE)
		list_end(&list);
	return s;
}

enum status manage_account(struct conv *c, const struct words *w)
{
	struct listing l = { .c = c, .w = w };
	char what[300];

	if (strcmp(w->verb, "account add") == 0)
		return account_add(c, w);
	if (strcmp(w->verb, "account list") == 0)
		return list_accounts(c, w);
	snprintf(what, sizeof what, "account %s", w->word[0]);
	if (strcmp(w->verb, "account show") == 0)
		return manage_result(c, store_read(c->store, show_one, &l), what);
	l.state = strcmp(w->verb, "account enable") == 0 ? STATE_ACTIVE : STATE_DISABLED;
	c->now(&l.now);
	int r = scope_update(c, w, NEED_SPACE, set_state, &l);
	if (r != -EACCES)
		return manage_result(c, r, what);
	tell(c, TELL_ERROR, MANAGER_LAST);
	return STATUS_REFUSED;
}
