/* SPDX-License-Identifier: Apache-2.0 */
/* A lost phone; that changes are told; that nothing expires. What must hold: the new app counts when its
 * code is right and the old one until then; whoever gives up has signed in all the same. */
#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "recover_world.h"
#include "text.h"

static struct talk *sign_in(struct world *w, const char *secret)
{
	clock_add(w, 60);
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, secret, 0));
}

static void lose_phone(const char *service, const char *rhost)
{
	struct world w = ada_with_channels();
	char new[64];

	w.rhost = rhost;
	struct talk *t =
		SIGN_IN(&w, service, ADA, ADA_PASSWORD, shown_code(ada_seen, 1), "yes", "@totp");
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(strlen(t->outcome.ticket), 32);
	CHECK_HAS(t->seen, TEXT_LOST_PHONE "\n");
	CHECK_TEXT(last_line(t), TEXT_TOTP_CHANGED);
	const char *at = strstr(t->seen, "Secret: ") + 8;
	snprintf(new, sizeof new, "%.*s", (int)strcspn(at, "\n"), at);
	told_by_both(&w, "Your authenticator app was changed");
	w.rhost = "";
	CHECK_VERDICT(REFUSED, sign_in(&w, ada_secret));
	CHECK_VERDICT(GRANTED, sign_in(&w, new));
}

TEST(a_lost_phone_at_the_workstation)
{
	lose_phone("login", "");
}

TEST(a_lost_phone_over_ssh)
{
	lose_phone("sshd", "192.0.2.7");
}

TEST(a_phone_that_is_not_lost_is_left_alone)
{
	struct world w = ada_with_channels();
	static const char *const no[] = { "", "no", "n", "later" };

	for (unsigned i = 0; i < 4; i++) {
		struct talk *t =
			SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, i + 1), no[i]);

		CHECK_VERDICT(GRANTED, t);
		CHECK_INT(t->asks, 3);
	}
	CHECK_VERDICT(GRANTED, sign_in(&w, ada_secret));
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1))->asks, 2);
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 0);
}

TEST(cut_off_with_a_lost_phone_it_is_offered_again)
{
	struct world w = ada_with_channels();
	struct talk *t =
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), "yes", "@hang-up");

	CHECK(t->hung_up);
	CHECK_VERDICT(GRANTED, sign_in(&w, ada_secret)); /* until the new one is shown to work */
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 2), "@hang-up");
	CHECK(t->hung_up);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 3), "yes", "@totp");
	CHECK_VERDICT(GRANTED, t);
	CHECK_VERDICT(REFUSED, sign_in(&w, ada_secret));
}

TEST(whoever_gives_the_new_app_up_has_signed_in)
{
	struct world w = ada_with_channels();
	struct talk *t = SIGN_IN(
		&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), "yes", "1", "2", "3", "4");

	CHECK_VERDICT(GRANTED, t);
	CHECK_VERDICT(GRANTED, sign_in(&w, ada_secret));
}

TEST(whoever_is_switched_off_or_reset_meanwhile_has_not)
{
	struct world w = ada_with_channels();
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), "yes",
		"@disable", "@totp");

	CHECK_VERDICT(REFUSED, t);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "enable", ADA));
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 2), "yes", "1", "2", "3",
		"@disable", "4");
	CHECK_VERDICT(REFUSED, t);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "enable", ADA));
	t = SIGN_IN(
		&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 3), "yes", "@reset", "@totp");
	CHECK_VERDICT(REFUSED, t);
}

TEST(nobody_but_root_s_own_programs_asks_about_the_phone)
{
	struct world w = ada_with_channels();

	w.ruid = 20001; /* su, by somebody */
	CHECK_INT(SIGN_IN(&w, "su", ADA, ADA_PASSWORD, shown_code(ada_seen, 1))->asks, 2);
	w.ruid = w.peer = 20000; /* a locker */
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 2));
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 2);
}

/* --- what is told --- */

static struct talk *change(struct world *w, const char *word, const char *first, const char *second)
{
	char code[8];

	clock_add(w, 60);
	snprintf(code, sizeof code, "%s", app_code(w, ada_secret, 0));
	w->peer = w->ruid = 20000;
	struct talk *t = command(w, (const char *const[]){ word, NULL },
		(const char *const[]){ ADA_PASSWORD, code, first, second, NULL });
	w->peer = w->ruid = 0;
	return t;
}

TEST(every_change_is_told_to_both_channels)
{
	struct world w = ada_with_channels();

	CHECK_VERDICT(GRANTED, change(&w, "pin", NEW_PIN, NEW_PIN));
	told_by_both(&w, "Your PIN was changed");
	CHECK_VERDICT(GRANTED, change(&w, "codes", "yes", NULL));
	told_by_both(&w, "Your recovery codes were changed");
	CHECK_VERDICT(GRANTED, change(&w, "password", NEW_PASSWORD, NEW_PASSWORD));
	told_by_both(&w, "Your password was changed");
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 3);
	CHECK_INT(messages(&w, CHANNEL_SMS), 3);
}

TEST(an_app_that_is_not_confirmed_is_no_change)
{
	struct world w = ada_with_channels();

	CHECK(change(&w, "totp", "@hang-up", NULL)->hung_up);
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 0);
	CHECK_VERDICT(GRANTED, change(&w, "totp", "@totp", NULL));
	told_by_both(&w, "Your authenticator app was changed");
}

TEST(a_first_sign_in_tells_nobody)
{
	struct world w = world_at("2026-05-04 09:00:00");

	with_messages(&w);
	enrol_ada(&w); /* nothing is verified yet */
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 0);
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
}

/* --- no forced change, ever --- */

TEST(nothing_expires_in_ten_years)
{
	struct world w = ada_with_channels();

	clock_add(&w, 315576000);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n"); /* and no change is asked for */
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
	CHECK_VERDICT(GRANTED, change(&w, "password", NEW_PASSWORD, NEW_PASSWORD));
}
