/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth end-sessions", and "hcauth leave --end-sessions" as root: ends what runs as those whom the
 * daemon names. What must hold: no process is signalled but one that has that uid while we hold it by a
 * descriptor, so that no pid is taken for another's, or by the kernel's own rule by one who is that uid and
 * nothing else; none of the system's users; and "ended" is said only when the kernel has signalled all of
 * them at once and a look at all processes has then found none. */
#include "hcauth.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "name.h"
#include "paths.h"
#include "term.h"
#include "verbs.h"

/* One uid's are done with within 35 seconds: the daemon waits for an answer for 55. */
enum {
	AT_ONCE = 256, /* processes held at a time */
	ROUNDS = 10, /* some start new ones while they are ended */
	TERM_MS = 5000, /* to put things away */
	KILL_MS = 1000,
	CHILD_MS = 1000,
	LOGINCTL_MS = 10000,
	DAEMON_MS = 20000,
};

struct held {
	struct pollfd p[AT_ONCE]; /* pidfds: readable when the process has ended */
	size_t n;
};

/* Whether one of the real, effective and saved uids of a process is uid. */
static bool runs_as(const char *pid, uid_t uid)
{
	char path[32], text[4096];
	unsigned r, e, s;

	snprintf(path, sizeof path, "/proc/%.16s/status", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return false;
	text[len] = 0;
	const char *at = strstr(text, "\nUid:\t");
	char *end;
	if (!at)
		return false;
	r = (unsigned)strtoul(at + 6, &end, 10);
	e = (unsigned)strtoul(end, &end, 10);
	s = (unsigned)strtoul(end, &end, 10);
	return r == uid || e == uid || s == uid;
}

static bool has_ended(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

/* Takes hold of a process: what is read of it after that and before its end is about it, and not about
 * another to which its number went. -1: it is none of uid's. */
static int hold(const char *pid, uid_t uid)
{
	uint64_t number;

	if (!parse_u64(pid, 2, INT32_MAX, &number) || (pid_t)number == getpid() ||
		!runs_as(pid, uid))
		return -1;
	int fd = pidfd_open((pid_t)number, 0);
	if (fd >= 0 && runs_as(pid, uid) && !has_ended(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* False: the processes can't be looked at. */
static bool hold_all(uid_t uid, struct held *h)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	h->n = 0;
	if (!d)
		return false;
	while (h->n < AT_ONCE && (e = readdir(d))) {
		int fd = isdigit((unsigned char)e->d_name[0]) ? hold(e->d_name, uid) : -1;

		if (fd >= 0)
			h->p[h->n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	closedir(d);
	return true;
}

static void drop(struct held *h, size_t i)
{
	close(h->p[i].fd);
	h->p[i] = h->p[--h->n];
}

/* Signals all, waits for them, and lets go of those that have ended. */
static void signal_all(struct held *h, int sig, int ms)
{
	int64_t deadline = boot_ms() + ms;

	for (size_t i = 0; i < h->n; i++) {
		(void)pidfd_send_signal(
			h->p[i].fd, sig, NULL, 0); /* has ended: that is seen below */
		(void)pidfd_send_signal(
			h->p[i].fd, SIGCONT, NULL, 0); /* stopped ones don't hear it */
	}
	while (h->n > 0) {
		int64_t left = deadline - boot_ms();
		int r = poll(h->p, h->n, left > 0 ? (int)left : 0);

		for (size_t i = h->n; r > 0 && i-- > 0;)
			if (h->p[i].revents)
				drop(h, i);
		if (r == 0 || (r < 0 && errno != EINTR))
			return;
	}
}

/* Whether a child of ours has ended well, and in time; else it is killed, for whoever may signal it may
 * also have stopped it. */
static bool child_done(pid_t pid, int ms)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int status;

	if (p.fd < 0 || poll(&p, 1, ms) <= 0)
		(void)kill(pid, SIGKILL); /* not waited for yet: no other has its number */
	if (p.fd >= 0)
		close(p.fd);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == STATUS_DONE;
}

/* As uid and nothing else: the kernel lets this one signal what has that uid, and nothing that has not. That
 * it may not signal the first process shows that it has no capability left to signal anybody. */
static void kill_as(uid_t uid)
{
	uid_t r, e, s;

	if (uid < UID_FLOOR || setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
		setresuid(uid, uid, uid) < 0 || getresuid(&r, &e, &s) < 0 || r != uid || e != uid ||
		s != uid || kill(1, 0) == 0)
		_exit(STATUS_UNAVAILABLE);
	_exit(kill(-1, SIGKILL) == 0 || errno == ESRCH ? STATUS_DONE : STATUS_UNAVAILABLE);
}

/* Kills all of uid's processes in one go, in which none of them can make another: a look at /proc misses
 * one that goes on from process to process. False when it was kept from it: they may kill that one too. */
static bool kill_at_once(uid_t uid)
{
	pid_t pid = fork();

	if (pid == 0)
		kill_as(uid);
	return pid > 0 && child_done(pid, CHILD_MS);
}

static void drop_all(struct held *h)
{
	while (h->n > 0)
		drop(h, 0);
}

/* 0: none is left. Else how many there are at the least, or -1: that can't be told. */
static int end_processes(uid_t uid)
{
	static struct held h;
	int left = -1;

	if (!hold_all(uid, &h))
		return -1;
	signal_all(&h, SIGTERM, TERM_MS);
	drop_all(&h);
	for (int i = 0; i < ROUNDS; i++) {
		bool killed = kill_at_once(uid);

		if (!hold_all(uid, &h))
			return -1;
		left = h.n > 0 ? (int)h.n : killed ? 0 : -1;
		if (left == 0)
			return 0;
		signal_all(&h, SIGKILL, KILL_MS);
		drop_all(&h);
	}
	return left;
}

/* Where systemd-logind keeps sessions it ends them itself, with what belongs to them. What is left is
 * ended as everywhere else. */
static void tell_logind(uid_t uid)
{
	char text[16];

	if (access("/run/systemd/system", F_OK) < 0)
		return;
	snprintf(text, sizeof text, "%u", (unsigned)uid);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		char *const env[] = { NULL };

		if (null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0)
			execle("/usr/bin/loginctl", "loginctl", "terminate-user", text,
				(char *)NULL, env);
		_exit(STATUS_UNAVAILABLE);
	}
	if (pid > 0)
		(void)child_done(pid, LOGINCTL_MS);
}

/* --- the conversation --- */

static int answer(void *arg, const struct ask *a, struct secret *out)
{
	unsigned *asked = arg;
	uint64_t uid;

	if (strncmp(a->text, "end ", 4) != 0 ||
		!parse_u64(a->text + 4, UID_FLOOR, UINT32_MAX - 1, &uid) || uid == 65534)
		return -EPROTO;
	++*asked;
	tell_logind((uid_t)uid);
	int left = end_processes((uid_t)uid);
	if (left == 0)
		printf("The sessions of uid %u have ended.\n", (unsigned)uid);
	else if (left > 0)
		complain("%d processes of uid %u do not end. See: ps -U %u", left, (unsigned)uid,
			(unsigned)uid);
	else
		complain(
			"It can't be told whether all processes of uid %u have ended. See: ps -U %u",
			(unsigned)uid, (unsigned)uid);
	out->len = (size_t)snprintf(out->text, sizeof out->text, left == 0 ? "ended" : "not ended");
	return 0;
}

static int show(void *arg, const struct tell *t)
{
	(void)arg;
	complain("%s", t->text);
	return 0;
}

static int converse(int fd, unsigned *asked)
{
	static const char *const words[] = { "end-sessions" };
	const struct term term = {
		.ask = answer, .tell = show, .arg = asked, .patience_ms = DAEMON_MS
	};
	const struct hello h = command_hello("");
	struct packet p;
	struct verdict_msg v;
	int r = term_run(fd, &h, words, 1, &term, &p, &v);

	if (r < 0) {
		complain(
			"hcauthd has gone, or does not understand: %s. Its log: journalctl -u hcauthd",
			strerror(-r));
		return STATUS_UNAVAILABLE;
	}
	return v.result == GRANTED ? v.status : v.status ? v.status : STATUS_REFUSED;
}

int cmd_end_sessions(const char *const *words, size_t n)
{
	unsigned asked;
	int status;

	if (n > 1) {
		complain("Usage: hcauth %s", words[0]);
		return STATUS_USAGE;
	}
	if (geteuid() != 0) {
		complain("Only root may do this. Try: sudo hcauth end-sessions");
		return STATUS_NOT_ALLOWED;
	}
	do { /* the daemon asks for some at a time, and others may leave meanwhile */
		int fd = packet_connect(HC_ROOT_SOCKET, boot_ms() + DAEMON_MS);

		if (fd < 0)
			return complain_unreachable(HC_ROOT_SOCKET, fd);
		asked = 0;
		status = converse(fd, &asked);
		close(fd);
	} while (status == STATUS_DONE && asked > 0);
	return status;
}

/* The daemon's command; root's own hands then do what a manager's wait for the unit to do. */
int cmd_leave(const char *const *words, size_t n)
{
	int status = cmd_daemon(words, n);
	bool ends = false;

	for (size_t i = 1; i < n; i++)
		ends |= strcmp(words[i], "--end-sessions") == 0;
	if (status != STATUS_DONE || !ends || geteuid() != 0)
		return status;
	return cmd_end_sessions((const char *[]){ "end-sessions" }, 1);
}
