/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: sshd itself says whether it takes its settings, and what they come to, before it is told to read
 * them anew; and the signal goes to sshd's listener and to nothing else. */
#include "sshd_part.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "doctor_run.h"
#include "hcauth.h"
#include "name.h"

#define SSHD "/usr/sbin/sshd"

const char sshd_text[] =
	"# \"hcauth enable sshd\" has made this file, and \"hcauth disable sshd\" removes it.\n"
	"# hcauth's people are asked several things, which the \"password\" method can't; everybody else's password\n"
	"# is asked for in the same way. The name begins with 00 because sshd takes the first value that it finds.\n"
	"UsePAM yes\n"
	"KbdInteractiveAuthentication yes\n"
	"PasswordAuthentication no\n";

static char *settings; /* as "sshd -T" prints them */

/* Whether they have that line. */
static bool says(const char *line)
{
	size_t len = strlen(line);

	for (const char *p = settings; p && *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, line, len) == 0 && (p[len] == '\n' || !p[len]))
			return true;
	return false;
}

const char *sshd_wrong(void)
{
	static const char *const needed[] = { "usepam yes", "kbdinteractiveauthentication yes",
		"passwordauthentication no" };

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!says(needed[i]))
			return needed[i];
	return "";
}

bool sshd_look(bool *right)
{
	int status;

	free(settings);
	settings = run_program((const char *const[]){ SSHD, "-T", NULL }, true, &status);
	if (!settings || status != 0) {
		complain("sshd does not take its settings as they stand (sshd -T):\n%s",
			settings ? settings : "it can't be run");
		return false;
	}
	*right = !*sshd_wrong();
	return true;
}

const char *sshd_argument(void)
{
	static const char *const wants[] = { "OpenSSH_10.1", "OpenSSH_10.2" };
	const char *argument = "";
	int status;
	/* up to 9.x it does not know -V, and says which it is all the same */
	char *said = run_program((const char *const[]){ SSHD, "-V", NULL }, true, &status);

	for (size_t i = 0; said && i < sizeof wants / sizeof *wants; i++)
		if (strstr(said, wants[i]))
			argument = " canonical";
	free(said);
	return argument;
}

/* The number in sshd's pid file; 0: there is none. */
static pid_t listener(void)
{
	char path[256], text[32];
	const char *at = settings ? strstr(settings, "pidfile ") : NULL;
	uint64_t pid = 0;

	if (!at ||
		snprintf(path, sizeof path, "%.*s", (int)strcspn(at + 8, "\n"), at + 8) >=
			(int)sizeof path)
		return 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	return parse_u64(text, 2, INT32_MAX, &pid) ? (pid_t)pid : 0;
}

static bool is_sshd(pid_t pid)
{
	char link[64], path[256];

	snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
	ssize_t n = readlink(link, path, sizeof path - 1);
	path[n > 0 ? n : 0] = 0;
	/* "(deleted)" stands behind it when the package was upgraded */
	return strncmp(path, SSHD, strlen(SSHD)) == 0;
}

bool sshd_reload(void)
{
	pid_t pid = listener();
	int fd = pid > 0 ? pidfd_open(pid, 0) : -1;
	bool done = false;

	if (fd >= 0 && is_sshd(pid)) {
		done = pidfd_send_signal(fd, SIGHUP, NULL, 0) == 0;
		if (done)
			printf("sshd has been told to read its settings anew. Open sessions stay.\n");
		else
			complain("sshd can't be told to read its settings anew: %s.",
				strerror(errno));
	} else {
		printf("No sshd is running: it will go by these settings when it starts.\n");
		done = true;
	}
	if (fd >= 0)
		close(fd);
	return done;
}
