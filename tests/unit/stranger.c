/* SPDX-License-Identifier: Apache-2.0 */
/* What a stranger over the network can tell from the work that a refusal takes. What must hold: as many
 * commits (each a sync of the disk) and hashes for every name and every state of a person. */
#include <sys/resource.h>

#include "check.h"
#include "factor.h"
#include "world.h"

/* sshd's stand-in for what was typed for a name that it does not know: as long, and always these. */
#define JUNK "\b\n\r\177INCORRECT"
#define LIKE_A_RECOVERY_CODE "01-0000-0000-0000-0000"
#define JUNK_FOR_IT JUNK "\b\n\r\177INCOR"

/* Commits of a refused sign-in. */
static uint64_t work(
	struct world *w, const char *name, const char *password, const char *code, const char *seen)
{
	uint64_t before = world_serial(w);
	struct talk *t = SIGN_IN(w, "sshd", name, password, code);

	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_TEXT(t->seen, seen);
	return world_serial(w) - before;
}

#define WORK(w, name, password, code) work(w, name, password, code, "Password: \nCode: \n")

TEST(what_looks_like_a_recovery_code_costs_the_same_for_a_name_that_sshd_does_not_know)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	CHECK_INT(sizeof JUNK_FOR_IT, sizeof LIKE_A_RECOVERY_CODE);

	uint64_t known = WORK(&w, ADA, "not this one", LIKE_A_RECOVERY_CODE);
	CHECK_INT(known, 3); /* the password, the recovery code, the end */
	CHECK_INT(WORK(&w, "nobody@example.org", JUNK, JUNK_FOR_IT), known);
	CHECK_INT(WORK(&w, "nobody@example.org", JUNK_FOR_IT, JUNK_FOR_IT), known);

	known = WORK(&w, ADA, "not this one", "000000");
	CHECK_INT(known, 2);
	CHECK_INT(WORK(&w, "nobody@example.org", JUNK, "\b\n\r\177IN"), known);
	CHECK_INT(WORK(&w, "nobody@example.org", "\b\n\r\177IN", "\b\n\r\177IN"), known);
}

TEST(one_answer_to_both_prompts_counts_against_no_recovery_code)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	WORK(&w, ADA, "a wrong one, and a long one", "a wrong one, and a long one");
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 1);
	CHECK_INT(ada_failures(&w, FACTOR_RECOVERY, SOURCE_NETWORK), 0);
}

TEST(whoever_has_no_password_yet_is_as_much_work)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	w.rhost = "192.0.2.7";
	CHECK_INT(WORK(&w, ADA, "not this one", "000000"), 2);
	CHECK_INT(WORK(&w, "nobody@example.org", "not this one", "000000"), 2);
}

TEST(whoever_has_to_wait_or_is_disabled_is_as_much_work)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	for (int i = 0; i < 8; i++) {
		CHECK_INT(WORK(&w, ADA, "not this one", "000000"), 2);
		CHECK_INT(WORK(&w, "nobody@example.org", "not this one", "000000"), 2);
	}
	CHECK_INT(WORK(&w, ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)), 2);
	w.rhost = "";
	CHECK_INT(COMMAND(&w, "identity", "disable", ADA)->outcome.result, GRANTED);
	w.rhost = "192.0.2.7";
	CHECK_INT(WORK(&w, ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)), 2);
}

/* The processor's time that a refusal took, in microseconds. */
static long long effort(struct world *w, const char *name, const char *password, const char *code)
{
	struct rusage before, after;

	getrusage(RUSAGE_CHILDREN, &before);
	CHECK_INT(SIGN_IN(w, "sshd", name, password, code)->outcome.result, REFUSED);
	getrusage(RUSAGE_CHILDREN, &after);
	return (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
		       before.ru_stime.tv_sec) *
		1000000LL +
		after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
		before.ru_stime.tv_usec;
}

static void check_same(long long a, long long b)
{
	CHECK(a < 4 * b && b < 4 * a); /* one hash more would be thirty times */
}

TEST(costlier_settings_tell_neither_who_exists_nor_which_password_is_right)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	w.conf.argon_kib = 64 * 1024; /* once for each of them, and hers has cost next to nothing */
	long long wrong = effort(&w, ADA, "not this one", "000000");
	check_same(wrong, effort(&w, "nobody@example.org", "not this one", "000000"));
	check_same(wrong, effort(&w, ADA, ADA_PASSWORD, "000000"));
	check_same(wrong, effort(&w, ADA, "not this one", LIKE_A_RECOVERY_CODE));
	check_same(wrong, effort(&w, "nobody@example.org", JUNK, JUNK_FOR_IT));
}
