/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the registered cases, each in a process and a folder of its own, as many at a time as there are
 * cores: main [PART OF A NAME...]. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SECONDS = 300, /* a case that takes longer hangs, on a loaded machine as well */
	JOBS_MAX = 8
};

static struct test *tests;
static char folder[64];

void test_register(struct test *t)
{
	t->next = tests;
	tests = t;
}

_Noreturn void check_fail(const char *file, int line, const char *format, ...)
{
	va_list ap;

	printf("# %s:%d: ", file, line);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

void check_true(const char *file, int line, const char *what, bool v)
{
	if (!v)
		check_fail(file, line, "not true: %s", what);
}

void check_int(const char *file, int line, const char *what, long long a, long long b)
{
	if (a != b)
		check_fail(file, line, "%s: %lld and %lld", what, a, b);
}

void check_text(const char *file, int line, const char *what, const char *a, const char *b)
{
	if (!a || !b || strcmp(a, b) != 0)
		check_fail(file, line, "%s: \"%s\" and \"%s\"", what, a ? a : "(null)",
			b ? b : "(null)");
}

void check_has(const char *file, int line, const char *what, const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		check_fail(file, line, "%s: \"%s\" is not in \"%s\"", what, part,
			text ? text : "(null)");
}

void check_bytes(
	const char *file, int line, const char *what, const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i])
			check_fail(
				file, line, "%s: byte %zu is %02x and %02x", what, i, x[i], y[i]);
}

const char *test_folder(void)
{
	return folder;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static bool wanted(const struct test *t, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(t->name, argv[i]) || strstr(t->file, argv[i]))
			return true;
	return argc < 2;
}

/* Cases run side by side, so what each one says waits in memory until it has ended. */
static struct running {
	pid_t pid; /* 0: none */
	int out, err;
	const struct test *test;
	char folder[sizeof folder];
} running[JOBS_MAX];

/* The cases sync their stores thousands of times: in memory, where this process may mount, that takes no time.
 * What a disk itself is needed for is not here (tests/fault). */
static const char *folders(void)
{
	if (unshare(CLONE_NEWNS) == 0 &&
		mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("hcauth-test", "/dev/shm", "tmpfs", 0, "mode=1777") == 0)
		return "/dev/shm";
	return "/tmp";
}

static void begin(struct running *r, const struct test *t, const char *in)
{
	snprintf(folder, sizeof folder, "%s/hcauth-test-XXXXXX", in);
	if (!mkdtemp(folder))
		check_fail(__FILE__, __LINE__, "mkdtemp: %s", strerror(errno));
	memcpy(r->folder, folder, sizeof folder);
	r->test = t;
	r->out = memfd_create("out", MFD_CLOEXEC);
	r->err = memfd_create("err", MFD_CLOEXEC);
	r->pid = r->out < 0 || r->err < 0 ? -1 : fork();
	if (r->pid < 0)
		check_fail(__FILE__, __LINE__, "fork: %s", strerror(errno));
	if (r->pid > 0)
		return;

	if (dup2(r->out, STDOUT_FILENO) < 0 || dup2(r->err, STDERR_FILENO) < 0)
		_exit(1);
	close(r->out);
	close(r->err);
	for (struct running *other = running; other < running + JOBS_MAX; other++)
		if (other != r && other->pid > 0) {
			close(other->out);
			close(other->err);
		}
	alarm(SECONDS);
	t->run();
	fflush(stdout);
	exit(0);
}

static void show(int output, bool at_all)
{
	char text[4096];
	ssize_t n;

	(void)lseek(output, 0, SEEK_SET);
	while (at_all && (n = read(output, text, sizeof text)) > 0)
		fwrite(text, 1, (size_t)n, stdout);
	close(output);
}

/* Waits for one of those that run, and shows what it said; what it logged, if it failed. */
static const struct test *end(bool *ok)
{
	struct running *r = running;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, 0)) < 0 && errno == EINTR)
		;
	while (r < running + JOBS_MAX && r->pid != pid)
		r++;
	if (pid <= 0 || r == running + JOBS_MAX)
		check_fail(__FILE__, __LINE__, "waitpid: %d: %s", (int)pid, strerror(errno));
	nftw(r->folder, drop, 16, FTW_DEPTH | FTW_PHYS);
	*ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	show(r->out, true);
	show(r->err, !*ok);
	if (WIFSIGNALED(status))
		printf("# ended by signal %d (%s)\n", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	r->pid = 0;
	return r->test;
}

static struct test *in_order(void)
{
	struct test *first = NULL;

	for (struct test *t = tests, *next; t; t = next) {
		next = t->next;
		t->next = first;
		first = t;
	}
	return first;
}

static struct running *place(int jobs)
{
	for (int i = 0; i < jobs; i++)
		if (!running[i].pid)
			return &running[i];
	return NULL;
}

int main(int argc, char **argv)
{
	int n = 0, failed = 0, busy = 0, jobs = get_nprocs();
	const char *in = folders();

	signal(SIGINT, SIG_DFL); /* a shell that starts this in the background ignores them */
	signal(SIGQUIT, SIG_DFL);
	jobs = jobs > JOBS_MAX ? JOBS_MAX : jobs;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct test *t = in_order(); t || busy;) {
		struct running *free = t ? place(jobs) : NULL;
		bool ok;

		if (free) {
			fflush(stdout);
			if (wanted(t, argc, argv)) {
				begin(free, t, in);
				busy++;
			}
			t = t->next;
			continue;
		}
		const struct test *ended = end(&ok);
		busy--;
		failed += !ok;
		printf("%s %d - %s\n", ok ? "ok" : "not ok", ++n, ended->name);
	}
	printf("1..%d\n", n);
	return failed > 0 || n == 0;
}
