/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: of many conversations at once, each a process of its own, no more guesses are looked
 * at than the rule allows, and what can be used once is used once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "factor.h"
#include "race.h"

struct race race(struct world *w, unsigned n, const char *service, const char *first,
	const char *second, const char *third)
{
	struct race *shared = mmap(
		NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int gate[2], status;
	char byte;

	CHECK(shared != MAP_FAILED && pipe(gate) == 0);
	fflush(stdout);
	for (unsigned i = 0; i < n; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid > 0)
			continue;
		close(gate[1]);
		if (read(gate[0], &byte, 1) != 0)
			_exit(1);
		struct talk *t = SIGN_IN(w, service, ADA, first, second, third);
		__atomic_add_fetch(
			&shared->granted, t->outcome.result == GRANTED, __ATOMIC_SEQ_CST);
		__atomic_add_fetch(&shared->evaluated, t->asks == 2, __ATOMIC_SEQ_CST);
		_exit(0);
	}
	close(gate[1]);
	for (unsigned i = 0; i < n; i++)
		CHECK(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(gate[0]);
	struct race result = *shared;
	munmap(shared, sizeof *shared);
	return result;
}

/* At the workstation a right password is told by the prompt that follows it. */
TEST(of_64_passwords_at_once_5_are_looked_at)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct race r = race(&w, 64, "login", ADA_PASSWORD, "@hang-up", NULL);
	CHECK_INT(r.evaluated, 5);
	CHECK_INT(r.granted, 0);
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 5);
}

TEST(of_64_pins_at_once_10_are_counted)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_INT(race(&w, 64, "kiosk", "40404", "@hang-up", NULL).granted, 0);
	CHECK_INT(ada_failures(&w, FACTOR_PIN, SOURCE_LOCAL), 10);
}

TEST(one_code_from_the_app_signs_one_of_16_in)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	for (int i = 0; i < 6; i++) {
		char code[7];

		strcpy(code, app_code(&w, ada_secret, 0));
		CHECK_INT(race(&w, 16, "sshd", ADA_PASSWORD, code, NULL).granted, 1);
		clock_add(&w, 86400);
	}
}

TEST(one_recovery_code_signs_one_of_16_in)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	for (unsigned i = 1; i <= 6; i++) {
		char code[32];

		strcpy(code, shown_code(ada_seen, i));
		CHECK_INT(race(&w, 16, "login", ADA_PASSWORD, code, "").granted, 1);
		clock_add(&w, 86400);
	}
}

/* Five are let through by the password's counter; each comes to the end of the enrolment. */
TEST(one_activation_code_ends_one_enrolment_of_16)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];

	strcpy(code, add_ada(&w));
	w.rhost = "192.0.2.7";
	SIGN_IN(&w, "sshd", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "@hang-up");
	CHECK_INT(race(&w, 16, "sshd", ADA_PASSWORD, code, "yes").granted, 1);
}
