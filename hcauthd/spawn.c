/* SPDX-License-Identifier: Apache-2.0 */
/* From the listener to hcauth-talk, by fork and exec. What must hold: the new process has the peer on
 * fd 3, the settings on fd 4, the log on fd 2 and nothing else of ours; no environment but the folder of
 * systemd's credentials; signals as they are by default; and it ends when the listener does. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "log.h"
#include "paths.h"

enum { PEER = 3, SETTINGS = 4, REST = 5, ABOVE = 10 };

static void place_descriptors(int conn, int settings)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* Out of the way first: either may stand where the other has to go. */
	int high_conn = fcntl(conn < 0 ? null : conn, F_DUPFD_CLOEXEC, ABOVE);
	int high_settings = fcntl(settings, F_DUPFD_CLOEXEC, ABOVE);

	if (null < 0 || high_conn < 0 || high_settings < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(null, STDOUT_FILENO) < 0 || dup2(high_conn, PEER) < 0 ||
		dup2(high_settings, SETTINGS) < 0 || close_range(REST, ~0U, 0) < 0)
		die("%s: can't set up its descriptors: %m", HC_TALK);
}

static _Noreturn void become(int conn, int settings, char *const argv[], pid_t parent)
{
	static const char credentials[] = "CREDENTIALS_DIRECTORY=";
	char *env[2] = { NULL, NULL };
	sigset_t none;

	place_descriptors(conn, settings);
	for (char **e = environ; *e; e++)
		if (strncmp(*e, credentials, sizeof credentials - 1) == 0)
			env[0] = *e;
	sigemptyset(&none);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		die("%s: the listener has gone", HC_TALK);
	if (signal(SIGPIPE, SIG_DFL) == SIG_ERR || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		die("%s: can't reset signals: %m", HC_TALK);
	execve(HC_TALK, argv, env);
	die("%s: %m", HC_TALK);
}

static pid_t start(int conn, int settings, char *const argv[])
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		become(conn, settings, argv, parent);
	return pid < 0 ? -errno : pid;
}

pid_t spawn_talk(int conn, int settings)
{
	static char name[] = "hcauth-talk";
	char *const argv[] = { name, NULL };

	return start(conn, settings, argv);
}

pid_t spawn_check(int settings, const char *file)
{
	static char name[] = "hcauth-talk", option[] = "--check-settings";
	char *const argv[] = { name, option, (char *)(uintptr_t)file, NULL };

	return start(-1, settings, argv);
}
