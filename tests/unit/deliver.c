/* SPDX-License-Identifier: Apache-2.0 */
/* Sending. What must hold: "sent" for exit status 0 alone; a program gets its text, its argument and nothing
 * else of ours; it ends in time; what it says of itself holds no code. */
#include "deliver.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "conf.h"
#include "message.h"
#include "packet.h"
#include "program.h"

/* A program in the case's folder. */
static const char *program(const char *name, const char *script)
{
	static char path[2][200];
	static int n;
	char *at = path[n++ % 2];

	snprintf(at, sizeof path[0], "%s/%s", test_folder(), name);
	FILE *f = fopen(at, "w");
	CHECK(f && fprintf(f, "#!/bin/sh\n%s\n", script) > 0 && fclose(f) == 0);
	CHECK_INT(chmod(at, 0755), 0);
	return at;
}

static const char *content(const char *name)
{
	static char text[4096];
	char path[200];

	snprintf(path, sizeof path, "%s/%s", test_folder(), name);
	FILE *f = fopen(path, "r");
	CHECK(f != NULL);
	text[fread(text, 1, sizeof text - 1, f)] = 0;
	fclose(f);
	return text;
}

static struct queued a_message(enum channel channel)
{
	struct queued q = { .number = 7,
		.made = 1777885200,
		.message = { .channel = channel,
			.template = "verify",
			.name = "Ann",
			.practice = "St John's",
			.code = "135790",
			.minutes = 15 } };

	snprintf(q.message.to, sizeof q.message.to, "%s",
		channel == CHANNEL_EMAIL ? "ann@example.org" : "+441632960001");
	return q;
}

/* What the courier would answer, if its program were that script. */
static const char *delivered(const struct queued *q, const char *script)
{
	static struct secret answer;
	static struct conf conf;
	char folder[512];
	const char *from = getenv("srcdir");
	const char *const folders[] = { folder, NULL };

	snprintf(folder, sizeof folder, "%s/conf/templates", from ? from : "..");
	snprintf(conf.sendmail, sizeof conf.sendmail, "%s", program("send", script));
	snprintf(conf.sms, sizeof conf.sms, "%s", conf.sendmail);
	snprintf(conf.from, sizeof conf.from, "a@b.example");
	deliver(&conf, folders, q, &answer);
	CHECK_INT(answer.len, strlen(answer.text));
	return answer.text;
}

TEST(deliver_hands_over_and_believes_status_0_alone)
{
	static const struct {
		int status;
		const char *answer;
	} statuses[] = { { 0, "sent" }, { 1, "later no route" }, { 64, "later no route" },
		{ 65, "never no route" }, { 67, "never no route" }, { 68, "never no route" },
		{ 69, "later no route" }, { 75, "later no route" }, { 77, "later no route" },
		{ 127, "later no route" } };
	struct queued q = a_message(CHANNEL_EMAIL);
	char script[200];

	for (unsigned i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		snprintf(script, sizeof script, "echo no; echo route >&2; echo; exit %d",
			statuses[i].status);
		CHECK_TEXT(delivered(&q, script), statuses[i].answer);
	}
	CHECK_TEXT(delivered(&q, "kill -9 $$"), "later send was killed");
	CHECK_TEXT(delivered(&q, "exit 9"), "later send ended with status 9");
}

TEST(sh06_deliver_gives_a_program_what_it_needs_and_no_more)
{
	/* 32 and 33, which no program can change: make's children have them ignored */
	const unsigned long long libcs_own = 3ULL << 31;
	struct queued q = a_message(CHANNEL_EMAIL);
	static const char sigign[] = "SigIgn:\t";
	char script[800];

	setenv("SECRET_OF_OURS", "x", 1);
	CHECK(open("/dev/null", O_RDONLY) >= 0); /* without close-on-exec */
	signal(SIGPIPE, SIG_IGN);
	snprintf(script, sizeof script,
		"cd %s; cat >in; echo \"$#: $*\" >args; tr '\\0' '\\n' </proc/$$/environ >env;"
		"ls /proc/self/fd >fds; grep SigIgn /proc/$$/status >signals",
		test_folder());
	CHECK_TEXT(delivered(&q, script), "sent");
	CHECK_TEXT(content("args"), "2: -i -t\n");
	CHECK(strncmp(content("in"), "From: a@b.example\nTo: ann@example.org\nSubject: 135790",
		      40) == 0);
	CHECK_HAS(content("in"), "\n\nHello,\n\nyour code is 135790\n");
	CHECK_TEXT(content("env"), "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nHOME=/\n");
	CHECK_TEXT(content("fds"), "0\n1\n2\n3\n"); /* 3: the folder that ls lists */
	CHECK(strncmp(content("signals"), sigign, strlen(sigign)) == 0);
	CHECK((strtoull(content("signals") + strlen(sigign), NULL, 16) & ~libcs_own) == 0);

	q = a_message(CHANNEL_SMS);
	CHECK_TEXT(delivered(&q, script), "sent");
	CHECK_TEXT(content("args"), "1: +441632960001\n");
	CHECK_HAS(content("in"), "135790");
	CHECK(!strstr(content("in"), "From:"));
}

TEST(deliver_sends_to_checked_places_only)
{
	static const char *const numbers[] = { "", "07700900123", "+44 1632 960001", "+44;reboot",
		"-c", "0044163296001", "+123", "ann@example.org" };
	struct queued q = a_message(CHANNEL_SMS);

	for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		snprintf(q.message.to, sizeof q.message.to, "%s", numbers[i]);
		CHECK_TEXT(delivered(&q, "exit 0"), "never its number is not one");
	}
	q = a_message(CHANNEL_EMAIL);
	snprintf(q.message.to, sizeof q.message.to, "ann@example.org\nBcc: eve@example.org");
	CHECK_TEXT(delivered(&q, "exit 0"), "never its address is not one");
	q = a_message(CHANNEL_EMAIL);
	snprintf(q.message.template, sizeof q.message.template, "../verify");
	CHECK_TEXT(delivered(&q, "exit 0"), "later its template has no name");
}

TEST(deliver_keeps_codes_out_of_reasons)
{
	struct queued q = a_message(CHANNEL_EMAIL);

	CHECK_TEXT(delivered(&q, "cat >&2; exit 75"), "later send ended with status 75");
	CHECK_TEXT(delivered(&q, "echo it says 135790; echo down; exit 75"),
		"later send ended with status 75");
	CHECK_TEXT(delivered(&q, "printf 'a\\033]0;x\\nb\\tc\\377'; exit 75"),
		"later a\\x1b]0;x b\\x09c\\xff");
	CHECK(strlen(delivered(&q, "seq -s x 1000; exit 75")) <= 6 + 120);
}

TEST(ot14_program_ends_in_time_and_ends_what_it_started)
{
	char said[SAID_MAX], pid[32], path[64];
	int64_t began = boot_ms();
	char script[300];

	snprintf(script, sizeof script, "sleep 1000 & echo $! >%s/pid; echo begun; wait",
		test_folder());
	const char *const argv[] = { program("slow", script), NULL };
	CHECK_INT(program_run(argv, "", 3000, said), PROGRAM_TIMED_OUT);
	CHECK_TEXT(said, "begun\n");
	CHECK(boot_ms() - began < 60000);
	snprintf(pid, sizeof pid, "%s", content("pid"));
	pid[strcspn(pid, "\n")] = 0;
	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	for (int64_t end = boot_ms() + 60000;;) {
		char stat[200] = "";
		FILE *f = fopen(path, "r");
		bool runs = f && fgets(stat, sizeof stat, f) && !strstr(stat, ") Z ");

		if (f)
			fclose(f);
		if (!runs)
			break; /* gone, or a zombie that nobody here reaps */
		CHECK(boot_ms() < end);
	}
}

TEST(program_waits_no_longer_for_one_that_can_not_be_killed)
{
	char said[SAID_MAX];
	int64_t began = boot_ms();
	const char *const argv[] = { program("leaver", /* its group, which is what is killed */
					     "exec perl -e 'setpgrp(0, getpgrp(getppid)); "
					     "$| = 1; print \"left\"; sleep 100'"),
		NULL };

	CHECK_INT(program_run(argv, "", 5000, said), PROGRAM_TIMED_OUT);
	CHECK_TEXT(said, "left");
	CHECK(boot_ms() - began < 60000);
}

TEST(program_waits_for_nothing_that_is_left_in_the_background)
{
	char said[SAID_MAX];
	int64_t began = boot_ms();
	const char *const argv[] = { program("leaves", "sleep 100 & echo done"), NULL };

	CHECK_INT(program_run(argv, "", 90000, said), 0);
	CHECK_TEXT(said, "done\n");
	CHECK(boot_ms() - began < 60000);
}

TEST(program_keeps_the_end_of_what_is_said)
{
	static const char *const nowhere[] = { "/no/such/program", NULL };
	char said[SAID_MAX];
	const char *const argv[] = { program("talks", "seq 100000; echo the end"), NULL };

	CHECK_INT(program_run(argv, "", 20000, said), 0);
	CHECK_INT(strlen(said), SAID_MAX - 1);
	CHECK_HAS(said, "99999\n100000\nthe end\n");
	CHECK_INT(program_run(nowhere, "", 20000, said), 127);
	CHECK_HAS(said, "No such file");
}
