/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth init, killed before each system call that changes something, in the command and in hcauth-talk;
 * then run again. */
#include "check.h"
#include "init_machine.h"
#include "run.h"
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Those after which another state is on disk. */
static const long changes[] = {
#ifdef SYS_mkdir
	SYS_mkdir, SYS_rename, SYS_link, SYS_unlink, SYS_rmdir, SYS_chmod, SYS_chown, SYS_lchown,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#endif
	SYS_mkdirat, SYS_renameat2, SYS_linkat, SYS_unlinkat, SYS_fchmod, SYS_fchmodat, SYS_fchown,
	SYS_fchownat, SYS_write, SYS_pwrite64, SYS_pwritev, SYS_ftruncate, SYS_fallocate,
	SYS_execve, SYS_exit_group
};

static void copy(const char *from, const char *to)
{
	char buf[65536];
	ssize_t n;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	CHECK(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof buf)) > 0)
		CHECK_INT(write(out, buf, (size_t)n), n);
	CHECK_INT(n, 0);
	close(in);
	close(out);
}

static void people(void)
{
	FILE *f = fopen("passwd", "w");

	CHECK(f != NULL);
	fprintf(f, "root:x:0:0:root:/root:/bin/sh\nhcauthd:x:%d:%d::/nonexistent:/bin/false\n",
		DAEMON, DAEMON);
	CHECK_INT(fclose(f), 0);
}

void machine(void)
{
	char talk[4096];

	in_folder_as_root();
	built("hcauthd/init-check", talk);
	CHECK_INT(mkdir("libexec", 0755), 0);
	copy(talk, "libexec/hcauth-talk"); /* the build folder may be closed to the daemon's user */
	people();
}

void check_nothing_unfinished(void)
{
	static const char *const names[] = { "etc/machine.key.new", "lib/store.new", "etc.making",
		"lib.making", "lib/guard.making", "lib/directory.making", "lib/store.new.making" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (access(names[i], F_OK) == 0)
			check_fail(__FILE__, __LINE__, "%s is there", names[i]);
}

static _Noreturn void be_traced(const char *command)
{
	char *const argv[] = { (char *)"hcauth", (char *)"init", NULL };
	char *const env[] = { (char *)"ASAN_OPTIONS=detect_leaks=0", NULL };
	int out = open("killed.out", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(out, 1);
	dup2(out, 2);
	setpgid(0, 0);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	execve(command, argv, env);
	_exit(98);
}

/* Whether pid stands before a call that changes something. */
static bool before_change(pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) <= 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		if ((long)info.entry.nr == changes[i])
			return true;
	return false;
}

/* Runs init and kills all of it before its nth change. False when it ended before. */
static bool init_until(const char *command, int n)
{
	pid_t pid = fork(), p;
	bool killed = false;
	int status;

	CHECK(pid >= 0);
	if (pid == 0)
		be_traced(command);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_INT(ptrace(PTRACE_SETOPTIONS, pid, NULL,
			  (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
				  PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL)),
		0);
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	while ((p = waitpid(-1, &status, __WALL)) > 0) {
		int sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
		long pass = sig == (SIGTRAP | 0x80) || sig == SIGTRAP || sig == SIGSTOP ? 0 : sig;

		if (!sig)
			continue;
		if (!killed && sig == (SIGTRAP | 0x80) && before_change(p) && --n == 0) {
			killed = true;
			kill(-pid, SIGKILL);
		}
		ptrace(PTRACE_SYSCALL, p, NULL, (void *)pass);
	}
	CHECK_INT(errno, ECHILD);
	return killed;
}

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

/* After a kill. */
static void check_second_run(int n)
{
	static const char *const words[] = { "init", NULL };
	static const char key[] = "The recovery key of this machine";
	bool complete = there("etc/machine.key");

	if (complete && !there("lib/store/data.mdb"))
		check_fail(__FILE__, __LINE__, "killed before change %d: key without database", n);
	struct outcome o = run_as(0, "", INIT_COMMAND, words);
	if (o.status != (complete ? STATUS_EXISTS : STATUS_DONE))
		check_fail(
			__FILE__, __LINE__, "killed before change %d: %d: %s", n, o.status, o.err);
	if (!strstr(o.out, key) && !says("killed.out", key))
		check_fail(__FILE__, __LINE__, "killed before change %d: no recovery key", n);
	check_nothing_unfinished();
	CHECK_INT(run_as(0, "", INIT_COMMAND, words).status, STATUS_EXISTS);
}

TEST(init_killed_anywhere_goes_on)
{
	char command[4096], folder[32];
	bool killed = true;
	int n = 0;

	machine();
	built(INIT_COMMAND, command);
	while (killed) {
		snprintf(folder, sizeof folder, "%d", ++n);
		CHECK_INT(mkdir(folder, 0755) + chdir(folder), 0);
		CHECK_INT(symlink("../libexec", "libexec"), 0);
		people();
		killed = init_until(command, n);
		check_second_run(n);
		CHECK_INT(chdir(".."), 0);
	}
	printf("# killed before each of %d changes\n", n - 1);
	CHECK(n > 30); /* the calls were seen at all */
}
