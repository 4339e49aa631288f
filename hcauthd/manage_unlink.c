/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a link between a person and an account. What must hold: a practice ends its own, never
 * another's; from that commit on nobody comes in as that account, by any door (its files may hold the
 * person's ssh keys), until the practice opens it again for somebody; a person can but ask. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "leave.h"
#include "manage.h"
#include "message.h"
#include "scope.h"
#include "store/store.h"
#include "text.h"

struct unlinking {
	struct conv *c;
	const struct words *w;
	struct now now;
	bool last;
};

/* Who works at the practice no more manages it no more. */
static int drop_manager(struct txn *t, struct unlinking *u, const struct person *p)
{
	static struct account a[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	struct practice practice;
	size_t n, at = 0;
	int r;

	if ((r = practice_load(t, p->account.practice, &practice)) < 0 ||
		(r = identity_accounts(t, &p->identity.id, a, IDENTITY_ACCOUNTS_MAX, &n)) < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i].practice, practice.id) == 0)
			return 0;
	while (at < practice.nmanagers && !id_equal(&practice.manager[at], &p->identity.id))
		at++;
	if (at == practice.nmanagers)
		return 0;
	memmove(&practice.manager[at], &practice.manager[at + 1],
		(practice.nmanagers - at - 1) * sizeof *practice.manager);
	practice.nmanagers--;
	r = practice_save(t, &practice);
	return r < 0 ? r : audit(t, u->c, &u->now, AUDIT_MANAGER, p, "no more a manager");
}

static int tell_person(struct txn *t, struct unlinking *u, const struct person *p)
{
	static const enum channel channels[] = { CHANNEL_EMAIL, CHANNEL_SMS };
	struct practice practice;
	struct message m;
	int r = practice_load(t, p->account.practice, &practice);

	for (size_t i = 0; r == 0 && i < 2; i++) {
		bool email = channels[i] == CHANNEL_EMAIL;

		if (email ? !p->identity.email_verified : !p->identity.mobile_verified)
			continue;
		r = message_for(t, p, channels[i], email ? p->identity.email : p->identity.mobile,
			"unlinked", &m);
		if (r < 0)
			return r;
		snprintf(m.what, sizeof m.what, "%.80s at %s", p->account.userid, practice.name);
		r = message_queue(t, u->c, &u->now, &m);
	}
	return r;
}

static int unlink_account(struct txn *t, void *arg)
{
	struct unlinking *u = arg;
	struct person p;
	int r = scope_person(t, u->w, u->w->word[0], &p);

	if (r < 0)
		return r;
	u->last = manager_is_last(t, &p.account);
	if (p.account.state == STATE_LEFT)
		return -ESHUTDOWN;
	if (!p.has_identity || (u->last && !(u->w->scope->root && u->w->option[OPT_FORCE])))
		return -EACCES;

	struct id key[2] = { p.identity.id, p.account.id };
	struct person alone = { .known = true, .has_account = true, .account = p.account };
	struct account *a = &alone.account;
	alone.owner = a->id;
	a->identity = (struct id){ { 0 } };
	a->unlink = 0;
	a->state = STATE_DISABLED;
	if ((r = tell_person(t, u, &p)) < 0 ||
		(r = txn_del(t, TABLE_MEMBER, key, sizeof key)) < 0 ||
		(r = drop_manager(t, u, &p)) < 0 ||
		(r = drop_rows(t, TABLE_CREDENTIAL, &a->id, sizeof a->id)) < 0 ||
		(r = account_save(t, a)) < 0)
		return r;
	if (id_equal(&p.identity.account, &a->id)) {
		p.identity.account = (struct id){ { 0 } };
		if ((r = identity_save(t, &p.identity)) < 0)
			return r;
	}
	if ((r = directory_changed(t)) < 0 ||
		(r = audit(t, u->c, &u->now, AUDIT_UNLINKED, &p, "from its person")) < 0)
		return r;
	return audit(t, u->c, &u->now, AUDIT_UNLINKED, &alone, "switched off");
}

static int keep_account(struct txn *t, void *arg)
{
	struct unlinking *u = arg;
	struct person p;
	int r = scope_person(t, u->w, u->w->word[0], &p);

	if (r < 0)
		return r;
	if (!p.account.unlink)
		return -EACCES;
	p.account.unlink = 0;
	r = account_save(t, &p.account);
	return r < 0 ? r : audit(t, u->c, &u->now, AUDIT_REQUEST_CLOSED, &p, "unlink refused");
}

enum status account_unlink(struct conv *c, const struct words *w)
{
	bool keep = strcmp(w->verb, "account keep") == 0;
	struct unlinking u = { .c = c, .w = w };
	char what[300];

	snprintf(what, sizeof what, "account %s", w->word[0]);
	if (strchr(w->word[0], '@'))
		return manage_result(c, -ENOENT, what);
	c->now(&u.now);
	int r = scope_update(c, w, NEED_SPACE, keep ? keep_account : unlink_account, &u);
	if (r == -EACCES && keep)
		tell(c, TELL_ERROR, "Nobody has asked for the end of that link.");
	else if (r == -EACCES && u.last)
		tell(c, TELL_ERROR, MANAGER_LAST);
	else if (r == -EACCES)
		tell(c, TELL_ERROR, "That account is linked to nobody.");
	else if (r == 0 && !keep)
		tell(c, TELL_INFO,
			"The link has ended, and the account is switched off. For somebody else, make a new "
			"letter and say: hcauth account enable %s",
			w->word[0]);
	return r == -EACCES ? STATUS_REFUSED : manage_result(c, r, what);
}

/* --- the person --- */

static int ask_unlink(struct txn *t, void *arg)
{
	struct unlinking *u = arg;
	const struct person *who = &u->w->scope->who;
	char name[SIGN_IN_NAME_MAX + 1];
	struct person p = *who;
	struct name_row row;
	int r = name_normal(u->w->word[0], name) ? name_find(t, name, &row) : -ENOENT;

	if (r == 0 && row.kind != NAME_USERID && row.kind != NAME_USER)
		r = -ENOENT;
	if (r < 0 || (r = account_load(t, &row.id, &p.account)) < 0)
		return r;
	if (!id_equal(&p.account.identity, &who->identity.id))
		return -ENOENT;
	if (p.account.unlink != 0)
		return 0; /* asked for already: no record, however often */
	p.account.unlink = u->now.unix_s;
	r = account_save(t, &p.account);
	return r < 0 ? r : audit(t, u->c, &u->now, AUDIT_REQUESTED, &p, "unlink");
}

enum status unlink_command(struct conv *c, const struct words *w)
{
	struct unlinking u = { .c = c, .w = w };
	char what[300];

	if (!w->scope->who.has_identity) {
		tell(c, TELL_ERROR, "%s", TEXT_UNLINK_NONE);
		return STATUS_NOT_ALLOWED;
	}
	snprintf(what, sizeof what, "account %s of yours", w->word[0]);
	c->now(&u.now);
	enum status s = manage_result(c, store_update(c->store, NEED_SPACE, ask_unlink, &u), what);
	if (s == STATUS_DONE)
		tell(c, TELL_INFO, "%s", TEXT_UNLINK_ASKED);
	return s;
}
