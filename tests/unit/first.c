/* SPDX-License-Identifier: Apache-2.0 */
/* The first sign-in. What must hold: an activation code opens the way to enrolment once, for that
 * person, in time, and to nothing else; without it nobody enrols, and whoever has nothing enrolled gets
 * the prompts of somebody who has. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "text.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define YES_PROMPT "Type \"yes\" when you have written them down: "

/* The prompts alone, each followed by a bar. */
static const char *prompts_of(const struct talk *t)
{
	static char out[1024];
	size_t at = 0;

	out[0] = 0;
	for (const char *p = t->seen; *p;) {
		size_t n = strcspn(p, "\n");

		if (n > 2 && strncmp(p + n - 2, ": ", 2) == 0)
			at += (size_t)snprintf(out + at, sizeof out - at, "%.*s|", (int)n, p);
		p += n + (p[n] == '\n');
	}
	return out;
}

/* The app's secret as it was shown last. */
static const char *secret_of(const struct talk *t, char out[64])
{
	const char *at = strstr(t->seen, "Secret: ");

	CHECK(at != NULL);
	snprintf(out, 64, "%.*s", (int)strcspn(at + 8, "\n"), at + 8);
	return out;
}

TEST(everything_is_asked_in_order_at_the_workstation)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes",
		ADA_PIN, ADA_PIN);

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(prompts_of(t),
		"Password: |New password: |New password again: |Code from the app: |" YES_PROMPT
		"|New PIN: |New PIN again: |");
	CHECK_TEXT(t->outcome.user, "adae");
	CHECK_INT(t->outcome.uid, 20000);
	CHECK_INT(strlen(t->outcome.ticket), 32);
	CHECK_HAS(t->seen, "Welcome, Ada Example.");
	CHECK_HAS(t->seen, "sign in again with the same activation code");
	CHECK_HAS(t->seen, "\xe2\x96\x88"); /* the square */
	CHECK_HAS(t->seen, "All set. From now on, sign in as " ADA);
	for (unsigned i = 1; i <= 12; i++)
		CHECK_INT(strlen(shown_code(t->seen, i)), 22);
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 0);
}

/* Whoever has shown the activation code, or signed in whole, may take the time to write codes down. */
TEST(whoever_chooses_no_pin_is_told_that_nothing_is_lost)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);
	struct talk *t = SIGN_IN(
		&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes", "", "", "");

	CHECK_VERDICT(REFUSED, t);
	CHECK(!t->hung_up);
	CHECK_HAS(t->seen, TEXT_ROLLOUT_NEEDED "\nChoose a PIN of 5 digits");
	CHECK_HAS(t->seen, TEXT_PIN_NEEDED "\n");
	t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PIN, "@reset", ADA_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK(strstr(t->seen, TEXT_PIN_NEEDED) == NULL);
}

TEST(time_is_given_to_who_has_proved_who_they_are_alone)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, "not the activation code");

	CHECK(!t->proved);
	t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes", ADA_PIN,
		ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks_proved, 1);
	char secret[64];
	secret_of(t, secret);
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "000000");
	CHECK(!t->proved);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks_proved, 2);
}

/* Twelve computations in a row may be longer than the ten seconds that a terminal waits. */
TEST(the_terminal_hears_of_each_recovery_code_that_is_made)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "no");

	CHECK_INT(t->busy, 12);
}

TEST(no_pin_is_asked_over_the_network_nor_where_no_rule_has_one)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);
	struct talk *t;

	w.rhost = "192.0.2.7";
	t = SIGN_IN(&w, "sshd", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(prompts_of(t),
		"Password: |New password: |New password again: |Code from the app: |" YES_PROMPT
		"|");
	w.rhost = "";
	clock_add(&w, 60);
	char fresh[64];
	strcpy(fresh, last_line(COMMAND(&w, "identity", "reset", ADA)));
	w.conf.nservices--; /* the kiosk */
	t = SIGN_IN(&w, "login", ADA, fresh, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes");
	CHECK_VERDICT(GRANTED, t);
}

TEST(ad05_an_activation_code_ends_after_14_days)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	clock_add(&w, 14 * 86400);
	struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n");
	w.now.unix_s--;
	CHECK_HAS(SIGN_IN(&w, "login", ADA, code, "@hang-up")->seen, "New password: ");
	clock_add(&w, 86400);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD));
}

TEST(an_activation_code_is_used_up_by_the_last_step)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes", ADA_PIN,
			ADA_PIN));
	struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n");
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}

/* Cut off before the last step, and in by the app since: the letter in the drawer is worth nothing. */
TEST(an_activation_code_ends_with_a_full_sign_in)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *activation = add_ada(&w);
	struct talk *t = SIGN_IN(
		&w, "login", ADA, activation, ADA_PASSWORD, ADA_PASSWORD, "@totp", "@hang-up");
	char secret[64];

	snprintf(secret, sizeof secret, "%.39s", strstr(t->seen, "Secret: ") + 8);
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, secret, 0), "@hang-up");
	CHECK(t->hung_up);
	CHECK_HAS(t->seen, "Your 12 recovery codes.");
	clock_add(&w, 60);
	t = SIGN_IN(
		&w, "login", ADA, ADA_PASSWORD, app_code(&w, secret, 0), "yes", ADA_PIN, ADA_PIN);
	CHECK_INT(t->outcome.result, GRANTED);
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, secret, 0));
	CHECK_INT(t->outcome.result, GRANTED);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, "yes", ADA_PIN, ADA_PIN);
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_INT(t->asks, 1);
}

/* sshd's password method gives one answer to every prompt. */
TEST(an_activation_code_does_not_become_the_password)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *a = add_ada(&w);
	struct talk *t = SIGN_IN(&w, "sshd", ADA, a, a, a, a, a, a, a, a, a);

	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_HAS(t->seen, "That is your activation code.");
	t = SIGN_IN(
		&w, "login", ADA, a, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes", ADA_PIN, ADA_PIN);
	CHECK_INT(t->outcome.result, GRANTED);
}

TEST(an_activation_code_is_read_as_people_type_it)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char typed[64];
	size_t n = 0;

	for (const char *p = add_ada(&w); *p; p++)
		if (*p != '-')
			typed[n++] = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
	typed[n] = 0;
	CHECK_HAS(SIGN_IN(&w, "login", ADA, typed, "@hang-up")->seen, "New password: ");
}

/* AD-05. */
TEST(ad05_an_activation_code_is_its_person_s_alone)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];

	enrol_ada(&w);
	struct talk *t = COMMAND(&w, "identity", "add", "ben@example.org", "--name", "Ben Sample");
	CHECK_VERDICT(GRANTED, t);
	strcpy(code, last_line(t));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--identity",
			"ben@example.org", "--user", "bens"));
	t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n");
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", "nobody@example.org", code, "x"));
	CHECK_VERDICT(
		GRANTED, COMMAND(&w, "identity", "add", "cat@example.org", "--name", "Cat Sample"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000003", "--practice", "stj", "--identity",
			"cat@example.org", "--user", "cats"));
	t = SIGN_IN(&w, "login", "cat@example.org", code, "@hang-up"); /* has one of her own */
	CHECK_TEXT(t->seen, "Password: \n");
	CHECK_HAS(
		SIGN_IN(&w, "login", "ben@example.org", code, "@hang-up")->seen, "New password: ");
}

TEST(a_reset_ends_what_was_before_and_its_code_lives_a_day)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char first[64], second[64];

	strcpy(first, add_ada(&w));
	strcpy(second, last_line(COMMAND(&w, "identity", "reset", ADA)));
	CHECK(strcmp(first, second) != 0);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, first, "x"));
	clock_add(&w, 86400 - 1);
	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "login", ADA, second, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes",
			ADA_PIN, ADA_PIN));
	struct talk *t = COMMAND(&w, "identity", "reset", ADA);
	strcpy(second, last_line(t));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "000000"));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	clock_add(&w, 86400);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, second, "x"));
}

/* Whoever is in the middle of it when the code turns out to be in the wrong hands. */
TEST(a_reset_ends_an_enrolment_that_is_under_way)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, "@reset", ADA_PASSWORD,
		"@totp", "yes", ADA_PIN, ADA_PIN);
	CHECK_VERDICT(REFUSED, t);
	t = COMMAND(&w, "identity", "show", ADA, "--json");
	CHECK_HAS(t->seen, "\"factors\":[],\"activation_pending\":true");
}

TEST(a_reset_ends_an_enrolment_at_its_last_step)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes",
		ADA_PIN, "@reset", ADA_PIN);
	CHECK_VERDICT(REFUSED, t);
	t = COMMAND(&w, "identity", "show", ADA, "--json");
	CHECK_HAS(t->seen, "\"factors\":[],\"activation_pending\":true");
}

TEST(a_reset_shows_another_secret)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64], before[64], after[64];

	strcpy(code, add_ada(&w));
	secret_of(SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@hang-up"), before);
	strcpy(code, last_line(COMMAND(&w, "identity", "reset", ADA)));
	secret_of(SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@hang-up"), after);
	CHECK(strcmp(before, after) != 0);
}

TEST(the_secret_shown_again_is_the_same_until_it_is_confirmed)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64], first[64], again[64];

	strcpy(code, add_ada(&w));
	secret_of(SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@hang-up"), first);
	struct talk *t = SIGN_IN(
		&w, "login", ADA, code, ADA_PASSWORD, "000000", "000000", "000000", "000000");
	secret_of(t, again);
	CHECK_TEXT(again, first);
	CHECK_HAS(t->seen, "That is enough tries for now. Please start again.");
	t = SIGN_IN(
		&w, "login", ADA, code, ADA_PASSWORD, "000000", "@totp", "yes", ADA_PIN, ADA_PIN);
	CHECK_TEXT(secret_of(t, again), first);
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "That code does not match.");
}

TEST(the_code_that_confirmed_the_app_is_spent)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.now.unix_s -= 60; /* the very step */
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	w.now.unix_s += 60;
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

TEST(recovery_codes_without_a_yes_are_worth_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64], old[32], secret[64];

	strcpy(code, add_ada(&w));
	struct talk *t = SIGN_IN(&w, "sshd", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "no",
		"later", "", "no");
	CHECK_VERDICT(REFUSED, t);
	strcpy(old, shown_code(t->seen, 1));
	secret_of(t, secret);
	clock_add(&w, 60);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, old));
	t = SIGN_IN(&w, "sshd", ADA, code, ADA_PASSWORD, "YES");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(prompts_of(t), "Password: |The password you chose: |" YES_PROMPT "|");
	CHECK(strcmp(shown_code(t->seen, 1), old) != 0);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, old));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, secret, 0)));
}

TEST(passwords_that_are_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, code, "too short", "my Example garden",
		"passwordpassword", "with a \x01 in it", "never reached");

	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 5);
	CHECK_HAS(t->seen, "That is too short. Please use 12 characters or more.");
	CHECK_HAS(t->seen, "That has your own name in it.");
	CHECK_HAS(t->seen, "one of the passwords people try first");
	CHECK_HAS(t->seen, "cannot be typed everywhere");
	t = SIGN_IN(&w, "login", ADA, code, "Password2024!", "liverpool1234", "1-Manchester-2",
		"IloveyouILOVEYOU", "never reached");
	CHECK_INT(t->asks, 5);
	t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, "seven quiet heron", ADA_PASSWORD,
		"Seven quiet herons", "@hang-up");
	CHECK_HAS(t->seen, "The two were not the same.");
	t = SIGN_IN(&w, "login", ADA, code, "eleven byte",
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
		"@hang-up"); /* 14 bytes are 7 characters */
	CHECK_INT(t->asks, 4);
	CHECK_HAS(COMMAND(&w, "identity", "show", ADA, "--json")->seen, "\"factors\":[]");
}

TEST(pins_that_are_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];

	strcpy(code, add_ada(&w));
	struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes",
		"7391", "12345", "00000", "7391a");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Please use exactly 5 digits.");
	CHECK_HAS(t->seen, "That PIN is easily guessed.");
	static const char *const easy[] = { "54321", "13579", "11111", "12121", "19990", "44455" };
	for (size_t i = 0; i < sizeof easy / sizeof *easy; i++) {
		t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, easy[i], "@hang-up");
		CHECK_HAS(t->seen, "That PIN is easily guessed.");
		clock_add(&w, 3600);
	}
	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PIN, "73916", ADA_PIN, ADA_PIN));
}

/* FO-08. */
TEST(fo08_whoever_has_nothing_enrolled_gets_the_same_prompts_and_a_refusal)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];

	strcpy(code, add_ada(&w));
	w.rhost = "192.0.2.7";
	struct talk *t = SIGN_IN(&w, "sshd", ADA, "whatever it is", "123456");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	SIGN_IN(&w, "sshd", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@hang-up");
	t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "123456"); /* a password and no second factor */
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "01-K7Q0-9FJM-311T-WAB0");
	CHECK_VERDICT(REFUSED, t);
	w.rhost = "";
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "123456");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}

TEST(a_legacy_account_signs_in_by_its_user_id_in_any_case)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const names[] = { "HC000002", "hc000002", "Hc000002", "benj", "BENJ" };
	char code[64], secret[64];

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "stj", "St John's Surgery"));
	struct talk *t =
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj");
	CHECK_VERDICT(GRANTED, t);
	strcpy(code, last_line(t));
	t = SIGN_IN(&w, "sshd", "hc000002", code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes");
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "All set. From now on, sign in as HC000002 ");
	secret_of(t, secret);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		clock_add(&w, 60);
		t = SIGN_IN(&w, "sshd", names[i], ADA_PASSWORD, app_code(&w, secret, 0));
		CHECK_VERDICT(GRANTED, t);
		CHECK_TEXT(t->outcome.user, "benj");
	}
}

TEST(a_linked_account_s_user_id_is_nobody_s_name)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(REFUSED,
		SIGN_IN(&w, "sshd", "HC000001", ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 0);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "sshd", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

TEST(switched_off_while_the_codes_are_shown_is_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *activation = add_ada(&w);
	struct talk *t = SIGN_IN(
		&w, "login", ADA, activation, ADA_PASSWORD, ADA_PASSWORD, "@totp", "@hang-up");
	char secret[64];

	snprintf(secret, sizeof secret, "%.39s", strstr(t->seen, "Secret: ") + 8);
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, secret, 0), "@disable", "yes");
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_HAS(t->seen, "switched off");
}
