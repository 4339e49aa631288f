/* SPDX-License-Identifier: Apache-2.0 */
/* A manager's fresh second factor. What must hold: nobody is changed by a manager without one; it counts
 * in the kernel session in which it was given, for five minutes, and nowhere else; in doubt it is asked
 * for; a wrong one is counted. */
#include "fresh.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "factor.h"
#include "verbs.h"
#include "world.h"

#define CHECK_STATUS(s, talk) check_status(__LINE__, s, talk)
#define CODE(w) app_code(w, ada_secret, 0)
#define RENAME(w, ...) change(w, (const char *const[]){ __VA_ARGS__, NULL })
#define ASKED "This changes somebody. Please type a code of your own.\nCode: \n"

static void check_status(int line, enum status s, const struct talk *t)
{
	if (t->outcome.status != s || (t->outcome.result == GRANTED) != (s == STATUS_DONE))
		check_fail(__FILE__, line, "status %d (wanted %d), result %d: %s",
			t->outcome.status, s, t->outcome.result, t->seen);
}

/* Ada, who manages stj, in a session of her own. */
static struct world manager(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "set", "stj", "--manager", ADA));
	w.peer = 20000;
	w.peer_pid = new_session();
	return w;
}

static struct talk *change(struct world *w, const char *const *answers)
{
	return command(w, (const char *const[]){ "practice", "set", "stj", "--name", "St J", NULL },
		answers);
}

TEST(ad06_a_manager_is_asked_once_in_five_minutes)
{
	struct world w = manager();
	struct talk *t = RENAME(&w, CODE(&w));

	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(t->seen, ASKED "stj is changed.\n");
	clock_add(&w, 299);
	t = RENAME(&w, NULL);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(t->seen, "stj is changed.\n");
	clock_add(&w, 1);
	t = RENAME(&w, CODE(&w));
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_INT(t->asks, 1);
}

TEST(what_was_given_a_moment_later_is_fresh)
{
	struct world w = manager();

	CHECK_STATUS(STATUS_DONE, RENAME(&w, CODE(&w)));
	w.now.boot_ms -= 20; /* read before that, by a command that got to the store after it */
	CHECK_INT(RENAME(&w, NULL)->asks, 0);
}

TEST(reading_takes_no_second_factor_and_root_needs_none)
{
	struct world w = manager();

	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "show", "stj"));
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "list"));
	w.peer = 0;
	CHECK_STATUS(STATUS_DONE, RENAME(&w, NULL));
}

TEST(what_is_fresh_in_one_session_is_asked_for_in_another)
{
	struct world w = manager();
	pid_t first = w.peer_pid;

	CHECK_STATUS(STATUS_DONE, RENAME(&w, CODE(&w)));
	w.peer_pid = new_session();
	clock_add(&w, 30);
	struct talk *t = RENAME(&w, CODE(&w));
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_INT(t->asks, 1);
	w.peer_pid = first;
	CHECK_INT(RENAME(&w, NULL)->asks, 0);
	w.peer_pid = 0; /* can't be told */
	clock_add(&w, 30);
	t = RENAME(&w, CODE(&w));
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_INT(t->asks, 1);
	clock_add(&w, 30);
	CHECK_INT(RENAME(&w, CODE(&w))->asks, 1);
}

TEST(a_second_factor_is_not_fresh_after_a_boot_or_a_reset)
{
	struct world w = manager();

	CHECK_STATUS(STATUS_DONE, RENAME(&w, CODE(&w)));
	w.now.boot[0]++;
	clock_add(&w, 30);
	struct talk *t = RENAME(&w, CODE(&w));
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_INT(t->asks, 1);
	w.peer = 0;
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "identity", "reset", ADA));
	w.peer = 20000;
	t = RENAME(&w, NULL);
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "you have no second factor to confirm it");
}

/* The leader's pid is another process's by now. */
struct older {
	struct id who;
	pid_t leader;
};

static int write_older(struct txn *t, void *arg)
{
	const struct older *o = arg;
	const struct identity who = { .id = o->who };
	const struct now now = { .boot_ms = 1060000,
		.boot = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 } };
	struct kernel_session where;

	if (!kernel_session(o->leader, &where))
		return -1;
	where.started--;
	return fresh_write(t, &now, &who, &where);
}

static int find_ada(struct txn *t, void *arg)
{
	struct older *o = arg;
	struct person p;
	int r = person_by_name(t, ADA, &p);

	o->who = p.owner;
	return r;
}

TEST(a_leader_with_the_pid_of_an_earlier_one_is_another)
{
	struct world w = manager();
	struct older o = { .leader = w.peer_pid };

	CHECK_INT(in_store(&w, find_ada, &o, sizeof o), 0);
	CHECK_INT(in_store(&w, write_older, &o, sizeof o), 0);
	struct talk *t = RENAME(&w, NULL);
	CHECK_INT(t->asks, 1);
	CHECK(t->hung_up);
	CHECK_STATUS(STATUS_DONE, RENAME(&w, CODE(&w)));
	CHECK_INT(RENAME(&w, NULL)->asks, 0);
}

TEST(a_recovery_code_is_a_second_factor_and_a_password_is_none)
{
	struct world w = manager();
	struct talk *t = RENAME(&w, ADA_PASSWORD);

	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "That did not match.");
	CHECK_STATUS(STATUS_REFUSED, RENAME(&w, ADA_PIN));
	CHECK_STATUS(STATUS_DONE, RENAME(&w, shown_code(ada_seen, 5)));
	w.peer_pid = new_session();
	CHECK_STATUS(STATUS_REFUSED, RENAME(&w, shown_code(ada_seen, 5)));
}

TEST(a_code_is_spent_counted_and_never_an_empty_answer)
{
	struct world w = manager();
	char code[8];

	snprintf(code, sizeof code, "%s", CODE(&w));
	CHECK_STATUS(STATUS_DONE, RENAME(&w, code));
	w.peer_pid = new_session();
	CHECK_STATUS(STATUS_REFUSED, RENAME(&w, code));
	struct talk *t = RENAME(&w, "", "", "");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_INT(t->asks, 3);
	for (int i = 0; i < 4; i++)
		CHECK_STATUS(STATUS_REFUSED, RENAME(&w, "000000"));
	clock_add(&w, 10);
	CHECK_STATUS(STATUS_REFUSED, RENAME(&w, CODE(&w))); /* waits */
	clock_add(&w, 60);
	CHECK_STATUS(STATUS_DONE, RENAME(&w, CODE(&w)));
}

/* Whoever is no manager any more while the code is typed. */
TEST(a_manager_who_is_switched_off_meanwhile_changes_nothing)
{
	struct world w = manager();

	w.peer = 0;
	CHECK_STATUS(
		STATUS_DONE, COMMAND(&w, "identity", "add", "--name", "Ben", "ben@example.org"));
	CHECK_STATUS(STATUS_DONE,
		COMMAND(&w, "account", "add", "--practice", "stj", "--identity", "ben@example.org",
			"--user", "ben", "HC000002"));
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "set", "stj", "--manager", "HC000002"));
	w.peer = 20000;
	CHECK_STATUS(STATUS_REFUSED, RENAME(&w, "@disable", CODE(&w)));
	w.peer = 0;
	CHECK_HAS(COMMAND(&w, "practice", "show", "stj")->seen, "St John's Surgery");
}

static void managed_by_ben(struct world *root)
{
	CHECK_STATUS(
		STATUS_DONE, COMMAND(root, "practice", "set", "stj", "--not-manager", "HC000001"));
}

TEST(a_manager_of_a_moment_ago_changes_nothing)
{
	struct world w = manager();

	w.peer = 0;
	CHECK_STATUS(
		STATUS_DONE, COMMAND(&w, "identity", "add", "--name", "Ben", "ben@example.org"));
	CHECK_STATUS(STATUS_DONE,
		COMMAND(&w, "account", "add", "--practice", "stj", "--identity", "ben@example.org",
			"--user", "ben", "HC000002"));
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "set", "stj", "--manager", "HC000002"));
	w.peer = 20000;
	w.meanwhile = managed_by_ben;
	CHECK_STATUS(STATUS_NOT_ALLOWED, RENAME(&w, "@meanwhile", CODE(&w)));
	w.peer = 0;
	CHECK_HAS(COMMAND(&w, "practice", "show", "stj")->seen, "St John's Surgery");
}

/* Begins a session with a process in it that outlives its leader. */
static _Noreturn void lead(const int ready[2], const int go[2])
{
	char byte;
	pid_t child;

	if (setsid() < 0 || (child = fork()) < 0)
		_exit(1);
	if (child == 0) {
		prctl(PR_SET_NAME, ") S 1 1 ("); /* as it stands in its line of /proc */
		for (;;)
			pause();
	}
	if (write(ready[1], &child, sizeof child) != sizeof child || read(go[0], &byte, 1) != 1)
		_exit(1);
	_exit(0);
}

TEST(a_session_is_told_by_its_leader_while_that_lives)
{
	struct kernel_session a, b;
	pid_t leader = new_session(), child;
	int ready[2], go[2];

	CHECK(kernel_session(leader, &a));
	CHECK_INT(a.leader, leader);
	CHECK(a.started > 0);
	CHECK(!kernel_session(0, &b));
	CHECK(!kernel_session(-1, &b));
	CHECK(pipe(ready) == 0 && pipe(go) == 0);
	fflush(stdout);
	leader = fork();
	if (leader == 0)
		lead(ready, go);
	CHECK(read(ready[0], &child, sizeof child) == sizeof child);
	CHECK(kernel_session(child, &b));
	CHECK_INT(b.leader, leader);
	CHECK(kernel_session(leader, &a));
	CHECK(a.started == b.started);
	CHECK(write(go[1], "y", 1) == 1);
	CHECK(waitpid(leader, NULL, 0) == leader);
	CHECK(!kernel_session(child, &b));
	CHECK_INT(kill(child, SIGKILL), 0);
}
