/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth init, killed before each system call that changes something, in the command and in hcauth-talk,
 * or told that this call has failed; then run again. */
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
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* Those after which another state is on disk, or is known to be. */
static const long changes[] = {
#ifdef SYS_mkdir
	SYS_mkdir, SYS_rename, SYS_link, SYS_unlink, SYS_rmdir, SYS_chmod, SYS_chown, SYS_lchown,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#endif
	SYS_mkdirat, SYS_renameat2, SYS_linkat, SYS_unlinkat, SYS_fchmod, SYS_fchmodat, SYS_fchown,
	SYS_fchownat, SYS_write, SYS_pwrite64, SYS_pwritev, SYS_ftruncate, SYS_fallocate,
	SYS_execve, SYS_fsync, SYS_fdatasync
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
	int out = open("first.out", O_WRONLY | O_CREAT | O_TRUNC, 0644);

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

/* What happens to a process that is about to change something. */
enum mishap { KILLED, FAILING };

#ifdef __x86_64__
/* No call is made in place of the one that pid stands before; then, after it, the result is EIO. */
static void take_call_from(pid_t pid)
{
	CHECK_INT(
		ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), (void *)-1L), 0);
}

static void make_result_eio(pid_t pid)
{
	CHECK_INT(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax), (void *)(long)-EIO),
		0);
}
#else
static void take_call_from(pid_t pid)
{
	kill(pid, SIGKILL);
}

static void make_result_eio(pid_t pid)
{
	(void)pid;
}
#endif

static pid_t start_traced(const char *command)
{
	pid_t pid = fork();
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
	return pid;
}

/* Runs init with a mishap at its nth change. False when it ended before; else *end is how it ended. */
static bool init_until(const char *command, int n, enum mishap mishap, int *end)
{
	pid_t pid = start_traced(command), p, failing = 0;
	bool happened = false;
	int status;

	while ((p = waitpid(-1, &status, __WALL)) > 0) {
		int sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
		bool call = sig == (SIGTRAP | 0x80);

		if (p == pid && !sig)
			*end = status;
		if (!sig)
			continue;
		if (call && p == failing) {
			make_result_eio(p);
			failing = 0;
		} else if (call && !happened && before_change(p) && --n == 0) {
			happened = true;
			if (mishap == KILLED)
				kill(-pid, SIGKILL);
			else
				take_call_from(failing = p);
		}
		ptrace(PTRACE_SYSCALL, p, NULL,
			(void *)(long)(call || sig == SIGTRAP || sig == SIGSTOP ? 0 : sig));
	}
	CHECK_INT(errno, ECHILD);
	return happened;
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
	char command[4096], folder[32];
	bool happened = true;
	int end = -1;

	machine();
	built(INIT_COMMAND, command);
	for (; happened; n += 2) {
		snprintf(folder, sizeof folder, "%d", n);
		CHECK_INT(mkdir(folder, 0755) + chdir(folder), 0);
		CHECK_INT(symlink("../libexec", "libexec"), 0);
		people();
		happened = init_until(command, n, mishap, &end);
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
