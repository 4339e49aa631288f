/* SPDX-License-Identifier: Apache-2.0 */
/* The question after a sign-in. What must hold: it is asked once, where it has sense, and keeps nobody out. */
#include <string.h>

#include "check.h"
#include "unit/linking.h"

#define OFFER "Do you have another user ID? Type it to bring it under " ADA ", or press Enter: "

TEST(the_question_is_asked_once)
{
	struct world w = ada_and_ben();
	struct talk *t;

	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen,
		"Password: \nCode: \n" OFFER "\nYou can do this at any time with: hcauth link\n");
	t = ada_signs_in(&w, ADA);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}

TEST(the_question_is_asked_again_of_who_was_cut_off)
{
	struct world w = ada_and_ben();

	CHECK(ada_signs_in(&w, ADA)->hung_up);
	CHECK(ada_signs_in(&w, ADA)->hung_up);
}

TEST(the_question_is_asked_where_it_has_sense)
{
	struct world w = ada_and_ben();
	struct talk *t;

	clock_add(&w, 60);
	t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	w.flags = HELLO_SILENT;
	CHECK_VERDICT(GRANTED, ada_signs_in(&w, ADA));
	w.flags = 0;
	w.ruid = 3000; /* su, sudo: not a beginning of the day */
	CHECK_VERDICT(GRANTED, ada_signs_in(&w, ADA));
	w.ruid = 0;
	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "login", BEN, ben_activation, BEN_PASSWORD, BEN_PASSWORD, "@totp",
			"yes", ADA_PIN, ADA_PIN));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", BEN));
	CHECK_VERDICT(GRANTED, ada_signs_in(&w, ADA)); /* nothing is left to link */
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "enable", BEN));
	CHECK(ada_signs_in(&w, ADA)->hung_up);
}

TEST(a_user_id_given_there_is_linked_and_may_be_chosen_at_once)
{
	struct world w = ada_and_ben();

	w.flags = HELLO_CHOOSER;
	clock_add(&w, 60);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), BEN,
		ben_activation, "2");
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK_HAS(t->seen, "2  Hill Clinic (HC000002)\n");
	CHECK_TEXT(t->outcome.user, "ben-hill");
	CHECK(is_linked(&w));
	w.flags = 0;
	CHECK_TEXT(ada_signs_in(&w, ADA)->seen, "Password: \nCode: \n");
}

TEST(a_user_id_that_does_not_match_keeps_nobody_out)
{
	struct world w = ada_and_ben();

	clock_add(&w, 60);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), BEN,
		"not its password", "HC999999", "nor this one");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(last_line(t), WRONG);
	CHECK(!is_linked(&w));
	CHECK(ada_signs_in(&w, ADA)->hung_up); /* the question is not answered yet */
}

TEST(who_is_reset_at_the_question_does_not_get_in)
{
	struct world w = ada_and_ben();

	clock_add(&w, 60);
	struct talk *t = SIGN_IN(
		&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), "@disable", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->outcome.ticket, "");
}
