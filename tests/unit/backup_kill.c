/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth rekey, recover, restore and export, killed before each system call that changes something, or told that it
 * has failed. What must hold: after a rekey the machine opens, without anything being done; after the others
 * running the command again is enough; what was on the machine is not lost; a backup is whole or not there. */
#include "check.h"
#include "guard.h"
#include "init.h"
#include "init_machine.h"
#include "mishap.h"
#include "run.h"
#include "store/store.h"
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char command[4096];

static struct outcome again(const char *const *words)
{
	static char key[RECOVERY_TEXT + 2];
	int fd = open("recovery", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, key, sizeof key - 1);

	CHECK(n > 0);
	key[n] = 0;
	close(fd);
	return run_as(0, key, INIT_COMMAND, words);
}

/* A machine with a store and a backup, its recovery key in a file: made once, then copied. */
static void first_machine(void)
{
	char key[RECOVERY_TEXT + 1];

	machine();
	built(INIT_COMMAND, command);
	CHECK_INT(mkdir("first", 0755) + chdir("first"), 0);
	CHECK_INT(symlink("../libexec", "libexec") + symlink("../passwd", "passwd"), 0);
	struct outcome o = run_as(0, "", INIT_COMMAND, (const char *const[]){ "init", NULL });
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_INT(sscanf(strchr(o.out, '\n'), " %78s", key), 1);
	int fd = open("recovery", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK_INT(write(fd, key, strlen(key)), strlen(key));
	close(fd);
	CHECK_INT(run_as(0, "", INIT_COMMAND, (const char *const[]){ "export", "backup", NULL })
			  .status,
		STATUS_DONE);
	CHECK_INT(chdir(".."), 0);
}

static void another_machine(const char *folder)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execlp("cp", "cp", "-a", "first", folder, NULL);
		_exit(99);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(chdir(folder), 0);
}

/* 0 when the daemon would open the store here. */
static int opens(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct seal *seal;
		struct store *s;
		int r;

		CHECK_INT(setresgid(DAEMON, DAEMON, DAEMON), 0);
		CHECK_INT(setresuid(DAEMON, DAEMON, DAEMON), 0);
		if ((r = store_open("lib/store", &s)) == 0 &&
			(r = guard_check("lib/guard", s)) == 0)
			r = init_open(s, NULL, "etc/machine.key", &seal);
		_exit(-r);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void check_opens(const char *what, int n)
{
	int r = opens();

	if (r < 0)
		check_fail(__FILE__, __LINE__, "%s, change %d: %s", what, n, strerror(-r));
}

/* Runs words with a mishap at each change, every other one from first on, and look after each. */
static void each(const char *const *words, enum mishap mishap, int first, void (*before)(void),
	void (*look)(int n, int end))
{
	char folder[32];
	bool happened = true;
	int n = first, end = -1;

	first_machine();
	for (; happened; n += 2) {
		snprintf(folder, sizeof folder, "%d", n);
		another_machine(folder);
		if (before)
			before();
		happened = run_until(command, words, "recovery", n, mishap, &end);
		look(n, end);
		CHECK_INT(chdir(".."), 0);
	}
	CHECK(n > 8); /* the calls were seen at all */
}

/* --- rekey --- */

static const char *const rekey[] = { "hcauth", "rekey", NULL };

static void look_rekey(int n, int end)
{
	(void)end;
	check_opens("after it", n);
	struct outcome o = again(rekey + 1);
	if (o.status != STATUS_DONE)
		check_fail(__FILE__, __LINE__, "change %d: %d: %s", n, o.status, o.err);
	check_opens("again", n);
	check_nothing_unfinished();
}

TEST(sf16_rekey_killed_anywhere_leaves_a_machine_that_opens)
{
	each(rekey, KILLED, 1, NULL, look_rekey);
}

TEST(rekey_killed_anywhere_else_leaves_a_machine_that_opens)
{
	each(rekey, KILLED, 2, NULL, look_rekey);
}

/* --- recover --- */

static const char *const recover[] = { "hcauth", "recover", NULL };

static void lose_key(void)
{
	CHECK_INT(unlink("etc/machine.key"), 0);
}

static void look_recover(int n, int end)
{
	(void)end;
	struct outcome o = again(recover + 1);
	if (o.status != STATUS_DONE)
		check_fail(__FILE__, __LINE__, "change %d: %d: %s", n, o.status, o.err);
	check_opens("again", n);
}

TEST(recover_killed_anywhere_can_be_run_again)
{
	each(recover, KILLED, 1, lose_key, look_recover);
}

TEST(recover_killed_anywhere_else_can_be_run_again)
{
	each(recover, KILLED, 2, lose_key, look_recover);
}

/* --- restore --- */

static const char *const restore[] = { "hcauth", "restore", "backup", "--force", NULL };

/* How many databases there are, here and beside. */
static int databases(void)
{
	FILE *f =
		popen("ls -d lib/store/data.mdb lib/store.old*/data.mdb 2>/dev/null | wc -l", "r");
	int n = -1;

	CHECK(f && fscanf(f, "%d", &n) == 1);
	pclose(f);
	return n;
}

static void look_restore(int n, int end)
{
	if (databases() < 1)
		check_fail(__FILE__, __LINE__, "change %d: the database is lost", n);
	if (end != 0 && opens() == 0)
		return; /* nothing was changed yet, or only the last words were not said */
	struct outcome o = end == 0 ? (struct outcome){ .status = 0 } : again(restore + 1);
	if (o.status != STATUS_DONE)
		check_fail(__FILE__, __LINE__, "change %d: %d: %s", n, o.status, o.err);
	check_opens("again", n);
	if (databases() < 2)
		check_fail(__FILE__, __LINE__, "change %d: the old database is lost", n);
	check_nothing_unfinished();
}

TEST(restore_killed_anywhere_loses_nothing)
{
	each(restore, KILLED, 1, NULL, look_restore);
}

TEST(restore_killed_anywhere_else_loses_nothing)
{
	each(restore, KILLED, 2, NULL, look_restore);
}

#ifdef __x86_64__
static void look_failed(int n, int end)
{
	check_opens("after it", n);
	if (end == 0 && databases() != 2)
		check_fail(__FILE__, __LINE__, "change %d: done, and it is not", n);
	check_nothing_unfinished();
}

TEST(restore_told_of_a_failure_anywhere_undoes_it)
{
	each(restore, FAILING, 1, NULL, look_failed);
}

TEST(restore_told_of_a_failure_anywhere_else_undoes_it)
{
	each(restore, FAILING, 2, NULL, look_failed);
}

static void look_rekey_failed(int n, int end)
{
	(void)end;
	check_opens("after it", n);
}

TEST(rekey_told_of_a_failure_anywhere_leaves_a_machine_that_opens)
{
	each(rekey, FAILING, 1, NULL, look_rekey_failed);
}

/* --- export --- */

static const char *const export[] = { "hcauth", "export", "new", NULL };

static void look_export(int n, int end)
{
	static const char *const look[] = { "restore", "new", "--dry-run", NULL };

	check_opens("after it", n);
	if (access("new.part", F_OK) == 0)
		check_fail(__FILE__, __LINE__, "change %d: new.part is left", n);
	if (access("new", F_OK) == 0) {
		struct outcome o = again(look);
		if (o.status != STATUS_DONE)
			check_fail(__FILE__, __LINE__, "change %d: %s", n, o.err);
	} else if (end == 0) {
		check_fail(__FILE__, __LINE__, "change %d: done, and there is none", n);
	}
}

TEST(export_told_of_a_failure_anywhere_leaves_a_whole_backup_or_none)
{
	each(export, FAILING, 1, NULL, look_export);
}

TEST(export_told_of_a_failure_anywhere_else_leaves_a_whole_backup_or_none)
{
	each(export, FAILING, 2, NULL, look_export);
}
#endif
