/* SPDX-License-Identifier: Apache-2.0 */
/* One packet over a socket, with its deadline. */
#include "packet.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { SOON_MS = 3000 };

static char state_of(pid_t pid)
{
	char path[64], text[512] = "";

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "re");
	CHECK(f && fread(text, 1, sizeof text - 1, f) > 0);
	fclose(f);
	return strrchr(text, ')')[2];
}

static void wait_state(pid_t pid, char state)
{
	while (state_of(pid) != state)
		usleep(1000);
}

/* Stopped while it waits, as by a suspend, and the answer is there when it goes on. */
TEST(tm08_an_answer_after_the_deadline_is_none)
{
	struct packet p = { .len = 1, .bytes = { 1 } };
	int two[2], status;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, two) == 0);
	const int64_t deadline = boot_ms() + SOON_MS;
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(-packet_recv(two[1], &p, deadline));
	wait_state(pid, 'S');
	CHECK(kill(pid, SIGSTOP) == 0);
	wait_state(pid, 'T');
	CHECK(boot_ms() < deadline);
	while (boot_ms() <= deadline)
		usleep(1000);
	CHECK_INT(packet_send(two[0], &p, boot_ms() + SOON_MS), 0);
	CHECK(kill(pid, SIGCONT) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), ETIMEDOUT);
}

TEST(wp01_a_packet_without_a_byte_is_the_end)
{
	struct packet p;
	int two[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, two) == 0);
	CHECK(send(two[0], "", 0, 0) == 0);
	CHECK_INT(packet_recv(two[1], &p, boot_ms() + SOON_MS), -ECONNRESET);
}

TEST(wp02_a_packet_that_is_too_long_is_refused_and_not_cut)
{
	static uint8_t long_one[sizeof((struct packet *)0)->bytes + 1] = { 1 };
	struct packet p;
	int two[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, two) == 0);
	CHECK(send(two[0], long_one, sizeof long_one, 0) == (ssize_t)sizeof long_one);
	CHECK_INT(packet_recv(two[1], &p, boot_ms() + SOON_MS), -EMSGSIZE);
}
