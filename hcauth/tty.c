/* SPDX-License-Identifier: Apache-2.0 */
/* Asks and tells a person. What must hold: what is typed in secret is never on a screen, never in a
 * buffer but the caller's, and never cut; the echo is on again whatever ends or stops this process, but
 * for SIGKILL; nothing after an answer's line is read, since it belongs to the next answer or to the
 * next program. So: signals are blocked and taken from a descriptor while the echo is off (no handler,
 * no race between a look and a read), and bytes are read one at a time, by read(2). */
#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

void tty_open(struct tty *t)
{
	char name[sizeof t->name];

	*t = (struct tty){ .in = STDIN_FILENO, .out = STDERR_FILENO };
	t->screen = isatty(STDIN_FILENO);
	if (!t->screen)
		return;
	if (ttyname_r(STDIN_FILENO, name, sizeof name) == 0 && strncmp(name, "/dev/", 5) == 0)
		memcpy(t->name, name + 5, strlen(name + 5) + 1);

	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		t->in = t->out = fd;
}

void tty_close(struct tty *t)
{
	if (t->in != STDIN_FILENO)
		close(t->in);
	t->in = -1;
}

static int fail(struct tty *t, const char *why, int r)
{
	t->trouble = why;
	return r;
}

/* Both texts, whole. No stdio: what is told may be a secret that the person must keep. */
static int write_both(int fd, const char *text, const char *end)
{
	size_t first = strlen(text), len = first + strlen(end), at = 0;

	while (at < len) {
		struct iovec v[2] = {
			{ .iov_base = (char *)text + (at < first ? at : first),
				.iov_len = at < first ? first - at : 0 },
			{ .iov_base = (char *)end + (at < first ? 0 : at - first),
				.iov_len = at < first ? len - first : len - at },
		};
		ssize_t n = writev(fd, v, 2);

		if (n >= 0)
			at += (size_t)n;
		else if (errno == EAGAIN)
			(void)poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* Waits for a byte, or for one of the signals. 0, the signal's number, or -errno. */
static int wait_byte(int in, int signals)
{
	struct pollfd p[2] = { { .fd = in, .events = POLLIN },
		{ .fd = signals, .events = POLLIN } };
	struct signalfd_siginfo info;

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	if (p[1].revents && read(signals, &info, sizeof info) == (ssize_t)sizeof info)
		return (int)info.ssi_signo;
	return 0;
}

/* Reads one line, without its end. 0, the signal that came instead, or -errno. */
static int read_line(struct tty *t, int signals, struct secret *out)
{
	secret_wipe(out);
	for (;;) {
		char c = 0;
		int r = wait_byte(t->in, signals);
		if (r != 0)
			return r;

		ssize_t n = read(t->in, &c, 1);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return fail(t, "The answer can't be read.", -errno);
		if (n == 0 && out->len == 0)
			return fail(t, "There is no answer: the input has ended.", -ENODATA);
		if (n == 0 || c == '\n')
			break;
		if (c == 0)
			return fail(t, "The answer has a zero byte in it.", -EILSEQ);
		if (out->len == ANSWER_MAX)
			return fail(t, "The answer is too long: 512 bytes at most.", -E2BIG);
		out->text[out->len++] = c;
	}
	out->text[out->len] = 0;
	return 0;
}

/* One attempt, with the echo off. Results as read_line(). */
static int ask_once(struct tty *t, const char *text, int signals, struct secret *out)
{
	struct termios before, hidden;

	if (tcgetattr(t->in, &before) < 0)
		return fail(t, "The terminal can't hide what is typed.", -errno);
	hidden = before;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	if (tcsetattr(t->in, TCSANOW, &hidden) < 0)
		return fail(t, "The terminal can't hide what is typed.", -errno);

	int r = write_both(t->out, text, "");
	if (r < 0)
		t->trouble = "The question can't be shown.";
	else
		r = read_line(t, signals, out);
	if (r < 0)
		(void)tcflush(t->in, TCIFLUSH); /* the rest of a secret is not for the shell */
	(void)write_both(t->out, "\n", ""); /* the person's own did not show */
	while (tcsetattr(t->in, TCSANOW, &before) < 0 && errno == EINTR)
		;
	return r;
}

/* The signals that would end or stop this process at a prompt. Not SIGTTIN and SIGTTOU: they come
 * before the echo is off, and must stop a program in the background. */
static void ending(sigset_t *set)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGALRM, SIGPIPE,
		SIGUSR1, SIGUSR2, SIGXCPU };

	sigemptyset(set);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sigaddset(set, all[i]);
}

static int ask_hidden(struct tty *t, const char *text, struct secret *out)
{
	sigset_t set, before;
	int r;

	ending(&set);
	do {
		sigprocmask(SIG_BLOCK, &set, &before);
		int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
		r = signals < 0 ? -errno : ask_once(t, text, signals, out);
		if (signals >= 0)
			close(signals);
		if (r != 0)
			secret_wipe(out);
		if (r > 0)
			raise(r); /* waits for the next line: there this process ends, or stops */
		sigprocmask(SIG_SETMASK, &before, NULL);
	} while (r > 0); /* stopped and continued, or ignored: ask again */
	return r;
}

int tty_ask(void *arg, const struct ask *a, struct secret *out)
{
	struct tty *t = arg;

	if (t->screen && !a->echo)
		return ask_hidden(t, a->text, out);

	int r = write_both(t->out, a->text, t->screen ? "" : "\n");
	if (r < 0)
		return fail(t, "The question can't be shown.", r);
	r = read_line(t, -1, out);
	if (r < 0) {
		secret_wipe(out);
		if (t->screen)
			(void)tcflush(t->in, TCIFLUSH);
	}
	return r;
}

int tty_tell(void *arg, const struct tell *said)
{
	struct tty *t = arg;
	bool error = said->level == TELL_ERROR;
	int r = write_both(error ? STDERR_FILENO : STDOUT_FILENO, said->text, "\n");

	t->told_error |= error;
	return r < 0 ? fail(t, "What the daemon says can't be shown.", r) : 0;
}
