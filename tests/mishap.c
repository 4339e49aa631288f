/* SPDX-License-Identifier: Apache-2.0 */
/* A command of root's and the programs that it starts, killed before a system call that changes something,
 * or told that this call has failed. */
#include "mishap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

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

static _Noreturn void be_traced(const char *command, const char *const *words, const char *input)
{
	char *const env[] = { (char *)"ASAN_OPTIONS=detect_leaks=0", NULL };
	int out = open("first.out", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	dup2(open(input, O_RDONLY), 0);
	dup2(out, 1);
	dup2(out, 2);
	setpgid(0, 0);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	execve(command, (char *const *)words, env);
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

static pid_t start_traced(const char *command, const char *const *words, const char *input)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0)
		be_traced(command, words, input);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_INT(ptrace(PTRACE_SETOPTIONS, pid, NULL,
			  (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
				  PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL)),
		0);
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	return pid;
}

bool run_until(const char *command, const char *const *words, const char *input, int n,
	enum mishap mishap, int *end)
{
	pid_t pid = start_traced(command, words, input), p, failing = 0;
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
