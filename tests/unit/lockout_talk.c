/* SPDX-License-Identifier: Apache-2.0 */
/* The rule in conversations. What must hold: each side, factor and person counts for itself, under
 * whatever name; only that factor's own success, a new one or an unlock takes a count away. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "people.h"
#include "world.h"

#define WRONG "not this one"
#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)

/* Takes ada's factor on that side to n failures, an hour ago. */
struct setting {
	unsigned factor, n;
	enum source source;
	struct now now;
};

static int set_failures(struct txn *t, void *arg)
{
	struct setting *s = arg;
	struct person ada;
	struct attempt a = { .failures = 0 };

	CHECK_INT(person_by_name(t, ADA, &ada), 0);
	while (a.failures < s->n) {
		CHECK_INT(lockout_count(t, &ada.owner, s->factor, s->source, 0, &s->now, &a), 0);
		CHECK(a.allowed);
		s->now.boot_ms += 900 * 1000;
	}
	return 0;
}

static void fail(struct world *w, unsigned factor, enum source source, unsigned n)
{
	struct setting s = { .factor = factor, .n = n, .source = source, .now = w->now };

	CHECK_INT(in_store(w, set_failures, &s, sizeof s), 0);
	clock_add(w, n * 900);
}

TEST(lr09_guessing_at_the_workstation_is_told_to_wait)
{
	struct world w = world_at("2026-05-04 09:00:00");
	unsigned evaluated = 0;

	enrol_ada(&w);
	for (int second = 0; second < 300; second += 5) {
		struct talk *t = SIGN_IN(&w, "login", ADA, WRONG);

		CHECK_VERDICT(REFUSED, t);
		evaluated += !strstr(t->seen, "Please wait");
		clock_add(&w, 5);
	}
	CHECK_INT(evaluated, 9);
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 9);
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 0);
}

/* LR-08, LR-10. */
TEST(lr10_the_fiftieth_from_the_network_is_off_there_and_nowhere_else)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	fail(&w, FACTOR_PASSWORD, SOURCE_NETWORK, 49);
	w.rhost = "192.0.2.7";
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, WRONG, "000000"));
	clock_add(&w, 30 * 86400);
	struct talk *t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	w.rhost = "";
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 50);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "unlock", ADA));
	w.rhost = "192.0.2.7";
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1)));
}

TEST(lr10_the_fiftieth_at_the_workstation_is_off_there_and_says_so)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	fail(&w, FACTOR_PASSWORD, SOURCE_LOCAL, 50);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 1);
	CHECK_HAS(t->seen, "ask your practice to unlock");
	w.rhost = "192.0.2.7";
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

TEST(a_new_password_is_a_recovery_on_both_sides)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	fail(&w, FACTOR_PASSWORD, SOURCE_NETWORK, 50);
	w.ruid = 20000;
	CHECK_VERDICT(GRANTED,
		converse(&w, PURPOSE_PASSWORD, "login", "adae",
			(const char *const[]){ ADA_PASSWORD, app_code(&w, ada_secret, 0), "1",
				"nine loud badgers", "nine loud badgers", NULL }));
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 0);
	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "sshd", ADA, "nine loud badgers", app_code(&w, ada_secret, 1)));
}

TEST(ten_wrong_pins_are_the_end_of_the_pin_and_of_nothing_else)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t;

	enrol_ada(&w);
	for (int i = 0; i < 9; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, "40404"));
	t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "PIN: \n");
	for (int i = 0; i < 10; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, "40404"));
	clock_add(&w, 30 * 86400);
	t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Your PIN is locked");
	CHECK_INT(ada_failures(&w, FACTOR_PIN, SOURCE_LOCAL), 10);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "unlock", "adae"));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
}

/* LR-07. */
TEST(lr07_a_success_clears_its_own_counter_only)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	fail(&w, FACTOR_PIN, SOURCE_LOCAL, 3);
	fail(&w, FACTOR_RECOVERY, SOURCE_LOCAL, 3);
	fail(&w, FACTOR_PASSWORD, SOURCE_NETWORK, 3);
	fail(&w, FACTOR_PASSWORD, SOURCE_LOCAL, 3);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "000000"));
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 0);
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 1);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, "40404"));
	CHECK_INT(ada_failures(&w, FACTOR_PIN, SOURCE_LOCAL), 4);
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 1);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 0);
	CHECK_INT(ada_failures(&w, FACTOR_PIN, SOURCE_LOCAL), 4);
	CHECK_INT(ada_failures(&w, FACTOR_RECOVERY, SOURCE_LOCAL), 3);
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 3);
}

TEST(a_right_password_with_a_wrong_code_clears_nothing_over_the_network)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	fail(&w, FACTOR_PASSWORD, SOURCE_NETWORK, 3);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "000000"));
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 4);
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_NETWORK), 1);
}

TEST(guesses_at_the_app_s_code_wait_too)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	for (int i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "000000"));
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Please wait 15 seconds");
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 5);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
	clock_add(&w, 15);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

/* LR-13. */
TEST(lr13_an_attempt_within_the_wait_is_not_looked_at_nor_counted)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	for (int i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, WRONG, "000000"));
	for (int i = 0; i < 10; i++) {
		struct talk *t =
			SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));

		CHECK_VERDICT(REFUSED, t);
		CHECK_TEXT(t->seen, "Password: \nCode: \n");
	}
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 5);
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_NETWORK), 0);
	clock_add(&w, 15);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

/* LR-04. */
TEST(lr04_all_names_of_a_person_are_one_counter)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const name[] = { ADA, "ADA@EXAMPLE.ORG", "adae", "ADAE",
		"Ada@Example.Org" };
	static const char *const service[] = { "sshd", "sudo", "su", "sshd", "other" };

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	for (int i = 0; i < 5; i++) {
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, service[i], name[i], WRONG, "000000"));
		CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), i + 1);
	}
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "sshd", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

TEST(names_that_do_not_exist_wait_too)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t = NULL;

	enrol_ada(&w);
	for (int i = 0; i < 6; i++)
		t = SIGN_IN(&w, "login", "nobody@example.org", WRONG);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Please wait 15 seconds");
}

/* LR-15. */
TEST(lr15_the_other_phases_clear_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const enum purpose phase[] = { PURPOSE_ACCOUNT, PURPOSE_OPEN, PURPOSE_CLOSE };

	enrol_ada(&w);
	fail(&w, FACTOR_PASSWORD, SOURCE_NETWORK, 5);
	for (size_t i = 0; i < sizeof phase / sizeof *phase; i++)
		CHECK_VERDICT(GRANTED,
			converse(&w, phase[i], "sshd", "adae", (const char *const[]){ NULL }));
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 5);
}
/* A rule that only a PIN meets is met by nothing over the network: not by a password alone either. */
TEST(a_pin_s_rule_over_the_network_proves_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, ADA_PASSWORD, ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n"); /* never its own prompt */
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN, ADA_PIN));
	w.rhost = "";
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
}

TEST(a_code_from_the_app_is_no_recovery_code)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.conf.service[0].step[1] = 1u << FACTOR_RECOVERY;
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "other", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "other", ADA, ADA_PASSWORD, shown_code(ada_seen, 1)));
	w.conf.service[0].step[1] = 0;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "other", ADA, ADA_PASSWORD, ADA_PASSWORD));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "other", ADA, ADA_PASSWORD, shown_code(ada_seen, 2)));
}
