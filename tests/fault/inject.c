/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: what happens is what could happen: the call has not been made, or a part of it has (close()
 * alone has always closed). Whatever makes a call meets it, libraries too. */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#ifndef __x86_64__
#error "the registers are those of x86-64"
#endif

/* In place of an errno: half of what was asked for; the end of a file, or of a peer. */
enum { HALF = -1, NOTHING = -2 };

enum { ERRORS_MAX = 10 };

static const struct family {
	int failure[ERRORS_MAX]; /* up to 0 */
	long call[24]; /* up to -1 */
} families[] = {
	{ { EIO, EINTR, ENOMEM, HALF, NOTHING },
		{ SYS_read, SYS_readv, SYS_getdents64, SYS_readlink, SYS_readlinkat, -1 } },
	/* A file does not end before its end: no kernel says so of one that nobody cuts short. */
	{ { EIO, EINTR, ENOMEM, HALF }, { SYS_pread64, SYS_preadv, -1 } },
	{ { EIO, ENOSPC, EDQUOT, EROFS, EINTR, EAGAIN, HALF },
		{ SYS_write, SYS_pwrite64, SYS_writev, SYS_pwritev, -1 } },
	{ { ECONNRESET, EINTR, EAGAIN, ENOMEM, NOTHING }, { SYS_recvmsg, SYS_recvfrom, -1 } },
	{ { EPIPE, ECONNRESET, EINTR, EAGAIN, ENOBUFS, ENOMEM }, { SYS_sendmsg, SYS_sendto, -1 } },
	{ { EIO, ENOSPC, EDQUOT, EROFS },
		{ SYS_fsync, SYS_fdatasync, SYS_msync, SYS_sync_file_range, -1 } },
	{ { EIO, ENOSPC, EDQUOT, EROFS, EINTR }, { SYS_ftruncate, SYS_fallocate, -1 } },
	{ { EACCES, EMFILE, ENFILE, ENOMEM, EIO, ENOSPC, EROFS, EINTR, ENOENT },
		{ SYS_open, SYS_openat, -1 } },
	{ { EACCES, EIO, ENOMEM, ENOENT },
		{ SYS_stat, SYS_lstat, SYS_newfstatat, SYS_statx, SYS_access, SYS_faccessat,
			SYS_faccessat2, SYS_statfs, -1 } },
	{ { EIO, ENOSPC, EDQUOT, EROFS, EACCES, ENOENT },
		{ SYS_rename, SYS_renameat, SYS_renameat2, SYS_unlink, SYS_unlinkat, SYS_link,
			SYS_linkat, SYS_mkdir, SYS_mkdirat, SYS_rmdir, SYS_chmod, SYS_fchmod,
			SYS_fchmodat, SYS_chown, SYS_fchown, SYS_fchownat, -1 } },
	{ { EINTR, ENOLCK, EAGAIN, EIO }, { SYS_flock, SYS_fcntl, -1 } },
	{ { ENOMEM, EAGAIN, EACCES },
		{ SYS_mmap, SYS_mremap, SYS_mprotect, SYS_munmap, SYS_madvise, SYS_mlock,
			SYS_mlock2, SYS_munlock, SYS_mlockall, -1 } },
	{ { HALF }, { SYS_brk, -1 } }, /* as it was */
	{ { EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN, ECONNABORTED },
		{ SYS_socket, SYS_socketpair, SYS_accept, SYS_accept4, SYS_pipe2, SYS_dup, SYS_dup2,
			SYS_dup3, SYS_epoll_create1, SYS_signalfd4, SYS_eventfd2, SYS_memfd_create,
			SYS_timerfd_create, SYS_pidfd_open, -1 } },
	{ { ECONNREFUSED, EAGAIN, EINTR, EACCES, ENOENT },
		{ SYS_connect, SYS_bind, SYS_listen, -1 } },
	{ { EINTR, ENOMEM },
		{ SYS_poll, SYS_ppoll, SYS_epoll_wait, SYS_epoll_pwait, SYS_select, -1 } },
	{ { EINTR, EAGAIN, ENOSYS, HALF }, { SYS_getrandom, -1 } },
	{ { EAGAIN, ENOMEM }, { SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, -1 } },
	{ { EACCES, ENOENT, ENOMEM, EMFILE }, { SYS_execve, SYS_execveat, -1 } },
	{ { EINTR, ECHILD }, { SYS_wait4, SYS_waitid, -1 } },
	{ { EIO, EINTR }, { SYS_close, -1 } },
	{ { EINTR }, { SYS_nanosleep, SYS_clock_nanosleep, -1 } },
	/* cannot fail */
	{ { 0 },
		{ SYS_exit, SYS_exit_group, SYS_rt_sigreturn, SYS_restart_syscall, SYS_getpid,
			SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
			SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_alarm, SYS_umask, SYS_sched_yield,
			SYS_set_robust_list, SYS_futex, -1 } },
};
static const struct family of_descriptor = { { EIO, ENOMEM, EACCES },
	{ SYS_fstat, SYS_fstatfs, -1 } };
static const struct family any_other = { { EPERM, ENOMEM, EINVAL }, { -1 } };

static const struct family *family_of(const struct user_regs_struct *at)
{
	long nr = (long)at->orig_rax;

	if (nr == SYS_fstat || nr == SYS_fstatfs ||
		(nr == SYS_newfstatat && at->r10 & AT_EMPTY_PATH))
		return &of_descriptor; /* which is there */
	for (const struct family *f = families; f < families + sizeof families / sizeof *families;
		f++)
		for (const long *c = f->call; *c >= 0; c++)
			if (*c == nr)
				return f;
	return &any_other;
}

void fault_stop(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0)
		_exit(97);
}

static void registers(enum __ptrace_request how, pid_t pid, struct user_regs_struct *r)
{
	CHECK_INT(ptrace(how, pid, NULL, r), 0);
}

/* So that less is asked for. */
static void ask_for_half(struct user_regs_struct *r, long call)
{
	if (call == SYS_brk)
		r->rdi = 0;
	else if (call == SYS_getrandom)
		r->rsi /= 2;
	else if (r->rdx > 1) /* bytes, or pieces */
		r->rdx /= 2;
}

/* pid stands before its nth call, was holds its registers. Whether something is to be done after it. */
static bool strike(pid_t pid, struct fault *f, const struct user_regs_struct *was)
{
	struct user_regs_struct now = *was;
	const int *failure;

	f->call = (long)was->orig_rax;
	if (f->kind == FAULT_KILL || f->kind == FAULT_ABORT) {
		f->fired = true;
		kill(pid, f->kind == FAULT_KILL ? SIGKILL : SIGABRT);
		return false;
	}
	failure = family_of(was)->failure;
	if (f->kind == FAULT_NONE)
		return false;
	for (unsigned i = 0; i <= f->which; i++)
		if (i == ERRORS_MAX || !failure[i])
			return false; /* in another run it was another call */
	f->failure = failure[f->which];
	f->fired = true;
	f->more = f->which + 1 < ERRORS_MAX && failure[f->which + 1];
	if (f->failure == HALF)
		ask_for_half(&now, f->call);
	else if (f->call != SYS_close)
		now.orig_rax = SYS_getpid; /* whatever filter there is lets it through */
	registers(PTRACE_SETREGS, pid, &now);
	return true;
}

/* After the call: its result, and what the kernel leaves as it was. */
static void finish(pid_t pid, const struct fault *f, const struct user_regs_struct *was)
{
	struct user_regs_struct now;

	registers(PTRACE_GETREGS, pid, &now);
	now.rdi = was->rdi;
	now.rsi = was->rsi;
	now.rdx = was->rdx;
	if (f->failure == NOTHING)
		now.rax = 0;
	else if (f->failure != HALF)
		now.rax = (unsigned long long)-f->failure;
	registers(PTRACE_SETREGS, pid, &now);
}

/* Of many reads in a row, the later ones are like the first: nothing changes between them. */
static bool counts(long call, unsigned *row)
{
	enum { ROW = 12 };
	bool reads = call == SYS_read || call == SYS_pread64 || call == SYS_lseek;

	*row = reads ? *row + 1 : 0;
	return *row <= ROW;
}

static void let_go(pid_t pid, enum __ptrace_request how, int sig)
{
	(void)ptrace(how, pid, NULL, (void *)(long)sig); /* a killed one has gone */
}

/* abort(), where SIGABRT can't be raised, runs into an instruction that is the kernel's: unlike memory that is not
 * there, it has no address. */
static bool at_abort(pid_t pid)
{
	siginfo_t why;

	return ptrace(PTRACE_GETSIGINFO, pid, NULL, &why) == 0 && why.si_code == SI_KERNEL;
}

/* What is to go wrong has: it goes on by itself, but for its signals. */
static void let_live(pid_t pid, struct fault *f, void (*idle)(void *), void *arg, int *status)
{
	int sig = 0;

	do {
		let_go(pid, PTRACE_CONT, sig);
		while (waitpid(pid, status, idle ? WNOHANG : 0) == 0) {
			idle(arg);
			(void)poll(NULL, 0, 1);
		}
		sig = WIFSTOPPED(*status) && WSTOPSIG(*status) != SIGTRAP ? WSTOPSIG(*status) : 0;
		f->aborted = f->aborted || (sig == SIGSEGV && at_abort(pid));
	} while (WIFSTOPPED(*status));
}

static void follow(pid_t pid, struct fault *f, void (*idle)(void *), void *arg, int *status)
{
	struct user_regs_struct at;
	bool inside = false, struck = false, begun = f->from == 0;
	unsigned row = 0;

	while (waitpid(pid, status, 0) == pid && WIFSTOPPED(*status)) {
		int sig = WSTOPSIG(*status);

		if (sig != (SIGTRAP | 0x80)) {
			let_go(pid, PTRACE_SYSCALL, sig == SIGTRAP ? 0 : sig);
			continue;
		}
		if (f->calls >= f->nth && !struck) {
			let_live(pid, f, idle, arg, status);
			return;
		}
		inside = !inside;
		if (inside && idle)
			idle(arg);
		if (inside && f->calls < f->nth) {
			registers(PTRACE_GETREGS, pid, &at);
			begun = begun || (long)at.orig_rax == f->from;
			if (begun && counts((long)at.orig_rax, &row) && ++f->calls == f->nth)
				struck = strike(pid, f, &at);
		} else if (!inside && struck) {
			finish(pid, f, &at);
			struck = false;
		}
		let_go(pid, PTRACE_SYSCALL, 0);
	}
}

int fault_follow(pid_t pid, struct fault *f, void (*idle)(void *arg), void *arg)
{
	int status;

	f->failure = 0;
	f->call = -1;
	if (f->kind == FAULT_MEMORY ||
		f->kind == FAULT_NO_MEMORY) { /* the process itself counts, from its fork on */
		CHECK_INT(waitpid(pid, &status, 0), pid);
		return status;
	}
	f->fired = f->more = f->aborted = false;
	f->calls = 0;
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK_INT(
		ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
	let_go(pid, PTRACE_SYSCALL, 0);
	follow(pid, f, idle, arg, &status);
	return status;
}

off_t output_mark(void)
{
	fflush(stdout);
	return lseek(STDOUT_FILENO, 0, SEEK_CUR);
}

void output_drop(off_t mark)
{
	fflush(stdout);
	if (mark >= 0 && ftruncate(STDOUT_FILENO, mark) == 0)
		(void)lseek(STDOUT_FILENO, mark, SEEK_SET);
}
