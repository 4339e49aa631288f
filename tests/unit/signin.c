/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in, by script. */
#include <string.h>

#include "check.h"
#include "factor.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)

TEST(a_person_signs_in_with_password_and_code)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_TEXT(t->outcome.user, "adae");
	CHECK_INT(t->outcome.uid, 20000);
	CHECK_INT(strlen(t->outcome.ticket), 32);
}

TEST(a_code_works_once)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, -1)));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1)));
}

TEST(tm07_a_code_is_good_one_step_either_side)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 2)));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, -1)));
	clock_add(&w, 300);
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, -2)));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1)));
}

TEST(a_wrong_password_is_refused_at_once_at_the_workstation_and_at_the_end_over_the_network)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, "not this one", "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 1);
	w.rhost = "192.0.2.7";
	t = SIGN_IN(&w, "sshd", ADA, "not this one", app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

TEST(nobody_gets_the_same_prompts)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	struct talk *t = SIGN_IN(&w, "sshd", "nobody@example.org", "whatever it is", "123456");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	t = SIGN_IN(&w, "sshd", "not a name at all", "whatever it is", "123456");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}

TEST(five_wrong_passwords_make_the_right_one_wait)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	for (int i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, "not this one", "000000"));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	w.rhost = "";
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	clock_add(&w, 16);
	w.rhost = "192.0.2.7";
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1)));
}

TEST(lr06_a_right_password_alone_clears_nothing_over_the_network)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	for (int i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "@hang-up"));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

TEST(a_recovery_code_stands_in_for_the_app_once)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 3), ""));
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 3), "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, shown_code(ada_seen, 4), ""));
}

TEST(few_recovery_codes_left_are_said)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t = NULL;

	enrol_ada(&w);
	for (unsigned i = 1; i <= 12; i++) {
		t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, i), "");
		CHECK_VERDICT(GRANTED, t);
		CHECK_HAS(t->seen, "recovery code");
		CHECK((strstr(t->seen, "Make new ones") != NULL) == (i >= 8));
	}
	CHECK_HAS(t->seen, "That was your last recovery code.");
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK(!strstr(t->seen, "recovery code"));
}

TEST(a_wrong_password_spends_no_code)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, "not this one", shown_code(ada_seen, 1)));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
}

TEST(the_password_given_for_the_code_is_a_program_that_can_not_converse)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	for (int i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, ADA_PASSWORD));
	clock_add(&w, 3600);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

TEST(pc04_nothing_answered_counts_nothing_and_ends)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	for (int i = 0; i < 8; i++) {
		struct talk *t = SIGN_IN(&w, "sshd", ADA, "", "", "", "never reached");
		CHECK_VERDICT(REFUSED, t);
		CHECK_INT(t->asks, 3);
		CHECK_HAS(t->seen, "activation code from your practice");
	}
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

/* The clock jumps while somebody types: what counts is the time of the check, for all of it. */
TEST(tm04_the_time_of_the_check_counts)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, 60);
	CHECK_VERDICT(REFUSED,
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@later", app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@later",
			app_code(&w, ada_secret, LATER_S / 30)));
}

TEST(tm09_disabled_between_password_and_code_is_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(REFUSED,
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@disable", app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(DISABLED,
		converse(&w, PURPOSE_ACCOUNT, "login", "adae", (const char *const[]){ NULL }));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "enable", ADA));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1)));
}

/* Who types another user ID at the question after the sign-in and no password for it is looked at by nothing
 * but the end. */
#define LEFT_OPEN "HC000002", "", "", "", "HC000002", "", ""

TEST(switched_off_while_a_question_is_left_open_is_not_granted)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj"));
	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), LEFT_OPEN,
			"@later", ""));
	clock_add(&w, 60);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0),
		LEFT_OPEN, "@disable", "@later", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK(!t->hung_up);
	CHECK_INT(t->asks, 10);
}

TEST(a_rule_without_steps_proves_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.conf.service[0].nsteps = 0;
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "other", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	w.conf.service[0].nsteps = STEPS_MAX + 1;
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "other", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

TEST(a_plain_user_is_asked_nothing_about_a_colleague)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const name[] = { ADA, "adae", "nobody@example.org", "root", "",
		"HC000001" };

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj"));
	w.peer = 20001;
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		uint64_t before = world_serial(&w);
		struct talk *t = SIGN_IN(&w, "login", name[i], ADA_PASSWORD);

		CHECK_VERDICT(REFUSED, t);
		CHECK_INT(t->asks, 0);
		CHECK_INT(world_serial(&w), before);
		CHECK_VERDICT(UNKNOWN,
			converse(&w, PURPOSE_ACCOUNT, "login", name[i],
				(const char *const[]){ NULL }));
	}
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 0);
	CHECK_INT(SIGN_IN(&w, "login", "hc000002", "not this one")->asks, 1);
	CHECK_INT(SIGN_IN(&w, "login", "benj", "not this one")->asks, 1);
	w.peer = 20000;
	CHECK_INT(SIGN_IN(&w, "login", "ADA@Example.org", "not this one")->asks, 1);
}

TEST(a_plain_user_signs_in_as_themselves_only)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.peer = 4711;
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	w.peer = 20000;
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_TEXT(w.ticket, "");
}

/* sshd puts one rubbish in place of all that is typed for a name that it does not know, cut to the length of
 * each: of a password and a code of one length that is one answer to both, and must not end it sooner. */
TEST(one_rubbish_for_password_and_code_ends_no_sooner_over_the_network)
{
	static const char *const typed[] = { "not this password.", "01-AAAA-BBBB-CCCC-", "000000",
		NULL };
	static const char *const rubbish[] = { "\b\n\r\177INCORRECT\b\n\r\177I",
		"\b\n\r\177INCORRECT\b\n\r\177I", "\b\n\r\177IN", NULL };
	struct world w = world_at("2026-05-04 09:00:00");
	struct service *s = &w.conf.service[w.conf.nservices++];
	const char *const *const answers[] = { typed, typed, rubbish };
	const char *const names[] = { ADA, "nobody@example.org", "nobody@example.org" };

	enrol_ada(&w);
	*s = (struct service){ .name = "far",
		.nsteps = 3,
		.step = { 1u << FACTOR_PASSWORD, 1u << FACTOR_TOTP, 1u << FACTOR_YUBIKEY } };
	w.rhost = "192.0.2.7";
	for (size_t i = 0; i < 3; i++) {
		uint64_t before = world_serial(&w);
		struct talk *t = converse(&w, PURPOSE_AUTH, "far", names[i], answers[i]);

		CHECK_VERDICT(REFUSED, t);
		CHECK_TEXT(t->seen, "Password: \nCode: \nCode: \n");
		CHECK_INT(world_serial(&w) - before, 3);
	}
	struct talk *t = SIGN_IN(&w, "far", ADA, ADA_PASSWORD, ADA_PASSWORD, ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 3);
	CHECK_HAS(COMMAND(&w, "audit", "--json")->seen, "one answer to every prompt");
}
