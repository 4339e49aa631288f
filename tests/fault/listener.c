/* SPDX-License-Identifier: Apache-2.0 */
/* hcauthd, the listener, while each of its calls of the kernel fails, or kills it. What must hold: it either does not
 * start, and says so by its status, or goes on: whoever comes is served within two seconds, if need be at their second
 * try; it takes new settings, and ends in time when it is told to. After a kill, another one starts. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "fault/inject.h"
#include "name.h"
#include "packet.h"
#include "real/listener.h"

enum { SOON_MS = 2000, SLOWEST_MS = 20000, CANNOT_START = 111 };

/* Shared with the process beside the listener. */
static struct beside {
	struct fault fault;
	pid_t listener;
	bool ended;
	int status;
} * beside;

static int notify;

static void notify_make(void)
{
	const struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = BASE "/notify" };

	notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK_INT(bind(notify, (const struct sockaddr *)&at, sizeof at), 0);
	CHECK_INT(chmod(at.sun_path, 0777), 0); /* it is no longer root then */
}

static bool is_ready(void)
{
	char text[256];
	ssize_t n = recv(notify, text, sizeof text - 1, 0);

	text[n < 0 ? 0 : n] = 0;
	return strstr(text, "READY=1") != NULL;
}

static _Noreturn void stand_beside(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* and the listener goes with its tracer */
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fault_stop();
		listener_exec();
	}
	beside->listener = pid;
	beside->status = fault_follow(pid, &beside->fault, NULL, NULL);
	beside->ended = true;
	_exit(0);
}

static void breathe(void)
{
	(void)poll(NULL, 0, 1);
}

/* One that was served says so. */
static bool is_served(void)
{
	char text[1024], what = 'i';
	int fd = join(0, "root.sock");

	if (fd < 0)
		return false;
	bool said = send(fd, &what, 1, MSG_NOSIGNAL) == 1 && recv(fd, text, sizeof text, 0) > 0;
	close(fd);
	return said;
}

/* Starts it; whether it is ready: that it can't say so may be what goes wrong. False: it has ended. */
static bool launch(pid_t *pid)
{
	int64_t until = boot_ms() + SLOWEST_MS;

	while (recv(notify, (char[256]){ 0 }, 256, 0) > 0)
		;
	beside->ended = false;
	beside->listener = 0;
	*pid = fork();
	CHECK(*pid >= 0);
	if (*pid == 0)
		stand_beside();
	while (!beside->ended && boot_ms() < until) {
		if (is_ready() || (beside->fault.fired && is_served()))
			return true;
		breathe();
	}
	CHECK(beside->ended);
	return is_ready();
}

/* Soon, at the second try; that once it takes longer may be the machine's fault. */
static void serves(void)
{
	int64_t before = boot_ms();
	unsigned tries = 0;

	while (!is_served() && !beside->ended)
		if (++tries == 3)
			check_fail(__FILE__, __LINE__,
				"nobody is served after call %ld, errno %d; log: %s",
				beside->fault.call, beside->fault.failure, log_text());
	if (boot_ms() - before > SOON_MS) {
		before = boot_ms();
		CHECK(is_served());
		CHECK(boot_ms() - before < SOON_MS);
	}
}

static void end(pid_t pid)
{
	int status;

	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
	CHECK(beside->ended);
}

/* A whole life: a start, somebody, other settings, somebody else, the end. */
static void live(void)
{
	pid_t pid;
	bool ready = launch(&pid);

	if (ready && !beside->ended) {
		serves();
		if (!beside->ended)
			kill(beside->listener, SIGHUP);
		serves();
		if (!beside->ended)
			kill(beside->listener, SIGTERM);
	}
	end(pid);
	printf("# call %ld, %s: status %x\n", beside->fault.call,
		beside->fault.failure > 0 ? strerror(beside->fault.failure)
					  : "less than was asked for",
		(unsigned)beside->status);
	if (ready)
		CHECK(WIFEXITED(beside->status) && WEXITSTATUS(beside->status) == 0);
	else
		CHECK(WIFEXITED(beside->status) && WEXITSTATUS(beside->status) != 0);
}

static bool run_one(enum fault_kind kind, unsigned n, unsigned which)
{
	off_t said = output_mark();

	printf("# at %u (%u) of kind %d\n", n, which, (int)kind);
	fflush(stdout);
	CHECK(truncate(TEST_LOG, 0) == 0 || errno == ENOENT);
	beside->fault = (struct fault){ .kind = kind, .nth = n, .which = which, .from = SYS_fcntl };
	live();
	output_drop(said);
	return beside->fault.calls >= n;
}

static void run_killed(unsigned n, bool *on)
{
	off_t said = output_mark();
	pid_t pid;

	printf("# killed at %u\n", n);
	beside->fault = (struct fault){ .kind = FAULT_KILL, .nth = n };
	bool ready = launch(&pid);

	if (ready && !beside->ended)
		(void)is_served();
	if (!beside->ended)
		kill(beside->listener, SIGTERM);
	end(pid);
	*on = beside->fault.fired;
	beside->fault = (struct fault){ .kind = FAULT_NONE };
	live();
	output_drop(said);
}

static unsigned every(void)
{
	const char *text = getenv("HC_FAULTS");
	uint64_t n;

	return text && parse_u64(text, 1, 1000, &n) ? (unsigned)n : 1;
}

static void begin(void)
{
	alarm(0);
	world_make();
	notify_make();
	CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	beside = mmap(
		NULL, sizeof *beside, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(beside != MAP_FAILED);
}

TEST(faults_of_the_listener)
{
	unsigned runs = 0, n;
	bool on = true;

	begin();
	for (n = 1 + 3 % every(); on; n += every())
		for (unsigned which = 0;; which++) {
			on = run_one(FAULT_ERROR, n, which);
			runs += beside->fault.fired;
			if (!on || !beside->fault.more)
				break;
		}
	printf("# failing: %u runs, about %u calls\n", runs, n - every());
	CHECK(runs > 0);
}

TEST(kills_of_the_listener)
{
	unsigned runs = 0, n;
	bool on = true;

	begin();
	for (n = 1 + 5 % every(); on; n += every()) {
		run_killed(n, &on);
		runs += on;
	}
	printf("# killed: about %u calls\n", n - every());
	CHECK(runs > 0);
}
