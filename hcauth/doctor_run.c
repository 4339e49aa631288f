/* SPDX-License-Identifier: Apache-2.0 */
/* Other people's programs, asked what is in force. What must hold: they are run by their whole path, without a shell, and
 * neither what they write nor how long they take is theirs to decide. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor_run.h"
#include "packet.h"

enum { OUTPUT_MAX = 256 * 1024, PATIENCE_MS = 10000, END_MS = 2000 };

static _Noreturn void become(const char *const *argv, bool both, int out)
{
	char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C",
		NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0 && dup2(null, 0) >= 0 && dup2(out, 1) >= 0 && dup2(both ? out : null, 2) >= 0)
		execve(argv[0], (char *const *)(uintptr_t)argv, env);
	_exit(255);
}

/* All that comes from fd until its end; false: too much, or too late. */
static bool gather(int fd, char *text)
{
	int64_t deadline = boot_ms() + PATIENCE_MS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t used = 0;

	for (;;) {
		int64_t left = deadline - boot_ms();

		int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return false;
		ssize_t n = read(fd, text + used, OUTPUT_MAX - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		used += (size_t)n;
		text[used] = 0;
		if (n == 0)
			return true;
		if (used == OUTPUT_MAX)
			return false;
	}
}

/* Its end, which it may put off after its last word: not for long. */
static int end_of(pid_t pid, bool whole)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int how = 0;

	if (!whole || p.fd < 0 || poll(&p, 1, END_MS) <= 0)
		(void)kill(pid, SIGKILL); /* not waited for yet: no other has its number */
	if (p.fd >= 0)
		close(p.fd);
	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return 255;
	return WIFEXITED(how) ? WEXITSTATUS(how) : 255;
}

static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 32 && *text != '\n')
			*text = ' ';
}

char *run_program(const char *const *argv, bool both, int *status)
{
	char *text = malloc(OUTPUT_MAX + 1);
	int ends[2];

	*status = 255;
	if (!text || pipe2(ends, O_CLOEXEC) < 0) {
		free(text);
		return NULL;
	}
	pid_t pid = fork();
	if (pid == 0)
		become(argv, both, ends[1]);
	close(ends[1]);
	text[0] = 0;
	bool whole = pid > 0 && gather(ends[0], text);
	close(ends[0]);
	if (pid > 0)
		*status = end_of(pid, whole);
	if (!whole) {
		free(text);
		return NULL;
	}
	clean(text);
	return text;
}
