/* SPDX-License-Identifier: Apache-2.0 */
/* Follows a process and all that it starts. What must hold: whatever changes a file is recorded, or ends the case:
 * a call that writes and is not known here, and a mapping through which a file could be written. A call is recorded
 * after it has been made; a sync is good for what was recorded before it began. */
#include "fault/power_log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "fault/power_call.h"

#define MARKS "marks"

enum { FOLLOWED = 64 };

static struct followed {
	pid_t pid; /* 0: none */
	struct call call;
} followed[FOLLOWED];
static int marks = -1;

bool power_ignored(const char *name)
{
	return strncmp(name, "run.", 4) == 0 || strcmp(name, MARKS) == 0 ||
		strcmp(name, "slots") == 0 || strcmp(name, "libexec") == 0;
}

void power_mark(const char *format, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	CHECK(n > 0 && (size_t)n < sizeof text);
	CHECK_INT(write(marks, text, (size_t)n), n);
}

static struct followed *of(pid_t pid)
{
	struct followed *none = NULL;

	for (struct followed *f = followed; f < followed + FOLLOWED; f++) {
		if (f->pid == pid)
			return f;
		if (f->pid == 0)
			none = f;
	}
	CHECK(none != NULL);
	*none = (struct followed){ .pid = pid };
	return none;
}

static void stopped_at_call(struct power_log *log, pid_t pid)
{
	struct __ptrace_syscall_info info;
	struct followed *f = of(pid);

	CHECK(ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) > 0);
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		f->call = (struct call){ .pid = pid, .nr = (long)info.entry.nr, .since = log->n };
		for (size_t i = 0; i < 6; i++)
			f->call.arg[i] = info.entry.args[i];
		call_begin(log, &f->call);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && f->call.pid == pid) {
		f->call.result = info.exit.rval;
		call_end(log, &f->call);
		f->call.pid = 0;
	}
}

static pid_t start(void (*fn)(void))
{
	pid_t pid;
	int status;

	marks = open(MARKS, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(marks >= 0);
	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		fn();
		fflush(stdout);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_INT(ptrace(PTRACE_SETOPTIONS, pid, NULL,
			  (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
				  PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL)),
		0);
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	return pid;
}

void power_record(struct power_log *log, void (*fn)(void))
{
	struct stat st;
	int status, end = -1;
	pid_t first, pid;

	CHECK_INT(stat(".", &st), 0);
	*log = (struct power_log){ .root = st.st_ino };
	first = start(fn);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

		if (!sig) {
			of(pid)->pid = 0;
			end = pid == first ? status : end;
			continue;
		}
		if (sig == (SIGTRAP | 0x80))
			stopped_at_call(log, pid);
		bool ours = (sig & 0x7f) == SIGTRAP || sig == SIGSTOP;
		ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)(ours ? 0 : sig));
	}
	CHECK_INT(end, 0);
}
