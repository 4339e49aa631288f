/* SPDX-License-Identifier: Apache-2.0 */
/* The command, compiled with its folders here, against a daemon that does what a case says. */
#include "check.h"
#include "packet.h"
#include "run.h"
#include "verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define COMMAND "hcauth/hcauth-check"

enum { SOMEBODY = 12345, A_SECOND = 1000 };

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	CHECK_INT(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	CHECK_INT(chmod(path, 0666), 0);
	CHECK_INT(listen(fd, 4), 0);
	return fd;
}

/* A daemon for one conversation, in a process that ends with the case. */
static pid_t daemon_at(const char *path, uid_t uid, void (*serve)(int fd))
{
	int ready[2];
	char c;

	in_folder_as_root();
	CHECK_INT(mkdir("run", 0777), 0);
	CHECK_INT(chmod("run", 0777), 0);
	CHECK_INT(pipe(ready), 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		alarm(240);
		CHECK_INT(setresuid(uid, uid, uid), 0);
		int fd = listen_at(path);
		close(ready[1]);
		serve(accept(fd, NULL, NULL));
		_exit(0);
	}
	close(ready[1]);
	CHECK_INT(read(ready[0], &c, 1), 0);
	return pid;
}

/* The daemon's own checks hold as well. */
static void daemon_ends(pid_t pid)
{
	int status;

	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

static void hear_hello(int fd, struct packet *p, struct hello *h)
{
	CHECK_INT(packet_recv(fd, p, boot_ms() + 60 * A_SECOND), 0);
	CHECK(hello_get(p->bytes, p->len, h));
}

static void send_one(int fd, struct packet *p)
{
	CHECK(p->len > 0);
	CHECK_INT(packet_send(fd, p, boot_ms() + A_SECOND), 0);
}

static void say(int fd, enum tell_level level, const char *text)
{
	struct packet p;

	p.len = tell_put(p.bytes, &(struct tell){ .level = level, .text = text });
	send_one(fd, &p);
}

static void ask_for(int fd, enum ask_use use, bool echo, const char *text, const char *expected)
{
	struct packet p;
	SECRET(s);

	p.len = ask_put(p.bytes, &(struct ask){ .use = use, .echo = echo, .text = text });
	send_one(fd, &p);
	CHECK_INT(packet_recv(fd, &p, boot_ms() + 60 * A_SECOND), 0);
	CHECK(answer_get(p.bytes, p.len, &s));
	CHECK_TEXT(s.text, expected);
}

static void decide(int fd, enum verdict result, uint8_t status)
{
	struct packet p;
	const struct verdict_msg v = {
		.result = result, .status = status, .user = "", .uid = UINT32_MAX, .ticket = ""
	};

	p.len = verdict_put(p.bytes, &v, NULL, 0);
	send_one(fd, &p);
}

static void adds_a_person(int fd)
{
	static const char *const words[] = { "identity", "add", "ada@example.org", "--name",
		"Ada \"L\" Lovelace", "" };
	struct packet p;
	struct hello h;

	hear_hello(fd, &p, &h);
	CHECK_INT(h.purpose, PURPOSE_COMMAND);
	CHECK_TEXT(h.service, "hcauth");
	CHECK_TEXT(h.name, "");
	CHECK_TEXT(h.tty, "");
	CHECK_INT(h.ruid, 0);
	for (size_t i = 0; i < 6; i++)
		CHECK_TEXT(next_text(&h.args), words[i]);
	CHECK(next_text(&h.args) == NULL);
	say(fd, TELL_INFO, "Activation code:");
	say(fd, TELL_ERROR, "The disk is nearly full.");
	say(fd, TELL_INFO, "ABCD-EFGH");
	decide(fd, GRANTED, 0);
}

TEST(command_passes_the_words_and_prints_what_is_told)
{
	pid_t pid = daemon_at("run/root.sock", 0, adds_a_person);
	struct outcome o = run_as(0, "", COMMAND,
		WORDS("identity", "add", "ada@example.org", "--name", "Ada \"L\" Lovelace", ""));

	CHECK_INT(o.status, STATUS_DONE);
	CHECK_TEXT(o.out, "Activation code:\nABCD-EFGH\n");
	CHECK_TEXT(o.err, "The disk is nearly full.\n");
	daemon_ends(pid);
}

static void changes_a_password(int fd)
{
	struct packet p;
	struct hello h;

	hear_hello(fd, &p, &h);
	CHECK_INT(h.ruid, SOMEBODY);
	ask_for(fd, USE_PASSWORD, false, "Password: ", "old horse");
	ask_for(fd, USE_CODE, true, "Code: ", "");
	ask_for(fd, USE_NEW_PASSWORD, false, "New password: ", "new horse");
	decide(fd, GRANTED, 0);
}

TEST(command_takes_answers_from_lines_and_shows_none)
{
	pid_t pid = daemon_at("run/user.sock", 0, changes_a_password);
	struct outcome o =
		run_as(SOMEBODY, "old horse\n\nnew horse\nmore\n", COMMAND, WORDS("password"));

	CHECK_INT(o.status, STATUS_DONE);
	CHECK_TEXT(o.out, "");
	CHECK_TEXT(o.err, "Password: \nCode: \nNew password: \n");
	daemon_ends(pid);
}

/* The packet after this question is none. */
static void ask_in_vain(int fd)
{
	struct packet p;

	p.len = ask_put(p.bytes, &(struct ask){ .use = USE_PASSWORD, .text = "Password: " });
	send_one(fd, &p);
	CHECK_INT(packet_recv(fd, &p, boot_ms() + 60 * A_SECOND), -ECONNRESET);
}

static void asks_once(int fd)
{
	struct packet p;
	struct hello h;

	hear_hello(fd, &p, &h);
	ask_in_vain(fd);
}

TEST(command_without_an_answer_hangs_up)
{
	static const char *const inputs[] = { "", NULL };

	for (size_t i = 0; i < 2;
		i++) { /* at its end; closed, where the socket must not take its place */
		pid_t pid = daemon_at("run/root.sock", 0, asks_once);
		struct outcome o = run_as(0, inputs[i], COMMAND, WORDS("password"));

		CHECK_INT(o.status, STATUS_REFUSED);
		CHECK_HAS(o.err, "There is no answer");
		daemon_ends(pid);
		CHECK_INT(unlink("run/root.sock") + rmdir("run"), 0);
	}
}

static enum verdict next_result;
static uint8_t next_status;

static void decides(int fd)
{
	struct packet p;
	struct hello h;

	hear_hello(fd, &p, &h);
	decide(fd, next_result, next_status);
}

TEST(cl09_command_status_is_the_daemons)
{
	static const struct {
		enum verdict result;
		uint8_t status;
		int expected;
		const char *err;
	} rows[] = {
		{ GRANTED, 0, STATUS_DONE, "" },
		{ GRANTED, STATUS_EXISTS, STATUS_EXISTS, "hcauth: Refused.\n" },
		{ REFUSED, 0, STATUS_REFUSED, "hcauth: Refused.\n" },
		{ REFUSED, STATUS_USAGE, STATUS_USAGE, "hcauth: Try: hcauth help identity show\n" },
		{ REFUSED, STATUS_NO_SUCH, STATUS_NO_SUCH, "hcauth: Refused.\n" },
		{ REFUSED, STATUS_NOT_ALLOWED, STATUS_NOT_ALLOWED, "hcauth: Refused.\n" },
		{ UNKNOWN, 0, STATUS_REFUSED, "hcauth: Refused.\n" },
		{ DISABLED, 0, STATUS_REFUSED, "hcauth: Refused.\n" },
		{ UNAVAILABLE, 0, STATUS_UNAVAILABLE,
			"hcauth: hcauthd can't do that at the moment. See its log: journalctl -u hcauthd\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		next_result = rows[i].result;
		next_status = rows[i].status;
		pid_t pid = daemon_at("run/root.sock", 0, decides);
		struct outcome o = run_as(0, "", COMMAND, WORDS("identity", "show", "x"));

		CHECK_INT(o.status, rows[i].expected);
		CHECK_TEXT(o.err, rows[i].err);
		daemon_ends(pid);
		CHECK_INT(unlink("run/root.sock") + rmdir("run"), 0);
	}
}

static void falls_silent(int fd)
{
	struct packet p;
	struct hello h;

	hear_hello(fd, &p, &h);
	CHECK_INT(packet_recv(fd, &p, boot_ms() + 60 * A_SECOND), -ECONNRESET);
}

static void hangs_up(int fd)
{
	struct packet p;
	struct hello h;

	hear_hello(fd, &p, &h);
}

static void asks_and_hangs_up(int fd)
{
	struct packet p;
	struct hello h;

	hear_hello(fd, &p, &h);
	ask_for(fd, USE_OTHER, true, "Again: ", "y");
}

static void talks_rubbish(int fd)
{
	struct packet p = { .len = 3, .bytes = { MSG_VERDICT, 1, 0 } };
	struct hello h;

	hear_hello(fd, &(struct packet){ .len = 0 }, &h);
	send_one(fd, &p);
}

static void never_stops_asking(int fd)
{
	struct packet p;
	struct hello h;

	hear_hello(fd, &p, &h);
	for (int i = 0; i < WIRE_ASKS_MAX; i++)
		ask_for(fd, USE_OTHER, true, "Again: ", "y");
	ask_in_vain(fd);
}

TEST(cl08_command_outlives_a_daemon_that_fails)
{
	static const struct {
		void (*serve)(int fd);
		const char *says;
	} rows[] = { { falls_silent, "has stopped answering" },
		{ hangs_up, "ended the conversation" },
		{ asks_and_hangs_up, "Please run it again." },
		{ talks_rubbish, "does not understand" } };

	in_folder_as_root();
	CHECK_INT(mkdir("etc", 0755) + mkdir("etc/machine.key", 0700), 0); /* it is set up */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		pid_t pid = daemon_at("run/root.sock", 0, rows[i].serve);
		int64_t began = boot_ms();
		struct outcome o = run_as(0, "y\n", COMMAND, WORDS("status"));

		CHECK_INT(o.status, STATUS_UNAVAILABLE);
		CHECK_HAS(o.err, rows[i].says);
		CHECK(boot_ms() - began < 60 * A_SECOND);
		daemon_ends(pid);
		CHECK_INT(unlink("run/root.sock") + rmdir("run"), 0);
	}
}

enum { MANY_LINES = 100001 };

static void tells_many_lines(int fd)
{
	struct packet p;
	struct hello h;

	hear_hello(fd, &p, &h);
	for (int i = 0; i < MANY_LINES; i++)
		say(fd, TELL_INFO, "someone@example.org");
	decide(fd, GRANTED, 0);
}

TEST(command_shows_a_list_of_more_than_a_hundred_thousand)
{
	struct stat st;
	pid_t pid = daemon_at("run/root.sock", 0, tells_many_lines);
	struct outcome o = run_as(0, NULL, COMMAND, WORDS("identity", "list"));

	CHECK_INT(o.status, 0);
	CHECK_INT(stat("run.out", &st), 0);
	CHECK_INT(st.st_size, MANY_LINES * strlen("someone@example.org\n"));
	daemon_ends(pid);
}

TEST(command_answers_a_bounded_number_of_times)
{
	static char lines[256];

	for (size_t i = 0; i < 200; i += 2)
		memcpy(lines + i, "y\n", 2);
	pid_t pid = daemon_at("run/root.sock", 0, never_stops_asking);
	struct outcome o = run_as(0, lines, COMMAND, WORDS("status"));

	CHECK_INT(o.status, STATUS_UNAVAILABLE);
	daemon_ends(pid);
}

TEST(command_says_why_it_reaches_nobody)
{
	in_folder_as_root();
	struct outcome o = run_as(0, "", COMMAND, WORDS("status"));
	CHECK_INT(o.status, STATUS_UNAVAILABLE);
	CHECK_HAS(o.err, "is not set up on this machine");

	CHECK_INT(mkdir("lib", 0755) + mkdir("lib/store", 0700) + mkdir("run", 0755), 0);
	o = run_as(0, "", COMMAND, WORDS("status"));
	CHECK_INT(o.status, STATUS_UNAVAILABLE);
	CHECK_HAS(o.err, "hcauthd is not running");

	close(listen_at("run/root.sock")); /* a socket that a dead daemon left */
	o = run_as(0, "", COMMAND, WORDS("status"));
	CHECK_INT(o.status, STATUS_UNAVAILABLE);
	CHECK_HAS(o.err, "hcauthd is not running");

	CHECK_INT(chmod("run", 0700), 0);
	o = run_as(SOMEBODY, "", COMMAND, WORDS("status"));
	CHECK_INT(o.status, STATUS_UNAVAILABLE);
	CHECK_HAS(o.err, "run/user.sock can't be opened by you");
}

static void hears_nothing(int fd)
{
	struct packet p;

	CHECK_INT(packet_recv(fd, &p, boot_ms() + 60 * A_SECOND), -ECONNRESET);
}

TEST(cl08_command_says_nothing_to_a_listener_that_is_not_root)
{
	pid_t pid = daemon_at("run/root.sock", SOMEBODY, hears_nothing);
	struct outcome o = run_as(0, "horse\n", COMMAND, WORDS("password"));

	CHECK_INT(o.status, STATUS_UNAVAILABLE);
	CHECK_HAS(o.err, "run/root.sock is not root's");
	daemon_ends(pid);
}

/* --- switch: su is ./su here, and says how it was called --- */

static void names_a_user(int fd, const char *user, enum verdict result, uint8_t status)
{
	struct packet p;
	struct hello h;
	const struct verdict_msg v = {
		.result = result, .status = status, .user = user, .uid = UINT32_MAX, .ticket = ""
	};

	hear_hello(fd, &p, &h);
	CHECK_INT(h.purpose, PURPOSE_COMMAND);
	CHECK_TEXT(next_text(&h.args), "switch");
	CHECK_TEXT(next_text(&h.args), "AE2");
	CHECK(next_text(&h.args) == NULL);
	say(fd, TELL_INFO, "Hill Clinic (AE2).");
	p.len = verdict_put(p.bytes, &v, NULL, 0);
	send_one(fd, &p);
}

static void names_ada(int fd)
{
	names_a_user(fd, "ada-hill", GRANTED, STATUS_DONE);
}

static void names_an_option(int fd)
{
	names_a_user(fd, "-c", GRANTED, STATUS_DONE);
}

static void names_nobody(int fd)
{
	names_a_user(fd, "", GRANTED, STATUS_DONE);
}

static void refuses_and_names(int fd)
{
	names_a_user(fd, "ada-hill", REFUSED, STATUS_NO_SUCH);
}

static void put_su_here(void)
{
	FILE *f = fopen("su", "w");

	CHECK(f != NULL);
	fprintf(f, "#!/bin/sh\necho \"su: $# $1 $2\"\nexit 42\n");
	CHECK_INT(fclose(f), 0);
	CHECK_INT(chmod("su", 0755), 0);
}

static struct outcome switches(void (*serve)(int fd))
{
	pid_t pid = daemon_at("run/root.sock", 0, serve);

	put_su_here();
	struct outcome o = run_as(0, "", COMMAND, WORDS("switch", "AE2"));
	daemon_ends(pid);
	return o;
}

TEST(command_switch_becomes_su)
{
	struct outcome o = switches(names_ada);

	CHECK_INT(o.status, 42);
	CHECK_TEXT(o.out, "Hill Clinic (AE2).\nsu: 2 -l ada-hill\n");
	CHECK_TEXT(o.err, "");
}

TEST(command_switch_passes_no_option_on)
{
	struct outcome o = switches(names_an_option);

	CHECK_INT(o.status, STATUS_UNAVAILABLE);
	CHECK(!strstr(o.out, "su: "));
}

TEST(command_switch_wants_a_name)
{
	struct outcome o = switches(names_nobody);

	CHECK_INT(o.status, STATUS_UNAVAILABLE);
	CHECK(!strstr(o.out, "su: "));
	CHECK_HAS(o.err, "hcauthd does not say whom to become.");
}

TEST(command_switch_that_is_refused_becomes_nobody)
{
	struct outcome o = switches(refuses_and_names);

	CHECK_INT(o.status, STATUS_NO_SUCH);
	CHECK(!strstr(o.out, "su: "));
}
