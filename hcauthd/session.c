/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a ticket is good once, for the account it was made for, within a minute of the same
 * boot; a session is written in the commit that spends its ticket; the account phase writes nothing. */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "elapsed.h"
#include "flow.h"
#include "log.h"
#include "people.h"
#include "policy.h"
#include "seal.h"
#include "signs.h"
#include "store/store.h"
#include "userid.h"

enum { TICKET_MS = 60000, TICKET_BYTES = 16, STALE_MAX = 16 };

static void ticket_key(
	const struct conv *c, const uint8_t secret[TICKET_BYTES], uint8_t out[HASH_BYTES])
{
	seal_hash(c->seal, SEAL_TOKEN, secret, TICKET_BYTES, out);
}

static bool ticket_good(const struct ticket *v, const struct now *now)
{
	return elapsed_ms(v->boot, v->since_ms, now) < TICKET_MS;
}

static int drop_stale(struct txn *t, const struct now *now)
{
	struct key at = { .len = 0 };
	struct bytes row;
	struct ticket v;

	for (unsigned i = 0; i < STALE_MAX; i++) {
		int r = txn_next(t, TABLE_TICKET, "", 0, &at, &row);
		if (r < 0)
			return r == -ENOENT ? 0 : r;
		if (ticket_get(row.p, row.len, &v) == 0 && ticket_good(&v, now))
			continue;
		if ((r = txn_del(t, TABLE_TICKET, at.bytes, at.len)) < 0)
			return r;
	}
	return 0;
}

int ticket_write(struct txn *t, const struct conv *c, const struct now *now,
	const uint8_t secret[16], const struct id *account, uint32_t factors)
{
	struct ticket v = {
		.account = *account, .factors = factors, .local = c->local, .since_ms = now->boot_ms
	};
	uint8_t key[HASH_BYTES], row[RECORD_MAX];
	int r = drop_stale(t, now);

	if (r < 0)
		return r;
	memcpy(v.boot, now->boot, sizeof v.boot);
	ticket_key(c, secret, key);
	return txn_put(t, TABLE_TICKET, key, sizeof key, row, ticket_put(row, &v));
}

/* Finds the ticket of a secret in hex. -ENOENT when there is none. */
static int ticket_find(struct txn *t, const struct conv *c, const char *hex,
	uint8_t key[HASH_BYTES], struct ticket *out)
{
	uint8_t secret[TICKET_BYTES];
	struct bytes row;
	size_t len;

	if (sodium_hex2bin(secret, sizeof secret, hex, strlen(hex), NULL, &len, NULL) != 0 ||
		len != sizeof secret)
		return -ENOENT;
	ticket_key(c, secret, key);
	int r = txn_get(t, TABLE_TICKET, key, HASH_BYTES, &row);
	return r < 0 ? r : ticket_get(row.p, row.len, out);
}

/* Spends the ticket in hello. -ENOENT when there is no good one. */
static int ticket_take(
	struct txn *t, const struct conv *c, const struct now *now, struct ticket *out)
{
	uint8_t key[HASH_BYTES];
	int r;

	if ((r = ticket_find(t, c, c->hello.ticket, key, out)) < 0 ||
		(r = txn_del(t, TABLE_TICKET, key, sizeof key)) < 0)
		return r;
	return ticket_good(out, now) ? 0 : -ENOENT;
}

int ticket_move(struct txn *t, const struct conv *c, const struct now *now, const char *hex,
	const struct id *account)
{
	uint8_t key[HASH_BYTES], row[RECORD_MAX];
	struct ticket v;
	int r = ticket_find(t, c, hex, key, &v);

	if (r < 0)
		return r;
	v.account = *account;
	v.since_ms = now->boot_ms;
	return txn_put(t, TABLE_TICKET, key, sizeof key, row, ticket_put(row, &v));
}

/* --- sessions: one row for each, under account id and a random number --- */

bool session_over(const struct session *v, const struct now *now)
{
	return memcmp(v->boot, now->boot, sizeof v->boot) != 0 ||
		(v->pid != 0 && kill((pid_t)v->pid, 0) < 0 && errno == ESRCH);
}

struct place {
	uid_t uid;
	const char *tty;
	struct now now;
	bool here, remote; /* sessions at the workstation, and signed in to from elsewhere */
	bool on_tty, tty_here; /* one on that very terminal, and where */
};

static const char *short_tty(const char *tty)
{
	return strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty;
}

static int find_place(struct txn *t, void *arg)
{
	struct place *p = arg;
	struct key at = { .len = 0 };
	struct bytes row;
	struct person who;
	struct session s;
	int r = person_by_uid(t, p->uid, &who);

	while (r == 0 &&
		(r = txn_next(t, TABLE_SESSION, &who.account.id, ID_BYTES, &at, &row)) == 0) {
		if ((r = session_get(row.p, row.len, &s)) < 0)
			return r;
		if (session_over(&s, &p->now))
			continue;
		p->here |= s.local;
		p->remote |= s.rhost[0] != 0 || (s.factors != 0 && !s.local);
		if (*p->tty && strcmp(s.tty, short_tty(p->tty)) == 0) {
			p->on_tty = true;
			p->tty_here = s.local;
		}
	}
	return r == -ENOENT ? 0 : r;
}

bool session_is_local(struct conv *c, uid_t uid, const char *tty)
{
	struct place p = { .uid = uid, .tty = tty };

	c->now(&p.now);
	if (store_read(c->store, find_place, &p) < 0)
		return false;
	return p.on_tty ? p.tty_here : p.here && !p.remote;
}

struct sitting {
	struct conv *c;
	struct person who;
	struct practice practice;
	struct policy policy;
	struct now now;
	struct id number;
};

static int find_who(struct txn *t, void *arg)
{
	struct sitting *s = arg;
	char name[SIGN_IN_NAME_MAX + 1];

	s->c->now(&s->now);
	if (!name_normal(s->c->hello.name, name))
		return -ENOENT;
	return userid_person(t, &s->now, name, &s->who);
}

/* A process that is no root's acts for itself only. */
static bool may_ask(const struct conv *c, const struct person *p)
{
	return c->peer == 0 || (p->has_account && p->account.uid == c->peer);
}

static void set_user(const struct person *p, struct outcome *out)
{
	memcpy(out->user, p->account.user, sizeof out->user);
	out->uid = p->account.uid;
}

static int find_policy(struct txn *t, void *arg)
{
	struct sitting *s = arg;
	int r = find_who(t, s);

	if (r < 0 || !s->who.has_account)
		return r;
	return policy_look_account(t, s->c, &s->now, &s->who.account, &s->policy);
}

static void log_policy(const struct conv *c, const struct sitting *s)
{
	char service[40];

	log_info("account: %s: refused for %s: %s", s->who.account.user,
		visible(c->hello.service, service, sizeof service), policy_why(&s->policy));
}

void flow_account(struct conv *c, struct outcome *out)
{
	struct sitting s = { .c = c };
	int r = speaks_of_self(c) ? store_read(c->store, find_policy, &s) : -ENOENT;

	if (r < 0 && r != -ENOENT)
		die("store: the account phase: %s", strerror(-r));
	if (r < 0 || !may_ask(c, &s.who)) {
		out->result = UNKNOWN;
		return;
	}
	if (!person_active(&s.who)) {
		out->result = DISABLED;
		return;
	}
	if (s.policy.result != POLICY_MET) {
		log_policy(c, &s);
		return;
	}
	set_user(&s.who, out);
	out->result = GRANTED;
}

/* Drops this program's session on this terminal (*found) and those that are over. */
static int drop_ended(struct txn *t, const struct sitting *s, const char *tty, bool *found)
{
	struct key at = { .len = 0 };
	struct bytes row;
	struct session old;
	int r;

	while ((r = txn_next(t, TABLE_SESSION, &s->who.account.id, ID_BYTES, &at, &row)) == 0) {
		bool damaged = session_get(row.p, row.len, &old) < 0;
		bool same = !damaged && strcmp(old.tty, tty) == 0 &&
			old.pid == (uint32_t)s->c->peer_pid;

		if (!same && !damaged && !session_over(&old, &s->now))
			continue;
		*found |= same;
		if ((r = txn_del(t, TABLE_SESSION, at.bytes, at.len)) < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

static int open_txn(struct txn *t, void *arg)
{
	struct sitting *s = arg;
	struct session v = { .factors = 0 };
	struct ticket ticket = { .factors = 0 };
	struct id key[2];
	uint8_t row[RECORD_MAX];
	bool found = false;
	int r;

	if ((r = find_who(t, s)) < 0)
		return r;
	if (!person_active(&s->who))
		return -EACCES;
	r = ticket_take(t, s->c, &s->now, &ticket);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0 && id_equal(&ticket.account, &s->who.account.id)) {
		v.factors = ticket.factors;
		v.local = ticket.local;
	}
	visible(short_tty(s->c->hello.tty), v.tty, sizeof v.tty);
	visible(s->c->hello.rhost, v.rhost, sizeof v.rhost);
	visible(s->c->hello.service, v.service, sizeof v.service);
	memcpy(v.boot, s->now.boot, sizeof v.boot);
	v.account = s->who.account.id;
	v.pid = (uint32_t)s->c->peer_pid;
	v.started = s->now.unix_s;
	key[0] = v.account;
	key[1] = s->number;
	if ((r = practice_load(t, s->who.account.practice, &s->practice)) < 0 ||
		(r = drop_ended(t, s, v.tty, &found)) < 0 ||
		(r = userid_opened(t, &v.account, &s->now)) < 0 ||
		(r = txn_put(t, TABLE_SESSION, key, sizeof key, row, session_put(row, &v))) < 0 ||
		(r = sign_of_two_places(t, s->c, &s->now, &s->who, &v)) < 0)
		return r;
	return audit(t, s->c, &s->now, AUDIT_SESSION_OPEN, &s->who, "");
}

static void set_env(struct outcome *out, const char *name, const char *value)
{
	snprintf(out->env[out->nenv++], ENV_TEXT, "%s=%s", name, value);
}

void flow_open(struct conv *c, struct outcome *out)
{
	struct sitting s = { .c = c, .number = id_new() };

	if (c->peer != 0)
		return;
	int r = store_update(c->store, NEED_ALWAYS, open_txn, &s);
	if (r < 0 && r != -ENOENT && r != -EACCES)
		die("store: a session could not be opened: %s", strerror(-r));
	if (r < 0) {
		out->result = r == -ENOENT ? UNKNOWN : DISABLED;
		return;
	}
	set_env(out, "HCAUTH_IDENTITY", s.who.has_identity ? s.who.identity.email : "");
	set_env(out, "HCAUTH_ACCOUNT", s.who.account.userid);
	set_env(out, "HCAUTH_PRACTICE", s.who.account.practice);
	set_user(&s.who, out);
	out->result = GRANTED;
}

static int close_txn(struct txn *t, void *arg)
{
	struct sitting *s = arg;
	char tty[64];
	bool found = false;
	int r = find_who(t, s);

	if (r < 0)
		return r;
	visible(short_tty(s->c->hello.tty), tty, sizeof tty);
	if ((r = drop_ended(t, s, tty, &found)) < 0)
		return r;
	return audit(t, s->c, &s->now, AUDIT_SESSION_CLOSE, &s->who, found ? "" : "not-open");
}

void flow_close(struct conv *c, struct outcome *out)
{
	struct sitting s = { .c = c };

	if (c->peer != 0)
		return;
	int r = store_update(c->store, NEED_ALWAYS, close_txn, &s);
	if (r < 0 && r != -ENOENT)
		die("store: a session could not be closed: %s", strerror(-r));
	if (r < 0) {
		out->result = UNKNOWN;
		return;
	}
	set_user(&s.who, out);
	out->result = GRANTED;
}
