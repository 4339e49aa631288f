/* SPDX-License-Identifier: Apache-2.0 */
/* A person at a pseudo-terminal, or a pipe in the person's place. */
#include "../../hcauth/tty.h"
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static const struct ask password = { .use = USE_PASSWORD, .text = "Password: " };
static const struct ask name = { .use = USE_OTHER, .echo = true, .text = "Name: " };

/* A child whose terminal is ours to type on. What it is given comes back through result. */
struct desk {
	int master, slave, result;
	pid_t child;
	char screen[8192];
	size_t len;
};

static _Noreturn void sit_down(struct desk *d, int result, const struct ask *const *asks)
{
	struct tty t;

	close(d->master);
	for (int fd = 0; fd < 3; fd++)
		dup2(d->slave, fd);
	close(d->slave);
	tty_open(&t);
	for (; *asks; asks++) {
		SECRET(given);
		int r = tty_ask(&t, *asks, &given);

		dprintf(result, "%d:%zu:%s;", r, given.len, given.text);
		if (r < 0)
			dprintf(result, "%s", t.trouble);
		if (r < 0)
			break;
	}
	tty_close(&t);
	_exit(0);
}

static bool echoes(const struct desk *d)
{
	struct termios t;

	CHECK_INT(tcgetattr(d->slave, &t), 0);
	return t.c_lflag & ECHO;
}

/* Before the child begins, it shows what is typed. */
static void desk_open(struct desk *d, const struct ask *const *asks)
{
	int p[2];

	*d = (struct desk){ .len = 0 };
	CHECK_INT(openpty(&d->master, &d->slave, NULL, NULL, NULL), 0);
	CHECK(echoes(d));
	CHECK_INT(pipe(p), 0);
	d->result = p[0];
	d->child = fork();
	CHECK(d->child >= 0);
	if (d->child == 0) {
		close(p[0]);
		setsid();
		if (ioctl(d->slave, TIOCSCTTY, 0) < 0)
			_exit(90);
		sit_down(d, p[1], asks);
	}
	close(p[1]);
}

/* Reads the screen until text has come since the last time. */
static void see(struct desk *d, const char *text)
{
	while (!strstr(d->screen, text)) {
		ssize_t n = read(d->master, d->screen + d->len, sizeof d->screen - 1 - d->len);

		CHECK(n > 0);
		d->len += (size_t)n;
		d->screen[d->len] = 0;
	}
	d->len = 0;
	d->screen[0] = 0;
}

static void type(const struct desk *d, const char *text)
{
	CHECK_INT(write(d->master, text, strlen(text)), strlen(text));
}

/* All that the child was given, until it ended. */
static const char *given(const struct desk *d, char out[2048])
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(d->result, out + len, 2047 - len)) > 0)
		len += (size_t)n;
	out[len] = 0;
	return out;
}

static int end_of(const struct desk *d)
{
	int status;

	CHECK_INT(waitpid(d->child, &status, 0), d->child);
	return status;
}

/* What is on the screen and was not yet seen. */
static const char *rest(struct desk *d)
{
	struct pollfd p = { .fd = d->master, .events = POLLIN };

	while (poll(&p, 1, 0) > 0 && p.revents & POLLIN) {
		ssize_t n = read(d->master, d->screen + d->len, sizeof d->screen - 1 - d->len);
		if (n <= 0)
			break;
		d->len += (size_t)n;
		d->screen[d->len] = 0;
	}
	return d->screen;
}

TEST(tty_hides_a_secret_and_shows_again_after_it)
{
	const struct ask *asks[] = { &password, &name, NULL };
	struct desk d;
	char out[2048];

	desk_open(&d, asks);
	see(&d, "Password: ");
	CHECK(!echoes(&d));
	type(&d, "horse battery\n");
	see(&d, "Name: ");
	CHECK(echoes(&d));
	type(&d, "Ada\n");
	CHECK_TEXT(given(&d, out), "0:13:horse battery;0:3:Ada;");
	CHECK_INT(end_of(&d), 0);
	CHECK_HAS(rest(&d), "Ada");
	CHECK(echoes(&d));
}

TEST(tty_secret_is_never_on_the_screen)
{
	const struct ask *asks[] = { &password, NULL };
	struct desk d;
	char out[2048];

	desk_open(&d, asks);
	see(&d, "Password: ");
	type(&d, "horse battery\n");
	CHECK_TEXT(given(&d, out), "0:13:horse battery;");
	CHECK_INT(end_of(&d), 0);
	CHECK_TEXT(rest(&d), "\r\n");
}

TEST(cl05_tty_shows_again_when_a_signal_ends_it)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1 };
	const struct ask *asks[] = { &password, NULL };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct desk d;
		char out[2048];

		desk_open(&d, asks);
		see(&d, "Password: ");
		CHECK(!echoes(&d));
		type(&d, "hor");
		kill(d.child, all[i]);
		CHECK_TEXT(given(&d, out), "");
		int status = end_of(&d);
		CHECK(WIFSIGNALED(status));
		CHECK_INT(WTERMSIG(status), all[i]);
		CHECK(echoes(&d));
		close(d.master);
		close(d.slave);
		close(d.result);
	}
}

TEST(cl05_tty_control_c_ends_it_and_shows_again)
{
	const struct ask *asks[] = { &password, NULL };
	struct desk d;

	desk_open(&d, asks);
	see(&d, "Password: ");
	type(&d, "horse\x03");
	int status = end_of(&d);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	CHECK(echoes(&d));
}

/* A shell's part: gives the terminal to a job, and sees it stop once. */
static void lead(struct desk *d, int result)
{
	const struct ask *asks[] = { &password, NULL };
	int status;

	signal(SIGTTOU, SIG_IGN);
	setsid();
	if (ioctl(d->slave, TIOCSCTTY, 0) < 0)
		_exit(90);
	pid_t job = fork();
	if (job == 0) {
		setpgid(0, 0);
		tcsetpgrp(d->slave, getpid());
		signal(SIGTTOU, SIG_DFL);
		sit_down(d, result, asks);
	}
	waitpid(job, &status, WUNTRACED);
	dprintf(result, "%s,%s;", WIFSTOPPED(status) ? "stopped" : "ended",
		echoes(d) ? "shown" : "hidden");
	kill(job, SIGCONT);
	waitpid(job, &status, 0);
	_exit(0);
}

TEST(tty_shows_while_it_is_stopped_and_asks_anew)
{
	struct desk d = { .len = 0 };
	char out[2048];
	int p[2];

	CHECK_INT(openpty(&d.master, &d.slave, NULL, NULL, NULL), 0);
	CHECK_INT(pipe(p), 0);
	d.result = p[0];
	d.child = fork();
	if (d.child == 0)
		lead(&d, p[1]);
	close(p[1]);
	see(&d, "Password: ");
	CHECK(!echoes(&d));
	type(&d, "hor\x1a");
	see(&d, "Password: ");
	CHECK(!echoes(&d));
	type(&d, "battery\n");
	CHECK_TEXT(given(&d, out), "stopped,shown;0:7:battery;");
	CHECK_INT(end_of(&d), 0);
	CHECK(echoes(&d));
}

static char *long_line(size_t n)
{
	static char text[2048];

	memset(text, 'x', n);
	strcpy(text + n, "\n");
	return text;
}

TEST(tty_takes_512_bytes_and_not_one_more)
{
	const struct ask *asks[] = { &password, NULL };
	struct desk d;
	char out[2048];
	int waiting = -1;

	desk_open(&d, asks);
	see(&d, "Password: ");
	type(&d, long_line(512));
	CHECK_HAS(given(&d, out), "0:512:xxx");
	CHECK_INT(end_of(&d), 0);

	desk_open(&d, asks);
	see(&d, "Password: ");
	type(&d, long_line(700));
	CHECK_HAS(given(&d, out), "-7:0:;The answer is too long");
	CHECK_INT(end_of(&d), 0);
	CHECK(echoes(&d));
	CHECK_INT(ioctl(d.slave, FIONREAD, &waiting), 0);
	CHECK_INT(waiting, 0); /* the shell is not given the rest to run and to show */
}

TEST(tty_end_of_input_is_no_answer)
{
	const struct ask *const asks[][2] = { { &password, NULL }, { &name, NULL } };

	for (size_t i = 0; i < 2; i++) {
		struct desk d;
		char out[2048];

		desk_open(&d, asks[i]);
		see(&d, asks[i][0]->text);
		type(&d, "\x04");
		CHECK_HAS(given(&d, out), "-61:0:;There is no answer");
		CHECK_INT(end_of(&d), 0);
		CHECK(echoes(&d));
	}
}

/* Standard input as a pipe with this text, standard error kept. */
static void from_pipe(struct tty *t, const char *text, size_t len)
{
	int p[2];

	CHECK_INT(pipe(p), 0);
	CHECK_INT(write(p[1], text, len), len);
	close(p[1]);
	dup2(p[0], 0);
	close(p[0]);
	dup2(open("/dev/null", O_WRONLY), 2);
	tty_open(t);
	CHECK(!t->screen);
	CHECK_TEXT(t->name, "");
}

TEST(tty_pipe_gives_one_line_to_an_answer_and_keeps_the_rest)
{
	struct tty t;
	SECRET(s);
	char left[64] = "";

	from_pipe(&t, "one\n\nthree\nfor others\n", 22);
	CHECK_INT(tty_ask(&t, &password, &s), 0);
	CHECK_TEXT(s.text, "one");
	CHECK_INT(tty_ask(&t, &password, &s), 0);
	CHECK_TEXT(s.text, "");
	CHECK_INT(s.len, 0);
	CHECK_INT(tty_ask(&t, &name, &s), 0);
	CHECK_TEXT(s.text, "three");
	CHECK_INT(read(0, left, sizeof left), 11);
	CHECK_TEXT(left, "for others\n");
	tty_close(&t);
}

TEST(tty_pipe_may_end_without_a_line_end)
{
	struct tty t;
	SECRET(s);

	from_pipe(&t, "last", 4);
	CHECK_INT(tty_ask(&t, &password, &s), 0);
	CHECK_TEXT(s.text, "last");
	CHECK_INT(tty_ask(&t, &password, &s), -ENODATA);
	CHECK_INT(s.len, 0);
	CHECK_TEXT(s.text, "");
}

TEST(tty_pipe_refuses_what_it_would_have_to_cut)
{
	struct tty t;
	SECRET(s);
	char *text = long_line(513);

	from_pipe(&t, text, 514);
	CHECK_INT(tty_ask(&t, &password, &s), -E2BIG);
	CHECK_TEXT(s.text, "");
	from_pipe(&t, "a\0b\n", 4);
	CHECK_INT(tty_ask(&t, &password, &s), -EILSEQ);
	CHECK_TEXT(s.text, "");
	from_pipe(&t, long_line(512), 513);
	CHECK_INT(tty_ask(&t, &password, &s), 0);
	CHECK_INT(s.len, 512);
}

TEST(tty_failure_to_tell_is_a_failure)
{
	struct tty t;
	const struct tell code = { .level = TELL_INFO, .text = "Activation code: X" };
	int full = open("/dev/full", O_WRONLY);

	from_pipe(&t, "", 0);
	CHECK(full >= 0);
	fflush(stdout);
	int kept = dup(1);
	dup2(full, 1);
	int r = tty_tell(&t, &code);
	dup2(kept, 1);
	CHECK_INT(r, -ENOSPC);
	CHECK(t.trouble != NULL);
}
