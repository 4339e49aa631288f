/* SPDX-License-Identifier: Apache-2.0 */
/* The codes for sealed envelopes: made, listed and taken back. What must hold: a code is shown once, to
 * whoever makes it, and stops the one before; the list says who made and who used it, and no code. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "glass.h"
#include "list.h"
#include "log.h"
#include "manage.h"
#include "message.h"
#include "scope.h"
#include "store/store.h"
#include "text.h"
#include "when.h"

struct glasses {
	struct conv *c;
	const struct words *w;
	struct list *list;
	struct now now;
	struct practice practice;
	char code[TOKEN_TEXT], by[AUDIT_BY_MAX];
	bool off; /* the practice has not switched it on */
	bool reached; /* somebody is told when the code is used */
};

static int audit_practice(struct txn *t, const struct glasses *g, const char *detail)
{
	struct person nobody = { .has_account = true };

	memcpy(nobody.account.practice, g->practice.id, sizeof nobody.account.practice);
	return audit(t, g->c, &g->now, AUDIT_GLASS_MADE, &nobody, detail);
}

/* The caller's user ID at that practice: a colleague there knows them by it. */
static int say_by(struct txn *t, struct glasses *g)
{
	static struct account a[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	const struct scope *scope = g->w->scope;
	size_t n = 0;

	snprintf(g->by, sizeof g->by, "root");
	int r = scope->root
		? 0
		: identity_accounts(t, &scope->who.identity.id, a, IDENTITY_ACCOUNTS_MAX, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (a[i].state == STATE_ACTIVE && strcmp(a[i].practice, g->practice.id) == 0) {
			snprintf(g->by, sizeof g->by, "%s", a[i].userid);
			break;
		}
	return r;
}

/* Whether a message can reach one of the practice's managers. */
static bool reaches_anybody(struct txn *t, const struct glasses *g)
{
	const struct practice *p = &g->practice;
	struct identity who;

	for (size_t i = 0; i < p->nmanagers; i++)
		if (scope_manages(t, p, &p->manager[i]) &&
			identity_load(t, &p->manager[i], &who) == 0 &&
			((who.email_verified && message_can(g->c->conf, CHANNEL_EMAIL)) ||
				(who.mobile_verified && message_can(g->c->conf, CHANNEL_SMS))))
			return true;
	return false;
}

static int make(struct txn *t, void *arg)
{
	struct glasses *g = arg;
	int r = scope_practice(t, g->w, g->w->word[0], &g->practice);

	g->off = r == 0 && !g->practice.break_glass;
	if (g->off)
		return -EACCES;
	g->reached = r == 0 && reaches_anybody(t, g);
	if (r < 0 || (r = say_by(t, g)) < 0 ||
		(r = glass_make(t, g->c, &g->now, g->practice.id, g->by, g->code)) < 0)
		return r;
	return audit_practice(t, g, "made");
}

static int drop(struct txn *t, void *arg)
{
	struct glasses *g = arg;
	int r = scope_practice(t, g->w, g->w->word[0], &g->practice);

	if (r < 0)
		return r;
	r = glass_drop(t, g->practice.id);
	return r < 0 && r != -ENOENT ? r : audit_practice(t, g, "taken back");
}

static void tell_envelope(struct conv *c, const struct glasses *g)
{
	char day[WHEN_TEXT], name[PRACTICE_NAME_MAX * 4 + 1];

	visible(g->practice.name, name, sizeof name);
	tell(c, TELL_INFO, TEXT_GLASS_ENVELOPE, name, when_text(g->now.unix_s, WHEN_WORDS, day),
		name, g->code, (unsigned)(GLASS_MS / 3600000));
}

static enum status make_one(struct conv *c, struct glasses *g)
{
	char what[300], shown[300];

	manage_practice_word(g->w->word[0], what);
	int r = scope_update(c, g->w, NEED_SPACE, make, g);
	if (r == -EACCES && g->off) {
		tell(c, TELL_ERROR,
			"%s has break-glass switched off. To allow it: hcauth practice set %s --break-glass yes",
			visible(g->practice.name, shown, sizeof shown), g->practice.id);
		return STATUS_REFUSED;
	}
	enum status s = manage_result(c, r, what);
	if (s == STATUS_DONE)
		tell_envelope(c, g);
	if (s == STATUS_DONE && !g->reached)
		tell(c, TELL_ERROR,
			"Nobody will be told when it is used: no manager of %s has an address or number that is verified, and that this machine can send to.",
			visible(g->practice.name, shown, sizeof shown));
	return s;
}

static void list_one(const struct glasses *g, const struct practice *p, const struct glass *v)
{
	char made[WHEN_TEXT], used[WHEN_TEXT], before[WHEN_TEXT + SIGN_IN_NAME_MAX + 32] = "";
	uint64_t last = v->used ? v->used : v->before;

	if (v->before)
		snprintf(before, sizeof before, " (one before it: %s, %s)",
			when_text(v->before, WHEN_MINUTE, used), v->before_whom);
	list_row(g->list,
		json_pack("{s:s,s:s,s:o,s:s,s:o,s:s?,s:b,s:o,s:s?}", "practice", p->id,
			"practice_name", p->name, "made", json_time(v->made), "made_by", v->by,
			"used", json_time(v->used), "used_by", v->used ? v->whom : NULL, "good",
			!v->used && p->break_glass && g->c->conf->break_glass, "last_used",
			json_time(last), "last_used_by",
			v->used             ? v->whom
				: v->before ? v->before_whom
					    : NULL),
		"%-16s %-16s  %-16s %-16s  %s%s", p->id, when_text(v->made, WHEN_MINUTE, made),
		v->by, v->used ? when_text(v->used, WHEN_MINUTE, used) : "not used",
		v->used                  ? v->whom
			: p->break_glass ? ""
					 : "switched off",
		before);
}

static int list_all(struct txn *t, void *arg)
{
	struct glasses *g = arg;
	struct key at = { .len = 0 };
	struct practice p;
	struct glass v;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_PRACTICE, "", 0, &at, &row)) == 0) {
		if ((r = practice_get(row.p, row.len, &p)) < 0)
			return r;
		if (!in_scope(g->w, p.id))
			continue;
		r = glass_load(t, p.id, &v);
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		list_one(g, &p, &v);
	}
	return r == -ENOENT ? 0 : r;
}

static enum status list_glasses(struct conv *c, struct glasses *g)
{
	struct list list;

	list_begin(&list, c, g->w->json);
	list.heading = "PRACTICE         MADE              BY               USED              BY";
	list.none =
		"No practice has a break-glass code. To make one: hcauth break-glass new PRACTICE";
	g->list = &list;
	enum status s = manage_result(c, store_read(c->store, list_all, g), "break-glass");
	list_end(&list);
	return s;
}

enum status glass_command(struct conv *c, const struct words *w)
{
	struct glasses g = { .c = c, .w = w };
	char what[300];

	c->now(&g.now);
	if (strcmp(w->verb, "break-glass") == 0)
		return list_glasses(c, &g);
	if (strcmp(w->verb, "break-glass drop") == 0) {
		enum status s = manage_result(c, scope_update(c, w, NEED_ALWAYS, drop, &g),
			manage_practice_word(w->word[0], what));

		if (s == STATUS_DONE)
			tell(c, TELL_INFO, "%s has no break-glass code now.", g.practice.id);
		return s;
	}
	if (!c->conf->break_glass) {
		tell(c, TELL_ERROR,
			"This machine allows no break-glass codes. Root may: break-glass = yes in hcauthd.conf.");
		return STATUS_REFUSED;
	}
	enum status s = make_one(c, &g);
	wipe(&g, sizeof g);
	return s;
}
