/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth email" and "hcauth mobile". What must hold: who changes where they are reached has just proved
 * who they are, and the new place by a code; the old place is told, and opens nothing any more; whether an address is somebody else's
 * is told to that somebody alone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "code.h"
#include "details.h"
#include "factor.h"
#include "flow.h"
#include "log.h"
#include "store/store.h"
#include "text.h"

enum { TRIES = 3 };

struct change {
	struct conv *c;
	struct person *who;
	struct code_for code;
	char email[SIGN_IN_NAME_MAX + 1];
	struct now now;
};

static int look_taken(struct txn *t, void *arg)
{
	struct change *ch = arg;
	int r = address_may_be(t, ch->email, &ch->who->identity);

	ch->code.taken = r == -EEXIST;
	return ch->code.taken ? 0 : r;
}

/* The old address by a message of its own; the mobile as for all else. */
static int tell_old(struct txn *t, const struct change *ch, struct person *who)
{
	uint64_t verified = who->identity.email_verified;
	struct message m;
	int r = message_for(t, who, CHANNEL_EMAIL, who->identity.email, "address-changed", &m);

	if (r == 0)
		r = message_queue(t, ch->c, &ch->now, &m);
	who->identity.email_verified = 0;
	if (r == 0)
		r = message_tell_changed(t, ch->c, &ch->now, who, TEXT_TOLD_EMAIL);
	who->identity.email_verified = verified;
	return r;
}

static int change_txn(struct txn *t, void *arg)
{
	struct change *ch = arg;
	struct person now = *ch->who;
	bool other = strcmp(now.identity.email, ch->email) != 0;
	int r;

	if ((r = person_refresh(t, &now)) < 0)
		return r;
	if (!person_active(&now))
		return -EACCES;
	if ((r = code_spend(t, ch->c, &ch->now, &ch->code)) < 0 ||
		(r = address_may_be(t, ch->email, &now.identity)) < 0 ||
		(other && (r = tell_old(t, ch, &now)) < 0) ||
		(r = code_withdraw(t, &now.owner, CODE_EMAIL)) < 0 ||
		(r = code_withdraw(t, &now.owner, CODE_RECOVER_EMAIL)) < 0 ||
		(other && (r = credential_del(t, &now.owner, FACTOR_RESET)) < 0) ||
		(r = address_take(t, &now.identity, ch->email)) < 0)
		return r;
	now.identity.email_verified = ch->now.unix_s;
	if ((r = identity_save(t, &now.identity)) < 0)
		return r;
	return audit(t, ch->c, &ch->now, AUDIT_ADDRESS_CHANGED, &now,
		other ? "e-mail" : "e-mail verified");
}

/* Sets ch->email. False: none was given, or it is verified already. */
static bool ask_email(struct change *ch, const char *text)
{
	const struct identity *who = &ch->who->identity;

	for (unsigned i = 0; i < TRIES; i++, text = "") {
		SECRET(answer);

		if (!*text &&
			!ask_filled(ch->c, USE_OTHER, true, TEXT_ADDRESS_NEW, TEXT_HINT_ANSWER,
				&answer))
			return false;
		if (!address_own(ch->c, *text ? text : answer.text, ch->email))
			continue;
		if (strcmp(ch->email, who->email) != 0 || !who->email_verified)
			return true;
		tell(ch->c, TELL_INFO, "%s", TEXT_ADDRESS_SAME);
		return false;
	}
	return false;
}

static enum status change_email(struct conv *c, struct person *who, const char *text)
{
	struct change ch = { .c = c, .who = who };

	ch.code = (struct code_for){
		.p = who, .purpose = CODE_EMAIL, .to = ch.email, .template = "verify"
	};
	if (!ask_email(&ch, text))
		return STATUS_REFUSED;
	if (store_read(c->store, look_taken, &ch) < 0)
		die("store: whose address");
	enum code_sent sent = code_send(c, &ch.code, false);
	if (!sent) {
		tell(c, TELL_ERROR, "%s", TEXT_CODE_ENOUGH);
		return STATUS_REFUSED;
	}
	tell(c, TELL_INFO, sent == CODE_SENT ? TEXT_ADDRESS_SENT : TEXT_ADDRESS_STILL, ch.email);
	if (!code_ask(c, &ch.code, TEXT_ADDRESS_CODE))
		return STATUS_REFUSED;
	c->now(&ch.now);
	int r = store_update(c->store, NEED_SPACE, change_txn, &ch);
	if (r < 0 && r != -EACCES && r != -ENOENT && r != -ESTALE && r != -EEXIST)
		die("store: an address could not be changed: %s", strerror(-r));
	if (r < 0)
		tell(c, TELL_ERROR, "%s", r == -EEXIST ? TEXT_ADDRESS_TAKEN : TEXT_NOT_MATCHED_END);
	else
		tell(c, TELL_INFO, TEXT_ADDRESS_CHANGED, ch.email);
	return r < 0 ? STATUS_REFUSED : STATUS_DONE;
}

enum status self_address(struct conv *c, const struct words *w)
{
	bool email = strcmp(w->verb, "email") == 0;
	char text[256] = "";
	struct person who;
	size_t len = 0;

	for (size_t i = 0; i < w->n && len < sizeof text; i++) /* a number with blanks in it */
		len += (size_t)snprintf(
			text + len, sizeof text - len, "%s%s", i ? " " : "", w->word[i]);
	if (len >= sizeof text)
		*text = 0;

	if (!self_caller(c, &who))
		return STATUS_NOT_ALLOWED;
	if (!message_can(c->conf, email ? CHANNEL_EMAIL : CHANNEL_SMS)) {
		tell(c, TELL_ERROR, "%s", TEXT_MESSAGES_NONE);
		return STATUS_REFUSED;
	}
	if (!who.has_identity) {
		tell(c, TELL_ERROR, "%s", TEXT_ADDRESS_USERID);
		return STATUS_REFUSED;
	}
	if (!self_proved(c, &who))
		return STATUS_REFUSED;
	if (email)
		return change_email(c, &who, text);
	return details_mobile(c, &who, text) ? STATUS_DONE : STATUS_REFUSED;
}
