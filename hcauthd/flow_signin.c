/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in. What must hold: GRANTED is assigned once, last, after the commit of proof_close(). */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "banner.h"
#include "choose.h"
#include "details.h"
#include "enrol.h"
#include "flow.h"
#include "glass.h"
#include "link.h"
#include "log.h"
#include "recover.h"
#include "rollout.h"
#include "session.h"
#include "shift.h"
#include "store/store.h"
#include "text.h"
#include "trace.h"

enum { RENEW_MS = 20000 }; /* a third of a ticket's life */

struct choice {
	struct conv *c;
	const struct proof *p;
	const struct account *to;
	struct policy policy; /* of its practice */
	struct now now;
};

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
	struct account to;
	int r;

	if ((r = account_make_default(t, &ch->p->who.identity.id, &ch->to->id)) < 0 ||
		(r = account_load(t, &ch->to->id, &to)) < 0 ||
		(r = policy_look(t, ch->c, &ch->now, &to, proof_factors(ch->p), &ch->policy)) < 0)
		return r;
	if (ch->policy.result != POLICY_MET)
		return -EACCES;
	to.last_seen = ch->now.unix_s;
	r = account_save(t, &to);
	return r < 0 ? r : ticket_move(t, ch->c, &ch->now, ch->p->ticket, &to.id);
}

/* Where today? Another account than the default becomes the default, and the ticket's. False: refused.
 * A process that is not root's stays who it is. */
static bool choose_account(struct conv *c, struct proof *p)
{
	static struct accounts all; /* large; one conversation a process */
	struct choice ch = { .c = c, .p = p };
	size_t chosen;

	if (p->waived || !proof_chooses(c, &p->who)) /* a code is one practice's */
		return true;
	accounts_of(c, &p->who, &p->who.account.id, ACCOUNTS_OPEN, &all);
	if (all.n < 2)
		return true;
	if (!accounts_ask(c, &all, TEXT_CHOOSE, &chosen))
		return false;
	if (chosen == 0)
		return true;
	ch.to = &all.account[chosen];
	c->now(&ch.now);
	int r = store_update(c->store, NEED_SPACE, move_txn, &ch);
	if (r < 0 && r != -EACCES && r != -ENOENT)
		die("store: an account could not be chosen: %s", strerror(-r));
	if (r == 0)
		p->who.account = *ch.to;
	else if (c->local)
		tell_policy(c, &ch.policy, ch.to);
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
	else if (left < UINT_MAX)
		tell(c, TELL_INFO, TEXT_CODES_LEFT, left);
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

/* What is asked after a full sign-in, at root's own programs (login, sshd, greeters), and nowhere else; and
 * nothing of whoever is in by break-glass: two hours must not become an address or a factor for good.
 * False: no sign-in after all. */
static bool settle(struct conv *c, struct proof *p)
{
	if (!conv_is_open(c))
		return true;
	c->io.proved(c->io.arg);
	if (p->waived)
		return true;
	return flow_rest(c, &p->who) && recover_phone(c, p) && details_ask(c, p) &&
		link_offer(c, p) && rollout_ask(c, p);
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

/* A greeter says of any refusal that the password was wrong. What it was the person may know at the
 * workstation, where the first wrong answer ends it for everybody. */
static void tell_wrong(struct conv *c, const struct proof *p)
{
	const struct given *g = p->n > 0 ? &p->given[p->n - 1] : NULL;

	if (!c->local || !c->service->tell_prompts || p->policy.result != POLICY_UNKNOWN ||
		p->disabled || !g || !g->attempt.allowed || g->matched ||
		g->factor == &factor_password)
		return;
	tell(c, TELL_ERROR, "%s", g->factor == &factor_pin ? TEXT_PIN_WRONG : TEXT_SECOND_WRONG);
}

void flow_sign_in(struct conv *c, struct outcome *out)
{
	struct now closed;
	PROOF(p);

	if (!speaks_of_self(c)) {
		log_warn("uid %u: asked to sign in as somebody else", (unsigned)c->peer);
		return;
	}
	c->service = shift_service(c);
	trace_rule(c);
	proof_take(c, c->hello.name, &p);
	if (p.activation && may_sign_in(c, &p.who)) {
		c->io.proved(c->io.arg);
		flow_first(c, &p);
	}
	if (p.bare && may_sign_in(c, &p.who))
		details_first(c, &p);
	if (p.n == 0 || (!p.complete && !p.enrolled && !p.parrot && !(c->local && p.n > 0)))
		return; /* nobody answered: what was given stays counted */
	if (!may_sign_in(c, &p.who) ||
		!proof_close(c, &p, p.enrolled ? AUDIT_ENROLLED : AUDIT_SIGN_IN, c->peer == 0)) {
		tell_wrong(c, &p);
		if (p.disabled && c->local)
			tell(c, TELL_ERROR, "%s", TEXT_DISABLED);
		if (c->local)
			tell_policy(c, &p.policy, &p.who.account);
		return;
	}
	c->now(&closed);
	glass_tell(c, &p);
	tell_codes(c, p.codes_left);
	if (p.shared)
		tell(c, TELL_INFO, TEXT_SHARED, p.who.identity.email);
	if (!settle(c, &p) || !choose_account(c, &p))
		return;
	banner_end(c); /* takes as long as they like to read */
	if (!renew(c, &p, closed.boot_ms))
		return;
	memcpy(out->user, p.who.account.user, sizeof out->user);
	out->uid = p.who.account.uid;
	memcpy(out->ticket, p.ticket, sizeof out->ticket);
	out->result = GRANTED;
}
