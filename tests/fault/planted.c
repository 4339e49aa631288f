/* SPDX-License-Identifier: Apache-2.0 */
/* Who judges the judges: flows that are broken on purpose. Each must be found out; and one that is not, must not. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/trial.h"

static struct world ada(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	ada_s_secrets(&w);
	clock_add(&w, 60);
	return w;
}

static struct talk *with_totp(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, 0));
}

static struct talk *with_wrong_totp(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, 9));
}

/* The verdict before the commit that pays for it. */
static struct talk *says_first(struct world *w)
{
	struct talk *t = with_totp(w);

	if (t->asks == 2 && t->hung_up)
		t->outcome.result = GRANTED;
	return t;
}

/* What was acknowledged is lost. */
static struct talk *forgets(struct world *w)
{
	struct talk *t = with_totp(w);

	(void)saved_put_back();
	return t;
}

static struct talk *does_not_count(struct world *w)
{
	struct talk *t = with_wrong_totp(w);

	(void)saved_put_back();
	return t;
}

/* An error is no refusal. */
static struct talk *lets_in(struct world *w)
{
	struct talk *t = with_wrong_totp(w);

	if (t->hung_up)
		t->outcome.result = GRANTED;
	return t;
}

static struct talk *logs_it(struct world *w)
{
	fprintf(stderr, "the answer was %s\n", ADA_PASSWORD);
	return with_totp(w);
}

static struct talk *leaves_it(struct world *w)
{
	char path[200];

	snprintf(path, sizeof path, "%s/store/notes", w->folder);
	FILE *f = fopen(path, "w");
	CHECK(f != NULL);
	fprintf(f, "%4000s %s", "", shown_code(ada_seen, 3));
	CHECK_INT(fclose(f), 0);
	return with_totp(w);
}

static int judged(const struct trial *t, const char *every)
{
	int status;

	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		setenv("HC_FAULTS", every, 1);
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
			_exit(2);
		trial_run(t);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void is_found(const struct trial *t)
{
	CHECK_INT(judged(t, "4"), 1); /* however few there are elsewhere */
}

#define PLANTED(id, good, judging)                                                                 \
	TEST(faults_finds_what_##id)                                                               \
	{                                                                                          \
		static const struct trial trial = { .name = #id,                                   \
			.right = good,                                                             \
			.make = ada,                                                               \
			.act = id,                                                                 \
			.judge = judging,                                                          \
			.factor = FACTOR_TOTP,                                                     \
			.source = SOURCE_LOCAL };                                                  \
		is_found(&trial);                                                                  \
	}

PLANTED(says_first, true, judge_right)
PLANTED(forgets, true, judge_right)
PLANTED(does_not_count, false, judge_wrong)
PLANTED(lets_in, false, judge_wrong)
PLANTED(logs_it, true, judge_right)
PLANTED(leaves_it, true, judge_right)

/* Else whatever is wrong with the judges themselves would be what is found. */
static void is_not_found(const struct trial *t)
{
	CHECK_INT(judged(t, "20"), 0);
}

TEST(faults_finds_nothing_in_a_sound_sign_in)
{
	static const struct trial right = {
		.name = "sound", .right = true, .make = ada, .act = with_totp, .judge = judge_right
	};

	is_not_found(&right);
}

TEST(faults_finds_nothing_in_a_sound_refusal)
{
	static const struct trial wrong = { .name = "refused",
		.make = ada,
		.act = with_wrong_totp,
		.judge = judge_wrong,
		.factor = FACTOR_TOTP,
		.source = SOURCE_LOCAL };

	is_not_found(&wrong);
}
