/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth init, killed before each system call that changes something, or told that this call has failed;
 * then run again. */
#include "check.h"
#include "init_machine.h"
#include "mishap.h"
#include "run.h"
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool says(const char *file, const char *text)
{
	char buf[8192];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, buf, sizeof buf - 1);

	CHECK(n >= 0);
	buf[n] = 0;
	close(fd);
	return strstr(buf, text) != NULL;
}

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* After the nth mishap. */
static void check_second_run(int n)
{
	static const char *const words[] = { "init", NULL };
	static const char key[] = "The recovery key of this machine";
	bool complete = there("etc/machine.key");

	if (complete && !there("lib/store/data.mdb"))
		check_fail(__FILE__, __LINE__, "change %d: key without database", n);
	struct outcome o = run_as(0, "", INIT_COMMAND, words);
	if (o.status != (complete ? STATUS_EXISTS : STATUS_DONE))
		check_fail(__FILE__, __LINE__, "change %d: %d: %s", n, o.status, o.err);
	if (!strstr(o.out, key) && !says("first.out", key))
		check_fail(__FILE__, __LINE__, "change %d: no recovery key", n);
	check_nothing_unfinished();
	CHECK_INT(run_as(0, "", INIT_COMMAND, words).status, STATUS_EXISTS);
}

/* A command that has seen a failure says so, and has cleaned up; or it could do without. */
static void check_said(int n, int end)
{
	if (end == 0 && there("etc/machine.key") && there("lib/store/data.mdb"))
		return;
	if (end == 0 || there("etc") || there("lib"))
		check_fail(
			__FILE__, __LINE__, "change %d: ended with %d, and left something", n, end);
}

/* At every second change, from the first one given: a case has a time limit. */
static void mishaps(enum mishap mishap, int n)
{
	static const char *const words[] = { "hcauth", "init", NULL };
	char command[4096], folder[32];
	bool happened = true;
	int end = -1;

	machine();
	built(INIT_COMMAND, command);
	for (; happened; n += 2) {
		snprintf(folder, sizeof folder, "%d", n);
		CHECK_INT(mkdir(folder, 0755) + chdir(folder), 0);
		CHECK_INT(symlink("../libexec", "libexec"), 0);
		machine_people();
		happened = run_until(command, words, "/dev/null", n, mishap, &end);
		if (mishap == FAILING)
			check_said(n, end);
		check_second_run(n);
		CHECK_INT(chdir(".."), 0);
	}
	CHECK(n > 40); /* the calls were seen at all */
}

TEST(init_killed_anywhere_goes_on)
{
	mishaps(KILLED, 1);
}

TEST(init_killed_anywhere_else_goes_on)
{
	mishaps(KILLED, 2);
}

#ifdef __x86_64__
TEST(init_told_of_a_failure_anywhere_undoes_it)
{
	mishaps(FAILING, 1);
}

TEST(init_told_of_a_failure_anywhere_else_undoes_it)
{
	mishaps(FAILING, 2);
}
#endif
