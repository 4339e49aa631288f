/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth, the command for everybody. What must hold: it is no more than its caller, has no say in any
 * decision but those of the files that root keeps, and nothing in its environment changes what it does. */
#include "hcauth.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "verbs.h"

/* The verbs that run here; all others are the daemon's. */
static const struct command {
	const char *name;
	int (*run)(const char *const *words, size_t n);
} commands[] = {
	{ "accept-database", cmd_accept_database },
	{ "authorized-keys", cmd_authorized_keys },
	{ "complete", cmd_complete },
	{ "disable", cmd_disable },
	{ "doctor", cmd_doctor },
	{ "enable", cmd_enable },
	{ "end-sessions", cmd_end_sessions },
	{ "export", cmd_export },
	{ "help", cmd_help },
	{ "import google-authenticator", cmd_import_second },
	{ "import oath", cmd_import_second },
	{ "import passwd", cmd_import_passwd },
	{ "import yubico", cmd_import_second },
	{ "import", cmd_import },
	{ "init", cmd_init },
	{ "leave", cmd_leave },
	{ "metrics", cmd_metrics },
	{ "recover", cmd_recover },
	{ "rekey", cmd_rekey },
	{ "restore", cmd_restore },
	{ "ssh-keys add", cmd_ssh_keys_add },
	{ "switch", cmd_switch },
	{ "trace", cmd_trace },
	{ "yubikey import", cmd_yubikey_import },
};

void complain(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fprintf(stderr, "hcauth: ");
	vfprintf(stderr, format, ap);
	fprintf(stderr, "\n");
	va_end(ap);
}

/* A closed descriptor 0, 1 or 2 would become the socket, and an answer would be shown on it. */
static void hold_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			_exit(STATUS_REFUSED);
	} while (fd <= STDERR_FILENO);
	close(fd);
}

static struct rlimit core;

/* Answers pass through this process: no core file, and no other program's look at it. */
static void keep_secrets(void)
{
	struct rlimit none = { .rlim_cur = 0 };

	if (getrlimit(RLIMIT_CORE, &core) == 0)
		none.rlim_max = core.rlim_max;
	(void)setrlimit(RLIMIT_CORE, &none); /* lowering a limit can't fail */
	(void)prctl(PR_SET_DUMPABLE, 0);
}

void restore_limits(void)
{
	(void)setrlimit(RLIMIT_CORE, &core);
}

static int run_here(const struct verb *v, const char *const *words, size_t n)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, v->name) == 0)
			return commands[i].run(words, n);
	abort(); /* the two tables differ: a test runs each */
}

/* Whether a word of these asks how the command is used; none of them is an argument then. */
static bool asks_for_help(const char *const *words, size_t n)
{
	for (size_t i = 0; i < n && strcmp(words[i], "--") != 0; i++)
		if (strcmp(words[i], "--help") == 0 || (i == 0 && strcmp(words[i], "-h") == 0))
			return true;
	return false;
}

static int run(const char *const *words, size_t n)
{
	size_t used = 0;

	if (n == 1 && strcmp(words[0], "--version") == 0)
		return printf("hcauth %s\n", HC_VERSION) < 0;
	if (asks_for_help(words, n > 0))
		return cmd_help((const char *[]){ "help" }, 1);

	const struct verb *v = verb_find(words, n, &used);
	size_t name = v ? used : 1; /* a group's, such as "practice", has no row of its own */
	if (n > name && asks_for_help(words + name, n - name)) {
		const char *help[] = { "help", words[0], name > 1 ? words[1] : NULL };

		return cmd_help(help, name + 1);
	}
	if (!v)
		return no_such_command(words, n);
	return v->where == VERB_HERE ? run_here(v, words, n) : cmd_daemon(words, n);
}

int main(int argc, char **argv)
{
	hold_standard_fds();
	keep_secrets();

	int status = run((const char *const *)argv + 1, argc > 0 ? (size_t)argc - 1 : 0);
	if (fflush(stdout) != 0 && status == STATUS_DONE) {
		complain("The output can't be written.");
		status = STATUS_REFUSED;
	}
	return status;
}
