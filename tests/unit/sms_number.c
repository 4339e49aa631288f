/* SPDX-License-Identifier: Apache-2.0 */
/* Which number codes go to, and "hcauth second". What must hold: a number that was given after the first
 * sign-in counts 24 hours later, for a sign-in and for a recovery, and not sooner by any way; the old one goes
 * on until then and is told; the last second factor stays. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "people.h"
#include "sms_world.h"

#define PROVED(w) ADA_PASSWORD, next_code(w)
#define RUN(w, words, ...) ada_says(w, words, (const char *const[]){ __VA_ARGS__, NULL })

static const char *const mobile[] = { "mobile", OTHER_MOBILE, NULL };
static const char *const second[] = { "second", NULL };
static const char *const second_sms[] = { "second", "sms", NULL };
static const char *const second_app[] = { "second", "app", NULL };
static const char *const remove_sms[] = { "second", "remove", "sms", NULL };
static const char *const remove_app[] = { "second", "remove", "app", NULL };

/* A code of the app that was not used: a minute later. */
static const char *next_code(struct world *w)
{
	clock_add(w, 60);
	return app_code(w, ada_secret, 0);
}

static struct identity ada(struct world *w)
{
	return stored(w, ADA).identity;
}

/* To which number a code for ada's sign-in goes now. */
static const char *goes_to(struct world *w)
{
	static char to[SIGN_IN_NAME_MAX + 1];

	CHECK_GRANTED(SIGN_IN(w, "login", ADA, ADA_PASSWORD, "@sms"));
	snprintf(to, sizeof to, "%s", queued_message(w, CHANNEL_SMS, 0)->to);
	return to;
}

static void change_number(struct world *w)
{
	struct talk *t = RUN(w, mobile, PROVED(w), "@sms");

	CHECK_GRANTED(t);
	CHECK_TEXT(last_line(t),
		"The number ending 07 counts from this time tomorrow on. Until then all stays as it is.");
}

/* --- another number --- */

TEST(ot17_another_number_waits_and_the_old_one_goes_on)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	change_number(&w);
	static const char *const to[] = { OTHER_MOBILE, ADA_MOBILE };
	for (unsigned i = 0; i < 2; i++) {
		const struct message *m = queued_message(&w, CHANNEL_SMS, i);

		CHECK_TEXT(m->template, "number");
		CHECK_TEXT(m->to, to[i]);
		CHECK_TEXT(m->what, "07");
		CHECK_TEXT(m->code, "");
	}
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 0)->template, "number");
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
	CHECK_TEXT(ada(&w).mobile, ADA_MOBILE);
	clock_add(&w, 86398);
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
	clock_add(&w, 2);
	CHECK_TEXT(goes_to(&w), OTHER_MOBILE);
	CHECK_TEXT(ada(&w).mobile, OTHER_MOBILE);
	CHECK_HAS(COMMAND(&w, "audit", "--json")->seen, "mobile: waits for 24 hours");
}

TEST(ot17_neither_a_reboot_nor_a_clock_make_it_sooner)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	change_number(&w);
	w.now.unix_s += 86400; /* put forward */
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
	w.now.unix_s -= 2 * 86400; /* and back */
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
	w.now.unix_s += 86400 + 3600;
	w.now.boot[0]++;
	w.now.boot_ms = 5000;
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
	clock_add(&w, 86399 - 3600);
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
	clock_add(&w, 1);
	CHECK_TEXT(goes_to(&w), OTHER_MOBILE);
}

TEST(ot17_a_recovery_uses_the_old_number_until_then)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	change_number(&w);
	CHECK(SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "@hang-up")->hung_up);
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->to, ADA_MOBILE);
	clock_add(&w, 86400);
	CHECK_GRANTED(
		SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "@sms", NEW_PIN, NEW_PIN, NEW_PIN));
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->to, OTHER_MOBILE); /* what was changed */
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 1)->to, OTHER_MOBILE); /* the code */
}

/* Begun before, and the new number counts before its end. */
TEST(a_recovery_does_not_go_on_by_the_number_before)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	change_number(&w);
	clock_add(&w, 86400 - 200);
	CHECK(SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", "@hang-up")->hung_up);
	char old[32];
	snprintf(old, sizeof old, "%s", texted(&w));
	clock_add(&w, 201);
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, old, "@hang-up");
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->to, OTHER_MOBILE);
	CHECK_HAS(t->seen, TEXT_CODE_WRONG);
}

TEST(a_sign_in_code_to_the_number_before_is_worth_nothing)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	char old[32];

	change_number(&w);
	clock_add(&w, 86400 - 200);
	CHECK(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up")->hung_up);
	snprintf(old, sizeof old, "%s", texted(&w));
	clock_add(&w, 201);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, old));
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->to, OTHER_MOBILE);
}

TEST(the_old_number_again_ends_the_wait)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	change_number(&w);
	static const char *const back[] = { "mobile", ADA_MOBILE, NULL };
	struct talk *t = RUN(&w, back, PROVED(&w), "@sms");
	CHECK_GRANTED(t);
	CHECK_TEXT(last_line(t), TEXT_MOBILE_VERIFIED);
	clock_add(&w, 2 * 86400);
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
}

TEST(ot17_a_third_number_waits_its_own_day)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	static const char *const third[] = { "mobile", "+441632960033", NULL };

	change_number(&w);
	clock_add(&w, 80000);
	CHECK_GRANTED(RUN(&w, third, PROVED(&w), "@sms"));
	clock_add(&w, 80000);
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
	clock_add(&w, 6400);
	CHECK_TEXT(goes_to(&w), "+441632960033");
	change_number(&w); /* and from the one that counts by now */
	CHECK_TEXT(goes_to(&w), "+441632960033");
	clock_add(&w, 86400);
	CHECK_TEXT(goes_to(&w), OTHER_MOBILE);
}

TEST(a_reset_ends_a_number_that_waits)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	char again[64];

	change_number(&w);
	snprintf(again, sizeof again, "%s", last_line(COMMAND(&w, "identity", "reset", ADA)));
	CHECK_TEXT(ada(&w).mobile, ADA_MOBILE);
	clock_add(&w, 3600);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, again, ADA_PASSWORD, ADA_PASSWORD, "2", "", "yes",
		ADA_PIN, ADA_PIN));
	clock_add(&w, 2 * 86400);
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
}

TEST(a_number_that_is_no_factor_counts_at_once)
{
	struct world w = ada_with_channels();
	struct talk *t = RUN(&w, mobile, PROVED(&w), "@sms");

	CHECK_GRANTED(t);
	CHECK_TEXT(last_line(t), TEXT_MOBILE_VERIFIED);
	CHECK_TEXT(ada(&w).mobile, OTHER_MOBILE);
}

/* --- hcauth second --- */

TEST(second_lists_what_there_is)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	CHECK_TEXT(ada_says(&w, second, NULL)->seen,
		"app             set up\n"
		"text messages   to the number ending 01, asked for first\n"
		"recovery codes  12 left\n");
	change_number(&w);
	CHECK_HAS(ada_says(&w, second, NULL)->seen,
		"text messages   to the number ending 07, from 2026-05-05 09:02 on\n");
	clock_add(&w, 86400);
	CHECK_HAS(ada_says(&w, second, NULL)->seen,
		"text messages   to the number ending 07, asked for first\n");
	take_away(&w, FACTOR_SMS);
	CHECK_TEXT(ada_says(&w, second, NULL)->seen,
		"app             set up\nrecovery codes  12 left\n");
}

TEST(second_chooses_which_is_asked_for_first)
{
	struct world w = ada_with_texts(FACTOR_TOTP);

	CHECK_GRANTED(RUN(&w, second_sms, PROVED(&w)));
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 0)->what,
		"Which code you are asked for first was changed");
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
	unsigned before = messages(&w, CHANNEL_EMAIL);
	CHECK_GRANTED(RUN(&w, second_sms, ADA_PASSWORD, "@sms"));
	CHECK_INT(messages(&w, CHANNEL_EMAIL), before); /* nothing has changed */
	CHECK_GRANTED(RUN(&w, second_app, ADA_PASSWORD, "@sms"));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, next_code(&w)));
	CHECK_HAS(COMMAND(&w, "audit", "--json")->seen, "sms first");
}

TEST(second_is_behind_what_one_signs_in_with)
{
	struct world w = ada_with_texts(FACTOR_TOTP);
	static const char *const bad[] = { "second", "remove", NULL };

	CHECK_VERDICT(REFUSED, RUN(&w, second_sms, ADA_PASSWORD, "123456"));
	CHECK_VERDICT(REFUSED, RUN(&w, remove_sms, ADA_PASSWORD, "123456"));
	CHECK_INT(ada(&w).second, FACTOR_TOTP);
	CHECK_INT(ada_says(&w, bad, NULL)->outcome.status, STATUS_USAGE);
}

TEST(second_takes_a_number_that_was_verified_long_ago_as_it_is)
{
	struct world w = ada_with_channels();

	second_step(&w, APP_OR_SMS);
	clock_add(&w, 86400);
	struct talk *t = RUN(&w, second_sms, PROVED(&w), "");
	CHECK_GRANTED(t);
	CHECK_TEXT(last_line(t), TEXT_SECOND_SMS);
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 1)->what,
		"Your codes by text message were changed");
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
}

/* As a factor it would have been hers for a day only by way of "hcauth mobile". */
TEST(ot17_a_first_number_waits_too)
{
	struct world w = ada_with_channels();

	second_step(&w, APP_OR_SMS);
	CHECK_GRANTED(RUN(&w, mobile, PROVED(&w), "@sms"));
	struct talk *t = RUN(&w, second_sms, PROVED(&w), "");
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "The number ending 07 counts from this time tomorrow on.");
	unsigned before = messages(&w, CHANNEL_SMS);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "", ""));
	CHECK_INT(messages(&w, CHANNEL_SMS), before);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, next_code(&w)));
	CHECK_VERDICT(REFUSED, RUN(&w, remove_app, PROVED(&w)));
	CHECK_GRANTED(RUN(&w, remove_sms, PROVED(&w)));
	CHECK_GRANTED(RUN(&w, second_sms, PROVED(&w), "+441632960099", "@sms"));
	CHECK_TEXT(ada(&w).mobile, OTHER_MOBILE); /* of a recovery: it waits there, too */
	clock_add(&w, 86400);
	CHECK_TEXT(goes_to(&w), "+441632960099");
	CHECK_TEXT(ada(&w).mobile, "+441632960099");
}

/* Cut off, it goes on at the next sign-in: no way round the day. */
TEST(ot17_a_number_that_was_begun_waits_too)
{
	struct world w = ada_with_channels();

	second_step(&w, APP_OR_SMS);
	CHECK(RUN(&w, second_sms, PROVED(&w), OTHER_MOBILE, "@hang-up")->hung_up);
	struct talk *t =
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, next_code(&w), OTHER_MOBILE, "@sms");
	CHECK_GRANTED(t);
	CHECK(ada_has(&w, FACTOR_SMS));
	CHECK_TEXT(ada_sms(&w).number, "");
	CHECK_TEXT(ada_sms(&w).next, OTHER_MOBILE);
	CHECK_TEXT(ada(&w).mobile, ADA_MOBILE);
}

TEST(second_has_no_text_messages_where_no_rule_names_them)
{
	struct world w = ada_with_channels();
	struct talk *t = RUN(&w, second_sms, PROVED(&w));

	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_SMS_NONE);
}

TEST(second_sets_an_app_up)
{
	struct world w = ada_with_texts_alone();

	CHECK_GRANTED(RUN(&w, second_app, ADA_PASSWORD, "@sms", "@totp"));
	CHECK(ada_has(&w, FACTOR_TOTP));
	CHECK_INT(ada(&w).second, FACTOR_TOTP);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "@sms");
	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n" SENT "Code: \n");
}

TEST(the_last_second_factor_is_not_removed)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	struct talk *t;

	CHECK_GRANTED(RUN(&w, remove_app, PROVED(&w)));
	CHECK_TEXT(
		queued_message(&w, CHANNEL_EMAIL, 0)->what, "Your authenticator app was removed");
	CHECK_HAS(COMMAND(&w, "audit", "--json")->seen, "\"detail\":\"totp\"");
	t = RUN(&w, remove_app, ADA_PASSWORD, "@sms");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_SECOND_NOT);
	t = RUN(&w, remove_sms, ADA_PASSWORD, "@sms");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(last_line(t), TEXT_SECOND_LAST);
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
}

TEST(one_that_some_service_or_practice_asks_for_is_not_removed)
{
	struct world w = ada_with_texts(FACTOR_TOTP);

	w.conf.service[1].step[1] = 1u << FACTOR_TOTP; /* sshd */
	CHECK_VERDICT(REFUSED, RUN(&w, remove_app, PROVED(&w)));
	CHECK_GRANTED(COMMAND(&w, "practice", "set", "stj", "--require", "sms"));
	CHECK_VERDICT(REFUSED, RUN(&w, remove_sms, PROVED(&w)));
	CHECK_GRANTED(COMMAND(&w, "practice", "set", "stj", "--require", "none"));
	CHECK_GRANTED(RUN(&w, remove_sms, PROVED(&w)));
	CHECK(!ada_has(&w, FACTOR_SMS));
}

/* What a practice asks for that they have left is asked of them no more. */
TEST(one_that_a_practice_of_before_asks_for_is_removed)
{
	struct world w = ada_with_texts(FACTOR_TOTP);

	CHECK_GRANTED(COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	CHECK_GRANTED(COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
		"--user", "ada-hill"));
	CHECK_GRANTED(COMMAND(&w, "practice", "set", "hill", "--require", "sms"));
	CHECK_VERDICT(REFUSED, RUN(&w, remove_sms, PROVED(&w)));
	CHECK_GRANTED(COMMAND(&w, "leave", "AE2"));
	CHECK_GRANTED(RUN(&w, remove_sms, PROVED(&w)));
}

/* A PIN is enough as long as what it rests on is as it was. */
static void ends_the_shift(const char *const *words)
{
	struct world w = ada_with_texts(FACTOR_TOTP);
	struct service *s = &w.conf.service[w.conf.nservices++];

	*s = w.conf.service[0];
	s->local = s->shift = true;
	snprintf(s->name, sizeof s->name, "again");
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, next_code(&w)));
	CHECK_GRANTED(SIGN_IN(&w, "again", ADA, ADA_PIN));
	CHECK_GRANTED(RUN(&w, words, PROVED(&w), "@sms"));
	struct talk *t = SIGN_IN(&w, "again", ADA, ADA_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Password: ");
}

TEST(a_shift_ends_with_an_app_that_is_removed)
{
	ends_the_shift(remove_app);
}

TEST(a_shift_ends_with_text_messages_that_are_removed)
{
	ends_the_shift(remove_sms);
}

TEST(a_shift_ends_with_another_number)
{
	ends_the_shift(mobile);
}

/* --- a lost phone --- */

TEST(whoever_has_lost_their_phone_sets_the_app_up_on_another)
{
	struct world w = ada_with_texts(FACTOR_TOTP);
	struct talk *t =
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), "1", "@totp");

	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, TEXT_LOST_PHONE_WAY);
	CHECK_TEXT(last_line(t), TEXT_TOTP_CHANGED);
}

TEST(whoever_has_lost_their_phone_gives_another_number)
{
	struct world w = ada_with_texts_alone();
	struct talk *t = SIGN_IN(
		&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), "2", OTHER_MOBILE, "@sms");

	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "The number ending 07 counts from this time tomorrow on.");
	clock_add(&w, 301); /* for so long the code of that sign-in is good */
	CHECK_TEXT(goes_to(&w), ADA_MOBILE);
	clock_add(&w, 86400);
	CHECK_TEXT(goes_to(&w), OTHER_MOBILE);
}

TEST(whoever_had_an_app_alone_may_have_text_messages_from_tomorrow_on)
{
	struct world w = ada_with_channels();

	second_step(&w, APP_OR_SMS);
	struct talk *t = SIGN_IN(
		&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), "2", OTHER_MOBILE, "@sms");
	CHECK_GRANTED(t);
	CHECK(ada_has(&w, FACTOR_SMS));
	CHECK_TEXT(ada_sms(&w).number, "");
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 2), ""));
}

TEST(a_factor_that_is_removed_ends_the_shift)
{
	struct world w = ada_with_texts(FACTOR_TOTP);

	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, next_code(&w)));
	CHECK_HAS(ADA_RUNS(&w, "status")->seen, "Shift: until");
	CHECK_GRANTED(RUN(&w, remove_sms, PROVED(&w)));
	CHECK_HAS(ADA_RUNS(&w, "status")->seen, "Shift: none now");
}

TEST(second_of_a_user_id_changes_nothing_and_says_why)
{
	struct world w = world_at("2026-05-04 09:00:00");

	COMMAND(&w, "practice", "add", "stj", "St John's Surgery");
	COMMAND(&w, "account", "add", "HC000001", "--practice", "stj", "--user", "adae");
	struct talk *t = ada_says(&w, second_sms, NULL);
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_INT(t->asks, 0);
	CHECK_TEXT(last_line(t), TEXT_SECOND_USERID);
}
