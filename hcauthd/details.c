/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: an address or a number counts as somebody's by a code that was sent there and typed
 * here, spent in the commit that says so; nothing is sent before something was typed; what may be skipped
 * never keeps anybody out. */
#include "details.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "code.h"
#include "enrol.h"
#include "live.h"
#include "log.h"
#include "sms.h"
#include "store/store.h"
#include "text.h"

enum { TRIES = 3 };

struct detail {
	struct conv *c;
	const struct person *p;
	struct code_for code;
	enum code_sent sent;
	bool waits; /* the number does, for its day */
	char mobile[MOBILE_MAX + 1];
	struct now now;
};

/* --- the commits --- */

static int refresh(struct txn *t, const struct detail *d, struct person *out)
{
	*out = *d->p;
	int r = person_refresh(t, out);

	return r == 0 && !person_active(out) ? -EACCES : r;
}

static int email_txn(struct txn *t, void *arg)
{
	struct detail *d = arg;
	struct person now;
	int r = refresh(t, d, &now);

	if (r == 0 && strcmp(now.identity.email, d->code.to) != 0)
		r = -EACCES;
	if (r < 0 || (r = code_spend(t, d->c, &d->now, &d->code)) < 0)
		return r;
	now.identity.email_verified = d->now.unix_s;
	if ((r = identity_save(t, &now.identity)) < 0)
		return r;
	return audit(t, d->c, &d->now, AUDIT_ADDRESS_CHANGED, &now, "e-mail verified");
}

/* A number that nobody has verified is kept while its code is under way: whoever is cut off goes on there. */
static int keep_txn(struct txn *t, void *arg)
{
	struct detail *d = arg;
	struct person now;
	int r = refresh(t, d, &now);

	if (r < 0 || now.identity.mobile_verified)
		return r;
	memcpy(now.identity.mobile, d->mobile, sizeof now.identity.mobile);
	return identity_save(t, &now.identity);
}

static int mobile_txn(struct txn *t, void *arg)
{
	struct detail *d = arg;
	struct person now;
	int r = refresh(t, d, &now);

	if (r < 0 || (r = code_spend(t, d->c, &d->now, &d->code)) < 0 ||
		(r = code_withdraw(t, &now.owner, CODE_MOBILE)) < 0)
		return r;
	if (credential_exists(t, &now.owner, FACTOR_SMS))
		return sms_change(t, d->c, &d->now, &now, d->mobile, &d->waits);
	if ((r = message_tell_changed(t, d->c, &d->now, &now, TEXT_TOLD_MOBILE)) < 0)
		return r;
	memcpy(now.identity.mobile, d->mobile, sizeof now.identity.mobile);
	now.identity.mobile_verified = d->now.unix_s;
	if ((r = identity_save(t, &now.identity)) < 0)
		return r;
	return audit(t, d->c, &d->now, AUDIT_ADDRESS_CHANGED, &now, "mobile");
}

static int asked_txn(struct txn *t, void *arg)
{
	struct detail *d = arg;
	struct person now;
	int r = refresh(t, d, &now);

	if (r < 0)
		return r;
	now.identity.asked = d->now.unix_s;
	return identity_save(t, &now.identity);
}

static bool commit(struct detail *d, int (*fn)(struct txn *, void *))
{
	d->c->now(&d->now);
	int r = store_update(d->c->store, NEED_SPACE, fn, d);

	if (r < 0 && r != -EACCES && r != -ENOENT && r != -ESTALE)
		die("store: a detail could not be written: %s", strerror(-r));
	return r == 0;
}

/* --- the mobile number --- */

static void tell_sent(const struct detail *d)
{
	tell(d->c, TELL_INFO, d->sent == CODE_SENT ? TEXT_ADDRESS_SENT : TEXT_ADDRESS_STILL,
		d->code.to);
}

static bool send_mobile(struct detail *d)
{
	if (!commit(d, keep_txn))
		return false;
	d->sent = code_send(d->c, &d->code, false);
	if (d->sent)
		return true;
	tell(d->c, TELL_ERROR, "%s", TEXT_CODE_ENOUGH);
	return false;
}

static bool verify_mobile(struct detail *d)
{
	tell_sent(d);
	if (!code_ask(d->c, &d->code, TEXT_MOBILE_CODE) || !commit(d, mobile_txn))
		return false;
	if (d->waits)
		tell(d->c, TELL_INFO, TEXT_SMS_WAITS, sms_ending(d->mobile));
	else
		tell(d->c, TELL_INFO, "%s", TEXT_MOBILE_VERIFIED);
	return true;
}

static struct detail mobile_of(struct conv *c, const struct person *p)
{
	return (struct detail){
		.c = c, .p = p, .code = { .p = p, .purpose = CODE_MOBILE, .template = "verify" }
	};
}

bool details_mobile(struct conv *c, const struct person *p, const char *text)
{
	struct detail d = mobile_of(c, p);

	d.code.to = d.mobile;
	for (unsigned i = 0; i < TRIES; i++) {
		SECRET(answer);

		if (!*text &&
			!ask_filled(c, USE_OTHER, true, TEXT_MOBILE, TEXT_MOBILE_FORM, &answer))
			return false;
		if (mobile_normal(*text ? text : answer.text, d.mobile))
			return send_mobile(&d) && verify_mobile(&d);
		tell(c, TELL_ERROR, "%s", TEXT_MOBILE_FORM);
		text = "";
	}
	return false;
}

static void ask_mobile(struct conv *c, const struct person *p)
{
	struct detail d = mobile_of(c, p);
	const char *hint = p->identity.mobile;
	char prompt[240];

	d.code.to = d.mobile;
	memcpy(d.mobile, hint, sizeof d.mobile);
	if (*hint && code_pending(c, &d.code) && verify_mobile(&d))
		return;
	tell(c, TELL_INFO, "%s", TEXT_MOBILE_ASK);
	snprintf(prompt, sizeof prompt, *hint ? TEXT_MOBILE_YOURS : TEXT_MOBILE_SKIP, hint);
	for (unsigned i = 0; i < TRIES; i++) {
		SECRET(answer);

		ask(c, USE_OTHER, true, prompt, &answer);
		if (answer.len == 0 || answer_no(&answer))
			return;
		const char *text = *hint && answer_yes(&answer) ? hint : answer.text;
		if (mobile_normal(text, d.mobile)) {
			if (send_mobile(&d))
				verify_mobile(&d);
			return;
		}
		tell(c, TELL_ERROR, "%s", TEXT_MOBILE_FORM);
	}
}

/* --- the e-mail address --- */

/* An answer that is another address ends it: that is changed by a command, which asks for more. */
static bool verify_email(struct detail *d)
{
	SECRET(other);
	struct code_for code = d->code;

	code.other = &other;
	tell_sent(d);
	bool right = code_ask(d->c, &code, TEXT_ADDRESS_CODE) && commit(d, email_txn);
	tell(d->c, TELL_INFO, "%s",
		right                   ? TEXT_ADDRESS_VERIFIED
			: other.len > 0 ? TEXT_ADDRESS_OTHER
					: TEXT_ADDRESS_UNVERIFIED_OTHER);
	return right;
}

static struct detail email_of(struct conv *c, const struct person *p)
{
	return (struct detail){ .c = c,
		.p = p,
		.code = { .p = p,
			.purpose = CODE_EMAIL,
			.to = p->identity.email,
			.template = "verify" } };
}

static void ask_email(struct conv *c, const struct person *p)
{
	struct detail d = email_of(c, p);
	char prompt[SIGN_IN_NAME_MAX + 240];
	SECRET(answer);

	if (code_pending(c, &d.code) && verify_email(&d))
		return;
	snprintf(prompt, sizeof prompt, TEXT_ADDRESS_YOURS, d.code.to);
	ask(c, USE_OTHER, true, prompt, &answer);
	if (answer.len == 0)
		return;
	if (!answer_yes(&answer))
		tell(c, TELL_INFO, "%s", TEXT_ADDRESS_OTHER);
	else if ((d.sent = code_send(c, &d.code, false)))
		verify_email(&d);
	else
		tell(c, TELL_ERROR, "%s", TEXT_CODE_ENOUGH);
}

/* --- at sign-in --- */

static bool is_due(const struct identity *who, const struct now *now)
{
	return now->unix_s < who->asked || now->unix_s - who->asked >= DETAILS_AGAIN_S;
}

static int reload(struct txn *t, void *arg)
{
	return person_refresh(t, arg);
}

static int look_factor(struct txn *t, void *arg)
{
	struct detail *d = arg;

	d->waits = credential_exists(t, &d->p->owner, FACTOR_SMS);
	return 0;
}

struct details_due details_due(struct conv *c, const struct person *p)
{
	const struct identity *who = &p->identity;
	struct detail d = { .c = c, .p = p };
	struct details_due due = {
		.email = !who->email_verified && message_can(c->conf, CHANNEL_EMAIL),
		.mobile = !who->mobile_verified && message_can(c->conf, CHANNEL_SMS),
	};

	c->now(&d.now);
	if ((!due.email && !due.mobile) || !is_due(who, &d.now))
		return (struct details_due){ .asked = false };
	if (store_read(c->store, look_factor, &d) < 0)
		die("store: whether a number is a factor");
	due.asked = true;
	due.mobile = due.mobile && !d.waits; /* else there is one already */
	return due;
}

/* When they were asked is noted at the end: whoever is cut off is asked at the next sign-in. */
static void ask_optional(struct conv *c, struct proof *p)
{
	struct details_due due = details_due(c, &p->who);
	struct detail d = { .c = c, .p = &p->who };

	if (!due.asked)
		return;
	if (due.email)
		ask_email(c, &p->who);
	if (due.mobile)
		ask_mobile(c, &p->who);
	/* who was switched off meanwhile is refused with the next commit */
	(void)commit(&d, asked_txn);
	(void)store_read(c->store, reload, &p->who);
}

bool details_ask(struct conv *c, struct proof *p)
{
	enum live live = LIVE_DONE;

	if (!p->who.has_identity)
		live = message_can(c->conf, CHANNEL_EMAIL) ? live_ask(c, p, false) : LIVE_SKIPPED;
	if (live == LIVE_DONE)
		ask_optional(c, p);
	return live != LIVE_REFUSED;
}

/* --- with a password alone --- */

struct mailbox {
	const struct person *p;
	bool proves;
};

static int look_mailbox(struct txn *t, void *arg)
{
	struct mailbox *m = arg;

	m->proves = !address_is_shared(t, &m->p->identity);
	return 0;
}

static bool prove_mailbox(struct conv *c, struct proof *p)
{
	struct detail d = email_of(c, &p->who);
	struct mailbox m = { .p = &p->who };
	char prompt[SIGN_IN_NAME_MAX + 240];

	if (store_read(c->store, look_mailbox, &m) < 0 || !m.proves) {
		tell(c, TELL_INFO, "%s", TEXT_BARE_NONE);
		return false;
	}
	tell(c, TELL_INFO, "%s", TEXT_BARE);
	if (!code_pending(c, &d.code)) {
		SECRET(answer);

		snprintf(prompt, sizeof prompt, TEXT_BARE_SEND, d.code.to);
		if (!ask_filled(c, USE_OTHER, true, prompt, TEXT_HINT_ANSWER, &answer) ||
			!answer_yes(&answer))
			return false;
		d.sent = code_send(c, &d.code, false);
		if (!d.sent) {
			tell(c, TELL_ERROR, "%s", TEXT_CODE_ENOUGH);
			return false;
		}
	}
	tell_sent(&d);
	if (!code_ask(c, &d.code, TEXT_ADDRESS_CODE))
		return false;
	p->way = CODE_EMAIL;
	memcpy(p->mailed, p->who.identity.email, sizeof p->mailed);
	return true;
}

/* The password was right, so its attempt is no failure: else whoever is cut off a few times, while the
 * e-mail is on its way, would have to wait. */
static int uncount(struct txn *t, void *arg)
{
	struct detail *d = arg;

	return lockout_clear(t, &d->p->owner, FACTOR_PASSWORD, conv_source(d->c));
}

void details_first(struct conv *c, struct proof *p)
{
	struct detail d = { .c = c, .p = &p->who };

	if (!commit(&d, uncount))
		return;
	if (p->who.has_identity ? prove_mailbox(c, p) : live_ask(c, p, true) == LIVE_DONE)
		flow_first(c, p);
}
