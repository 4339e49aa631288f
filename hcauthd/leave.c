/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth leave. What must hold: one commit, after which every door says no: the states are for good, and
 * nothing is left that could be typed; names, uid and directory rows stay, so that it is we who refuse. A
 * manager is told the same whether the person has accounts elsewhere or not. */
#include "leave.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "log.h"
#include "manage.h"
#include "message.h"
#include "paths.h"
#include "scope.h"
#include "store/store.h"

struct leaving {
	struct conv *c;
	const struct words *w;
	char name[SIGN_IN_NAME_MAX + 1];
	struct now now;
	bool has_identity, whole; /* whole: root named the person, not an account */
	bool changed;
	struct identity who;
	struct account account[IDENTITY_ACCOUNTS_MAX]; /* those that leave */
	size_t n;
	char practice[PRACTICE_ID_MAX + 1]; /* whose last manager they are */
};

int drop_rows(struct txn *t, enum table table, const void *prefix, size_t len)
{
	struct key at = { .len = 0 };
	struct bytes row;
	int r;

	while ((r = txn_next(t, table, prefix, len, &at, &row)) == 0)
		if ((r = txn_del(t, table, at.bytes, at.len)) < 0)
			return r;
	return r == -ENOENT ? 0 : r;
}

int drop_messages(struct txn *t, const struct conv *c, const struct id *owner, bool codes)
{
	struct queued q;
	uint64_t number = 0;
	int r = 0;

	while (r == 0 && message_next(t, c->seal, &number, &q) == 0)
		if (id_equal(&q.message.owner, owner) && (*q.message.code || !codes))
			r = message_drop(t, number);
	wipe(&q, sizeof q);
	return r;
}

int drop_ways_in(struct txn *t, const struct conv *c, const struct id *owner)
{
	static const enum table tables[] = { TABLE_CREDENTIAL, TABLE_CODE, TABLE_RECOVERY,
		TABLE_FRESH, TABLE_SHIFT, TABLE_SSH_KEY, TABLE_GLASS_OPEN };
	int r = drop_messages(t, c, owner, true);

	for (size_t i = 0; r == 0 && i < sizeof tables / sizeof *tables; i++)
		r = drop_rows(t, tables[i], owner, sizeof *owner);
	return r;
}

static int drop_tickets(struct txn *t, const struct id *account)
{
	struct key at = { .len = 0 };
	struct ticket v;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_TICKET, "", 0, &at, &row)) == 0)
		if (ticket_get(row.p, row.len, &v) == 0 && id_equal(&v.account, account) &&
			(r = txn_del(t, TABLE_TICKET, at.bytes, at.len)) < 0)
			return r;
	return r == -ENOENT ? 0 : r;
}

bool account_is_purged(const struct account *a)
{
	return a->state == STATE_LEFT && a->left == 0;
}

/* --- who --- */

static int take_identity(struct txn *t, struct leaving *l, const struct id *id)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	struct identity who;
	size_t n, had = l->n;
	int r;

	if ((r = identity_load(t, id, &who)) < 0 ||
		(r = identity_accounts(t, id, all, IDENTITY_ACCOUNTS_MAX, &n)) < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (!in_scope(l->w, all[i].practice) ||
			(all[i].state == STATE_LEFT && !l->w->scope->root))
			continue;
		if (had > 0)
			return -ENOTUNIQ;
		l->account[l->n++] = all[i];
	}
	if (l->n == had && !l->w->scope->root)
		return 0;
	l->who = who;
	l->has_identity = true;
	return 0;
}

static int find(struct txn *t, struct leaving *l)
{
	struct name_row row;
	struct account a;
	int r = name_find(t, l->name, &row);

	l->n = 0;
	l->has_identity = l->whole = l->changed = false;
	if (r < 0)
		return r;
	if (row.kind == NAME_SHARED && l->w->scope->root)
		return -ENOTUNIQ;
	if (row.kind == NAME_IDENTITY || row.kind == NAME_SHARED) {
		l->whole = l->w->scope->root;
		r = take_identity(t, l, &row.id);
		if (r == 0 && row.kind == NAME_SHARED)
			r = take_identity(t, l, &row.other);
		return r < 0 ? r : l->has_identity ? 0 : -ENOENT;
	}
	if ((r = account_load(t, &row.id, &a)) < 0)
		return r;
	if (!in_scope(l->w, a.practice) || account_is_purged(&a))
		return -ENOENT;
	l->account[l->n++] = a;
	l->has_identity = !id_is_none(&a.identity);
	return l->has_identity ? identity_load(t, &a.identity, &l->who) : 0;
}

/* --- managers --- */

static bool leaves(const struct leaving *l, const struct account *a)
{
	for (size_t i = 0; i < l->n; i++)
		if (id_equal(&l->account[i].id, &a->id))
			return true;
	return false;
}

/* What the person keeps: accounts that have not left, at that practice (NULL: anywhere). */
static int count_kept(struct txn *t, const struct leaving *l, const char *practice, size_t *kept)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX];
	size_t n;
	int r = identity_accounts(t, &l->who.id, all, IDENTITY_ACCOUNTS_MAX, &n);

	*kept = 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		*kept += all[i].state != STATE_LEFT && !leaves(l, &all[i]) &&
			(!practice || strcmp(all[i].practice, practice) == 0);
	return r;
}

/* Takes the identity out of p's managers; false when it is none. */
static bool take_out(struct practice *p, const struct id *who)
{
	for (size_t i = 0; i < p->nmanagers; i++) {
		if (!id_equal(&p->manager[i], who))
			continue;
		p->nmanagers--;
		memmove(&p->manager[i], &p->manager[i + 1],
			(p->nmanagers - i) * sizeof *p->manager);
		return true;
	}
	return false;
}

static int stop_managing(struct txn *t, struct leaving *l, const struct practice *p)
{
	const bool theirs = in_scope(l->w, p->id);
	struct person who = { .owner = l->who.id,
		.known = true,
		.has_identity = true,
		.has_account = true,
		.identity = l->who };

	if (theirs && !l->w->option[OPT_FORCE] && scope_managers_but(t, p, &l->who.id) == 0) {
		memcpy(l->practice, p->id, sizeof l->practice);
		return -EBUSY;
	}
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->account[i].practice, p->id) == 0)
			who.account = l->account[i];
	memcpy(who.account.practice, p->id, sizeof who.account.practice);
	int r = practice_save(t, p);
	return r < 0 ? r : audit(t, l->c, &l->now, AUDIT_MANAGER, &who, "no more, has left");
}

/* Nobody manages where they no longer work. */
static int stop_managing_all(struct txn *t, struct leaving *l, bool gone)
{
	struct key at = { .len = 0 };
	struct practice p;
	struct bytes row;
	size_t kept = 0;
	int r;

	while ((r = txn_next(t, TABLE_PRACTICE, "", 0, &at, &row)) == 0) {
		if ((r = practice_get(row.p, row.len, &p)) < 0)
			return r;
		if (!take_out(&p, &l->who.id))
			continue;
		if (!gone && (r = count_kept(t, l, p.id, &kept)) < 0)
			return r;
		if ((gone || kept == 0) && (r = stop_managing(t, l, &p)) < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

/* --- leaving --- */

static int leave_account(struct txn *t, struct leaving *l, struct account *a)
{
	struct person p = { .owner = l->has_identity ? l->who.id : a->id,
		.known = true,
		.has_account = true,
		.has_identity = l->has_identity,
		.identity = l->who };
	int r;

	if (a->state == STATE_LEFT)
		return 0;
	a->state = STATE_LEFT;
	a->left = l->now.unix_s;
	a->unlink = 0;
	l->changed = true;
	p.account = *a;
	if ((r = account_save(t, a)) < 0 || (r = drop_ways_in(t, l->c, &a->id)) < 0 ||
		(r = drop_tickets(t, &a->id)) < 0)
		return r;
	return audit(t, l->c, &l->now, AUDIT_LEFT, &p, "account");
}

/* In a record of its own, at no practice: it is none of any practice's business. */
static int leave_identity(struct txn *t, struct leaving *l)
{
	struct person p = { .owner = l->who.id, .known = true, .has_identity = true };
	int r;

	if (l->who.state == STATE_LEFT)
		return 0;
	l->who.state = STATE_LEFT;
	l->who.left = l->now.unix_s;
	l->who.resets++;
	l->changed = true;
	p.identity = l->who;
	if (address_is_shared(t, &l->who) && (r = address_release(t, &l->who)) < 0)
		return r;
	if ((r = identity_save(t, &l->who)) < 0 || (r = drop_ways_in(t, l->c, &l->who.id)) < 0)
		return r;
	return audit(t, l->c, &l->now, AUDIT_LEFT, &p, "identity");
}

static int leave(struct txn *t, void *arg)
{
	struct leaving *l = arg;
	size_t kept = 0;
	int r = find(t, l);

	if (r == 0 && l->has_identity)
		r = count_kept(t, l, NULL, &kept);
	bool gone = l->has_identity && (l->whole || kept == 0);
	if (r == 0 && l->has_identity)
		r = stop_managing_all(t, l, gone);
	for (size_t i = 0; r == 0 && i < l->n; i++) {
		r = leave_account(t, l, &l->account[i]);
		if (r == 0 && l->w->option[OPT_END_SESSIONS])
			r = ending_add(t, &l->now, &l->account[i]);
	}
	if (r == 0 && gone)
		r = leave_identity(t, l);
	return r < 0 ? r : directory_changed(t);
}

void ending_wake(void)
{
	int fd = open(HC_ENDING_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, "1\n", 2) != 2)
		log_warn("%s: sessions wait for root to run hcauth end-sessions: %m",
			HC_ENDING_FILE);
	if (fd >= 0)
		close(fd);
}

static void say_left(struct conv *c, const struct leaving *l)
{
	const bool ends = l->w->option[OPT_END_SESSIONS] != NULL;

	for (size_t i = 0; i < l->n; i++)
		tell(c, TELL_INFO, "%s (%s) has left %s%s", l->account[i].userid,
			l->account[i].user, l->account[i].practice,
			l->changed ? ": nobody signs in with it any more." : " already.");
	if (l->n == 0)
		tell(c, TELL_INFO, "%s has left%s", l->who.email, l->changed ? "." : " already.");
	if (l->n > 0)
		tell(c, TELL_INFO,
			ends ? "Their open sessions are being ended."
			     : "Sessions that are open go on. To end them, say it again with --end-sessions.");
}

enum status manage_leave(struct conv *c, const struct words *w)
{
	static struct leaving l; /* large; one conversation a process */
	char what[300];

	l = (struct leaving){ .c = c, .w = w };
	snprintf(what, sizeof what, "person or account %s", w->word[0]);
	if (w->option[OPT_FORCE] && !w->scope->root)
		return STATUS_USAGE;
	if (!name_normal(w->word[0], l.name))
		return manage_result(c, -ENOENT, what);
	c->now(&l.now);
	int r = scope_update(c, w, NEED_ALWAYS, leave, &l);
	if (r == -EBUSY) {
		tell(c, TELL_ERROR,
			"They are the only manager of %s. Make somebody else one first%s.",
			l.practice, w->scope->root ? ", or say --force" : "");
		return STATUS_REFUSED;
	}
	enum status s = manage_result(c, r, what);
	if (s != STATUS_DONE)
		return s;
	say_left(c, &l);
	if (w->option[OPT_END_SESSIONS] && l.n > 0)
		ending_wake();
	return STATUS_DONE;
}
