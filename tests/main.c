/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the registered cases, each in a process and a folder of its own: main [PART OF A NAME...]. */
#include "check.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 60 }; /* a case that takes longer hangs */

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

static bool passes(const struct test *t)
{
	int status;

	snprintf(folder, sizeof folder, "/tmp/hcauth-test-XXXXXX");
	if (!mkdtemp(folder))
		check_fail(__FILE__, __LINE__, "mkdtemp: %s", strerror(errno));

	pid_t pid = fork();
	if (pid < 0)
		check_fail(__FILE__, __LINE__, "fork: %s", strerror(errno));
	if (pid == 0) {
		alarm(SECONDS);
		t->run();
		fflush(stdout);
		exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS);
	if (WIFSIGNALED(status))
		printf("# ended by signal %d (%s)\n", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	int n = 0, failed = 0;
	struct test *in_order = NULL;

	for (struct test *t = tests, *next; t; t = next) {
		next = t->next;
		t->next = in_order;
		in_order = t;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct test *t = in_order; t; t = t->next) {
		if (!wanted(t, argc, argv))
			continue;
		fflush(stdout);
		bool ok = passes(t);
		failed += !ok;
		printf("%s %d - %s\n", ok ? "ok" : "not ok", ++n, t->name);
	}
	printf("1..%d\n", n);
	return failed > 0 || n == 0;
}
