/* SPDX-License-Identifier: Apache-2.0 */
/* bench_flood UID HELD A-SECOND: floods everybody's socket as this user, until SIGTERM: holds so many connections, none
 * of which says anything, and tries so many new ones a second, which take the place of those that were hung up and are
 * dropped else. Then says what it did. In a private host. */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "paths.h"

enum { HELD_MAX = 1000 };

static volatile sig_atomic_t over;
static int held[HELD_MAX];
static unsigned long tried, in, full, hung_up;

static void end(int sig)
{
	(void)sig;
	over = 1;
}

static int try_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = HC_USER_SOCKET };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	tried++;
	if (fd < 0)
		client_fail("socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0) {
		in++;
		return fd;
	}
	if (errno != EAGAIN)
		client_fail("%s: %s", HC_USER_SOCKET, strerror(errno));
	full++; /* the backlog */
	close(fd);
	return -1;
}

static bool alive(int fd)
{
	char c;

	return fd >= 0 && recv(fd, &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void one(size_t n)
{
	static size_t at;
	int *slot = &held[at++ % n], fd = try_connect();

	if (fd < 0)
		return;
	if (alive(*slot)) {
		close(fd);
		return;
	}
	if (*slot >= 0) {
		hung_up++;
		close(*slot);
	}
	*slot = fd;
}

int main(int argc, char **argv)
{
	const struct sigaction a = { .sa_handler = end };
	const struct timespec pause = { .tv_nsec = 1000000 };

	if (argc != 4)
		client_fail("bench_flood UID HELD A-SECOND");
	uid_t uid = (uid_t)strtoul(argv[1], NULL, 10);
	size_t n = strtoul(argv[2], NULL, 10);
	double a_second = strtod(argv[3], NULL);
	if (uid == 0 || n == 0 || n > HELD_MAX || setgroups(0, NULL) < 0 ||
		setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0 ||
		sigaction(SIGTERM, &a, NULL) < 0)
		client_fail("can't begin as uid %u: %s", uid, strerror(errno));
	for (size_t i = 0; i < n; i++)
		held[i] = -1;
	double from = client_ms();
	while (!over) {
		double due = (client_ms() - from) / 1e3 * a_second;

		while (!over && (double)tried < due)
			one(n);
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
	printf("tried %lu connected %lu full %lu hung-up %lu seconds %.1f\n", tried, in, full,
		hung_up, (client_ms() - from) / 1e3);
	return 0;
}
