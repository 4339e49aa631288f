/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in. What must hold: GRANTED is assigned once, last, after the commit of proof_close(). */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "enrol.h"
#include "flow.h"
#include "log.h"
#include "session.h"
#include "store/store.h"
#include "text.h"

enum { RENEW_MS = 20000 }; /* a third of a ticket's life */

struct choice {
	struct conv *c;
	const struct proof *p;
	struct account account[IDENTITY_ACCOUNTS_MAX];
	struct practice practice[IDENTITY_ACCOUNTS_MAX];
	size_t n, chosen;
	struct policy policy; /* of the practice chosen */
	struct now now;
};

/* The accounts that may be chosen: active ones of practices that are open, the one last used first. */
static int list_accounts(struct txn *t, void *arg)
{
	struct choice *ch = arg;
	size_t all;
	int r = identity_accounts(
		t, &ch->p->who.identity.id, ch->account, IDENTITY_ACCOUNTS_MAX, &all);

	ch->n = 0;
	for (size_t i = 0; r == 0 && i < all; i++) {
		if (ch->account[i].state != STATE_ACTIVE)
			continue;
		r = policy_look(t, ch->c, &ch->now, &ch->account[i], 0, &ch->policy);
		if (ch->policy.result == POLICY_CLOSED || ch->policy.result == POLICY_NETWORK)
			continue;
		ch->account[ch->n] = ch->account[i];
		if (id_equal(&ch->account[ch->n].id, &ch->p->who.account.id)) {
			struct account first = ch->account[ch->n];

			memmove(&ch->account[1], &ch->account[0], ch->n * sizeof *ch->account);
			ch->account[0] = first;
		}
		ch->n++;
	}
	for (size_t i = 0; r == 0 && i < ch->n; i++)
		r = practice_load(t, ch->account[i].practice, &ch->practice[i]);
	return r;
}

static bool ask_choice(struct conv *c, struct choice *ch)
{
	for (unsigned tries = 0; tries < 3; tries++) {
		SECRET(answer);
		uint64_t number;

		for (size_t i = 0; i < ch->n; i++)
			tell(c, TELL_INFO, "%zu  %s (%s)", i + 1, ch->practice[i].name,
				ch->account[i].userid);
		ask(c, USE_OTHER, true, TEXT_CHOOSE, &answer);
		if (answer.len == 0) {
			ch->chosen = 0;
			return true;
		}
		if (parse_u64(answer.text, 1, ch->n, &number)) {
			ch->chosen = (size_t)number - 1;
			return true;
		}
		tell(c, TELL_ERROR, "%s", TEXT_HINT_ANSWER);
	}
	return false;
}

/* Why the practice lets nobody in now, at the workstation. */
static void tell_policy(struct conv *c, const struct policy *p, const struct account *a)
{
	if (p->result == POLICY_CLOSED)
		tell(c, TELL_ERROR, TEXT_CLOSED, p->practice.name);
	if (p->result == POLICY_FACTORS)
		tell(c, TELL_ERROR, TEXT_ASKS_MORE, p->practice.name, a->user);
}

static int move_txn(struct txn *t, void *arg)
{
	struct choice *ch = arg;
	struct identity who;
	struct account to;
	int r;

	if ((r = identity_load(t, &ch->p->who.identity.id, &who)) < 0 ||
		(r = account_load(t, &ch->account[ch->chosen].id, &to)) < 0)
		return r;
	if (who.state != STATE_ACTIVE || to.state != STATE_ACTIVE ||
		!id_equal(&to.identity, &who.id))
		return -EACCES;
	if ((r = policy_look(t, ch->c, &ch->now, &to, proof_factors(ch->p), &ch->policy)) < 0 ||
		ch->policy.result != POLICY_MET)
		return r < 0 ? r : -EACCES;
	who.account = to.id;
	to.last_seen = ch->now.unix_s;
	if ((r = identity_save(t, &who)) < 0 || (r = account_save(t, &to)) < 0 ||
		(r = directory_changed(t)) < 0)
		return r;
	return ticket_move(t, ch->c, &ch->now, ch->p->ticket, &to.id);
}

/* Where today? Another account than the default becomes the default, and the ticket's. False: refused.
 * A process that is not root's stays who it is. */
static bool choose_account(struct conv *c, struct proof *p)
{
	static struct choice ch; /* large; one conversation a process */

	ch = (struct choice){ .c = c, .p = p };
	if (!proof_chooses(c, &p->who))
		return true;
	c->now(&ch.now);
	if (store_read(c->store, list_accounts, &ch) < 0)
		die("store: whose accounts");
	if (ch.n < 2)
		return true;
	if (!ask_choice(c, &ch))
		return false;
	if (ch.chosen == 0)
		return true;
	c->now(&ch.now);
	int r = store_update(c->store, NEED_SPACE, move_txn, &ch);
	if (r < 0 && r != -EACCES && r != -ENOENT)
		die("store: an account could not be chosen: %s", strerror(-r));
	if (r == 0)
		p->who.account = ch.account[ch.chosen];
	else if (c->local)
		tell_policy(c, &ch.policy, &ch.account[ch.chosen]);
	return r == 0;
}

static void tell_codes(struct conv *c, unsigned left)
{
	if (left == 0)
		tell(c, TELL_INFO, "%s", TEXT_CODES_NONE);
	else if (left == 1)
		tell(c, TELL_INFO, "%s", TEXT_CODES_ONE);
	else if (left <= 4)
		tell(c, TELL_INFO, TEXT_CODES_FEW, left);
}

/* Whether the peer may speak of the name that it says: root of anybody, others (a locker) of themselves,
 * by their system user's name or what they sign in with. Before the first question: else each answer
 * would count against a colleague, tell at once whether their password is right, and leave no trace.
 * By the peer's own rows alone: other people's names take no look-up whose time might tell. */
bool speaks_of_self(struct conv *c)
{
	char name[SIGN_IN_NAME_MAX + 1], userid[SIGN_IN_NAME_MAX + 1];
	struct person who;

	if (c->peer == 0)
		return true;
	if (!name_normal(c->hello.name, name) || !self_of(c, c->peer, &who))
		return false;
	if (strcmp(name, who.account.user) == 0)
		return true;
	if (who.has_identity)
		return strcmp(name, who.identity.email) == 0;
	return name_normal(who.account.userid, userid) && strcmp(name, userid) == 0;
}

/* An address stands for the account used last, which may be another than the peer's. */
static bool may_sign_in(const struct conv *c, const struct person *p)
{
	return c->peer == 0 || (p->has_account && p->account.uid == c->peer);
}

/* What is asked after a full sign-in, at root's own programs (login, sshd, greeters), and nowhere else.
 * False: no sign-in after all. */
static bool settle(struct conv *c, struct proof *p)
{
	if (c->peer != 0 || c->hello.ruid != 0 || c->service->one_prompt ||
		c->hello.flags & HELLO_SILENT)
		return true;
	return flow_rest(c, &p->who);
}

struct renewal {
	struct conv *c;
	const struct proof *p;
	struct now now;
};

static int renew_txn(struct txn *t, void *arg)
{
	struct renewal *r = arg;
	struct person now = r->p->who;
	int n = person_refresh(t, &now);

	if (n == 0 && !person_active(&now))
		n = -EACCES;
	return n < 0 ? n : ticket_move(t, r->c, &r->now, r->p->ticket, &now.account.id);
}

/* After what took its time: the ticket's minute begins anew, unless the person was switched off or reset
 * meanwhile. */
static bool renew(struct conv *c, const struct proof *p, uint64_t since_ms)
{
	struct renewal r = { .c = c, .p = p };

	c->now(&r.now);
	if (c->peer != 0 || r.now.boot_ms - since_ms < RENEW_MS)
		return true;
	int n = store_update(c->store, NEED_ALWAYS, renew_txn, &r);
	if (n < 0 && n != -EACCES && n != -ENOENT && n != -ESTALE)
		die("store: a ticket could not be renewed: %s", strerror(-n));
	return n == 0;
}

void flow_sign_in(struct conv *c, struct outcome *out)
{
	struct now closed;
	PROOF(p);

	if (!speaks_of_self(c)) {
		log_warn("uid %u: asked to sign in as somebody else", (unsigned)c->peer);
		return;
	}
	proof_take(c, c->hello.name, &p);
	if (p.activation && may_sign_in(c, &p.who))
		flow_first(c, &p);
	if (p.n == 0 || (!p.complete && !p.enrolled && !p.parrot && !(c->local && p.n > 0)))
		return; /* nobody answered: what was given stays counted */
	if (!may_sign_in(c, &p.who) ||
		!proof_close(c, &p, p.enrolled ? AUDIT_ENROLLED : AUDIT_SIGN_IN, c->peer == 0)) {
		if (p.disabled && c->local)
			tell(c, TELL_ERROR, "%s", TEXT_DISABLED);
		if (c->local)
			tell_policy(c, &p.policy, &p.who.account);
		return;
	}
	c->now(&closed);
	tell_codes(c, p.codes_left);
	if (p.shared)
		tell(c, TELL_INFO, TEXT_SHARED, p.who.identity.email);
	if (!settle(c, &p) || !choose_account(c, &p) || !renew(c, &p, closed.boot_ms))
		return;
	memcpy(out->user, p.who.account.user, sizeof out->user);
	out->uid = p.who.account.uid;
	memcpy(out->ticket, p.ticket, sizeof out->ticket);
	out->result = GRANTED;
}
