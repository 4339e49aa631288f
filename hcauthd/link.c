/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the account changes hands in one commit, or not at all: in it both are looked up again,
 * what was given is checked and spent, and everything that the account signed in with is gone. Whatever was
 * wrong is answered by the same sentence. */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "link_prove.h"
#include "log.h"
#include "message.h"
#include "store/store.h"
#include "text.h"

enum { OFFER_TRIES = 2 };

enum linked {
	LINKED_NOT = 0, /* something was wrong; or there are too many */
	LINKED_NOTHING, /* nothing was answered */
	LINKED_ENDED, /* the person was switched off or reset meanwhile */
	LINKED_DONE,
};

struct linking {
	struct conv *c;
	const struct person *mine;
	struct other *other;
	struct now now;
	bool done;
	struct account account;
	struct practice practice;
};

/* Everything that stands under an owner: credentials, counters, codes, recoveries under way. */
static int forget_owner(struct txn *t, const struct id *owner)
{
	static const enum table of[] = { TABLE_CREDENTIAL, TABLE_LOCKOUT, TABLE_CODE,
		TABLE_RECOVERY };
	int r = 0;

	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		struct key at = { .len = 0 };
		struct bytes row;

		while ((r = txn_next(t, of[i], owner, sizeof *owner, &at, &row)) == 0)
			if ((r = txn_del(t, of[i], at.bytes, at.len)) < 0)
				return r;
		if (r != -ENOENT)
			return r;
	}
	return 0;
}

/* For each practice what concerns it: where the two differ, mine learns nothing of the other, and my own
 * side is root's to read. */
static int audit_both(struct txn *t, struct linking *l, const struct person *mine)
{
	struct person me = *mine, there = *mine;
	int r;

	me.has_account = strcmp(mine->account.practice, l->account.practice) == 0;
	there.account = l->account;
	if ((r = audit(t, l->c, &l->now, AUDIT_LINKED, &me, l->account.userid)) < 0)
		return r;
	return audit(t, l->c, &l->now, AUDIT_LINKED, &there, l->account.userid);
}

static int tell_by_mail(struct txn *t, struct linking *l, const struct person *mine)
{
	const struct identity *who = &mine->identity;
	struct message m;
	int r;

	if (!who->email_verified)
		return 0;
	r = message_for(t, mine, CHANNEL_EMAIL, who->email, "linked", &m);
	snprintf(m.what, sizeof m.what, "%s", l->account.userid);
	return r < 0 ? r : message_queue(t, l->c, &l->now, &m);
}

static bool has_room(struct txn *t, const struct id *identity)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one thread a process */
	size_t n;

	return identity_accounts(t, identity, all, IDENTITY_ACCOUNTS_MAX, &n) == 0 &&
		n < IDENTITY_ACCOUNTS_MAX;
}

static int move_account(struct txn *t, struct linking *l, struct person *mine)
{
	const struct id old = l->account.id; /* a legacy account's owner is itself */
	int r;

	if (!has_room(t, &mine->identity.id))
		return -E2BIG;
	l->account.identity = mine->identity.id;
	mine->identity.asked_link = true;
	if ((r = account_save(t, &l->account)) < 0 ||
		(r = member_add(t, &mine->identity.id, &l->account.id)) < 0 ||
		(r = address_allowed(t, &mine->identity)) < 0 || (r = forget_owner(t, &old)) < 0 ||
		(r = identity_save(t, &mine->identity)) < 0 || (r = directory_changed(t)) < 0 ||
		(r = practice_load(t, l->account.practice, &l->practice)) < 0 ||
		(r = audit_both(t, l, mine)) < 0)
		return r;
	return tell_by_mail(t, l, mine);
}

static int audit_refusal(struct txn *t, struct linking *l)
{
	const struct person *who = &l->other->who;

	if (!who->known)
		return audit_unknown(t, l->c, &l->now);
	if (other_was_held(l->other))
		return audit_held(t, l->c, &l->now, who, "link: not looked at");
	return audit(t, l->c, &l->now, AUDIT_REFUSED, who, "link");
}

static int link_txn(struct txn *t, void *arg)
{
	struct linking *l = arg;
	struct person mine = *l->mine, there;
	int r;

	l->done = false;
	if ((r = person_refresh(t, &mine)) < 0)
		return r;
	if (!person_active(&mine))
		return -EACCES;
	if ((r = other_close(t, l->c, l->other, &l->now, &there, &l->done)) < 0)
		return r;
	if (!l->done)
		return audit_refusal(t, l);
	l->account = there.account;
	return move_account(t, l, &mine);
}

static void tell_linked(struct conv *c, const struct linking *l)
{
	tell(c, TELL_INFO, TEXT_LINKED, l->account.userid, l->practice.name,
		l->mine->identity.email);
}

static enum linked commit(struct conv *c, const struct person *mine, struct other *o)
{
	struct linking l = { .c = c, .mine = mine, .other = o };

	c->now(&l.now);
	int r = store_update(c->store, NEED_ALWAYS, link_txn, &l);
	if (r < 0 && r != -EACCES && r != -ENOENT && r != -ESTALE && r != -E2BIG && r != -EPERM)
		die("store: an account could not be linked: %s", strerror(-r));
	if (o->code.factor)
		proof_tell_lock(c, &o->code);
	if (r == -E2BIG)
		tell(c, TELL_ERROR, TEXT_LINK_FULL, IDENTITY_ACCOUNTS_MAX);
	if (r == -EPERM)
		tell(c, TELL_ERROR, "%s", TEXT_LINK_SHARED);
	if (r == -E2BIG || r == -EPERM)
		return LINKED_NOT;
	if (r < 0) {
		tell(c, TELL_ERROR, "%s", r == -ESTALE ? TEXT_RESET : TEXT_DISABLED);
		return LINKED_ENDED;
	}
	if (l.done)
		tell_linked(c, &l);
	else
		tell(c, TELL_ERROR, "%s", TEXT_LINK_WRONG);
	return l.done ? LINKED_DONE : LINKED_NOT;
}

static enum linked prove_and_link(struct conv *c, const struct person *mine, const char *userid)
{
	OTHER(o);

	return other_take(c, userid, &o) ? commit(c, mine, &o) : LINKED_NOTHING;
}

enum status link_command(struct conv *c, const struct words *w)
{
	struct person who;
	SECRET(userid);

	(void)w;
	if (!self_caller(c, &who))
		return STATUS_NOT_ALLOWED;
	if (!who.has_identity) {
		tell(c, TELL_ERROR, "%s", TEXT_LINK_FIRST);
		return STATUS_REFUSED;
	}
	if (!self_proved(c, &who) ||
		!ask_filled(c, USE_OTHER, true, TEXT_LINK_USERID, TEXT_HINT_ANSWER, &userid))
		return STATUS_REFUSED;
	return prove_and_link(c, &who, userid.text) == LINKED_DONE ? STATUS_DONE : STATUS_REFUSED;
}

/* --- once at sign-in --- */

/* Where all have moved, the question has no sense. */
static int find_unowned(struct txn *t, void *arg)
{
	return accounts_unowned(t, arg);
}

static int note_asked(struct txn *t, void *arg)
{
	struct person who = *(const struct person *)arg;
	int r = person_refresh(t, &who);

	if (r == 0 && !person_active(&who))
		r = -EACCES;
	who.identity.asked_link = true;
	return r < 0 ? r : identity_save(t, &who.identity);
}

static bool answered(struct conv *c, struct proof *p)
{
	int r = store_update(c->store, NEED_SPACE, note_asked, &p->who);

	if (r < 0 && r != -EACCES && r != -ENOENT && r != -ESTALE)
		die("store: an answer could not be noted: %s", strerror(-r));
	if (r < 0)
		tell(c, TELL_ERROR, "%s", r == -ESTALE ? TEXT_RESET : TEXT_DISABLED);
	return r == 0;
}

bool link_due(struct conv *c, const struct person *who)
{
	uint64_t unowned = 0;

	if (!c->local || !who->has_identity || who->identity.asked_link)
		return false;
	if (store_read(c->store, find_unowned, &unowned) < 0)
		die("store: whether accounts are left to link");
	return unowned > 0;
}

bool link_offer(struct conv *c, struct proof *p)
{
	char prompt[SIGN_IN_NAME_MAX + 240];
	bool sense = !p->enrolled && link_due(c, &p->who);

	snprintf(prompt, sizeof prompt, TEXT_LINK_OFFER, p->who.identity.email);
	for (unsigned i = 0; sense && i < OFFER_TRIES; i++) {
		SECRET(userid);

		ask(c, USE_OTHER, true, prompt, &userid);
		if (userid.len == 0) {
			tell(c, TELL_INFO, "%s", TEXT_LINK_LATER);
			return answered(c, p);
		}
		enum linked r = prove_and_link(c, &p->who, userid.text);
		if (r == LINKED_DONE || r == LINKED_ENDED)
			return r == LINKED_DONE;
	}
	return true;
}
