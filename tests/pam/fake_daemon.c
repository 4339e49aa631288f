/* SPDX-License-Identifier: Apache-2.0 */
/* A daemon that follows a script, honest or not. What must hold: whatever goes wrong here ends the test
 * program, so that no case passes because its daemon was not there. */
#include <err.h>
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
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_system.h"
#include "packet.h"
#include "rig.h"

static volatile struct seen *seen;
static pid_t daemon_pid;
static int filler[64];
static size_t fillers;

static void send_bytes(int fd, const uint8_t *p, size_t len)
{
	if (send(fd, p, len, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		err(1, "daemon: send");
}

static bool put_ask(int fd, enum ask_use use, bool echo, const char *text)
{
	struct ask a = { .use = use, .echo = echo, .text = text };
	struct packet p;
	SECRET(given);

	send_bytes(fd, p.bytes, ask_put(p.bytes, &a));
	if (packet_recv(fd, &p, INT64_MAX) < 0) {
		seen->asked_in_vain = true;
		return false;
	}
	if (!answer_get(p.bytes, p.len, &given))
		errx(1, "daemon: not an answer");
	if (seen->answers < SEEN_ANSWERS)
		memcpy((char *)seen->answer[seen->answers], given.text, given.len + 1);
	seen->answers++;
	return true;
}

static void put_tell(int fd, enum tell_level level, const char *text)
{
	struct tell t = { .level = level, .text = text };
	uint8_t out[WIRE_MAX];

	send_bytes(fd, out, tell_put(out, &t));
}

/* A TELL that brings the daemon's own descriptor 0 along. */
static void put_descriptor(int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = { 0 } };
	struct tell t = { .level = TELL_INFO, .text = "a gift" };
	uint8_t out[WIRE_MAX];
	struct iovec iov = { .iov_base = out, .iov_len = tell_put(out, &t) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof control.buf };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &(int){ 0 }, sizeof(int));
	if (sendmsg(fd, &m, MSG_NOSIGNAL) < 0)
		err(1, "daemon: sendmsg");
}

static enum verdict result_of(const char *word)
{
	static const char *const words[] = { "refused", "granted", "unknown", "disabled",
		"unavailable" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0)
			return (enum verdict)i;
	errx(1, "no such verdict: %s", word);
}

/* Whom an honest daemon would name. */
static void right_user(struct verdict_msg *v)
{
	static const struct {
		const char *name, *user;
		uint32_t uid;
	} people[] = { { "anna", "anna", 1001 }, { "bob", "bob", 20003 }, { "carl", "carl", 1003 },
		{ "ghost", "ghost", 20004 }, { "other", "other", 20002 } };

	v->user = "jdoe";
	v->uid = 20001;
	for (size_t i = 0; i < sizeof people / sizeof *people; i++)
		if (strcmp((const char *)seen->name, people[i].name) == 0) {
			v->user = people[i].user;
			v->uid = people[i].uid;
		}
}

static void put_verdict_about(int fd, char *rest)
{
	char *save;
	struct verdict_msg v = { .result = result_of(strtok_r(rest, " ", &save)), .ticket = "" };
	const char *who = strtok_r(NULL, " ", &save);
	uint8_t out[WIRE_MAX];

	right_user(&v);
	if (strcmp(who, "other-uid") == 0)
		v.uid++;
	else if (strcmp(who, "other-user") == 0)
		v.user = "other";
	else if (strcmp(who, "root") == 0)
		v.uid = 0;
	else if (strcmp(who, "nobody") == 0)
		v.uid = UINT32_MAX;
	else if (strcmp(who, "right") != 0)
		errx(1, "a verdict about %s", who);
	send_bytes(fd, out, verdict_put(out, &v, NULL, 0));
}

static void put_verdict(int fd, char *rest)
{
	char *save, *word;
	struct verdict_msg v = { .result = result_of(strtok_r(rest, " ", &save)) };
	const char *env[8];
	size_t n = 0;
	uint8_t out[WIRE_MAX];

	v.user = strtok_r(NULL, " ", &save);
	v.uid = (uint32_t)strtoul(strtok_r(NULL, " ", &save), NULL, 10);
	v.ticket = strtok_r(NULL, " ", &save);
	if (!v.ticket || strcmp(v.ticket, "-") == 0)
		v.ticket = "";
	while (n < 8 && (word = strtok_r(NULL, " ", &save)))
		env[n++] = word;
	send_bytes(fd, out, verdict_put(out, &v, env, n));
}

static void stall(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
}

/* False when the conversation is over. */
static bool follow(int fd, char *line)
{
	char *text = line[0] && line[1] ? line + 2 : line + 1;
	uint8_t big[WIRE_MAX + 1] = { MSG_TELL };

	switch (line[0]) {
	case 'P': return put_ask(fd, USE_PASSWORD, false, text);
	case 'N': return put_ask(fd, USE_NEW_PASSWORD, false, text);
	case 'C': return put_ask(fd, USE_CODE, false, text);
	case 'O': return put_ask(fd, USE_OTHER, true, text);
	case 'D': return put_ask(fd, USE_DATA, false, text);
	case 'E': return put_ask(fd, USE_PASSWORD, true, text);
	case 'M':
		for (int i = 0; i < 1000; i++)
			if (!put_ask(fd, USE_OTHER, true, text))
				return false;
		return true;
	case 'i': put_tell(fd, TELL_INFO, text); return true;
	case 'e': put_tell(fd, TELL_ERROR, text); return true;
	case 'w': send_bytes(fd, big, wait_put(big)); return true;
	case 'S': stall(fd); return false;
	case 'H': return false;
	case 'Z': send_bytes(fd, big, 0); return true;
	case 'G': send_bytes(fd, (const uint8_t *)"\x63garbage", 8); return true;
	case 'L': send_bytes(fd, big, sizeof big); return true;
	case 'F': put_descriptor(fd); return true;
	case 'V': put_verdict_about(fd, text); return false;
	case 'v': put_verdict(fd, text); return false;
	}
	errx(1, "no such line in a script: %s", line);
}

static void copy(volatile char *to, const char *from)
{
	snprintf((char *)to, SEEN_TEXT, "%s", from);
}

static bool greet(int fd)
{
	struct packet p;
	struct hello h;

	if (packet_recv(fd, &p, INT64_MAX) < 0)
		return false; /* a probe */
	if (!hello_get(p.bytes, p.len, &h))
		errx(1, "daemon: not a HELLO");
	seen->hellos++;
	seen->answers = 0;
	seen->asked_in_vain = false;
	seen->purpose = h.purpose;
	seen->flags = h.flags;
	seen->ruid = h.ruid;
	copy(seen->service, h.service);
	copy(seen->name, h.name);
	copy(seen->tty, h.tty);
	copy(seen->rhost, h.rhost);
	copy(seen->ruser, h.ruser);
	copy(seen->have, h.have);
	copy(seen->ticket, h.ticket);
	snprintf((char *)seen->ssh_auth, sizeof seen->ssh_auth, "%s", h.ssh_auth);
	return true;
}

/* For the module, before it connects. */
static void announce(const char *script)
{
	bool stalls = script[0] == 'S' || strstr(script, "\nS");
	int fd = stalls ? open(FAKE_STALLS, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) : -1;

	if (stalls ? fd < 0 : unlink(FAKE_STALLS) < 0 && errno != ENOENT)
		err(1, FAKE_STALLS);
	if (fd >= 0)
		close(fd);
}

static void serve(int fd, const char *script, const char *next)
{
	char text[4096], *save;

	if (!greet(fd))
		return;
	announce(next);
	snprintf(text, sizeof text, "%s", script);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!follow(fd, line))
			return;
}

static int listen_at(const char *path, mode_t mode, enum listener who)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	(void)unlink(path); /* from the daemon before */
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || chmod(path, mode) < 0)
		err(1, "%s", path);
	if (who == LISTEN_NOBODY)
		return fd;
	if (who == LISTEN_STRANGER && seteuid(12345) < 0)
		err(1, "seteuid");
	if (listen(fd, who == LISTEN_FULL ? 0 : 64) < 0 || (seteuid(0) < 0))
		err(1, "listen");
	while (who == LISTEN_FULL) {
		int c = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (c < 0 || fillers == sizeof filler / sizeof *filler)
			err(1, "filling the backlog");
		filler[fillers++] = c;
		if (connect(c, (struct sockaddr *)&at, sizeof at) < 0)
			break;
	}
	return fd;
}

static _Noreturn void run(
	pid_t parent, const int listeners[2], const char *const *scripts, size_t n)
{
	struct pollfd p[2] = { { .fd = listeners[0], .events = POLLIN },
		{ .fd = listeners[1], .events = POLLIN } };
	size_t next = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0); /* a short case had ended before */
	for (;;) {
		if (poll(p, 2, -1) < 0)
			err(1, "daemon: poll");

		bool plain = !(p[0].revents & POLLIN);
		int fd = accept4(listeners[plain], NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			err(1, "daemon: accept");
		seen->connections++;
		seen->user_socket = plain;
		int before = seen->hellos;
		size_t after = next + 1 < n ? next + 1 : next;
		serve(fd, scripts[next], scripts[after]);
		if (seen->hellos > before)
			next = after; /* a probe follows no script */
		close(fd);
	}
}

volatile struct seen *rig_daemon(enum listener who, const char *const *scripts, size_t n)
{
	rig_daemon_stop();
	seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		err(1, "mmap");

	const int fds[2] = { listen_at("root.sock", 0600, who), listen_at("user.sock", 0666, who) };
	if (who == LISTEN_ROOT || who == LISTEN_STRANGER) {
		pid_t parent = getpid();

		announce(scripts[0]);
		fflush(NULL);
		daemon_pid = fork();
		if (daemon_pid < 0)
			err(1, "fork");
		if (daemon_pid == 0)
			run(parent, fds, scripts, n);
	}
	if (who != LISTEN_FULL) {
		close(fds[0]);
		close(fds[1]);
	}
	return seen;
}

void rig_daemon_stop(void)
{
	if (daemon_pid > 0) {
		int status;

		kill(daemon_pid, SIGKILL);
		waitpid(daemon_pid, &status, 0);
		if (!WIFSIGNALED(status))
			errx(1, "the daemon had ended before");
		daemon_pid = 0;
	}
	if (seen)
		munmap((void *)seen, sizeof *seen);
	seen = NULL;
	(void)unlink("root.sock"); /* there may be none */
	(void)unlink("user.sock");
}
