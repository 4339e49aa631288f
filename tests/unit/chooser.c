/* SPDX-License-Identifier: Apache-2.0 */
/* A person with several accounts. What must hold: the account that is chosen is the one in the verdict,
 * the ticket, the directory and, next time, first in the list; an account that is switched off can not
 * be chosen and keeps nobody from their others. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "verbs.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define CHOOSE "Where do you work today? Number, or Enter for 1: "

/* ada with a second account at the hill, and a third by the sea, made in that order. */
static struct world three_accounts(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "sea", "Seaside Clinic"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
			"--user", "ada-hill"));
	clock_add(&w, 60);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "AE3", "--practice", "sea", "--identity", ADA,
			"--user", "ada-sea"));
	w.flags = HELLO_CHOOSER;
	return w;
}

#define CHOOSE_AT(w, name, ...)                                                                    \
	(clock_add(w, 60),                                                                         \
		SIGN_IN(w, "login", name, ADA_PASSWORD, app_code(w, ada_secret, 0), __VA_ARGS__))

static struct talk *account_phase(struct world *w, enum purpose purpose, const char *name)
{
	return converse(w, purpose, "login", name, (const char *const[]){ NULL });
}

TEST(accounts_are_listed_and_enter_takes_the_one_last_used)
{
	struct world w = three_accounts();
	struct talk *t = CHOOSE_AT(&w, ADA, "");

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen,
		"Password: \nCode: \n1  St John's Surgery (HC000001)\n2  Hill Clinic (AE2)\n"
		"3  Seaside Clinic (AE3)\n" CHOOSE "\n");
	CHECK_TEXT(t->outcome.user, "adae");
	CHECK_INT(t->outcome.uid, 20000);
}

TEST(the_account_chosen_is_the_next_default)
{
	struct world w = three_accounts();
	struct dir_user u;

	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_TEXT(u.name, "adae");
	struct talk *t = CHOOSE_AT(&w, ADA, "3");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "ada-sea");
	CHECK_INT(t->outcome.uid, 20002);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_TEXT(u.name, "ada-sea");
	CHECK_INT(u.uid, 20002);
	t = CHOOSE_AT(&w, ADA, "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "1  Seaside Clinic (AE3)\n2  St John's Surgery (HC000001)\n3  Hill");
	CHECK_TEXT(t->outcome.user, "ada-sea");
	w.flags = 0;
	clock_add(&w, 60);
	t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_TEXT(t->outcome.user, "ada-sea");
}

TEST(the_ticket_is_for_the_account_chosen)
{
	struct world w = three_accounts();

	CHECK_VERDICT(GRANTED, CHOOSE_AT(&w, ADA, "2"));
	struct talk *t = account_phase(&w, PURPOSE_OPEN, "ada-hill");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.env[1], "HCAUTH_ACCOUNT=AE2");
	CHECK_TEXT(t->outcome.env[2], "HCAUTH_PRACTICE=hill");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "session-open");
}

/* The default first, then by the day that each was last used, whatever the order of their making. */
TEST(accounts_are_in_the_order_in_which_they_were_used)
{
	struct world w = three_accounts();

	CHECK_VERDICT(GRANTED, CHOOSE_AT(&w, ADA, "2"));
	CHECK_VERDICT(GRANTED, CHOOSE_AT(&w, ADA, "3"));
	struct talk *t = CHOOSE_AT(&w, ADA, "");
	CHECK_HAS(t->seen,
		"1  Seaside Clinic (AE3)\n2  Hill Clinic (AE2)\n3  St John's Surgery (HC000001)\n");
	CHECK_VERDICT(GRANTED, CHOOSE_AT(&w, "adae", ""));
	t = CHOOSE_AT(&w, ADA, "");
	CHECK_HAS(t->seen, "1  St John's Surgery (HC000001)\n2  Seaside Clinic (AE3)\n3  Hill");
}

TEST(wrong_numbers_are_asked_again_and_then_refused)
{
	struct world w = three_accounts();
	struct talk *t = CHOOSE_AT(&w, ADA, "0", "4", "2");

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "ada-hill");
	t = CHOOSE_AT(&w, ADA, "-1", "two", "99999999999999999999", "1");
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 5);
	CHECK_TEXT(t->outcome.user, "");
	CHECK_TEXT(t->outcome.ticket, "");
}

TEST(a_named_system_user_is_not_asked_for)
{
	struct world w = three_accounts();
	struct talk *t = CHOOSE_AT(&w, "ada-hill", "never asked");

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_TEXT(t->outcome.user, "ada-hill");
	t = CHOOSE_AT(&w, ADA, "");
	CHECK_TEXT(t->outcome.user, "ada-hill");
}

TEST(one_account_is_no_choice)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.flags = HELLO_CHOOSER;
	CHECK_TEXT(CHOOSE_AT(&w, ADA, "never asked")->seen, "Password: \nCode: \n");
}

TEST(accounts_that_are_switched_off_are_not_listed)
{
	struct world w = three_accounts();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "AE2"));
	struct talk *t = CHOOSE_AT(&w, ADA, "2");
	CHECK_VERDICT(GRANTED, t);
	CHECK(!strstr(t->seen, "Hill"));
	CHECK_TEXT(t->outcome.user, "ada-sea");
	t = CHOOSE_AT(&w, "ada-hill", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "switched off");
}

/* A leaver of one practice who works at another. */
TEST(a_default_that_is_switched_off_gives_way_to_the_oldest_that_is_not)
{
	struct world w = three_accounts();
	struct dir_user u;

	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "HC000001"));
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_TEXT(u.name, "ada-hill");
	w.flags = 0;
	clock_add(&w, 60);
	struct talk *t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "ada-hill");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "AE2"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "AE3"));
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "switched off");
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_VERDICT(DISABLED, account_phase(&w, PURPOSE_ACCOUNT, ADA));
}

TEST(the_first_default_is_the_oldest_account)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct dir_user u;

	add_ada(&w);
	for (int i = 0; i < 8; i++) {
		char id[8], user[8];

		clock_add(&w, 1);
		snprintf(id, sizeof id, "X%d", i);
		snprintf(user, sizeof user, "x-%d", i);
		CHECK_VERDICT(GRANTED,
			COMMAND(&w, "account", "add", id, "--practice", "stj", "--identity", ADA,
				"--user", user));
	}
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_TEXT(u.name, "adae");
}

TEST(an_account_switched_off_while_it_is_chosen_is_refused)
{
	struct world w = three_accounts();
	struct talk *t = CHOOSE_AT(&w, ADA, "@disable", "2");

	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->outcome.ticket, "");
}

/* A locker's process is its user's: whoever unlocks stays who they are. */
TEST(a_locker_moves_nobody)
{
	struct world w = three_accounts();

	w.peer = 20000;
	struct talk *t = CHOOSE_AT(&w, "adae", "2");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "adae");
	t = CHOOSE_AT(&w, ADA, "2");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "adae");
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}
