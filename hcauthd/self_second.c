/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth second": which second factors there are, and which is asked for first. What must hold: who changes
 * them has just proved who they are; there is always one left by which they can sign in wherever they could. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "details.h"
#include "enrol.h"
#include "enrol_second.h"
#include "flow.h"
#include "log.h"
#include "message.h"
#include "shift.h"
#include "sms.h"
#include "store/store.h"
#include "text.h"
#include "when.h"

struct seconds {
	struct conv *c;
	const struct person *p;
	enum factor_id what;
	struct second second;
	struct sms sms;
	struct recovery codes;
	bool yubikey;
	struct now now;
};

static int load(struct txn *t, void *arg)
{
	struct seconds *s = arg;
	int r = second_look(t, s->c, s->p, &s->second);

	s->yubikey = credential_exists(t, &s->p->owner, FACTOR_YUBIKEY);
	if (r == 0 && (r = sms_load(t, s->c, &s->p->owner, &s->sms)) == -ENOENT)
		r = 0;
	if (r == 0 && (r = recovery_load(t, s->c, &s->p->owner, &s->codes)) == -ENOENT)
		r = 0;
	return r;
}

static struct seconds look(struct conv *c, const struct person *p)
{
	struct seconds s = { .c = c, .p = p };

	c->now(&s.now);
	if (store_read(c->store, load, &s) < 0)
		die("store: which second factors there are");
	return s;
}

/* --- the list --- */

static const char *first_of(const struct seconds *s, enum factor_id what)
{
	bool texts = s->p->has_identity && s->p->identity.second == FACTOR_SMS;
	bool both = s->second.has == FACTORS_PHONE;

	return both && texts == (what == FACTOR_SMS) ? TEXT_SECOND_FIRST : "";
}

static void list_texts(const struct seconds *s)
{
	const char *number = sms_number(&s->sms, &s->now);
	char when[WHEN_TEXT];

	if (*number)
		tell(s->c, TELL_INFO, TEXT_SECOND_LIST_SMS, sms_ending(number),
			first_of(s, FACTOR_SMS));
	if (!*s->sms.next || number == s->sms.next)
		return;
	tell(s->c, TELL_INFO, TEXT_SECOND_LIST_NEXT, sms_ending(s->sms.next),
		when_text(s->sms.next_unix + SMS_WAIT_S, WHEN_MINUTE, when));
}

static enum status list(struct conv *c, const struct person *p)
{
	struct seconds s = look(c, p);

	if (s.second.has & 1u << FACTOR_TOTP)
		tell(c, TELL_INFO, TEXT_SECOND_LIST_APP, first_of(&s, FACTOR_TOTP));
	if (s.second.has & 1u << FACTOR_SMS)
		list_texts(&s);
	if (s.yubikey)
		tell(c, TELL_INFO, "%s", TEXT_SECOND_LIST_YUBIKEY);
	if (s.codes.kept)
		tell(c, TELL_INFO, TEXT_SECOND_LIST_CODES, recovery_left(&s.codes));
	if (!s.second.has && !s.yubikey && !s.codes.kept)
		tell(c, TELL_INFO, "%s", TEXT_NONE);
	wipe(&s, sizeof s);
	return STATUS_DONE;
}

/* --- which first --- */

static int refresh(struct txn *t, const struct seconds *s, struct person *out)
{
	*out = *s->p;
	int r = person_refresh(t, out);

	return r == 0 && !person_active(out) ? -EACCES : r;
}

static int prefer_txn(struct txn *t, void *arg)
{
	struct seconds *s = arg;
	bool app = s->what == FACTOR_TOTP;
	struct person now;
	int r = refresh(t, s, &now);

	if (r < 0 || now.identity.second == s->what)
		return r;
	now.identity.second = s->what;
	if ((r = identity_save(t, &now.identity)) < 0 ||
		(r = audit(t, s->c, &s->now, AUDIT_CREDENTIAL_SET, &now,
			 app ? "totp first" : "sms first")) < 0)
		return r;
	return message_tell_changed(t, s->c, &s->now, &now, TEXT_TOLD_FIRST);
}

static bool commit(struct seconds *s, int (*fn)(struct txn *, void *))
{
	s->c->now(&s->now);
	int r = store_update(s->c->store, NEED_SPACE, fn, s);

	if (r < 0 && r != -EACCES && r != -ENOENT && r != -ESTALE && r != -EBUSY)
		die("store: a second factor could not be changed: %s", strerror(-r));
	if (r < 0)
		tell(s->c, TELL_ERROR, "%s",
			r == -EBUSY            ? TEXT_SECOND_LAST
				: r == -ENOENT ? TEXT_SECOND_NOT
				: r == -ESTALE ? TEXT_RESET
					       : TEXT_DISABLED);
	else
		message_wake();
	return r == 0;
}

/* Sets it up if it is not there; then it is what they are asked for first. */
static enum status prefer(struct conv *c, const struct person *p, enum factor_id what)
{
	struct seconds s = look(c, p);

	s.what = what;
	wipe(&s.codes, sizeof s.codes);
	if (what == FACTOR_SMS && !(s.second.has & 1u << what) &&
		!(sms_named(c->conf) & 1u << what)) {
		tell(c, TELL_ERROR, "%s", TEXT_SMS_NONE);
		return STATUS_REFUSED;
	}
	if (!(s.second.has & 1u << what) &&
		!(what == FACTOR_SMS ? second_number(c, p, "") : enrol_totp(c, p, true)))
		return STATUS_REFUSED;
	if (!commit(&s, prefer_txn))
		return STATUS_REFUSED;
	tell(c, TELL_INFO, "%s", what == FACTOR_SMS ? TEXT_SECOND_SMS : TEXT_SECOND_APP);
	return STATUS_DONE;
}

/* --- without one of them --- */

static int remove_txn(struct txn *t, void *arg)
{
	struct seconds *s = arg;
	struct person now;
	bool may;
	int r = refresh(t, s, &now);

	if (r < 0 || (r = load(t, s)) < 0)
		return r;
	if (!(s->second.has & 1u << s->what))
		return -ENOENT;
	if ((r = second_spare(t, s->c, &s->now, &now, s->what, &may)) < 0 || !may)
		return r < 0 ? r : -EBUSY;
	if (now.identity.second == s->what)
		now.identity.second = 0;
	if ((r = credential_del(t, &now.owner, s->what)) < 0 ||
		(r = code_withdraw(t, &now.owner, CODE_SIGN_IN)) < 0 ||
		(r = shift_end(t, &now.owner)) < 0 || (r = identity_save(t, &now.identity)) < 0 ||
		(r = audit(t, s->c, &s->now, AUDIT_CREDENTIAL_REMOVED, &now,
			 factor_name(s->what))) < 0)
		return r;
	return message_tell_changed(t, s->c, &s->now, &now,
		s->what == FACTOR_SMS ? TEXT_TOLD_SMS_REMOVED : TEXT_TOLD_TOTP_REMOVED);
}

static enum status drop(struct conv *c, const struct person *p, enum factor_id what)
{
	struct seconds s = { .c = c, .p = p, .what = what };
	bool ok = commit(&s, remove_txn);

	wipe(&s, sizeof s);
	if (ok)
		tell(c, TELL_INFO, "%s", TEXT_SECOND_REMOVED);
	return ok ? STATUS_DONE : STATUS_REFUSED;
}

/* --- another number --- */

static int look_factor(struct txn *t, void *arg)
{
	struct seconds *s = arg;

	s->what = credential_exists(t, &s->p->owner, FACTOR_SMS) ? FACTOR_SMS : 0;
	return 0;
}

bool second_number(struct conv *c, const struct person *p, const char *text)
{
	struct seconds s = { .c = c, .p = p };

	if (store_read(c->store, look_factor, &s) < 0)
		die("store: whether a number is a factor");
	if (s.what)
		return details_mobile(c, p, text);
	if (enrol_sms(c, p, true, false) != TEXTED_DONE)
		return false;
	s = look(c, p);
	if (!*sms_number(&s.sms, &s.now))
		tell(c, TELL_INFO, TEXT_SMS_WAITS, sms_ending(s.sms.next));
	wipe(&s, sizeof s);
	return true;
}

static enum factor_id factor_by_word(const char *word)
{
	if (strcmp(word, "app") == 0)
		return FACTOR_TOTP;
	return strcmp(word, "sms") == 0 ? FACTOR_SMS : 0;
}

enum status self_second(struct conv *c, const struct words *w)
{
	bool remove = w->n == 2 && strcmp(w->word[0], "remove") == 0;
	enum factor_id what = w->n > 0 ? factor_by_word(w->word[w->n - 1]) : 0;
	struct person who;

	if (w->n > 0 && (!what || (w->n == 2 && !remove)))
		return STATUS_USAGE;
	if (!self_caller(c, &who))
		return STATUS_NOT_ALLOWED;
	if (w->n == 0)
		return list(c, &who);
	if (!who.has_identity) {
		tell(c, TELL_ERROR, "%s", TEXT_SECOND_USERID);
		return STATUS_REFUSED;
	}
	if (!self_proved(c, &who))
		return STATUS_REFUSED;
	return remove ? drop(c, &who, what) : prefer(c, &who, what);
}
