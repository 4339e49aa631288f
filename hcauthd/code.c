/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a code is stored as a keyed hash, and a wrong one is counted in the transaction that
 * looks at it; for whom there is nothing to send, the same commits are made and nothing ever matches. */
#include "code.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "code_row.h"
#include "factor.h"
#include "log.h"
#include "seal.h"
#include "store/store.h"
#include "text.h"

enum {
	EMPTY_MAX = 2,
	ASKS_MAX = 6,
};

/* The workstation is one place, and each remote host is one; but a code that signs in does so through one
 * service on one terminal. */
static void place_of(const struct conv *c, enum code_purpose purpose, uint8_t out[32])
{
	const char *where = c->local ? "" : c->hello.rhost;
	const char *part[] = { where, c->hello.service, c->hello.tty };
	uint8_t hash[3][HASH_BYTES];

	seal_hash(c->seal, SEAL_CODE, where, strlen(where), out);
	if (purpose != CODE_SIGN_IN)
		return;
	for (size_t i = 0; i < 3; i++)
		seal_hash(c->seal, SEAL_CODE, part[i], strlen(part[i]), hash[i]);
	seal_hash(c->seal, SEAL_CODE, hash, sizeof hash, out);
}

static struct code_at at_of(const struct conv *c, const struct id *owner, enum code_purpose purpose)
{
	struct code_at at = { .owner = *owner, .purpose = purpose, .source = conv_source(c) };

	place_of(c, purpose, at.place);
	return at;
}

static void hash_of(
	const struct conv *c, const struct code_for *f, const char *text, uint8_t out[32])
{
	uint8_t in[ID_BYTES + 1 + SIGN_IN_NAME_MAX + ANSWER_MAX + 2] = { 0 };
	size_t n = ID_BYTES;

	memcpy(in, f->p->owner.bytes, ID_BYTES);
	in[n++] = (uint8_t)f->purpose;
	memcpy(in + n, f->to, strlen(f->to) + 1);
	n += strlen(f->to) + 1;
	memcpy(in + n, text, strlen(text)); /* NOLINT(bugprone-not-null-terminated-result): bytes */
	n += strlen(text);
	seal_hash(c->seal, SEAL_CODE, in, n, out);
	wipe(in, sizeof in);
}

static enum channel channel_of(enum code_purpose purpose)
{
	return purpose == CODE_EMAIL || purpose == CODE_RECOVER_EMAIL ? CHANNEL_EMAIL : CHANNEL_SMS;
}

/* Anybody may guess at a recovery: that must hold nobody up who has proved who they are. */
static unsigned factor_counted(enum code_purpose purpose)
{
	return purpose == CODE_RECOVER_EMAIL || purpose == CODE_RECOVER_SMS ? FACTOR_CODE_RECOVER
									    : FACTOR_CODE;
}

static uint32_t lifetime_of(enum code_purpose purpose)
{
	return channel_of(purpose) == CHANNEL_EMAIL ? CODE_EMAIL_S : CODE_SMS_S;
}

/* Whether v stands for what f says, here, seconds longer than it may be typed. */
static bool stands(const struct code *v, const struct conv *c, const struct code_for *f,
	const struct now *now, uint32_t seconds)
{
	uint8_t place[32];

	place_of(c, f->purpose, place);
	return v->tries < CODE_TRIES &&
		code_in_time(v, now, v->since_ms, lifetime_of(f->purpose) + seconds) &&
		strcmp(v->to, f->to) == 0 && memcmp(v->place, place, sizeof place) == 0;
}

static bool is_good(
	const struct code *v, const struct conv *c, const struct code_for *f, const struct now *now)
{
	return stands(v, c, f, now, 0);
}

struct work {
	const struct conv *c;
	const struct code_for *f;
	const char *text;
	bool again, sent, good, right;
	struct now now;
	struct attempt attempt;
};

static int load(struct txn *t, const struct work *w, struct code *out, bool *there)
{
	const struct code_at at = at_of(w->c, &w->f->p->owner, w->f->purpose);

	return code_row_load(t, &at, out, there);
}

static int save(struct txn *t, const struct work *w, const struct code *v)
{
	const struct code_at at = at_of(w->c, &w->f->p->owner, w->f->purpose);

	return code_row_save(t, &at, v);
}

/* Whoever has the address learns that it was tried, and nothing of who did. */
static int queue_taken(struct txn *t, const struct work *w)
{
	struct person owner[2];
	struct message m;
	size_t n;
	int r = people_by_address(t, w->f->to, owner, &n);

	if (r == 0)
		r = message_for(t, &owner[0], CHANNEL_EMAIL, w->f->to, "address-taken", &m);
	if (r == 0)
		r = message_queue(t, w->c, &w->now, &m);
	return r == -ENOENT ? 0 : r;
}

static int queue(struct txn *t, const struct work *w, const char *text)
{
	struct message m;

	if (w->f->taken)
		return queue_taken(t, w);
	int r = message_for(t, w->f->p, channel_of(w->f->purpose), w->f->to, w->f->template, &m);

	if (r < 0)
		return r;
	snprintf(m.code, sizeof m.code, "%s", text);
	m.minutes = lifetime_of(w->f->purpose) / 60;
	r = message_queue(t, w->c, &w->now, &m);
	wipe(&m, sizeof m);
	return r;
}

/* In v: a new one, whose text is out. */
static void make(const struct work *w, struct code *v, char out[CODE_DIGITS + 1])
{
	snprintf(out, CODE_DIGITS + 1, "%06u", (unsigned)randombytes_uniform(1000000));
	v->sends++;
	v->tries = 0;
	v->right = false;
	v->since_ms = w->now.boot_ms;
	memcpy(v->boot, w->now.boot, sizeof v->boot);
	memset(v->hash, 0, sizeof v->hash);
	snprintf(v->to, sizeof v->to, "%s", w->f->to);
	place_of(w->c, w->f->purpose, v->place);
	if (*w->f->to && !w->f->taken)
		hash_of(w->c, w->f, out, v->hash);
}

/* Whether one is to be sent, counted in the day's. *v is this place's row. */
static int may_send(struct txn *t, struct work *w, struct code *v)
{
	const struct code_at at = at_of(w->c, &w->f->p->owner, w->f->purpose);
	unsigned places;
	bool there;
	int r;

	if ((r = code_rows_prune(t, &w->now, &at, &places)) < 0 ||
		(r = code_row_load(t, &at, v, &there)) < 0)
		return r;
	if (!code_in_time(v, &w->now, v->first_ms, CODE_WINDOW_S)) {
		v->sends = 0;
		v->first_ms = w->now.boot_ms;
	}
	w->good = is_good(v, w->c, w->f, &w->now);
	bool wanted =
		(w->again || !w->good) && v->sends < CODE_SENDS && (there || places < CODE_PLACES);
	return code_day_count(t, &w->now, &at, wanted, &w->sent);
}

static int send_txn(struct txn *t, void *arg)
{
	struct work *w = arg;
	struct code v;
	char text[CODE_DIGITS + 1];
	int r = may_send(t, w, &v);

	if (r < 0 || !w->sent)
		return r; /* a commit all the same, for its time */
	make(w, &v, text);
	w->good = true;
	if ((r = save(t, w, &v)) == 0 && *w->f->to && (r = queue(t, w, text)) == 0)
		r = audit(t, w->c, &w->now, AUDIT_CODE_SENT, w->f->p, w->f->template);
	wipe(text, sizeof text);
	return r;
}

static struct work send(struct conv *c, const struct code_for *f, bool again)
{
	struct work w = { .c = c, .f = f, .again = again };

	c->now(&w.now);
	int r = store_update(c->store, NEED_ALWAYS, send_txn, &w);
	if (r < 0)
		die("store: a code could not be sent: %s", strerror(-r));
	message_wake();
	return w;
}

enum code_sent code_send(struct conv *c, const struct code_for *f, bool again)
{
	struct work w = send(c, f, again);

	return w.sent ? CODE_SENT : w.good ? CODE_STILL_GOOD : CODE_NOT_SENT;
}

/* Over the network the same words whether it was sent or not: decoys are few, and whoever has used up
 * what each of them may have sent would know by the words which names are people's. */
static void send_again(struct conv *c, const struct code_for *f)
{
	bool sent = send(c, f, true).sent;

	if (!c->local)
		tell(c, TELL_INFO, "%s", TEXT_CODE_PERHAPS);
	else
		tell(c, TELL_INFO, "%s", sent ? TEXT_CODE_AGAIN : TEXT_CODE_ENOUGH);
}

static int look_txn(struct txn *t, void *arg)
{
	struct work *w = arg;
	struct code v;
	bool there;
	int r = load(t, w, &v, &there);

	w->good = r == 0 && is_good(&v, w->c, w->f, &w->now);
	return r;
}

bool code_pending(struct conv *c, const struct code_for *f)
{
	struct work w = { .c = c, .f = f };

	c->now(&w.now);
	return store_read(c->store, look_txn, &w) == 0 && w.good;
}

/* A guess at somebody's code is on record; for nobody as much is written, since that takes its time. */
static int audit_wrong(struct txn *t, const struct work *w, bool looked)
{
	bool email = channel_of(w->f->purpose) == CHANNEL_EMAIL;
	const struct person *p = w->f->p;

	if (!p->known)
		return audit_unknown(t, w->c, &w->now);
	if (!looked)
		return audit_held(t, w->c, &w->now, p,
			email ? "code by e-mail not looked at"
			      : "code by text message not looked at");
	return audit(t, w->c, &w->now, AUDIT_REFUSED, p,
		email ? "code by e-mail wrong" : "code by text message wrong");
}

/* One answer: counted and compared in one commit. */
static int check_txn(struct txn *t, void *arg)
{
	struct work *w = arg;
	unsigned factor = factor_counted(w->f->purpose);
	enum source source = conv_source(w->c);
	uint8_t hash[32];
	struct code v;
	bool there;
	int r;

	w->right = w->good = false;
	if ((r = load(t, w, &v, &there)) < 0 ||
		(r = lockout_count(
			 t, &w->f->p->owner, factor, source, NEVER_OFF, &w->now, &w->attempt)) < 0)
		return r;
	hash_of(w->c, w->f, w->text, hash);
	bool may = is_good(&v, w->c, w->f, &w->now) && w->attempt.allowed;
	bool same = hash_is(hash, v.hash) && *w->f->to;
	w->right = may && same;
	if (w->right) {
		v.right = true;
		if ((r = lockout_clear(t, &w->f->p->owner, factor, source)) < 0)
			return r;
	} else if (w->attempt.allowed) {
		v.tries++;
		v.right = false;
	}
	w->good = is_good(&v, w->c, w->f, &w->now);
	r = there ? save(t, w, &v) : 0; /* guesses make no rows */
	return r < 0 || w->right ? r : audit_wrong(t, w, may);
}

bool code_ask(struct conv *c, const struct code_for *f, const char *prompt)
{
	unsigned empty = 0;

	for (unsigned i = 0; i < ASKS_MAX; i++) {
		struct work w = { .c = c, .f = f };
		SECRET(answer);

		ask(c, USE_CODE, true, prompt, &answer);
		if (answer.len == 0) {
			if (++empty == EMPTY_MAX)
				return false;
			send_again(c, f);
			continue;
		}
		if (f->other && strchr(answer.text, '@')) {
			*f->other = answer;
			return false;
		}
		w.text = answer.text;
		c->now(&w.now);
		int r = store_update(c->store, NEED_ALWAYS, check_txn, &w);
		if (r < 0)
			die("store: a code could not be looked at: %s", strerror(-r));
		if (w.right)
			return true;
		if (w.attempt.wait_s > 0 && !w.attempt.allowed && c->local) {
			tell(c, TELL_ERROR, TEXT_WAIT, (unsigned)w.attempt.wait_s);
			return false;
		}
		tell(c, TELL_ERROR, "%s", f->other ? TEXT_CODE_WRONG_OTHER : TEXT_CODE_WRONG);
	}
	return false;
}

static int take(struct txn *t, const struct conv *c, const struct now *now,
	const struct code_for *f, struct code *out)
{
	const struct code_at at = at_of(c, &f->p->owner, f->purpose);
	bool there;
	int r = code_row_load(t, &at, out, &there);

	if (r < 0)
		return r;
	if (!out->right || !*f->to || !stands(out, c, f, now, CODE_RIGHT_S))
		return -EACCES;
	return code_row_drop(t, &at);
}

int code_spend(struct txn *t, const struct conv *c, const struct now *now, const struct code_for *f)
{
	struct code v;

	return take(t, c, now, f, &v);
}

int code_compare(struct txn *t, const struct conv *c, const struct now *now,
	const struct code_for *f, const char *text, bool *right)
{
	const struct code_at at = at_of(c, &f->p->owner, f->purpose);
	uint8_t hash[32];
	struct code v;
	bool there;
	int r = code_row_load(t, &at, &v, &there);

	*right = false;
	if (r < 0 || !there)
		return r;
	hash_of(c, f, text, hash);
	*right = is_good(&v, c, f, now) && hash_is(hash, v.hash) && *f->to;
	if (*right) {
		r = code_row_drop(t, &at);
		return r < 0 ? r : code_day_uncount(t, &at);
	}
	v.tries++;
	return code_row_save(t, &at, &v);
}

int code_pass_on(struct txn *t, const struct conv *c, const struct now *now,
	const struct code_for *f, const struct id *to)
{
	const struct code_at at = at_of(c, to, CODE_ENROL);
	unsigned places;
	struct code v;
	int r = take(t, c, now, f, &v);

	if (r < 0 || (r = code_rows_prune(t, now, &at, &places)) < 0)
		return r;
	return code_row_save(t, &at, &v);
}
