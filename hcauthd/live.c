/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the account has its identity, with all that it signs in with, and its user ID is
 * nobody's name, by one commit, which spends the code that proved the address; before it nothing is
 * another; whether an address is somebody else's is said to who reads its mail, and to nobody else. Behind
 * a password alone the address is the one that the practice typed: who saw the password has a mailbox too. */
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "code.h"
#include "leave.h"
#include "log.h"
#include "policy.h"
#include "publish.h"
#include "shared.h"
#include "sms.h"
#include "store/store.h"
#include "text.h"
#include "userid.h"
#include "when.h"

enum { TRIES = 3, ADDRESSES_MAX = 3 };

struct living {
	struct conv *c;
	struct proof *p;
	bool bare, must; /* must: no skipping */
	struct code_for code;
	enum code_sent sent;
	struct secret other; /* another address, typed in place of the code */
	char email[SIGN_IN_NAME_MAX + 1];
	struct id id; /* of the identity to be */
	uint64_t deadline; /* from then on, no skipping; 0: for good */
	struct now now;
	bool taken;
	bool shareable,
		shares; /* taken, but the practices of both let them share it: and they will */
	struct rival rival;
	struct person who; /* as they are after it */
};

static int find_deadline(struct txn *t, void *arg)
{
	struct living *l = arg;
	struct practice practice;
	int r = practice_load(t, l->p->who.account.practice, &practice);

	if (r == 0)
		l->deadline = policy_migrate(l->c->conf, &practice);
	return r;
}

/* --- the commits --- */

/* The account as it is now, if its person may go on. */
static int refresh(struct txn *t, const struct living *l, struct person *out)
{
	int r;

	*out = l->p->who;
	if ((r = person_refresh(t, out)) < 0)
		return r;
	if (l->bare && activation_waits(t, l->c, &out->owner, &l->now))
		return -EACCES; /* a letter, or a reset, meanwhile */
	return person_active(out) && id_is_none(&out->account.identity) ? 0 : -EACCES;
}

/* The address that a code goes to is kept, so that whoever is cut off is asked for that code. */
static int keep_txn(struct txn *t, void *arg)
{
	struct living *l = arg;
	struct person now;
	int r = refresh(t, l, &now);

	if (r < 0)
		return r;
	memcpy(now.account.email, l->email, sizeof now.account.email);
	return account_save(t, &now.account);
}

/* Whether the account is known by its user ID to the program that asks. */
static bool by_userid(const struct conv *c, const struct account *a)
{
	char typed[SIGN_IN_NAME_MAX + 1], userid[SIGN_IN_NAME_MAX + 1];

	return name_normal(c->hello.name, typed) && name_normal(a->userid, userid) &&
		strcmp(typed, userid) == 0 && strcmp(typed, a->user) != 0;
}

/* -EAGAIN: of an address that was to be shared, something has changed meanwhile. */
static int take_address(
	struct txn *t, const struct living *l, struct identity *who, const struct id *owner)
{
	if (!l->shares)
		return address_take(t, who, l->code.to);
	snprintf(who->email, sizeof who->email, "%s", l->code.to);
	int r = shared_join(t, l->c, &l->now, who, owner, &l->rival);
	return r == -ENOENT || r == -EEXIST || r == -EPERM ? -EAGAIN : r;
}

/* A number that is a factor is theirs for all else, too. */
static int settle_number(struct txn *t, const struct living *l, struct identity *who)
{
	struct person now = { .owner = who->id, .has_identity = true, .identity = *who };
	int r = sms_settle(t, l->c, &l->now, &now);

	if (r < 0 || strcmp(now.identity.mobile, who->mobile) == 0)
		return r;
	return identity_save(t, &now.identity);
}

static int join(struct txn *t, struct living *l, struct account *a)
{
	struct identity who = { .id = l->id,
		.state = STATE_ACTIVE,
		.account = a->id,
		.created = l->now.unix_s,
		.last_seen = l->now.unix_s,
		.email_verified = l->now.unix_s };
	int r;

	snprintf(
		who.name, sizeof who.name, "%.*s", PERSON_NAME_MAX, *a->name ? a->name : a->userid);
	memcpy(who.mobile, a->mobile, sizeof who.mobile);
	a->identity = who.id;
	a->email[0] = 0;
	if ((r = account_save(t, a)) < 0 || (r = member_add(t, &who.id, &a->id)) < 0 ||
		(r = take_address(t, l, &who, &a->id)) < 0 || (r = identity_save(t, &who)) < 0 ||
		(r = owner_move(t, l->c->seal, &a->id, &who.id)) < 0 ||
		(r = settle_number(t, l, &who)) < 0)
		return r;
	return by_userid(l->c, a) ? userid_keep(t, &a->id, &l->now) : 0;
}

/* An address that was refused is not offered again. */
static int forget_address(struct txn *t, struct person *p)
{
	p->account.email[0] = 0;
	return account_save(t, &p->account);
}

static int live_txn(struct txn *t, void *arg)
{
	struct living *l = arg;
	struct person now;
	int r = refresh(t, l, &now);

	l->taken = l->shareable = false;
	if (r < 0)
		return r;
	r = l->shares ? 0 : address_may_be(t, l->code.to, NULL);
	l->taken = r == -EEXIST;
	if (r < 0 && !l->taken)
		return r;
	l->shareable =
		l->taken && !l->bare && address_could_join(t, l->code.to, now.account.practice);
	if (l->shareable)
		return 0;
	if (l->taken && (r = forget_address(t, &now)) < 0)
		return r;
	if (l->taken || !l->bare)
		r = code_spend(t, l->c, &l->now, &l->code);
	else
		r = code_pass_on(t, l->c, &l->now, &l->code, &l->id);
	if (r < 0 || l->taken)
		return r;
	if ((r = join(t, l, &now.account)) < 0 ||
		(r = drop_rows(t, TABLE_CODE, &now.account.id, ID_BYTES)) < 0 ||
		(r = person_by_identity(t, &l->id, &l->who)) < 0)
		return r;
	return audit(t, l->c, &l->now, AUDIT_IDENTITY_LIVE, &l->who, "");
}

/* --- the dialogue --- */

static void make_prompt(const struct living *l, const char *hint, char *out, size_t size)
{
	if (!*hint)
		snprintf(out, size, "%s", l->must ? TEXT_ADDRESS : TEXT_ADDRESS_SKIP);
	else if (l->must)
		snprintf(out, size, TEXT_ADDRESS_HINT, hint);
	else
		snprintf(out, size, TEXT_ADDRESS_HINT_SKIP, hint);
}

/* Sets l->email. given: what was typed already, or "". False: none was given. */
static bool ask_address(struct living *l, const char *given)
{
	const char *hint = l->p->who.account.email;
	char prompt[SIGN_IN_NAME_MAX + 240];

	if (*given && address_own(l->c, given, l->email))
		return true;
	make_prompt(l, hint, prompt, sizeof prompt);
	for (unsigned i = 0; i < TRIES; i++) {
		SECRET(answer);
		const char *text = answer.text;

		ask(l->c, USE_OTHER, true, prompt, &answer);
		if (answer.len == 0 && !*hint) {
			if (!l->must)
				return false;
			tell(l->c, TELL_INFO, "%s", TEXT_ADDRESS_NEEDED);
			continue;
		}
		if (!l->must && answer_no(&answer))
			return false;
		if (*hint && (answer.len == 0 || answer_yes(&answer)))
			text = hint;
		if (address_own(l->c, text, l->email))
			return true;
	}
	return false;
}

/* Behind a password alone: the practice's address and no other, once somebody at the terminal wants it. */
static bool ask_typed(struct living *l)
{
	SECRET(answer);
	char prompt[SIGN_IN_NAME_MAX + 240];

	if (!address_own(l->c, l->p->who.account.email, l->email))
		return false;
	snprintf(prompt, sizeof prompt, TEXT_BARE_SEND, l->email);
	return ask_filled(l->c, USE_OTHER, true, prompt, TEXT_HINT_ANSWER, &answer) &&
		answer_yes(&answer);
}

static bool commit(struct living *l, int (*fn)(struct txn *, void *))
{
	l->c->now(&l->now);
	int r = store_update(l->c->store, NEED_SPACE, fn, l);

	if (r == 0)
		return true;
	if (r == -EKEYREJECTED || r == -EUCLEAN) {
		log_err("identity: %s: a row of this account is damaged", l->p->who.account.user);
		tell(l->c, TELL_ERROR, "%s", TEXT_ADDRESS_LATER);
	} else if (r == -EAGAIN) {
		tell(l->c, TELL_ERROR, "%s", TEXT_MEANWHILE);
	} else if (r == -EACCES || r == -ENOENT || r == -ESTALE) {
		l->must = true; /* switched off or linked meanwhile */
	} else {
		die("store: an identity could not be made: %s", strerror(-r));
	}
	return false;
}

/* At once, since more is asked after this: whoever hangs up then is to be known by the new name. */
static void publish(struct conv *c)
{
	int r = publish_if_behind(c->store, c->conf, c->directory);

	if (r < 0)
		log_err("%s: can not be published: %s", c->directory, strerror(-r));
}

static int drop_code(struct txn *t, void *arg)
{
	const struct living *l = arg;
	struct person now;
	int r = refresh(t, l, &now);

	if (r < 0 || (r = forget_address(t, &now)) < 0)
		return r;
	return code_withdraw(t, &now.account.id, CODE_EMAIL);
}

static bool share(struct living *l)
{
	l->shares = shared_offer(l->c, &l->p->who, l->code.to, &l->rival);
	if (!l->shares)
		(void)commit(l, drop_code); /* another address next time */
	return l->shares && commit(l, live_txn);
}

static enum live go_live(struct living *l)
{
	struct conv *c = l->c;

	if (!commit(l, live_txn) || (l->shareable && !share(l)))
		return l->must ? LIVE_REFUSED : LIVE_SKIPPED;
	if (l->taken) {
		tell(c, TELL_INFO, "%s", TEXT_ADDRESS_TAKEN);
		return l->must ? LIVE_REFUSED : LIVE_SKIPPED;
	}
	publish(c);
	l->p->who = l->who;
	l->p->way = CODE_ENROL;
	if (l->bare)
		memcpy(l->p->mailed, l->who.identity.email, sizeof l->p->mailed);
	if (strcmp(l->who.account.userid, l->who.account.user) == 0) /* that name goes on */
		tell(c, TELL_INFO, TEXT_ADDRESS_CHANGED, l->who.identity.email);
	else
		tell(c, TELL_INFO, TEXT_ADDRESS_LIVE, l->who.identity.email, l->who.account.userid);
	if (l->shares)
		tell(c, TELL_INFO, TEXT_SHARED, l->who.identity.email);
	return LIVE_DONE;
}

static bool ask_code(struct living *l)
{
	tell(l->c, TELL_INFO, l->sent == CODE_SENT ? TEXT_ADDRESS_SENT : TEXT_ADDRESS_STILL,
		l->code.to);
	if (l->code.other)
		tell(l->c, TELL_INFO, "%s", TEXT_ADDRESS_MISTYPED);
	return code_ask(l->c, &l->code, TEXT_ADDRESS_CODE);
}

static bool send_code(struct living *l)
{
	if (!commit(l, keep_txn))
		return false;
	memcpy(l->p->who.account.email, l->email, sizeof l->email);
	l->sent = code_send(l->c, &l->code, false);
	if (l->sent)
		return true;
	tell(l->c, TELL_ERROR, "%s", TEXT_CODE_ENOUGH);
	return false;
}

static void tell_why(const struct living *l)
{
	char day[WHEN_TEXT];

	tell(l->c, TELL_INFO, "%s", TEXT_ADDRESS_WHY);
	if (!l->must && l->deadline)
		tell(l->c, TELL_INFO, TEXT_ADDRESS_UNTIL, when_text(l->deadline, WHEN_WORDS, day));
}

/* Until the code to an address is right; another one may be given in its place. pending: a code was sent in
 * an earlier conversation. */
static bool prove_address(struct living *l, bool pending)
{
	for (unsigned i = 0; i < ADDRESSES_MAX; i++) {
		if (!pending && (!ask_address(l, l->other.text) || !send_code(l)))
			return false;
		secret_wipe(&l->other);
		if (ask_code(l))
			return true;
		if (l->other.len == 0 && !pending)
			break;
		pending = false;
	}
	if (!l->must)
		tell(l->c, TELL_INFO, "%s", TEXT_ADDRESS_UNVERIFIED);
	return false;
}

/* The same of the address that the practice gave. */
static bool prove_typed(struct living *l, bool pending)
{
	if (!pending) {
		tell(l->c, TELL_INFO, "%s", TEXT_BARE);
		if (!ask_typed(l) || !send_code(l))
			return false;
	}
	return ask_code(l);
}

enum live live_ask(struct conv *c, struct proof *p, bool bare)
{
	struct living l = { .c = c, .p = p, .bare = bare, .id = id_new() };
	l.code = (struct code_for){ .p = &p->who,
		.purpose = CODE_EMAIL,
		.to = l.email,
		.template = "verify",
		.other = bare ? NULL : &l.other };
	bool pending;

	if (store_read(c->store, find_deadline, &l) < 0)
		die("store: a practice");
	c->now(&l.now);
	l.must = bare || (l.deadline && l.now.unix_s >= l.deadline);
	memcpy(l.email, p->who.account.email, sizeof l.email);
	if (bare && !*l.email) {
		tell(c, TELL_INFO, "%s", TEXT_BARE_NONE);
		return LIVE_REFUSED;
	}
	pending = *l.email && code_pending(c, &l.code);
	if (!bare && !pending)
		tell_why(&l);
	if (bare ? prove_typed(&l, pending) : prove_address(&l, pending))
		return go_live(&l);
	if (l.must)
		tell(c, TELL_INFO, "%s", bare ? TEXT_BARE_NONE : TEXT_ADDRESS_REFUSED);
	return l.must ? LIVE_REFUSED : LIVE_SKIPPED;
}
