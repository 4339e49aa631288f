/* SPDX-License-Identifier: Apache-2.0 */
/* Review and attestation. What must hold: unused and not vouched for are listed, what is in use or new is
 * not; a manager's own practices alone; of several, all are vouched for or none. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "people.h"
#include "verbs.h"
#include "world.h"

#define CHECK_STATUS(s, ...) check_status(__LINE__, s, COMMAND(__VA_ARGS__))

static void check_status(int line, enum status s, const struct talk *t)
{
	if (t->outcome.status != s)
		check_fail(
			__FILE__, line, "status %d (wanted %d): %s", t->outcome.status, s, t->seen);
}

/* Ada manages stj, where BEN1 is, too; CAT1 is at the hill. */
static struct world three_people(void)
{
	struct world w = world_at("2026-01-05 09:00:00");

	enrol_ada(&w);
	CHECK_STATUS(STATUS_DONE, &w, "practice", "add", "hill", "Hill Clinic");
	CHECK_STATUS(
		STATUS_DONE, &w, "account", "add", "BEN1", "--practice", "stj", "--user", "ben");
	CHECK_STATUS(
		STATUS_DONE, &w, "account", "add", "CAT1", "--practice", "hill", "--user", "cat");
	CHECK_STATUS(STATUS_DONE, &w, "practice", "set", "stj", "--manager", ADA);
	return w;
}

TEST(a_practice_that_is_not_there_is_named)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t = COMMAND(&w, "review", "--practice", "nowhere");

	CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	CHECK_TEXT(t->seen, "There is no practice nowhere.\n");
	t = COMMAND(&w, "account", "list", "--practice", "nowhere");
	CHECK_TEXT(t->seen, "There is no practice nowhere.\n");
	t = COMMAND(&w, "invite", "--name", "Grace Example", "--practice", "nowhere");
	CHECK_TEXT(t->seen, "There is no practice nowhere.\n");
}

TEST(who_has_not_signed_in_for_so_long_is_listed)
{
	struct world w = three_people();
	struct talk *t = COMMAND(&w, "review");

	CHECK_TEXT(t->seen, "Nobody.\n"); /* all new */
	clock_add(&w, 60 * 86400);
	struct talk *in =
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), "", "", "");
	CHECK_INT(in->outcome.result, GRANTED);
	clock_add(&w, 31 * 86400);
	t = COMMAND(&w, "review");
	CHECK(!strstr(t->seen, "HC000001"));
	CHECK_HAS(t->seen, "BEN1             stj ");
	CHECK_HAS(t->seen, "CAT1             hill");
	CHECK_HAS(t->seen, "last sign-in never       attested never");
	t = COMMAND(&w, "review", "--days", "30");
	CHECK_HAS(t->seen, "HC000001");
	CHECK_HAS(t->seen, "Ada Example                  last sign-in 2026-03-06  attested never");
	t = COMMAND(&w, "review", "--practice", "hill", "--json");
	CHECK_HAS(t->seen, "\"userid\":\"CAT1\"");
	CHECK_HAS(t->seen, "\"unused\":true,\"unattested\":false");
	CHECK(!strstr(t->seen, "BEN1"));
	CHECK_STATUS(STATUS_REFUSED, &w, "review", "--days", "0");
	CHECK_STATUS(STATUS_REFUSED, &w, "review", "--days", "ten");
	CHECK_STATUS(STATUS_REFUSED, &w, "review", "--since", "yesterday");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "review", "--practice", "nowhere");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "review", "--practice", "no name");
}

TEST(who_was_not_vouched_for_since_is_listed_until_somebody_does)
{
	struct world w = three_people();

	clock_add(&w, 400 * 86400);
	CHECK_HAS(COMMAND(&w, "review", "--days", "1000")->seen, "BEN1");
	CHECK_STATUS(STATUS_DONE, &w, "attest", "ben1", "adae", "CAT1");
	CHECK_TEXT(COMMAND(&w, "review", "--days", "1000")->seen, "Nobody.\n");
	CHECK_HAS(COMMAND(&w, "review", "--days", "1000", "--since", "2027-12-31")->seen,
		"attested 2027-02-09");
	struct talk *t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen, "attested");
	CHECK_HAS(t->seen, "HC000001");
}

TEST(of_several_all_are_vouched_for_or_none)
{
	struct world w = three_people();

	clock_add(&w, 400 * 86400);
	uint64_t before = world_serial(&w);
	struct talk *t = COMMAND(&w, "attest", "BEN1", "NOBODY", "CAT1", ADA);
	check_status(__LINE__, STATUS_NO_SUCH, t);
	CHECK_HAS(t->seen, "There is no account NOBODY.\nThere is no account " ADA ".\n");
	CHECK_HAS(t->seen, "Nothing was noted for the others either.");
	CHECK_INT(world_serial(&w), before);
	CHECK_HAS(COMMAND(&w, "review", "--days", "1000")->seen, "BEN1");
	CHECK_STATUS(STATUS_USAGE, &w, "attest");
}

TEST(who_is_switched_off_or_has_left_is_not_listed)
{
	struct world w = three_people();

	clock_add(&w, 400 * 86400);
	CHECK_STATUS(STATUS_DONE, &w, "account", "disable", "BEN1");
	CHECK_STATUS(STATUS_DONE, &w, "leave", "CAT1");
	struct talk *t = COMMAND(&w, "review");
	CHECK_HAS(t->seen, "HC000001");
	CHECK(!strstr(t->seen, "BEN1") && !strstr(t->seen, "CAT1"));
	CHECK_STATUS(STATUS_NO_SUCH, &w, "attest", "CAT1");
}

TEST(a_manager_reviews_their_own_practice_alone)
{
	struct world w = three_people();

	clock_add(&w, 400 * 86400);
	w.peer = 20000;
	struct talk *t = COMMAND(&w, "review");
	check_status(__LINE__, STATUS_DONE, t);
	CHECK_HAS(t->seen, "BEN1");
	CHECK(!strstr(t->seen, "CAT1"));
	t = COMMAND(&w, "review", "--practice", "hill");
	check_status(__LINE__, STATUS_NO_SUCH, t);
	CHECK_TEXT(t->seen, "There is no practice hill.\n");
	CHECK_TEXT(COMMAND(&w, "review", "--practice", "nowhere")->seen,
		"There is no practice nowhere.\n");
	w.peer = 20001; /* ben, who manages nothing */
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "review");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "attest", "BEN1");
}
