/* SPDX-License-Identifier: Apache-2.0 */
/* What changes what there is, with whatever goes wrong. What must hold: it has changed wholly or not at all; what was
 * said to be done is done; whoever was cut off goes on. */
#include <stdio.h>
#include <string.h>

#include "fault/trial.h"
#include "outbox.h"
#include "session.h"
#include "store/store.h"
#include "unit/linking.h"
#include "unit/sending.h"
#include "unit/sms_world.h"
#include "unit/staff.h"

#define CHANGES(id, how, doing, judging)                                                           \
	TRIAL(id, .right = true, .make = how, .act = doing, .judge = judging)

static unsigned more(const struct run *r, enum audit_event event)
{
	return r->after.events[event] - r->before.events[event];
}

/* Whether it was done; whoever was told so, was told the truth. */
static bool done(const struct run *r, enum audit_event event)
{
	bool it = more(r, event) == 1;

	CHECK(more(r, event) <= 1);
	CHECK(it || r->t->outcome.result != GRANTED);
	return it;
}

static struct talk *ada_in_by(struct world *w, const char *password)
{
	clock_add(w, 60);
	return SIGN_IN(w, "login", ADA, password, app_code(w, ada_secret, 0));
}

static struct world ready(struct world w)
{
	ada_s_secrets(&w);
	secret_add_text("a new password", NEW_PASSWORD);
	secret_add_text("a new PIN", NEW_PIN);
	clock_add(&w, 60);
	return w;
}

static struct world ada(void)
{
	return ready(ada_with_channels());
}

/* --- the first sign-in --- */

static char activation[64];

static struct world newcomer(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	snprintf(activation, sizeof activation, "%s", add_ada(&w));
	secret_add_text("an activation code", activation);
	secret_add_text("a password", ADA_PASSWORD);
	secret_add_text("a PIN", ADA_PIN);
	return w;
}

static const char *enrolling(const char *prompt)
{
	static const struct {
		const char *begins, *answer;
	} table[] = { { "Password:", activation }, { "New password", ADA_PASSWORD },
		{ "The password you chose", ADA_PASSWORD }, { "Code", "@totp" },
		{ "New PIN", ADA_PIN }, { "", "yes" } };
	size_t i = 0;

	while (strncmp(prompt, table[i].begins, strlen(table[i].begins)) != 0)
		i++;
	return table[i].answer;
}

static struct talk *enrol(struct world *w)
{
	w->reply = enrolling;
	return SIGN_IN(w, "login", ADA, "@reply");
}

/* The app that was set up last, if one was. */
static void keep_app(const char *seen)
{
	char packed[64];
	size_t n = 0;
	const char *at = NULL;

	for (const char *p = seen; (p = strstr(p, "Secret: ")); p++)
		at = p + 8;
	if (!at)
		return;
	snprintf(ada_secret, sizeof ada_secret, "%.*s", (int)strcspn(at, "\n"), at);
	for (const char *p = ada_secret; *p; p++)
		if (*p != ' ')
			packed[n++] = *p;
	packed[n] = 0;
	secret_now("a new app's secret", ada_secret);
	secret_now("a new app's secret, packed", packed);
}

/* Told that it is done: it works, and the code does not. Else the code leads on; or all was done but nobody told. */
static void judge_enrolled(const struct run *r)
{
	bool it = r->t->outcome.result == GRANTED;

	keep_app(r->t->seen);
	struct talk *t = enrol(r->w);
	CHECK(!it || t->outcome.result == REFUSED);
	if (t->outcome.result == GRANTED)
		keep_app(t->seen);
	judge_next(r->w);
	CHECK_INT(enrol(r->w)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(r->w, "kiosk", ADA, ADA_PIN)->outcome.result, GRANTED);
}
CHANGES(dl09_sf05_first_sign_in, newcomer, enrol, judge_enrolled)

/* --- another password --- */

static struct talk *change_password(struct world *w)
{
	return ada_says(w, (const char *const[]){ "password", NULL },
		(const char *const[]){ ADA_PASSWORD, app_code(w, ada_secret, 0), NEW_PASSWORD,
			NEW_PASSWORD, NULL });
}

static void judge_password(const struct run *r)
{
	bool it = done(r, AUDIT_CREDENTIAL_SET);

	CHECK(it || !strstr(r->t->seen, "is changed"));
	CHECK_INT(messages(r->w, CHANNEL_EMAIL), it); /* she is told, by the same commit */
	CHECK_INT(ada_in_by(r->w, ADA_PASSWORD)->outcome.result, it ? REFUSED : GRANTED);
	CHECK_INT(ada_in_by(r->w, NEW_PASSWORD)->outcome.result, it ? GRANTED : REFUSED);
}
CHANGES(dl09_sf05_change_of_password, ada, change_password, judge_password)

/* --- a reset by root --- */

static struct talk *reset_ada(struct world *w)
{
	return COMMAND(w, "identity", "reset", ADA);
}

static const char *resetting(const char *prompt)
{
	return strncmp(prompt, "Password:", 9) == 0 ? activation : enrolling(prompt);
}

static void judge_reset(const struct run *r)
{
	bool it = done(r, AUDIT_ACTIVATION_MADE);

	CHECK_INT(ada_in_by(r->w, ADA_PASSWORD)->outcome.result, it ? REFUSED : GRANTED);
	if (!it)
		return;
	if (!r->said) /* root was not told: once more */
		CHECK_GRANTED(reset_ada(r->w));
	snprintf(activation, sizeof activation, "%s",
		last_line(r->said ? r->t : COMMAND(r->w, "identity", "reset", ADA)));
	secret_now("an activation code", activation);
	r->w->reply = resetting;
	struct talk *t = SIGN_IN(r->w, "login", ADA, "@reply");
	CHECK_GRANTED(t);
	keep_app(t->seen);
	judge_next(r->w);
}
CHANGES(dl09_sf05_reset, ada, reset_ada, judge_reset)

/* --- a PIN that was forgotten --- */

static struct talk *recover_pin(struct world *w)
{
	return SIGN_IN(w, "kiosk", ADA, FORGOTTEN, "@mail", "@sms", NEW_PIN, NEW_PIN, NEW_PIN);
}

static bool pin_works(struct world *w, const char *pin)
{
	return SIGN_IN(w, "kiosk", ADA, pin)->outcome.result == GRANTED;
}

/* The new PIN and no other, or the old one and no other. */
static void judge_recovered(const struct run *r)
{
	bool it = more(r, AUDIT_RECOVERED) == 1;

	CHECK(more(r, AUDIT_RECOVERED) <= 1);
	CHECK(it || r->t->outcome.result != GRANTED);
	CHECK_INT(pin_works(r->w, NEW_PIN), it);
	CHECK_INT(pin_works(r->w, ADA_PIN), !it);
	judge_next(r->w);
}
CHANGES(dl09_sf05_forgotten_pin, ada, recover_pin, judge_recovered)

/* --- a link --- */

static struct world two_accounts(void)
{
	struct world w = ada_and_ben();

	secret_add_text("an activation code", ben_activation);
	return ready(w);
}

static struct talk *link_ben(struct world *w)
{
	return ada_says(w, (const char *const[]){ "link", NULL },
		(const char *const[]){
			ADA_PASSWORD, app_code(w, ada_secret, 0), BEN, ben_activation, NULL });
}

static void judge_linked(const struct run *r)
{
	bool it = more(r, AUDIT_LINKED) > 0; /* a record on each side */

	CHECK(it || r->t->outcome.result != GRANTED);
	CHECK_INT(is_linked(r->w), it);
	judge_next(r->w);
	clock_add(r->w, 60);
	if (!it)
		CHECK_GRANTED(link_ben(r->w));
	CHECK(is_linked(r->w));
	struct talk *t = ada_signs_in(r->w, "ben-hill");
	CHECK_GRANTED(t);
	CHECK_TEXT(t->outcome.user, "ben-hill");
}
CHANGES(dl09_sf05_link, two_accounts, link_ben, judge_linked)

/* --- a user in the directory --- */

static struct talk *add_user(struct world *w)
{
	return COMMAND(w, "account", "add", "HC9", "--practice", "stj", "--user", "nina");
}

static bool published(const struct run *r)
{
	struct dir_user u;

	return published_user(r->w, "public.cdb", DIR_USER, "nina", &u) == 0;
}

/* Whoever added a user can look it up at once; one that is there but not published yet, after the next conversation. */
static void judge_added(const struct run *r)
{
	bool at_once = published(r), it = done(r, AUDIT_ACCOUNT_ADDED);

	CHECK(at_once <= it);
	CHECK(at_once || !r->said || r->t->outcome.result != GRANTED);
	judge_next(r->w);
	CHECK_INT(published(r), it);
	CHECK_INT(add_user(r->w)->outcome.result, it ? REFUSED : GRANTED);
	CHECK(published(r));
}
CHANGES(dl09_sf05_publish, ada, add_user, judge_added)

/* --- switched off --- */

static struct talk *disable_ada(struct world *w)
{
	return COMMAND(w, "identity", "disable", ADA);
}

static void judge_disabled(const struct run *r)
{
	bool it = done(r, AUDIT_DISABLED);

	CHECK_INT(ada_in_by(r->w, ADA_PASSWORD)->outcome.result == GRANTED, !it);
	CHECK_INT(disable_ada(r->w)->outcome.result, GRANTED);
	CHECK(ada_in_by(r->w, ADA_PASSWORD)->outcome.result != GRANTED);
}
CHANGES(dl09_sf05_disable, ada, disable_ada, judge_disabled)

/* --- a session --- */

static struct world signed_in(void)
{
	struct world w = ada();

	CHECK_GRANTED(ada_in_by(&w, ADA_PASSWORD));
	return w;
}

static struct talk *open_session(struct world *w)
{
	return converse(w, PURPOSE_OPEN, "login", "adae", (const char *const[]){ NULL });
}

static void judge_opened(const struct run *r)
{
	bool it = done(r, AUDIT_SESSION_OPEN);

	CHECK(it || !r->said || r->t->outcome.result != GRANTED);
	judge_next(r->w);
	CHECK_GRANTED(open_session(r->w));
}
CHANGES(dl09_sf05_session_opens, signed_in, open_session, judge_opened)

static struct talk *may_be_in(struct world *w)
{
	return converse(w, PURPOSE_ACCOUNT, "login", "adae", (const char *const[]){ NULL });
}

static struct world switched_off(void)
{
	struct world w = ada();

	CHECK_GRANTED(disable_ada(&w));
	return w;
}

static void judge_off(const struct run *r)
{
	CHECK(r->t->outcome.result != GRANTED);
	CHECK_INT(may_be_in(r->w)->outcome.result, DISABLED);
}
TRIAL(dl09_sf05_account_phase_of_who_is_disabled, .make = switched_off, .act = may_be_in,
	.judge = judge_off)

/* --- a message and its courier --- */

static struct world with_a_message(void)
{
	struct world w = ada();

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	return w;
}

static struct talk *deliver(struct world *w)
{
	return COURIER(w, "email", "sent");
}

/* It leaves the outbox once the courier has said "sent", which it says after the message: never before it was told. */
static void judge_delivered(const struct run *r)
{
	struct queued q;
	bool gone = !there(r->w, 1, &q);

	CHECK(!gone || r->t->asks == 1);
	CHECK(gone || !r->said || r->t->outcome.result != GRANTED);
	CHECK_INT(deliver(r->w)->asks, !gone);
	CHECK(!there(r->w, 1, &q));
	judge_next(r->w);
}
CHANGES(dl09_sf05_courier, with_a_message, deliver, judge_delivered)
