/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth trace": listens, as root, to what the conversations about one person say of themselves, and shows it.
 * What must hold: nobody but the daemon's user can say anything here; what is said moves no cursor; the
 * socket goes with the command. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "hcauth.h"
#include "packet.h"
#include "paths.h"
#include "setup.h"
#include "verbs.h"

enum { FOLLOW_MS = 600000, LINE = 2048 };

static volatile sig_atomic_t stopped;
static struct stat own; /* the socket, as it was made */

static void stop(int sig)
{
	stopped = sig;
}

/* The daemon's user may write to it, and nobody else. */
static int listen_there(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = HC_TRACE_SOCKET };
	struct owner who;
	int on = 1, fd;

	if (!owner_of_daemon(&who))
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	(void)unlink(HC_TRACE_SOCKET); /* of one before: one is followed at a time */
	mode_t before = umask(0177);
	bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
	umask(before);
	if (bound && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0 &&
		lchown(HC_TRACE_SOCKET, who.uid, who.gid) == 0 && lstat(HC_TRACE_SOCKET, &own) == 0)
		return fd;
	complain("%s can't be made: %s.", HC_TRACE_SOCKET, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Perhaps another follows by now. */
static void remove_own(void)
{
	struct stat st;

	if (lstat(HC_TRACE_SOCKET, &st) == 0 && st.st_dev == own.st_dev && st.st_ino == own.st_ino)
		(void)unlink(HC_TRACE_SOCKET);
}

/* The process that said it: each conversation is one. */
static pid_t sender_of(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct ucred who;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&who, CMSG_DATA(c), sizeof who);
	return who.pid;
}

static void show(const char *text, pid_t pid)
{
	struct timespec now;
	struct tm tm;
	char clock[16];

	clock_gettime(CLOCK_REALTIME, &now);
	strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&now.tv_sec, &tm));
	printf("%s.%03ld %d: ", clock, now.tv_nsec / 1000000, (int)pid);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		putchar(*p < ' ' || *p == 127 ? ' ' : *p);
	putchar('\n');
	fflush(stdout);
}

static void hear(int fd)
{
	char text[LINE + 1], control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec v = { .iov_base = text, .iov_len = LINE };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control };
	ssize_t n = recvmsg(fd, &m, 0);

	if (n <= 0)
		return;
	text[n] = 0;
	show(text, sender_of(&m));
}

static int follow(int fd)
{
	const int64_t end = boot_ms() + FOLLOW_MS;
	int64_t left;

	while (!stopped && (left = end - boot_ms()) > 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, (int)left) > 0)
			hear(fd);
	}
	return STATUS_DONE;
}

int cmd_trace(const char *const *words, size_t n)
{
	const struct sigaction a = { .sa_handler = stop };
	const struct beside nothing = { .data = -1 };

	if (n != 2) {
		complain("Try: hcauth help trace");
		return STATUS_USAGE;
	}
	if (geteuid() != 0)
		return talk_daemon(words, n, &nothing); /* which says that only root may */
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGHUP, &a, NULL);
	int fd = listen_there();
	if (fd < 0)
		return STATUS_REFUSED;
	int status = talk_daemon(words, n, &nothing);
	if (status == STATUS_DONE) {
		fprintf(stderr,
			"Following %s for ten minutes. Let them sign in now; Ctrl-C ends it.\n",
			words[1]);
		status = follow(fd);
	}
	remove_own();
	close(fd);
	return status;
}
