/* SPDX-License-Identifier: Apache-2.0 */
/* Kills hcauth-talk, at any moment, in a private host: kill_talk [KILLS [AT A TIME...]].
 * Conversations over the real root socket unlock people, open sessions, guess, sign in with codes that
 * others use at the same moment, and add users. What must hold is in kill_check.c; besides: nobody hangs,
 * nothing is left over, and after each round a sign-in works and the audit's chain is whole. A kill counts
 * when its conversation ended by it, before its verdict. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "dir_read.h"
#include "fault/kill_talk.h"
#include "paths.h"

enum { SLOTS_MAX = 64, HANG_MS = 60000, LIFE_US = 5000 /* about what one takes of both cores */ };

struct slot {
	int fd; /* -1: free */
	uint32_t ticket;
	int64_t since_ms;
};

struct run runs[TICKETS_MAX + 1];
struct guessed guessed[GUESSED];
uint32_t tickets, events;

static struct somebody people[PEOPLE],
	keeper; /* the keeper's codes are for the sign-ins in between */
static struct slot slots[SLOTS_MAX];
static unsigned guesses; /* of all so far: which of guessed is next */
static uint64_t landed, acked;
static pid_t daemon_pid;
static char children[64];

void guessed_email(unsigned who, char out[64])
{
	snprintf(out, 64, "guessed%u@example.org", who);
}

void added_user(uint32_t ticket, char out[32])
{
	snprintf(out, 32, "added%u", ticket);
}

/* --- what a conversation says --- */

static enum kind kind_any(void)
{
	static const struct {
		enum kind kind;
		int parts;
	} often[] = { { UNLOCK, 50 }, { OPEN, 20 }, { GUESS, 10 }, { SIGN_IN, 15 }, { ADD, 5 } };
	int n = rand() % 100;
	size_t i = 0;

	while (n >= often[i].parts)
		n -= often[i++].parts;
	return often[i].kind;
}

/* The present code, or a recovery code; the same ones as others. */
static uint64_t code_any(void)
{
	return rand() % 3 == 0 ? 1 + (uint64_t)rand() % CLIENT_CODES : step_now();
}

static unsigned guessed_next(void)
{
	unsigned i = guesses++ / GUESSES % GUESSED;
	struct guessed *g = &guessed[i];

	if (!g->used) {
		char email[64];

		guessed_email(i, email);
		(void)client_command((const char *const[]){
			"identity", "add", email, "--name", "Some Body", NULL });
		g->used = true;
		g->from_ms = boot_ms();
	}
	return i;
}

static size_t hello_of(uint32_t ticket, struct packet *p)
{
	const struct run *r = &runs[ticket];
	const char *email = people[r->who % PEOPLE].email;
	char tty[16], user[32], userid[32], guess[64];
	const char *unlock[] = { "unlock", email };
	const char *add[] = { "account", "add", userid, "--practice", "stj", "--user", user };
	struct hello h = client_hello(PURPOSE_COMMAND, "hcauth", "");

	snprintf(tty, sizeof tty, "kill%u", ticket);
	snprintf(userid, sizeof userid, "KT%u", ticket);
	added_user(ticket, user);
	guessed_email(r->who, guess);
	h.tty = tty;
	if (r->kind == UNLOCK)
		return hello_put(p->bytes, &h, unlock, 2);
	if (r->kind == ADD)
		return hello_put(p->bytes, &h, add, 7);
	h.purpose = r->kind == OPEN ? PURPOSE_OPEN : PURPOSE_AUTH;
	h.service = r->kind == SIGN_IN && ticket % 2 ? "sshd" : "login";
	h.rhost = r->kind == SIGN_IN && ticket % 2 ? "192.0.2.1" : "";
	h.name = r->kind == GUESS ? guess : email;
	return hello_put(p->bytes, &h, NULL, 0);
}

static void answer(struct slot *s, const struct packet *in)
{
	static struct packet p;
	const struct run *r = &runs[s->ticket];
	const struct somebody *who = &people[r->who % PEOPLE];
	struct secret text = { .len = 0 };
	struct ask a;
	char code[32];

	if (!ask_get(in->bytes, in->len, &a) || (r->kind != GUESS && r->kind != SIGN_IN))
		client_fail("conversation %u: asks what it should not", s->ticket);
	if (r->kind == GUESS)
		snprintf(text.text, sizeof text.text, "guess %u", s->ticket);
	else if (a.use == USE_OTHER)
		; /* the phone is not lost */
	else if (a.use == USE_PASSWORD)
		snprintf(text.text, sizeof text.text, "%s", who->password);
	else if (r->code > CLIENT_CODES) {
		somebody_code(who, r->code, code);
		snprintf(text.text, sizeof text.text, "%s", code);
	} else
		snprintf(text.text, sizeof text.text, "%s", who->code[r->code - 1]);
	text.len = strlen(text.text);
	p.len = answer_put(p.bytes, &text);
	int err = packet_send(s->fd, &p, boot_ms() + PATIENCE_MS);
	if (err < 0 && err != -EPIPE && err != -ECONNRESET) /* else killed; the next read tells */
		client_fail("conversation %u: %s", s->ticket, strerror(-err));
}

/* --- their life --- */

static void begin(struct slot *s)
{
	static struct packet p;

	if (++tickets > TICKETS_MAX)
		client_fail("more than %d conversations", TICKETS_MAX);
	struct run *r = &runs[tickets];
	r->kind = kind_any();
	r->who = r->kind == GUESS ? guessed_next() : (unsigned)rand() % PEOPLE;
	r->code = r->kind == SIGN_IN ? code_any() : 0;
	r->begun = ++events;
	*s = (struct slot){ .ticket = tickets, .since_ms = boot_ms() };
	p.len = hello_of(s->ticket, &p);
	s->fd = packet_connect(HC_ROOT_SOCKET, boot_ms() + PATIENCE_MS);
	if (s->fd < 0)
		client_fail("%s: %s", HC_ROOT_SOCKET, strerror(-s->fd));
	(void)packet_send(s->fd, &p, boot_ms() + PATIENCE_MS); /* killed already: read tells */
}

static void end(struct slot *s)
{
	struct run *r = &runs[s->ticket];

	if (r->kind == GUESS)
		guessed[r->who].to_ms = boot_ms();
	close(s->fd);
	s->fd = -1;
}

static void acknowledge(struct slot *s, const struct packet *p)
{
	struct run *r = &runs[s->ticket];
	struct verdict_msg v;

	if (!verdict_get(p->bytes, p->len, &v) || v.result == UNAVAILABLE || v.result == UNKNOWN)
		client_fail(
			"conversation %u, kind %d: a verdict of %d", s->ticket, r->kind, v.result);
	if (v.result != (r->kind == GUESS ? REFUSED : GRANTED) && r->kind != SIGN_IN)
		client_fail("conversation %u, kind %d: %d", s->ticket, r->kind, v.result);
	r->acked = ++events;
	r->result = v.result;
	acked++;
	if (r->kind == GUESS && !r->waits)
		guessed[r->who].counted++;
	if (r->kind == ADD) { /* whoever adds a user can look it up at once */
		static uint8_t row[DIR_ROW_MAX];
		struct dir_user u;
		char name[32];

		added_user(s->ticket, name);
		if (dir_find_user(name, row, sizeof row, &u) < 0)
			client_fail("%s was added and can not be looked up", name);
		r->uid = u.uid;
	}
	end(s);
}

/* Takes one packet, or the end. */
static void take(struct slot *s)
{
	static struct packet p;
	int r = packet_recv(s->fd, &p, boot_ms() + PATIENCE_MS);

	if (r == -ECONNRESET) {
		landed++;
		end(s);
		return;
	}
	if (r < 0)
		client_fail("conversation %u: %s", s->ticket, strerror(-r));
	switch (p.bytes[0]) {
	case MSG_ASK: answer(s, &p); break;
	case MSG_TELL: runs[s->ticket].waits |= runs[s->ticket].kind == GUESS; break;
	case MSG_WAIT: break;
	case MSG_VERDICT: acknowledge(s, &p); break;
	default: client_fail("conversation %u: a packet of kind %d", s->ticket, p.bytes[0]);
	}
}

/* Serves the first n slots until the time is over, or (ns < 0) until something comes. */
static void serve(size_t n, long ns)
{
	struct timespec until, now, left;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ns;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	do {
		struct pollfd p[SLOTS_MAX];

		for (size_t i = 0; i < n; i++) {
			p[i] = (struct pollfd){ .fd = slots[i].fd, .events = POLLIN };
			if (slots[i].fd >= 0 && boot_ms() - slots[i].since_ms > HANG_MS)
				client_fail("conversation %u, kind %d, hangs", slots[i].ticket,
					runs[slots[i].ticket].kind);
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		int64_t rest = (int64_t)(until.tv_sec - now.tv_sec) * 1000000000 +
			(until.tv_nsec - now.tv_nsec);
		if (rest <= 0)
			return;
		left = (struct timespec){ rest / 1000000000, (long)(rest % 1000000000) };
		if (ppoll(p, n, &left, NULL) <= 0)
			return;
		for (size_t i = 0; i < n; i++)
			if (p[i].revents)
				take(&slots[i]);
	} while (true);
}

/* The daemon's children, oldest first. */
static size_t talks(pid_t out[256])
{
	FILE *f = fopen(children, "re");
	size_t n = 0;

	if (!f)
		client_fail("%s: %s: hcauthd has gone", children, strerror(errno));
	while (n < 256 && fscanf(f, "%d", &out[n]) == 1)
		n++;
	fclose(f);
	return n;
}

/* Every other time the one that began last, most of whose life is still before it. */
static void kill_any(void)
{
	pid_t pid[256];
	size_t n = talks(pid);

	if (n > 0)
		kill(pid[rand() % 2 ? n - 1 : (size_t)rand() % n], SIGKILL);
}

static bool busy(size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slots[i].fd >= 0)
			return true;
	return false;
}

/* --- between the rounds --- */

static void sign_in(const char *code)
{
	struct hello h = client_hello(PURPOSE_AUTH, "sshd", keeper.email);
	struct said s =
		client_talk(&h, NULL, (const char *const[]){ keeper.password, code, "", NULL });

	if (s.r < 0 || s.result != GRANTED)
		client_fail("a sign-in afterwards: %d, verdict %d: %s", s.r, s.result, s.text);
}

static void examine(size_t round)
{
	pid_t pid[256];

	for (int64_t end_ms = boot_ms() + 10000; talks(pid) > 0; serve(0, 1000000))
		if (boot_ms() > end_ms)
			client_fail("conversations are left over, pid %d among them", (int)pid[0]);
	sign_in(keeper.code[round % CLIENT_CODES]);
	const char *text = client_command((const char *const[]){ "status", "--json", NULL });
	if (!strstr(text, "\"audit_chain\":\"good\"") ||
		!strstr(text, "\"directory_published\":true"))
		client_fail("status: %s", text);
	store_examine();
	directory_examine();
}

static void round_of(size_t n, uint64_t times)
{
	int64_t start = boot_ms();
	uint64_t landed0 = landed, acked0 = acked;
	uint32_t tickets0 = tickets;

	for (size_t i = 0; i < n; i++)
		slots[i].fd = -1;
	while (landed - landed0 < times) {
		for (size_t i = 0; i < n; i++)
			if (slots[i].fd < 0)
				begin(&slots[i]);
		serve(n, 1 + rand() % (2 * LIFE_US) * 1000);
		kill_any();
	}
	while (busy(n))
		serve(n, 100000000);
	printf("# %2zu at a time: %llu kills, %u conversations, %llu acknowledged, %.1f s\n", n,
		(unsigned long long)(landed - landed0), tickets - tickets0,
		(unsigned long long)(acked - acked0), (double)(boot_ms() - start) / 1000);
	fflush(stdout);
}

/* The daemon has said nothing worse than that conversations were killed. */
static void log_examine(void)
{
	const char *path = getenv("HCAUTH_LOG");
	FILE *f = path ? fopen(path, "re") : NULL;
	char line[512];
	uint64_t killed = 0;

	if (!f)
		client_fail("no $HCAUTH_LOG: run this by tests/host");
	while (fgets(line, sizeof line, f)) {
		if (strstr(line, "ended by signal 9"))
			killed++;
		else if (strncmp(line, "<6>", 3) != 0 && !strstr(line, ": start: "))
			client_fail("hcauthd's log: %s", line);
	}
	fclose(f);
	if (killed < landed)
		client_fail("%llu conversations hung up, %llu were killed",
			(unsigned long long)landed, (unsigned long long)killed);
}

static void find_daemon(void)
{
	FILE *f = fopen("/run/host/hcauthd.pid", "re");

	if (!f || fscanf(f, "%d", &daemon_pid) != 1)
		client_fail("no hcauthd: run this by tests/host");
	fclose(f);
	snprintf(children, sizeof children, "/proc/%d/task/%d/children", (int)daemon_pid,
		(int)daemon_pid);
}

int main(int argc, char **argv)
{
	static const size_t usual[] = { 2, 3, 6, 64 };
	uint64_t times = argc > 1 ? strtoull(argv[1], NULL, 10) : 4000;
	size_t rounds = argc > 2 ? (size_t)argc - 2 : 4;
	char code[8];

	setpriority(PRIO_PROCESS, 0, -5); /* so that kills come while conversations run */
	srand((unsigned)time(NULL));
	find_daemon();
	(void)client_command((const char *const[]){ "practice", "add", "stj", "St John", NULL });
	for (unsigned i = 0; i < PEOPLE; i++)
		somebody_make(&people[i], "person", i);
	somebody_make(&keeper, "keeper", 0);
	for (size_t i = 0; i < rounds; i++) {
		size_t n = argc > 2 ? strtoull(argv[i + 2], NULL, 10) : usual[i];

		round_of(n > SLOTS_MAX || n == 0 ? SLOTS_MAX : n, times / rounds);
		examine(i);
	}
	somebody_code(&keeper, step_now(), code);
	if (step_now() > keeper.step)
		sign_in(code);
	log_examine();
	printf("ok 1 - %llu kills of hcauth-talk, %llu of %u conversations acknowledged\n1..1\n",
		(unsigned long long)landed, (unsigned long long)acked, tickets);
	return 0;
}
