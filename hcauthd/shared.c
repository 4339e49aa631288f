/* SPDX-License-Identifier: Apache-2.0 */
/* Two people with one e-mail address. What must hold: the address alone picks nobody and shows nobody a
 * name; a guess is a guess at both; no guess of one at the other's password is free, that made by choosing
 * a password included; one's daily sign-ins never lead the other into waits. */
#include "shared.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "message.h"
#include "store/store.h"
#include "text.h"

struct finding {
	const char *name;
	struct person *two;
	size_t n;
};

static int find_two(struct txn *t, void *arg)
{
	struct finding *f = arg;

	return people_by_address(t, f->name, f->two, &f->n);
}

bool shared_people(struct conv *c, const char *name, struct person two[2])
{
	char normal[SIGN_IN_NAME_MAX + 1];
	struct finding f = { .name = normal, .two = two };

	if (c->peer != 0 || !c->local || c->hello.purpose != PURPOSE_AUTH ||
		!(c->hello.flags & HELLO_CHOOSER) ||
		!(c->service->step[0] & 1u << FACTOR_PASSWORD) || !name_normal(name, normal))
		return false;
	int r = store_read(c->store, find_two, &f);
	if (r < 0 && r != -ENOENT)
		die("store: whose address: %s", strerror(-r));
	return r == 0 && f.n == 2;
}

/* To both of them at once: who of the two waits is not said, and "off" only if it is so for both. */
static struct attempt both(const struct attempt a[2])
{
	struct attempt out = { .allowed = a[0].allowed && a[1].allowed,
		.off = a[0].off && a[1].off,
		.failures = a[0].failures > a[1].failures ? a[0].failures : a[1].failures };

	for (size_t i = 0; i < 2; i++)
		if (!a[i].off && a[i].wait_s > out.wait_s)
			out.wait_s = a[i].wait_s;
	return out;
}

int shared_try(struct conv *c, struct proof *p, const struct secret *answer, struct now *when)
{
	struct given g[2] = { { .factor = &factor_password }, { .factor = &factor_password } };
	int which = -1;

	hash_take_both(c, p->two, FACTOR_PASSWORD, answer, g, when);
	for (int i = 0; i < 2; i++)
		p->tried[i] = g[i].attempt;
	if (g[0].matched != g[1].matched)
		which = g[1].matched;
	else if (g[0].matched)
		log_err("two people who share an address have one password: one of them is to "
			"change it, signed in by the name of their system user");
	p->given[0].factor = &factor_password;
	p->given[0].attempt = both(p->tried);
	if (which >= 0)
		p->given[0] = g[which];
	for (int i = 0; i < 2; i++)
		given_wipe(&g[i]);
	return which;
}

struct taking {
	const struct person *p;
	enum source source;
	const struct now *when;
};

static int take_back(struct txn *t, void *arg)
{
	const struct taking *b = arg;

	return lockout_uncount(t, &b->p->owner, FACTOR_PASSWORD, b->source, b->when);
}

void shared_take_back(struct conv *c, const struct person *p, const struct now *when)
{
	struct taking b = { .p = p, .source = conv_source(c), .when = when };
	int r = store_update(c->store, NEED_ALWAYS, take_back, &b);

	if (r < 0)
		die("store: an attempt could not be taken back: %s", strerror(-r));
}

/* --- a password that is nobody else's --- */

struct looking {
	const struct conv *c;
	const struct person *p;
	struct rival *out;
};

/* 0 in *out: there is none. */
static int generation_of(struct txn *t, const struct conv *c, const struct id *owner, uint64_t *out)
{
	CREDENTIAL(cred);
	int r = credential_get(t, c->seal, owner, FACTOR_PASSWORD, &cred);

	*out = r == 0 ? cred.generation : 0;
	return r == -ENOENT ? 0 : r;
}

static int set_rival(
	struct txn *t, const struct conv *c, const struct identity *other, struct rival *out)
{
	*out = (struct rival){ .known = true };
	out->who = (struct person){
		.owner = other->id, .known = true, .has_identity = true, .identity = *other
	};
	return generation_of(t, c, &other->id, &out->generation);
}

static int find_rival(
	struct txn *t, const struct conv *c, const struct person *p, struct rival *out)
{
	struct identity other;
	int r = p->has_identity ? address_other(t, &p->identity, &other) : -ENOENT;

	*out = (struct rival){ .known = false };
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return set_rival(t, c, &other, out);
}

static int look(struct txn *t, void *arg)
{
	const struct looking *l = arg;

	return find_rival(t, l->c, l->p, l->out);
}

enum shared_password shared_password(
	struct conv *c, const struct person *p, const struct secret *text, struct rival *out)
{
	struct looking l = { .c = c, .p = p, .out = out };
	struct given g = { .factor = &factor_password };
	enum shared_password said = SHARED_FREE;
	int r = store_read(c->store, look, &l);

	if (r < 0)
		die("store: who shares an address: %s", strerror(-r));
	if (!out->known)
		return SHARED_FREE;
	hash_take(c, &out->who, FACTOR_PASSWORD, text, &g);
	if (g.matched) {
		tell(c, TELL_ERROR, "%s", TEXT_SHARED_TAKEN);
		said = SHARED_TAKEN;
	} else if (!g.attempt.allowed) {
		if (g.attempt.off)
			tell(c, TELL_ERROR, "%s", TEXT_OFF);
		else
			tell(c, TELL_ERROR, TEXT_WAIT, (unsigned)g.attempt.wait_s);
		said = SHARED_UNKNOWN;
	}
	given_wipe(&g);
	return said;
}

int rival_same(
	struct txn *t, const struct conv *c, const struct person *p, const struct rival *rival)
{
	struct rival now;
	int r = find_rival(t, c, p, &now);

	if (r < 0)
		return r;
	if (now.known != rival->known)
		return -EAGAIN;
	return !now.known ||
			(id_equal(&now.who.owner, &rival->who.owner) &&
				now.generation == rival->generation)
		? 0
		: -EAGAIN;
}

int shared_begun(
	struct txn *t, const struct conv *c, const struct now *now, const struct identity *who)
{
	const struct person p = {
		.owner = who->id, .known = true, .has_identity = true, .identity = *who
	};
	struct message m;
	int r = message_for(t, &p, CHANNEL_EMAIL, who->email, "shared", &m);

	snprintf(m.what, sizeof m.what, "%s", who->email);
	if (r < 0 || (r = message_queue(t, c, now, &m)) < 0)
		return r;
	return audit(t, c, now, AUDIT_ADDRESS_CHANGED, &p, "shared");
}

/* --- becoming the second --- */

struct offering {
	const struct conv *c;
	const struct person *p;
	const char *address;
	struct rival *out;
};

static int look_address(struct txn *t, void *arg)
{
	const struct offering *o = arg;
	struct person who[2];
	uint64_t own;
	size_t n;
	int r;

	if ((r = people_by_address(t, o->address, who, &n)) < 0 ||
		(r = generation_of(t, o->c, &o->p->owner, &own)) < 0 ||
		(r = set_rival(t, o->c, &who[0].identity, o->out)) < 0)
		return r;
	o->out->own = own;
	return n == 1 ? 0 : -EEXIST;
}

/* Why it can not be, of what the two counters and the two verifiers said. */
static void say_why(struct conv *c, const struct given g[2])
{
	for (size_t i = 0; i < 2; i++)
		if (!g[i].attempt.allowed) {
			proof_tell_lock(c, &g[i]);
			return;
		}
	tell(c, TELL_ERROR, "%s", g[0].matched ? TEXT_SHARED_SAME : TEXT_NOT_MATCHED);
}

bool shared_offer(struct conv *c, const struct person *p, const char *address, struct rival *out)
{
	struct offering o = { .c = c, .p = p, .address = address, .out = out };
	struct given g[2] = { { .factor = &factor_password }, { .factor = &factor_password } };
	struct now when;
	SECRET(answer);

	int r = store_read(c->store, look_address, &o);
	if (r < 0 && r != -ENOENT && r != -EEXIST)
		die("store: whose address: %s", strerror(-r));
	if (r < 0)
		return false;
	const struct person two[2] = { *p, out->who };
	tell(c, TELL_INFO, TEXT_SHARED_OFFER, address);
	ask(c, USE_PASSWORD, false, TEXT_CURRENT_PASSWORD, &answer);
	if (answer.len == 0)
		return false;
	hash_take_both(c, two, FACTOR_PASSWORD, &answer, g, &when);
	bool own = g[0].matched, ok = own && g[1].attempt.allowed && !g[1].matched;
	if (own)
		shared_take_back(c, p, &when);
	if (!ok)
		say_why(c, g);
	for (size_t i = 0; i < 2; i++)
		given_wipe(&g[i]);
	return ok;
}

int shared_join(struct txn *t, const struct conv *c, const struct now *now,
	const struct identity *who, const struct id *owner, const struct rival *rival)
{
	const struct person p = {
		.owner = who->id, .known = true, .has_identity = true, .identity = *who
	};
	uint64_t own;
	int r;

	if ((r = address_join(t, who)) < 0 || (r = generation_of(t, c, owner, &own)) < 0)
		return r;
	if (own != rival->own)
		return -EAGAIN;
	if ((r = rival_same(t, c, &p, rival)) < 0)
		return r;
	return shared_begun(t, c, now, &rival->who.identity);
}
