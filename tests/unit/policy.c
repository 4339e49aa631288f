/* SPDX-License-Identifier: Apache-2.0 */
/* A practice's policy at the door. What must hold: whatever a practice refuses is refused in the commit
 * that would have let the person in, and again where only the account phase runs; over the network the
 * prompts stay the same; what it requires is asked for at the workstation. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "verbs.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define CODE(w) app_code(w, ada_secret, 0)
#define CHOOSE "Where do you work today? Number, or Enter for 1: "

static void set(struct world *w, const char *practice, const char *option, const char *value)
{
	struct talk *t = COMMAND(w, "practice", "set", practice, option, value);

	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
}

/* A Monday, nine o'clock in the morning and a minute. */
static struct world at_st_johns(const char *option, const char *value)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	set(&w, "stj", option, value);
	return w;
}

static struct world closed(void)
{
	return at_st_johns("--hours", "Tue 09:00-17:00");
}

static enum verdict account_phase(struct world *w, const char *service)
{
	return converse(w, PURPOSE_ACCOUNT, service, ADA, (const char *const[]){ NULL })
		->outcome.result;
}

static struct talk *full(struct world *w, const char *service, const char *name)
{
	clock_add(w, 60);
	return SIGN_IN(w, service, name, ADA_PASSWORD, CODE(w));
}

TEST(a_practice_that_is_closed_lets_nobody_in)
{
	struct world w = closed();
	struct talk *t = full(&w, "login", ADA);

	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->outcome.ticket, "");
	CHECK_HAS(t->seen, "St John's Surgery is closed now.");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "password right, totp right, practice stj is closed");
	t = full(&w, "sshd", ADA);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	clock_add(&w, 24 * 3600);
	CHECK_VERDICT(GRANTED, full(&w, "login", ADA));
	CHECK_VERDICT(GRANTED, full(&w, "sshd", ADA));
}

/* A wrong password is refused as ever: whether it is closed is for those who have proved who they are. */
TEST(only_who_is_known_is_told_that_it_is_closed)
{
	struct world w = closed();

	CHECK(!strstr(SIGN_IN(&w, "login", ADA, "wrong")->seen, "closed"));
	CHECK(!strstr(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "123456")->seen, "closed"));
	CHECK(!strstr(SIGN_IN(&w, "login", "nobody", ADA_PASSWORD, "123456")->seen, "closed"));
}

TEST(an_ssh_key_opens_nothing_when_it_is_closed_and_cron_goes_on)
{
	struct world w = closed();

	CHECK_INT(account_phase(&w, "sshd"), REFUSED);
	CHECK_INT(account_phase(&w, "login"), REFUSED);
	CHECK_INT(account_phase(&w, "cron"), GRANTED);
	clock_add(&w, 24 * 3600);
	CHECK_INT(account_phase(&w, "sshd"), GRANTED);
}

TEST(managers_are_let_in_when_it_is_closed)
{
	struct world w = closed();

	set(&w, "stj", "--manager", ADA);
	CHECK_VERDICT(GRANTED, full(&w, "login", ADA));
	CHECK_INT(account_phase(&w, "sshd"), GRANTED);
}

TEST(what_people_change_about_themselves_does_not_wait_for_opening_hours)
{
	struct world w = closed();

	w.peer = 20000;
	struct talk *t = command(&w, (const char *const[]){ "pin", NULL },
		(const char *const[]){ ADA_PASSWORD, CODE(&w), "50718", "50718", NULL });
	CHECK_VERDICT(GRANTED, t);
}

TEST(what_a_practice_requires_is_not_asked_of_who_has_yet_to_choose_it)
{
	struct world w = at_st_johns("--require", "pin");

	w.peer = 20000;
	struct talk *t = command(&w, (const char *const[]){ "pin", NULL },
		(const char *const[]){ ADA_PASSWORD, CODE(&w), "50718", "50718", NULL });
	CHECK_VERDICT(GRANTED, t);
}

TEST(a_practice_without_network_is_at_the_workstation_only)
{
	struct world w = at_st_johns("--network", "no");
	struct talk *t;

	CHECK_VERDICT(GRANTED, full(&w, "login", ADA));
	uint64_t before = world_serial(&w);
	t = full(&w, "sshd", ADA);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	uint64_t known = world_serial(&w) - before;
	t = full(&w, "sshd", "nobody");
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_INT(world_serial(&w) - before - known, known);
	CHECK_HAS(COMMAND(&w, "audit")->seen, "practice stj signs nobody in over the network");
	w.rhost = "192.0.2.1";
	CHECK_VERDICT(REFUSED, full(&w, "login", ADA));
	CHECK_INT(account_phase(&w, "sshd"), REFUSED);
	CHECK_INT(account_phase(&w, "login"), REFUSED);
	CHECK_INT(account_phase(&w, "cron"), REFUSED);
	w.rhost = "";
	CHECK_INT(account_phase(&w, "sshd"), REFUSED);
	CHECK_INT(account_phase(&w, "login"), GRANTED);
	CHECK_INT(account_phase(&w, "cron"), GRANTED);
}

TEST(a_kiosk_asks_for_what_the_practice_requires)
{
	struct world w = at_st_johns("--require", "password,totp");
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN, ADA_PASSWORD, CODE(&w));

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "PIN: \nPassword: \nCode: \n");
	clock_add(&w, 60);
	t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN, ADA_PASSWORD, shown_code(ada_seen, 1), "");
	CHECK_VERDICT(GRANTED, t);
	t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN, ADA_PASSWORD, shown_code(ada_seen, 1));
	CHECK_VERDICT(REFUSED, t);
	t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN, "wrong");
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 2);
	t = SIGN_IN(&w, "kiosk", ADA, "11223");
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 1);
	t = SIGN_IN(&w, "kiosk", "nobody", "11223");
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 1);
	t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN, "", "", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_VERDICT(GRANTED, full(&w, "login", ADA));
	CHECK_TEXT(full(&w, "login", ADA)->seen, "Password: \nCode: \n");
}

/* Nothing more is asked there: that would tell who exists. */
TEST(over_the_network_what_is_required_and_not_asked_is_refused)
{
	struct world w = at_st_johns("--require", "pin");
	struct talk *t = full(&w, "sshd", ADA);

	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_HAS(COMMAND(&w, "audit")->seen,
		"password right, totp right, practice stj requires pin");
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, CODE(&w), ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \nPIN: \n");
}

TEST(a_recovery_code_stands_in_where_a_practice_requires_the_app)
{
	struct world w = at_st_johns("--require", "totp");

	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, shown_code(ada_seen, 2), ""));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 3), ""));
}

/* A screen locker that can ask one thing. */
TEST(a_program_that_asks_one_thing_meets_no_more_than_that)
{
	struct world w = at_st_johns("--require", "password");

	w.conf.service[3].one_prompt = true; /* the kiosk */
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 1);
	set(&w, "stj", "--require", "pin");
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
}

/* --- with an account at each of two practices --- */

static struct world two_accounts(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
			"--user", "ada-hill"));
	w.flags = HELLO_CHOOSER;
	return w;
}

TEST(a_default_that_is_closed_gives_way_to_one_that_is_open)
{
	struct world w = two_accounts();

	set(&w, "stj", "--hours", "Tue 09:00-17:00");
	struct talk *t = full(&w, "login", ADA);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "ada-hill");
	CHECK(!strstr(t->seen, CHOOSE));
	t = converse(&w, PURPOSE_OPEN, "login", "ada-hill", (const char *const[]){ NULL });
	CHECK_VERDICT(GRANTED, t);
	CHECK_VERDICT(REFUSED, full(&w, "login", "adae"));
	set(&w, "hill", "--hours", "Tue 09:00-17:00");
	t = full(&w, "login", ADA);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Hill Clinic is closed now."); /* the default by now */
	clock_add(&w, 24 * 3600);
	CHECK_HAS(full(&w, "login", ADA)->seen, "1  Hill Clinic (AE2)\n2  St John's");
}

TEST(a_default_that_is_closed_gives_way_to_none_that_is_switched_off)
{
	struct world w = two_accounts();

	set(&w, "stj", "--hours", "Tue 09:00-17:00");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "AE2"));
	struct talk *t = full(&w, "login", ADA);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "St John's Surgery is closed now.");
}

/* Without a chooser the account is the default one. */
TEST(where_nothing_is_chosen_the_default_decides)
{
	struct world w = two_accounts();

	set(&w, "stj", "--hours", "Tue 09:00-17:00");
	w.flags = 0;
	CHECK_VERDICT(REFUSED, full(&w, "sshd", ADA));
	CHECK_VERDICT(GRANTED, full(&w, "sshd", "ada-hill"));
	CHECK_VERDICT(GRANTED, full(&w, "sshd", ADA));
}

TEST(the_practice_chosen_decides_again)
{
	struct world w = two_accounts();
	struct talk *t;

	set(&w, "hill", "--require", "password");
	w.flags = HELLO_CHOOSER;
	t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN, "2");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen,
		"Hill Clinic asks for more than you typed. Please sign in there as ada-hill.");
	CHECK_TEXT(t->outcome.ticket, "");
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN, "1"));
	t = SIGN_IN(&w, "kiosk", "ada-hill", ADA_PIN, ADA_PASSWORD);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "PIN: \nPassword: \n");
}
