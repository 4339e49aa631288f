/* SPDX-License-Identifier: Apache-2.0 */
#include "rss.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "packet.h"
#include "paths.h"

#define FAR "192.0.2.1"

enum { LISTENER_KIB = 2048, WAITING_KIB = 3072 };

/* What is in memory, less what is seen of the store's file: those are the machine's cache of it, one for all
 * conversations, and as many at a time as the kernel likes. 0: not known. */
static long rss_kib(pid_t pid)
{
	char path[64], line[PATH_MAX + 128];
	long kib = 0;
	bool store = false;

	snprintf(path, sizeof path, "/proc/%d/smaps", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f)) {
		if (!isupper((unsigned char)line[0])) /* a mapping, before what is said of it */
			store = strstr(line, "/data.mdb\n") != NULL;
		else if (strncmp(line, "Rss:", 4) == 0 && !store)
			kib += strtol(line + 4, NULL, 10);
	}
	if (f)
		fclose(f);
	return kib;
}

static int show_rss(const char *what, pid_t pid, long bar)
{
	long kib = rss_kib(pid);
	bool good = kib > 0 && kib < bar;

	printf("%-4s %-38s %5ld KiB, bar %ld\n", good ? "PASS" : "FAIL", what, kib, bar);
	return good ? 0 : 1;
}

/* 0: there is none. */
static pid_t number_in(const char *path)
{
	FILE *f = fopen(path, "re");
	pid_t pid = 0;

	if (!f)
		client_fail("%s: %s", path, strerror(errno));
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	fclose(f);
	return pid;
}

static pid_t listener_pid(void)
{
	static pid_t pid;

	if (pid == 0)
		pid = number_in("/run/host/hcauthd.pid");
	return pid;
}

pid_t talk_pid(void)
{
	pid_t listener = listener_pid();
	char children[64];

	snprintf(children, sizeof children, "/proc/%d/task/%d/children", (int)listener,
		(int)listener);
	return number_in(children);
}

static void next_ask(int fd, struct packet *p)
{
	do {
		int r = packet_recv(fd, p, boot_ms() + PATIENCE_MS);
		if (r < 0)
			client_fail("a waiting conversation: %s", strerror(-r));
	} while (p->bytes[0] == MSG_WAIT);
	if (p->bytes[0] != MSG_ASK)
		client_fail("a waiting conversation: a packet of kind %d", p->bytes[0]);
}

/* A prompt is out before the pages are let go: until the process sleeps. */
static void await_sleep(pid_t pid)
{
	char path[64], state = 0;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	for (int64_t until = boot_ms() + PATIENCE_MS; state != 'S'; poll(NULL, 0, 1)) {
		FILE *f = fopen(path, "re");

		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1 || boot_ms() > until)
			client_fail("a waiting conversation does not wait");
		fclose(f);
	}
}

/* The listener, and a conversation at each of its prompts. */
int show_memory(const struct somebody *who)
{
	static struct packet p;
	struct hello h = client_hello(PURPOSE_AUTH, "sshd", who->email);
	struct secret answer = { .len = strlen(who->password) };
	pid_t listener = listener_pid();
	int bad, fd = packet_connect(HC_ROOT_SOCKET, boot_ms() + PATIENCE_MS);

	h.rhost = FAR;
	p.len = hello_put(p.bytes, &h, NULL, 0);
	if (fd < 0 || packet_send(fd, &p, boot_ms() + PATIENCE_MS) < 0)
		client_fail("%s", HC_ROOT_SOCKET);
	next_ask(fd, &p);
	pid_t talk = talk_pid();
	bad = show_rss("the listener", listener, LISTENER_KIB);
	await_sleep(talk);
	bad += show_rss("a conversation at \"Password: \"", talk, WAITING_KIB);
	memcpy(answer.text, who->password, answer.len + 1);
	p.len = answer_put(p.bytes, &answer);
	if (packet_send(fd, &p, boot_ms() + PATIENCE_MS) < 0)
		client_fail("%s", HC_ROOT_SOCKET);
	next_ask(fd, &p);
	await_sleep(talk);
	bad += show_rss("a conversation at \"Code: \"", talk, WAITING_KIB);
	close(fd);
	return bad;
}
