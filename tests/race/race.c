/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: no racer's answer is read before all are there (SIGSTOP holds the whole group of the listener,
 * whose children hcauth-talk are of it); the listener is not stopped while it forks, as Linux would leave the child
 * stopped when both are told to go on before it is done; a racer that the listener has no place for comes again, so
 * that nobody is lost; whoever hangs is an error. */
#include "race/race.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "paths.h"

enum { HANG_MS = 120000, GROUP = 4, TURNED_AWAY_MAX = 1000 };

static pid_t daemon_pid;

void race_start(void)
{
	FILE *f = fopen("/run/host/hcauthd.pid", "re");

	if (!f || fscanf(f, "%d", &daemon_pid) != 1 || getpgid(daemon_pid) != daemon_pid)
		client_fail("no hcauthd that leads a group: run this by tests/host");
	fclose(f);
}

static void signal_all(int sig)
{
	if (kill(-daemon_pid, sig) < 0)
		client_fail("hcauthd has gone: %s", strerror(errno));
}

static void send_hello(struct racer *r)
{
	static struct packet p;
	size_t n = 0;

	while (r->args[n])
		n++;
	p.len = hello_put(p.bytes, &r->hello, r->args, n);
	if (p.len == 0)
		client_fail("racer %u: a hello that is too long", r->number);
	(void)packet_send(r->fd, &p, boot_ms() + PATIENCE_MS); /* hung up: the next read tells */
}

static void dial(struct racer *r)
{
	const char *path = r->uid == 0 ? HC_ROOT_SOCKET : HC_USER_SOCKET;

	if (r->uid != 0 && seteuid(r->uid) < 0)
		client_fail("can't become uid %u: %s", r->uid, strerror(errno));
	r->fd = packet_connect(path, boot_ms() + PATIENCE_MS);
	if (r->uid != 0 && seteuid(0) < 0)
		client_fail("can't become root again: %s", strerror(errno));
	if (r->fd < 0)
		client_fail("%s: %s", path, strerror(-r->fd));
	r->asks = 0;
	r->since_ms = boot_ms();
}

void racer_begin(struct racer *r)
{
	r->later = false;
	dial(r);
	send_hello(r);
}

static void give(struct race *race, struct racer *r, const struct ask *a)
{
	static struct packet p;
	struct secret text = { .len = 0 };
	const char *s = race->answer(r, a);

	r->asks++;
	if (!s) {
		close(r->fd);
		r->fd = -1;
		r->over = r->hung_up = true;
		return;
	}
	text.len = strlen(s);
	memcpy(text.text, s, text.len + 1);
	p.len = answer_put(p.bytes, &text);
	(void)packet_send(r->fd, &p, boot_ms() + PATIENCE_MS);
}

static void end(struct race *race, struct racer *r)
{
	close(r->fd);
	r->fd = -1;
	r->over = true;
	if (race->ended)
		race->ended(race, r);
}

static void keep_told(struct racer *r, const struct packet *p)
{
	struct tell t;
	const char *at;
	size_t n = 0;

	if (!tell_get(p->bytes, p->len, &t))
		client_fail("racer %u: a message that is none", r->number);
	snprintf(r->last, sizeof r->last, "%.199s", t.text);
	r->waits |= strstr(t.text, "Please wait ") != NULL;
	if (!(at = strstr(t.text, "Secret: ")))
		return;
	for (at += strlen("Secret: "); *at && *at != '\n' && n < sizeof r->secret - 1; at++)
		if (*at != ' ')
			r->secret[n++] = *at;
	r->secret[n] = 0;
}

static void take_verdict(struct race *race, struct racer *r, const struct packet *p)
{
	struct verdict_msg v;

	if (!verdict_get(p->bytes, p->len, &v))
		client_fail("racer %u: a verdict that is none", r->number);
	r->result = v.result;
	r->status = v.status;
	snprintf(r->ticket, sizeof r->ticket, "%s", v.ticket);
	end(race, r);
}

/* Takes one packet. A hang-up before anything was said is a place that there was none of. */
static void take(struct race *race, struct racer *r)
{
	static struct packet p;
	struct ask a;
	int e = packet_recv(r->fd, &p, boot_ms() + PATIENCE_MS);

	if (e == -ECONNRESET && r->asks == 0 && ++r->turned_away < TURNED_AWAY_MAX) {
		close(r->fd);
		r->fd = -1;
		return;
	}
	if (e < 0)
		client_fail("racer %u: %s, after %u answers; told: %s", r->number, strerror(-e),
			r->asks, r->last);
	switch (p.bytes[0]) {
	case MSG_ASK:
		if (!ask_get(p.bytes, p.len, &a))
			client_fail("racer %u: a prompt that is none", r->number);
		r->held = r->gate == (int)r->asks;
		r->use = a.use;
		snprintf(r->prompt, sizeof r->prompt, "%.79s", a.text);
		if (!r->held)
			give(race, r, &a);
		break;
	case MSG_TELL: keep_told(r, &p); break;
	case MSG_WAIT: break;
	case MSG_VERDICT: take_verdict(race, r, &p); break;
	default: client_fail("racer %u: a packet of kind %d", r->number, p.bytes[0]);
	}
}

/* The daemon's children: who waits for a hello says nothing. With show, each one's state is told. */
static unsigned talks(bool show)
{
	char path[64], line[200];
	unsigned n = 0;
	int pid;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)daemon_pid, (int)daemon_pid);
	FILE *f = fopen(path, "re");
	if (!f)
		client_fail("%s: %s", path, strerror(errno));
	for (; fscanf(f, "%d", &pid) == 1; n++) {
		snprintf(path, sizeof path, "/proc/%d/stat", pid);
		FILE *stat = show ? fopen(path, "re") : NULL;
		if (stat && fgets(line, sizeof line, stat))
			printf("# %s\n", line);
		if (stat)
			fclose(stat);
	}
	fclose(f);
	return n;
}

static _Noreturn void hangs(const struct racer *r)
{
	(void)talks(true);
	client_fail("racer %u hangs, after %u answers; told: %s", r->number, r->asks, r->last);
}

/* Waits for something to come to the first n, and takes it. False: nobody of them is awaited. */
static bool serve(struct race *race, unsigned n)
{
	struct pollfd p[RACERS_MAX];
	unsigned of[RACERS_MAX], m = 0;

	for (unsigned i = 0; i < n; i++) {
		struct racer *r = &race->racer[i];

		if (r->fd < 0 || r->held)
			continue;
		if (boot_ms() - r->since_ms > HANG_MS)
			hangs(r);
		of[m] = i;
		p[m++] = (struct pollfd){ .fd = r->fd, .events = POLLIN };
	}
	if (m == 0)
		return false;
	(void)poll(p, m, 1000);
	for (unsigned i = 0; i < m; i++)
		if (p[i].revents)
			take(race, &race->racer[of[i]]);
	return true;
}

static void await_talks(unsigned n)
{
	for (int64_t until = boot_ms() + PATIENCE_MS; talks(false) < n; poll(NULL, 0, 1))
		if (boot_ms() > until)
			client_fail("%u of %u conversations have begun", talks(false), n);
}

void race_quiet(void)
{
	for (int64_t until = boot_ms() + PATIENCE_MS; talks(false) > 0; poll(NULL, 0, 1))
		if (boot_ms() > until)
			client_fail("%u conversations are left over", talks(false));
}

/* Brings those that are to be held to where they are; how many are there. */
static unsigned gather(struct race *race)
{
	unsigned held = 0, hellos = 0;

	for (unsigned i = 0; i < race->n; i++) {
		struct racer *r = &race->racer[i];

		if (r->later || r->gate == NO_GATE || hellos + held >= AS_MANY)
			continue;
		dial(r);
		if (r->gate == GATE_HELLO) {
			hellos++;
			continue;
		}
		send_hello(r);
		held++;
		if (held % GROUP == 0 && race->between) {
			while (serve(race, i + 1))
				;
			race->between();
		}
	}
	if (hellos > 0)
		await_talks(hellos + held);
	for (unsigned i = 0; i < race->n; i++)
		if (race->racer[i].gate == GATE_HELLO && race->racer[i].fd >= 0)
			race->racer[i].held = true;
	while (serve(race, race->n))
		;
	held = 0;
	for (unsigned i = 0; i < race->n; i++)
		held += race->racer[i].held;
	return held;
}

static void release(struct race *race)
{
	if (race->ready)
		race->ready();
	signal_all(SIGSTOP);
	for (unsigned i = 0; i < race->n; i++) {
		struct racer *r = &race->racer[i];
		const struct ask a = { .use = r->use, .text = r->prompt };

		if (!r->held)
			continue;
		r->held = false;
		r->since_ms = boot_ms();
		if (r->gate == GATE_HELLO)
			send_hello(r);
		else
			give(race, r, &a);
		r->gate = NO_GATE;
	}
	signal_all(SIGCONT);
}

/* Those for whom there was no place, as places come free. True: some are not in yet. */
static bool call_again(struct race *race)
{
	unsigned in = 0, out = 0;

	for (unsigned i = 0; i < race->n; i++)
		in += race->racer[i].fd >= 0;
	for (unsigned i = 0; i < race->n; i++) {
		struct racer *r = &race->racer[i];

		if (r->later || r->fd >= 0 || r->over)
			continue;
		r->gate = NO_GATE;
		if (in < AS_MANY) {
			racer_begin(r);
			in++;
		} else
			out++;
	}
	return out > 0;
}

struct raced race_run(struct race *race)
{
	struct raced out = { .granted = 0 };
	bool more = true;

	for (unsigned i = 0; i < race->n; i++)
		race->racer[i].fd = -1;
	race_quiet();
	out.together = gather(race);
	release(race);
	while (more) {
		bool rest = call_again(race);

		more = serve(race, race->n) || rest;
	}
	for (unsigned i = 0; i < race->n; i++) {
		struct racer *r = &race->racer[i];
		bool in = r->over && !r->hung_up && r->result == GRANTED;

		out.granted += in;
		out.hung_up += r->hung_up;
		out.refused += !in && !r->hung_up;
		out.waits += r->waits;
		if (in)
			out.winner = r;
	}
	return out;
}
