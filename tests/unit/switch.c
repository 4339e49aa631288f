/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth default, and whom hcauth switch becomes. What must hold: one's own accounts only, and whether
 * others exist is not told; the default is what the e-mail address stands for from that commit on. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "verbs.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)

/* ada with three accounts, the last two at the hill; ben with one of his own there. */
static struct world three_accounts(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	for (int i = 2; i <= 3; i++) {
		char id[8], user[16];

		snprintf(id, sizeof id, "AE%d", i);
		snprintf(user, sizeof user, "ada-hill%d", i);
		clock_add(&w, 60);
		CHECK_VERDICT(GRANTED,
			COMMAND(&w, "account", "add", id, "--practice", "hill", "--identity", ADA,
				"--user", user));
	}
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "BEN1", "--practice", "hill", "--user", "benj"));
	return w;
}

/* A command of the person whose uid it is, then the answers. */
#define AS(w, id, verb, word, ...)                                                                 \
	as(w, id, (const char *const[]){ verb, word, NULL },                                       \
		(const char *const[]){ __VA_ARGS__, NULL })

static struct talk *as(
	struct world *w, uid_t uid, const char *const *words, const char *const *answers)
{
	w->peer = w->ruid = uid;
	struct talk *t = command(w, words, answers);
	w->peer = w->ruid = 0;
	return t;
}

static const char *default_user(struct world *w)
{
	static struct dir_user u;

	CHECK_INT(published_user(w, "private.cdb", DIR_NAME, ADA, &u), 0);
	return u.name;
}

TEST(the_default_is_changed_by_user_id)
{
	struct world w = three_accounts();

	CHECK_TEXT(default_user(&w), "adae");
	struct talk *t = AS(&w, 20000, "default", "ae3", NULL);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "AE3 at Hill Clinic is your default account now.\n");
	CHECK_TEXT(default_user(&w), "ada-hill3");
	t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_TEXT(t->outcome.user, "ada-hill3");
	CHECK_VERDICT(GRANTED, AS(&w, 20000, "default", "ada-hill2", NULL));
	CHECK_TEXT(default_user(&w), "ada-hill2");
	CHECK_VERDICT(GRANTED, AS(&w, 20002, "default", "STJ", NULL));
	CHECK_TEXT(default_user(&w), "adae");
}

TEST(a_default_that_is_one_already_leaves_no_record)
{
	struct world w = three_accounts();
	static char first[24000];

	CHECK_VERDICT(GRANTED, AS(&w, 20000, "default", "AE3", NULL));
	snprintf(first, sizeof first, "%s", COMMAND(&w, "audit")->seen);
	CHECK_VERDICT(GRANTED, AS(&w, 20000, "default", "AE3", NULL));
	CHECK_TEXT(COMMAND(&w, "audit")->seen, first);
	CHECK_TEXT(default_user(&w), "ada-hill3");
}

TEST(the_default_is_asked_for)
{
	struct world w = three_accounts();
	struct talk *t = AS(&w, 20001, "default", NULL, "0", "2");

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen,
		"1  St John's Surgery (HC000001)\n2  Hill Clinic (AE2)\n3  Hill Clinic (AE3)\n"
		"Which account shall be your default? Number, or Enter for 1: \n");
	CHECK_TEXT(default_user(&w), "ada-hill2");
	t = AS(&w, 20000, "default", NULL, "");
	CHECK_HAS(t->seen, "1  Hill Clinic (AE2)\n2  St John's");
	CHECK_TEXT(default_user(&w), "ada-hill2");
	CHECK_VERDICT(REFUSED, AS(&w, 20000, "default", NULL, "7", "x", "-1"));
	CHECK_VERDICT(REFUSED, AS(&w, 20000, "default", NULL, "@hang-up"));
}

TEST(the_default_is_in_the_audit_and_no_practice_s_to_read)
{
	struct world w = three_accounts();

	CHECK_VERDICT(GRANTED, AS(&w, 20000, "default", "AE3", NULL));
	struct talk *t = COMMAND(&w, "audit", "--json");
	const char *at = strstr(t->seen, "\"event\":\"default\"");
	CHECK(at != NULL);
	char line[600];
	snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
	CHECK(!strstr(line, "\"hill\"") && !strstr(line, "\"stj\""));
	CHECK_HAS(line, "AE3");
	CHECK_HAS(line, ADA);
}

/* Somebody else's account and none at all: the same answer. */
TEST(what_is_not_one_s_own_does_not_exist)
{
	static const char *const verbs[] = { "default", "switch" };
	static const char *const names[] = { "BEN1", "benj", "NOBODY", "root", "elm", "", "a b" };
	struct world w = three_accounts();

	for (size_t v = 0; v < 2; v++)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			struct talk *t = AS(&w, 20000, verbs[v], names[i], NULL);

			CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
			CHECK_TEXT(t->seen,
				"You have no such account. To see those that you have: hcauth accounts\n");
			CHECK_TEXT(t->outcome.user, "");
		}
	CHECK_TEXT(default_user(&w), "adae");
}

TEST(a_practice_with_two_of_one_s_accounts_is_not_enough)
{
	struct world w = three_accounts();
	struct talk *t = AS(&w, 20000, "switch", "hill", NULL);

	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "more than one account there");
	t = AS(&w, 20001, "switch", "hill", NULL); /* one of which one is in */
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "ada-hill3");
}

/* By its own name, and by its practice's where there is no other of one's own. */
TEST(an_account_of_one_s_own_that_is_switched_off_is_said_to_be)
{
	static const char *const verbs[] = { "default", "switch" };
	static const char *const names[] = { "AE3", "ada-hill3", "HILL" };
	struct world w = three_accounts();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "AE2"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "AE3"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "BEN1"));
	for (size_t v = 0; v < 2; v++) {
		for (size_t i = 0; i < 3; i++) {
			struct talk *t = AS(&w, 20000, verbs[v], names[i], NULL);

			CHECK_INT(t->outcome.status, STATUS_REFUSED);
			CHECK_TEXT(t->seen,
				"That account is switched off. Please ask your practice.\n");
		}
		CHECK_HAS(AS(&w, 20000, verbs[v], "BEN1", NULL)->seen, "You have no such account");
	}
}

TEST(who_is_in_an_account_that_is_switched_off_goes_nowhere)
{
	struct world w = three_accounts();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "AE3"));
	struct talk *t = AS(&w, 20002, "switch", "AE2", NULL);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "switched off");
	CHECK_VERDICT(REFUSED, AS(&w, 20002, "default", "AE2", NULL));
}

TEST(who_has_left_a_practice_has_no_account_there)
{
	struct world w = three_accounts();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "leave", "AE3"));
	CHECK_INT(AS(&w, 20000, "switch", "AE3", NULL)->outcome.status, STATUS_NO_SUCH);
	CHECK_INT(AS(&w, 20000, "default", "AE3", NULL)->outcome.status, STATUS_NO_SUCH);
}

TEST(switch_says_whom_to_become)
{
	static const char *const names[] = { "AE2", "ae2", "ada-hill2" };
	struct world w = three_accounts();

	for (size_t i = 0; i < 3; i++) {
		struct talk *t = AS(&w, 20000, "switch", names[i], NULL);

		CHECK_VERDICT(GRANTED, t);
		CHECK_INT(t->asks, 0);
		CHECK_TEXT(t->outcome.user, "ada-hill2");
		CHECK_TEXT(t->outcome.ticket, "");
		CHECK_TEXT(t->seen, "Hill Clinic (AE2). To come back, type: exit\n");
	}
	struct talk *t = AS(&w, 20001, "switch", "stj", NULL);
	CHECK_TEXT(t->outcome.user, "adae");
	CHECK_TEXT(default_user(&w), "adae"); /* nothing has happened yet */
	t = AS(&w, 20000, "switch", "HC000001", NULL);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "You are in that account now.");
}

TEST(switch_asks_which_but_for_the_one_that_one_is_in)
{
	struct world w = three_accounts();
	struct talk *t = AS(&w, 20000, "switch", NULL, "2");

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen,
		"1  Hill Clinic (AE2)\n2  Hill Clinic (AE3)\n"
		"Switch to which account? Number, or Enter for 1: \n"
		"Hill Clinic (AE3). To come back, type: exit\n");
	CHECK_TEXT(t->outcome.user, "ada-hill3");
	t = AS(&w, 20001, "switch", NULL, "");
	CHECK_TEXT(t->outcome.user, "adae");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "AE3"));
	t = AS(&w, 20000, "switch", NULL, NULL);
	CHECK_INT(t->asks, 0);
	CHECK_TEXT(t->outcome.user, "ada-hill2");
}

TEST(one_account_is_nothing_to_switch)
{
	struct world w = three_accounts();
	static const char *const verbs[] = { "default", "switch" };

	for (size_t v = 0; v < 2; v++) {
		struct talk *t = AS(&w, 20003, verbs[v], NULL, NULL);

		CHECK_VERDICT(REFUSED, t);
		CHECK_TEXT(
			t->seen, "You have one account only. If another is yours: hcauth link\n");
		CHECK_INT(AS(&w, 0, verbs[v], NULL, NULL)->outcome.status, STATUS_NOT_ALLOWED);
		CHECK_INT(AS(&w, 4711, verbs[v], "AE2", NULL)->outcome.status, STATUS_NOT_ALLOWED);
	}
}

TEST(own_accounts_say_when_they_were_last_used)
{
	struct world w = three_accounts();
	struct talk *t = AS(&w, 20000, "accounts", NULL, NULL);

	CHECK_HAS(t->seen, "adae             2026-05-04  St John's Surgery  (you are here)");
	CHECK_HAS(t->seen, "ada-hill2        not used    Hill Clinic\n");
	t = AS(&w, 20000, "accounts", "--json", NULL);
	CHECK_HAS(t->seen, "\"last_used\":\"2026-05-04T09:0");
	CHECK_HAS(t->seen, "\"last_used\":null");
}
