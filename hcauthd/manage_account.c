/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts: lists and states. What must hold: an account that is switched off keeps its names, its uid
 * and its row in the directory. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "list.h"
#include "manage.h"
#include "store/store.h"

struct listing {
	struct conv *c;
	struct list *list;
	const char *userid, *practice;
	bool json;
	enum state state;
	struct now now;
};

static json_t *account_json(struct txn *t, const struct account *a)
{
	struct identity who;
	json_t *groups = json_array();
	bool linked = !id_is_none(&a->identity) && identity_load(t, &a->identity, &who) == 0;

	for (size_t i = 0; i < a->ngroups; i++)
		json_array_append_new(groups, json_string(a->group[i]));
	return json_pack("{s:s,s:s,s:s,s:i,s:s?,s:s,s:b,s:o,s:o,s:o}", "userid", a->userid,
		"practice", a->practice, "user", a->user, "uid", (int)a->uid, "identity",
		linked ? who.email : NULL, "state", state_name(a->state), "existing", a->existing,
		"groups", groups, "created", json_time(a->created), "last_sign_in",
		json_time(a->last_seen));
}

static int list_all(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct key at = { .len = 0 };
	struct practice practice;
	struct account a;
	struct bytes row;
	int r;

	if (l->practice && (r = practice_load(t, l->practice, &practice)) < 0)
		return r;
	while ((r = txn_next(t, TABLE_ACCOUNT, "", 0, &at, &row)) == 0) {
		if ((r = account_get(row.p, row.len, &a)) < 0)
			return r;
		if (l->practice && strcmp(a.practice, l->practice) != 0)
			continue;
		list_row(l->list, account_json(t, &a), "%-16s %-16s %-16s %u%s", a.userid,
			a.practice, a.user, a.uid,
			a.state == STATE_ACTIVE         ? ""
				: a.state == STATE_LEFT ? "  (left)"
							: "  (disabled)");
	}
	return r == -ENOENT ? 0 : r;
}

/* By user ID, or by system user. */
static int find(struct txn *t, const char *name, struct account *out)
{
	struct name_row row;
	int r = name_find(t, name, &row);

	if (r == 0 && row.kind != NAME_USERID && row.kind != NAME_USER)
		r = -ENOENT;
	return r < 0 ? r : account_load(t, &row.id, out);
}

static int show_one(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct account a;
	int r = find(t, l->userid, &a);

	if (r == 0)
		show_object(l->c, l->json, account_json(t, &a));
	return r;
}

static int set_state(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct person p = { .known = true, .has_account = true };
	int r = find(t, l->userid, &p.account);

	if (r < 0)
		return r;
	if (p.account.state == STATE_LEFT)
		return -ESHUTDOWN;
	p.owner = p.account.id;
	p.account.state = l->state;
	/* an e-mail address may stand for another account of its person now */
	if ((r = account_save(t, &p.account)) < 0 || (r = directory_changed(t)) < 0)
		return r;
	return audit(t, l->c, &l->now, l->state == STATE_ACTIVE ? AUDIT_ENABLED : AUDIT_DISABLED,
		&p, "account");
}

static enum status list_accounts(struct conv *c, const struct words *w)
{
	char practice[SIGN_IN_NAME_MAX + 1] = "";
	struct list list;
	struct listing l = {
		.c = c, .list = &list, .practice = w->option[OPT_PRACTICE] ? practice : NULL
	};

	if (w->option[OPT_PRACTICE] && !name_normal(w->option[OPT_PRACTICE], practice))
		return manage_result(c, -ENOENT, "practice of that ID");
	list_begin(&list, c, w->json);
	enum status s = manage_result(c, store_read(c->store, list_all, &l), "practice of that ID");
	if (s == STATUS_DONE)
		list_end(&list);
	return s;
}

enum status manage_account(struct conv *c, const struct words *w)
{
	char name[SIGN_IN_NAME_MAX + 1] = "?", what[300];
	struct listing l = { .c = c, .userid = name, .json = w->json };

	if (strcmp(w->verb, "account add") == 0)
		return account_add(c, w);
	if (strcmp(w->verb, "account list") == 0)
		return list_accounts(c, w);
	snprintf(what, sizeof what, "account %s", w->word[0]);
	if (!name_normal(w->word[0], name))
		return manage_result(c, -ENOENT, what);
	if (strcmp(w->verb, "account show") == 0)
		return manage_result(c, store_read(c->store, show_one, &l), what);
	l.state = strcmp(w->verb, "account enable") == 0 ? STATE_ACTIVE : STATE_DISABLED;
	c->now(&l.now);
	return manage_result(c, store_update(c->store, NEED_SPACE, set_state, &l), what);
}
