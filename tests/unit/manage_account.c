/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts. What must hold: nobody gets a name, uid or group that the machine or somebody else has; a
 * uid is given once; what is refused leaves nothing behind. */
#include <grp.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "people.h"
#include "verbs.h"
#include "world.h"

#define ADD(w, id, ...) COMMAND(w, "account", "add", id, "--practice", "stj", __VA_ARGS__)
#define CHECK_STATUS(s, talk) check_status(__LINE__, s, talk)

static void check_status(int line, enum status s, const struct talk *t)
{
	if (t->outcome.status != s || (t->outcome.result == GRANTED) != (s == STATUS_DONE))
		check_fail(__FILE__, line, "status %d (wanted %d), result %d: %s",
			t->outcome.status, s, t->outcome.result, t->seen);
}

TEST(an_account_is_added_and_shown)
{
	struct world w = world_at("2026-05-04 09:00:00");
	json_error_t e;

	add_ada(&w);
	struct talk *t = ADD(&w, "HC000002", "--identity", "ADA@Example.org", "--user", "ada-b",
		"--groups", "clinicians,reception");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(last_line(t), "Account HC000002 is system user ada-b, uid 20001.");
	t = COMMAND(&w, "account", "show", "hc000002", "--json");
	json_t *j = json_loads(t->seen, 0, &e);
	CHECK(j != NULL);
	CHECK_TEXT(json_string_value(json_object_get(j, "userid")), "HC000002");
	CHECK_TEXT(json_string_value(json_object_get(j, "identity")), ADA);
	CHECK_TEXT(json_string_value(json_object_get(j, "user")), "ada-b");
	CHECK_INT(json_integer_value(json_object_get(j, "uid")), 20001);
	CHECK_INT(json_array_size(json_object_get(j, "groups")), 2);
	CHECK(json_is_null(json_object_get(j, "last_sign_in")));
	CHECK(json_is_false(json_object_get(j, "existing")));
	json_decref(j);
	CHECK_HAS(COMMAND(&w, "account", "show", "ada-b")->seen, "state                active");
	t = COMMAND(&w, "account", "list", "--json");
	CHECK((j = json_loads(t->seen, 0, &e)) != NULL);
	CHECK_INT(json_array_size(j), 2);
	json_decref(j);
	CHECK_STATUS(
		STATUS_NO_SUCH, COMMAND(&w, "account", "list", "--practice", "nowhere", "--json"));
	CHECK_STATUS(STATUS_NO_SUCH, COMMAND(&w, "account", "show", ADA));
	CHECK_STATUS(STATUS_NO_SUCH, COMMAND(&w, "account", "disable", "nobody"));
}

TEST(an_account_of_nobody_yet_ends_with_its_activation_code)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	struct talk *t = ADD(&w, "HC000002", "--user", "benj");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_INT(strlen(last_line(t)), 19);
}

TEST(ns12_names_are_given_once)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	CHECK_STATUS(STATUS_EXISTS, ADD(&w, "HC000001", "--user", "other"));
	CHECK_STATUS(STATUS_EXISTS, ADD(&w, "hc000001", "--user", "other"));
	CHECK_STATUS(STATUS_EXISTS, ADD(&w, "HC000009", "--user", "adae"));
	CHECK_STATUS(STATUS_EXISTS, ADD(&w, "adae", "--user", "other"));
	CHECK_STATUS(STATUS_EXISTS, ADD(&w, "HC000009", "--user", "hc000001"));
	CHECK_STATUS(STATUS_DONE, ADD(&w, "same", "--user", "same"));
	CHECK_STATUS(STATUS_EXISTS, ADD(&w, "same", "--user", "other"));
	CHECK_STATUS(STATUS_EXISTS, ADD(&w, "other", "--user", "same"));
	CHECK_STATUS(STATUS_DONE, ADD(&w, "HC000009", "--user", "other"));
	CHECK_HAS(COMMAND(&w, "account", "show", "HC000009")->seen, "20002");
}

TEST(what_is_refused_leaves_nothing_behind)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	CHECK_STATUS(STATUS_NO_SUCH,
		COMMAND(&w, "account", "add", "HC2", "--practice", "nowhere", "--user", "benj"));
	CHECK_STATUS(STATUS_NO_SUCH,
		ADD(&w, "HC2", "--user", "benj", "--identity", "nobody@example.org"));
	CHECK_STATUS(STATUS_NO_SUCH, ADD(&w, "HC2", "--user", "benj", "--identity", "adae"));
	CHECK_STATUS(STATUS_DONE, ADD(&w, "HC2", "--user", "benj"));
	CHECK_HAS(COMMAND(&w, "account", "show", "HC2")->seen, "20001");
	CHECK_HAS(COMMAND(&w, "status")->seen, "accounts             2");
}

TEST(what_can_not_be_a_user_is_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const user[] = { "", "9lives", "-x", "a b", "a/b", "Ada", "a@b",
		"\xc3\xa9", "a.b", "a:b", "abcdefghijklmnopqrstuvwxyz_12345" };
	static const char *const id[] = { "", "a b", "a/b", "a@b.org", "\xc3\xa9", "a:b", ".x", "0",
		"1000", "9a", "0x1f", "root.root", "1.1", "+1", "=1", "a+1", "a#", "-a" };

	add_ada(&w);
	for (size_t i = 0; i < sizeof user / sizeof *user; i++)
		CHECK_STATUS(STATUS_REFUSED, ADD(&w, "HC2", "--user", user[i]));
	for (size_t i = 0; i < sizeof id / sizeof *id; i++)
		CHECK_STATUS(STATUS_REFUSED, ADD(&w, id[i], "--user", "benj"));
	CHECK_STATUS(STATUS_USAGE, ADD(&w, "HC2", "--user"));
	CHECK_STATUS(STATUS_USAGE, COMMAND(&w, "account", "add", "HC2", "--practice", "stj"));
	CHECK_STATUS(STATUS_USAGE, COMMAND(&w, "account", "add", "HC2", "--user", "benj"));
	CHECK_STATUS(STATUS_USAGE, ADD(&w, "HC2", "--user", "benj", "--json"));
	CHECK_STATUS(STATUS_USAGE, ADD(&w, "HC2", "--user", "benj", "--name", "Ben"));
	CHECK_STATUS(STATUS_DONE, ADD(&w, "HC2", "--user", "abcdefghijklmnopqrstuvwxyz_1234"));
}

TEST(the_machine_s_own_users_and_groups_are_left_alone)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	CHECK_STATUS(STATUS_REFUSED, ADD(&w, "HC2", "--user", "root"));
	CHECK_STATUS(STATUS_REFUSED, ADD(&w, "HC2", "--user", "daemon"));
	CHECK_STATUS(STATUS_REFUSED, ADD(&w, "root", "--user", "benj"));
	CHECK_STATUS(STATUS_REFUSED, ADD(&w, "ROOT", "--user", "benj"));
	struct talk *t = ADD(&w, "HC2", "--user", "daemon", "--existing");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "one of the system's own users");
	CHECK_STATUS(STATUS_REFUSED, ADD(&w, "HC2", "--user", "root", "--existing"));
	t = ADD(&w, "HC2", "--user", "benj", "--existing");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "no user benj in /etc/passwd");
	t = ADD(&w, "HC2", "--user", "adm"); /* a group */
	CHECK_STATUS(STATUS_REFUSED, t);
	t = ADD(&w, "HC2", "--user", "benj", "--groups", "clinicians,root");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "root is a group of the system itself");
}

TEST(groups_that_can_not_be_are_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const bad[] = { ",", "a,,b", ",a", "A", "a b", "9", "a:b",
		"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "abcdefghijklmnopqrstuvwxyz_12345" };

	add_ada(&w);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_STATUS(STATUS_REFUSED, ADD(&w, "HC2", "--user", "benj", "--groups", bad[i]));
	CHECK_STATUS(STATUS_DONE,
		ADD(&w, "HC2", "--user", "benj", "--groups", "g1,g2,g3,g4,g5,g6,g7,g8,g9"));
	CHECK_STATUS(STATUS_EXISTS, ADD(&w, "HC3", "--user", "g1"));
}

/* A user's own group is theirs alone. */
TEST(somebody_s_own_group_takes_no_members)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	CHECK_STATUS(STATUS_EXISTS, ADD(&w, "HC2", "--user", "benj", "--groups", "adae"));
	CHECK_STATUS(STATUS_EXISTS, ADD(&w, "HC2", "--user", "benj", "--groups", "benj"));
	CHECK_STATUS(STATUS_DONE, ADD(&w, "HC2", "--user", "benj"));
}

static int claim_20000(struct txn *t, void *arg)
{
	const struct id other = { { 1 } };

	(void)arg;
	return uid_claim(t, 20000, &other);
}

/* As by an existing user of the machine's within our range, who has left the machine since. */
TEST(a_uid_that_an_account_has_already_is_passed_over)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char none = 0;

	CHECK_INT(in_store(&w, claim_20000, &none, sizeof none), 0);
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "add", "stj", "St John's"));
	CHECK_STATUS(STATUS_DONE, ADD(&w, "HC1", "--user", "benj"));
	CHECK_HAS(COMMAND(&w, "account", "show", "HC1")->seen, "20001");
}

TEST(uids_and_gids_are_given_once_and_run_out)
{
	struct world w = world_at("2026-05-04 09:00:00");

	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "add", "stj", "St John's"));
	w.conf.uid_max = w.conf.uid_min + 3;
	CHECK_STATUS(STATUS_DONE, ADD(&w, "A1", "--user", "usera", "--groups", "ward"));
	CHECK_STATUS(STATUS_DONE, ADD(&w, "A2", "--user", "userb", "--groups", "ward"));
	CHECK_HAS(COMMAND(&w, "account", "show", "A2")->seen, "20002");
	struct talk *t = ADD(&w, "A3", "--user", "userc", "--groups", "lab,office");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "All uids from 20000 to 20003 are used up");
	CHECK_STATUS(STATUS_DONE, ADD(&w, "A3", "--user", "userc", "--groups", "ward"));
	CHECK_HAS(COMMAND(&w, "account", "show", "A3")->seen, "20003");
	CHECK_STATUS(STATUS_REFUSED, ADD(&w, "A4", "--user", "userd"));
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "account", "disable", "A1"));
	CHECK_STATUS(
		STATUS_REFUSED, ADD(&w, "A4", "--user", "userd")); /* a leaver's stays theirs */
	w.conf.uid_max = 20010;
	CHECK_STATUS(STATUS_DONE, ADD(&w, "A4", "--user", "userd"));
	CHECK_HAS(COMMAND(&w, "account", "show", "A4")->seen, "20004");
}

TEST(accounts_are_listed_by_user_id_with_their_names)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	for (int i = 9; i > 3; i--) {
		char id[16], user[16];

		snprintf(id, sizeof id, "%s%d", i % 2 ? "ab" : "AB", i);
		snprintf(user, sizeof user, "user%d", i);
		CHECK_STATUS(STATUS_DONE, ADD(&w, id, "--user", user));
	}
	struct talk *t = COMMAND(&w, "account", "list");
	const char *at = t->seen;
	static const char *const order[] = { "USER ID          NAME", "AB4 ", "ab5 ", "AB6 ",
		"ab7 ", "AB8 ", "ab9 ", "HC000001         Ada Example                  stj " };
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		CHECK_HAS(at, order[i]);
		at = strstr(at, order[i]);
	}
	CHECK(!strstr(COMMAND(&w, "account", "list", "--json")->seen, "USER ID"));
}
