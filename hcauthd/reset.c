/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whatever stands behind a manager's reset, they see the same words, the same commit and
 * the same audit; the code goes to a verified address of one person alone, and only where the practice
 * has all of their accounts; the old credentials work until it is typed, and none after. */
#include "reset.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "code.h"
#include "factor.h"
#include "log.h"
#include "manage.h"
#include "message.h"
#include "scope.h"
#include "ssh_key.h"
#include "store/store.h"
#include "text.h"
#include "token.h"

struct resetting {
	struct conv *c;
	const struct words *w;
	struct now now;
	struct person who;
	char code[TOKEN_TEXT];
};

int reset_credentials(struct txn *t, const struct id *owner)
{
	int r = credential_del(t, owner, FACTOR_TOTP_NEW);

	if (r == 0)
		r = credential_del(t, owner, FACTOR_SMS_NEW);
	if (r == 0)
		r = code_withdraw(t, owner, CODE_SIGN_IN);
	if (r == 0)
		r = ssh_keys_drop(t, owner);
	for (unsigned id = FACTOR_PASSWORD; r == 0 && id <= FACTOR_LAST; id++) {
		r = credential_del(t, owner, id);
		for (enum source s = SOURCE_LOCAL; r == 0 && s <= SOURCE_NETWORK; s++)
			r = lockout_clear(t, owner, id, s);
	}
	return r;
}

/* Whether a code may go out: then nobody but the practice is concerned. Having an account elsewhere, used
 * at the moment or not, is enough for "no". */
static bool is_practice_s_own(struct txn *t, const struct person *p)
{
	static struct account a[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	size_t n;

	if (!p->has_identity || p->identity.state != STATE_ACTIVE || !p->identity.email_verified ||
		address_is_shared(t, &p->identity) ||
		identity_accounts(t, &p->identity.id, a, IDENTITY_ACCOUNTS_MAX, &n) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i].practice, p->account.practice) != 0)
			return false;
	return true;
}

static int send_code(struct txn *t, struct resetting *s)
{
	const struct person *p = &s->who;
	struct message m;
	int r;

	if ((r = reset_make(t, s->c, &p->identity.id, &s->now, RESET_S, s->code)) < 0 ||
		(r = message_for(t, p, CHANNEL_EMAIL, p->identity.email, "reset", &m)) < 0)
		return r;
	memcpy(m.code, s->code, sizeof s->code);
	m.minutes = RESET_S / 60;
	wipe(s->code, sizeof s->code);
	r = message_queue(t, s->c, &s->now, &m);
	wipe(&m, sizeof m);
	return r;
}

/* How to do it oneself, to whatever is surely the person's. */
static int send_advice(struct txn *t, struct resetting *s)
{
	const struct person *p = &s->who;
	bool email = p->identity.email_verified, mobile = p->identity.mobile_verified;
	struct message m;
	int r;

	if (!p->has_identity || !(email || mobile))
		return 0;
	r = message_for(t, p, email ? CHANNEL_EMAIL : CHANNEL_SMS,
		email ? p->identity.email : p->identity.mobile, "reset-yourself", &m);
	return r < 0 ? r : message_queue(t, s->c, &s->now, &m);
}

static int ask_reset(struct txn *t, void *arg)
{
	struct resetting *s = arg;
	struct attempt attempt = { .allowed = false };
	int r = scope_person(t, s->w, s->w->word[0], &s->who);

	if (r < 0 || s->who.account.state == STATE_LEFT)
		return r < 0 ? r : -ESHUTDOWN;
	/* nobody's mailbox is filled: a few, then one a quarter of an hour; and no practice uses them up for
	 * another */
	r = lockout_count(
		t, &s->who.owner, FACTOR_RESET, SOURCE_LOCAL, NEVER_OFF, &s->now, &attempt);
	if (r == 0 && attempt.allowed)
		r = is_practice_s_own(t, &s->who) ? send_code(t, s) : send_advice(t, s);
	return r < 0 ? r
		     : audit(t, s->c, &s->now, AUDIT_ACTIVATION_MADE, &s->who, "reset asked for");
}

/* An account that is nobody's yet: there is no address that is surely anybody's. */
static int reset_legacy(struct txn *t, void *arg)
{
	struct resetting *s = arg;
	int r = scope_person(t, s->w, s->w->word[0], &s->who);

	if (r == 0 && s->who.account.state == STATE_LEFT)
		r = -ESHUTDOWN;
	if (r == 0 && s->who.has_identity)
		r = -EACCES;
	if (r < 0 || (r = reset_credentials(t, &s->who.owner)) < 0 ||
		(r = activation_make(t, s->c, &s->who.owner, &s->now, RESET_S, s->code)) < 0)
		return r;
	return audit(t, s->c, &s->now, AUDIT_ACTIVATION_MADE, &s->who, "reset");
}

static enum status root_resets(struct conv *c, struct resetting *s, const char *what)
{
	int r = store_update(c->store, NEED_SPACE, reset_legacy, s);

	if (r == -EACCES) {
		tell(c, TELL_ERROR,
			"That is an account of %s. To reset them: hcauth identity reset %s",
			s->who.identity.name, s->who.account.user);
		return STATUS_REFUSED;
	}
	enum status done = manage_result(c, r, what);
	if (done == STATUS_DONE) {
		tell(c, TELL_INFO,
			"What this account signed in with has stopped working. A new activation code, for "
			"24 hours:");
		tell(c, TELL_INFO, "%s", s->code);
	}
	wipe(s->code, sizeof s->code);
	return done;
}

enum status account_reset(struct conv *c, const struct words *w)
{
	struct resetting s = { .c = c, .w = w };
	char what[300], shown[280];

	snprintf(what, sizeof what, "account %s", w->word[0]);
	if (strchr(w->word[0], '@'))
		return manage_result(c, -ENOENT, what);
	c->now(&s.now);
	if (w->scope->root)
		return root_resets(c, &s, what);
	enum status r = manage_result(c, scope_update(c, w, NEED_SPACE, ask_reset, &s), what);
	if (r == STATUS_DONE)
		tell(c, TELL_INFO,
			"If that can be done, a message is on its way to the person. No message? For "
			"somebody who has not signed in yet: hcauth letter %s. Otherwise ask whoever "
			"runs this machine.",
			visible(w->word[0], shown, sizeof shown));
	return r;
}

/* --- at the sign-in --- */

struct beginning {
	struct conv *c;
	struct person *p;
	struct person after;
	struct now now;
};

static int begin(struct txn *t, void *arg)
{
	struct beginning *b = arg;
	struct person *p = &b->after;
	int r;

	*p = *b->p;
	if ((r = person_refresh(t, p)) < 0)
		return r;
	if (!person_active(p) || !p->has_identity)
		return -EACCES;
	p->identity.resets++;
	if ((r = reset_to_activation(t, b->c, &p->owner)) < 0 ||
		(r = reset_credentials(t, &p->owner)) < 0 ||
		(r = lockout_clear(t, &p->owner, FACTOR_RESET, SOURCE_LOCAL)) < 0 ||
		(r = identity_save(t, &p->identity)) < 0 ||
		(r = message_tell_changed(t, b->c, &b->now, p, TEXT_TOLD_RESET)) < 0)
		return r;
	return audit(t, b->c, &b->now, AUDIT_RECOVERED, p, "reset");
}

bool reset_begin(struct conv *c, struct person *p)
{
	struct beginning b = { .c = c, .p = p };

	c->now(&b.now);
	int r = store_update(c->store, NEED_SPACE, begin, &b);
	if (r < 0 && r != -EACCES && r != -ENOENT && r != -ESTALE)
		die("store: a reset could not be begun: %s", strerror(-r));
	if (r == 0)
		*p = b.after;
	return r == 0;
}
