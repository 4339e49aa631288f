/* SPDX-License-Identifier: Apache-2.0 */
/* bench_sign_in [PEOPLE]: what each phase of a sign-in costs by each factor, over the daemon's sockets and through
 * PAM, beside one Argon2id computation and one durable commit in the same run; and what the daemon takes of
 * memory. In a private host (tests/bench/all). The kinds take turns, so that whatever else the machine does falls
 * on all of them. Exits with 1 where a bar is not kept. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inside.h"
#include "pam.h"
#include "paths.h"
#include "rss.h"
#include "staff.h"
#include "yard.h"

#define FAR "192.0.2.1"

enum { PEOPLE_MAX = 100, ANSWERS_MAX = 4, PIN_COMMITS = 2 };

enum {
	BY_THEM = 1, /* a locker: a program of theirs, which has everybody's socket alone */
	BY_SU = 2, /* root's, for a caller who becomes their other account */
	FINGER = 4, /* an earlier module has recognised theirs */
	KEY = 8, /* sshd has proved theirs */
	SHIFT_OVER = 16, /* after "hcauth lock" */
	NOTHING = 32, /* every prompt is answered with nothing, and they are refused */
	UNLOCK = 64, /* held to the bars of a PIN within a shift */
};

/* A turn goes through these in order. A new factor or service is a line here, its rule in tests/bench/all, and
 * what it needs of a person in staff.c and answer_of(). */
static const struct way {
	const char *name;
	enum purpose purpose;
	const char *service, *rhost;
	unsigned argon2; /* computations */
	unsigned how;
	const char *answers[ANSWERS_MAX];
} ways[] = {
	{ "sshd: password, app's code", PURPOSE_AUTH, "sshd", FAR, 1, 0, { "@password", "@code" } },
	{ "sshd: account", PURPOSE_ACCOUNT, "sshd", FAR, 0, 0, { NULL } },
	{ "sshd: session", PURPOSE_OPEN, "sshd", FAR, 0, 0, { NULL } },
	{ "sshd: session closed", PURPOSE_CLOSE, "sshd", FAR, 0, 0, { NULL } },
	{ "sshd: password, text message", PURPOSE_AUTH, "bench-sms", FAR, 1, 0,
		{ "@password", "@sms" } },
	{ "sshd: password, YubiKey", PURPOSE_AUTH, "bench-yubikey", FAR, 1, 0,
		{ "@password", "@otp" } },
	{ "sshd: key, app's code", PURPOSE_AUTH, "bench-key", FAR, 0, KEY, { "@code" } },
	{ "kiosk: PIN", PURPOSE_AUTH, "kiosk", "", 1, 0, { "@pin" } },
	{ "login: session", PURPOSE_OPEN, "login", "", 0, 0, { NULL } },
	{ "i3lock: password, no shift", PURPOSE_AUTH, "i3lock", "", 1, BY_THEM | SHIFT_OVER,
		{ "@password" } },
	{ "login: password, recovery code", PURPOSE_AUTH, "login", "", 2, 0,
		{ "@password", "@recovery", "" } },
	{ "login: fingerprint", PURPOSE_AUTH, "bench-finger", "", 0, FINGER, { NULL } },
	{ "login: PIN, in the shift", PURPOSE_AUTH, "bench-shift", "", 1, UNLOCK, { "@pin" } },
	{ "i3lock: PIN, in the shift", PURPOSE_AUTH, "i3lock", "", 1, BY_THEM | UNLOCK,
		{ "@pin" } },
	{ "login: nothing typed, in the shift", PURPOSE_AUTH, "bench-shift", "", 0, NOTHING,
		{ "", "", "", "" } },
	{ "i3lock: nothing typed, in the shift", PURPOSE_AUTH, "i3lock", "", 0, BY_THEM | NOTHING,
		{ "", "", "", "" } },
	{ "i3lock: account", PURPOSE_ACCOUNT, "i3lock", "", 0, BY_THEM, { NULL } },
	/* Their default account is another then, which is published: nothing of theirs after it. */
	{ "su: PIN, in the shift", PURPOSE_AUTH, "su", "", 1, BY_SU, { "@pin" } },
};

enum kind { PAM_TOTP, PAM_ACCOUNT, PAM_SESSION, WAYS, KINDS = WAYS + sizeof ways / sizeof *ways };
#define WAY_OF(kind) ((kind) >= WAYS ? &ways[(kind)-WAYS] : NULL)
enum { YARDS_MAX = KINDS * PEOPLE_MAX };

static const char *const names[WAYS] = {
	[PAM_TOTP] = "PAM: start, password, app's code",
	[PAM_ACCOUNT] = "PAM: account",
	[PAM_SESSION] = "PAM: session",
};

static double took[KINDS][PEOPLE_MAX];
static size_t times[KINDS];
static struct staff people[PEOPLE_MAX];
static struct somebody others[PEOPLE_MAX]; /* for PAM: an app has three codes at a time */
/* Of took: from the last answer to the verdict; 0: nothing was asked. */
static double answered[KINDS][PEOPLE_MAX];
/* The most that there were of any turn. */
static unsigned prompts[KINDS], commits[KINDS];
/* One Argon2id and a sign-in's two commits, of just before each that computes one. */
static double argon2_ms[YARDS_MAX], commits_ms[YARDS_MAX];
static size_t yards, yard_of[KINDS][PEOPLE_MAX];
static double begun;

static void keep(size_t kind, double ms, double since_answer)
{
	answered[kind][times[kind]] = since_answer;
	took[kind][times[kind]++] = ms;
}

/* --- beside it --- */

static void measure_yard(size_t kind)
{
	struct yard y = yard_measure();

	argon2_ms[yards] = y.argon2_ms;
	commits_ms[yards] = y.commits_ms;
	yard_of[kind][times[kind]] = yards++;
}

/* --- over the socket --- */

/* The oldest code that is newer than the last, and good for seconds yet. */
static void next_code(struct somebody *p, char code[8])
{
	uint64_t oldest = ((uint64_t)time(NULL) + 4) / 30 - 1;

	p->step = p->step < oldest ? oldest : p->step + 1;
	somebody_code(p, p->step, code);
}

/* What the answer took to find is no time of the daemon's. */
static void find_sms(char out[32])
{
	double from = client_ms();

	inside_code(out);
	begun += client_ms() - from;
}

static const char *answer_of(struct staff *s, const char *what, char code[8])
{
	if (strcmp(what, "@password") == 0)
		return s->p.password;
	if (strcmp(what, "@pin") == 0)
		return s->p.pin;
	if (strcmp(what, "@recovery") == 0)
		return s->p.code[STAFF_CODES_USED];
	if (strcmp(what, "@otp") == 0)
		return soft_touch(&s->yubikey);
	if (strcmp(what, "@code") != 0)
		return what; /* "@sms" is found when it is asked for */
	next_code(&s->p, code);
	return code;
}

static struct hello hello_of(const struct way *w, const struct staff *s, const char *ticket)
{
	struct hello h = client_hello(w->purpose, w->service, s->p.email);

	h.rhost = w->rhost;
	h.tty = *w->rhost ? "ssh" : "tty1";
	if (w->how & BY_THEM)
		h.name = s->p.user;
	if (w->how & BY_SU) {
		h.name = s->other;
		h.ruser = s->p.user;
		h.ruid = s->p.uid;
	}
	h.have = w->how & FINGER ? "fingerprint" : "";
	h.ssh_auth = w->how & KEY ? s->ssh_auth : "";
	if (w->purpose == PURPOSE_OPEN)
		h.ticket = ticket;
	return h;
}

static void note(size_t kind, unsigned asks, uint64_t before)
{
	unsigned n = (unsigned)(inside_serial() - before);

	prompts[kind] = asks > prompts[kind] ? asks : prompts[kind];
	commits[kind] = n > commits[kind] ? n : commits[kind];
}

static void over_the_socket(struct staff *p)
{
	char code[8], ticket[sizeof(struct said){ 0 }.ticket] = "";

	for (size_t k = WAYS; k < KINDS; k++) {
		const struct way *w = WAY_OF(k);
		const struct hello h = hello_of(w, p, ticket);
		const char *answers[ANSWERS_MAX + 1] = { NULL };

		for (size_t i = 0; i < ANSWERS_MAX && w->answers[i]; i++)
			answers[i] = answer_of(p, w->answers[i], code);
		if (w->how & SHIFT_OVER)
			(void)client_command((const char *const[]){ "lock", p->p.email, NULL });
		if (w->argon2 > 0)
			measure_yard(k);
		uint64_t before = inside_serial();
		begun = client_ms();
		struct said s = client_talk_as(w->how & BY_THEM ? p->p.uid : 0, &h, NULL, answers);
		double now = client_ms();
		keep(k, now - begun, s.answered > 0 ? now - s.answered : 0);
		if (s.r < 0 || s.result != (w->how & NOTHING ? REFUSED : GRANTED))
			client_fail("%s: %s: %d, verdict %d: %s", w->name, p->p.email, s.r,
				s.result, s.text);
		note(k, s.asks, before);
		if (w->purpose == PURPOSE_AUTH)
			snprintf(ticket, sizeof ticket, "%s", s.ticket);
	}
}

/* --- through PAM --- */

static void through_pam(struct somebody *p)
{
	char code[8];

	next_code(p, code);
	measure_yard(PAM_TOTP);
	struct pam_times t = pam_sign_in(p->email, p->password, code);
	keep(PAM_TOTP, t.auth, t.answered);
	keep(PAM_ACCOUNT, t.account, 0);
	keep(PAM_SESSION, t.session, 0);
}

/* --- what came of it --- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double at(const double *v, size_t n, unsigned percent)
{
	static double sorted[YARDS_MAX];

	memcpy(sorted, v, n * sizeof *v);
	qsort(sorted, n, sizeof *sorted, by_size);
	return sorted[(n - 1) * percent / 100];
}

/* Argon2id's part of it in percent, and what it takes beside, each against the one of just before. */
static void show_share(size_t kind, unsigned computations)
{
	double share[PEOPLE_MAX], rest[PEOPLE_MAX];

	for (size_t i = 0; i < times[kind]; i++) {
		double argon2 = computations * argon2_ms[yard_of[kind][i]];

		share[i] = 100 * argon2 / took[kind][i];
		rest[i] = took[kind][i] - argon2;
	}
	printf("   %3.0f %% of it, and %.2f beside", at(share, times[kind], 50),
		at(rest, times[kind], 50));
}

static void show_line(const char *name, const double *v, size_t n)
{
	printf("%-36s %8.2f %8.2f %8.2f", name, at(v, n, 50), at(v, n, 10), at(v, n, 90));
}

static void show_times(void)
{
	printf("%-36s %8s %8s %8s %12s %8s %8s   Argon2id\n", "milliseconds", "median", "10 %",
		"90 %", "last answer", "prompts", "commits");
	show_line("one Argon2id, 19 MiB, 2 passes", argon2_ms, yards);
	printf("\n");
	show_line("two durable commits, 1 and 3 tables", commits_ms, yards);
	printf("\n");
	for (size_t k = 0; k < KINDS; k++) {
		const struct way *w = WAY_OF(k);
		unsigned argon2 = w ? w->argon2 : k == PAM_TOTP;

		show_line(w ? w->name : names[k], took[k], times[k]);
		if (answered[k][0] > 0)
			printf(" %12.2f", at(answered[k], times[k], 50));
		else if (w)
			printf(" %12s", "");
		if (w)
			printf(" %8u %8u", prompts[k], commits[k]);
		else if (argon2 > 0)
			printf(" %17s", "");
		if (argon2 > 0)
			show_share(k, argon2);
		printf("\n");
	}
}

/* --- the bars of a PIN within a shift --- */

/* The same conversation without an answer. */
static size_t nothing_at(const char *service)
{
	for (size_t k = WAYS; k < KINDS; k++)
		if ((WAY_OF(k)->how & NOTHING) && strcmp(WAY_OF(k)->service, service) == 0)
			return k;
	client_fail("%s: nobody types nothing there", service);
}

static int say(bool good, const char *format, ...)
{
	va_list ap;

	printf("%-4s ", good ? "PASS" : "FAIL");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	return good ? 0 : 1;
}

/* What it took beside the Argon2id of just before, and what it may: the two commits of just before, the same
 * person's conversation at the same prompt without an answer, a computation or a commit, and a tenth of that
 * Argon2id for what comes with an answer: the journal, the log, the guard, pages that are taken again. */
static int show_unlock(size_t kind)
{
	const char *name = WAY_OF(kind)->name;
	size_t empty = nothing_at(WAY_OF(kind)->service);
	double rest[PEOPLE_MAX], may[PEOPLE_MAX];
	size_t n = times[kind];

	for (size_t i = 0; i < n; i++) {
		size_t yard = yard_of[kind][i];

		rest[i] = took[kind][i] - argon2_ms[yard];
		may[i] = commits_ms[yard] + took[empty][i] + argon2_ms[yard] / 10;
	}
	double is = at(rest, n, 50), bar = at(may, n, 50);
	return say(prompts[kind] == 1, "%-26s %u prompt, bar 1", name, prompts[kind]) +
		say(commits[kind] <= PIN_COMMITS, "%-26s %u commits, bar %d", name, commits[kind],
			PIN_COMMITS) +
		say(is <= bar,
			"%-26s %.2f ms beside Argon2id, bar %.2f: %d commits, \"%s\", and 0.1 of one",
			name, is, bar, PIN_COMMITS, WAY_OF(empty)->name);
}

static int show_unlocks(void)
{
	int bad = 0;

	for (size_t k = WAYS; k < KINDS; k++)
		if (WAY_OF(k)->how & UNLOCK)
			bad += show_unlock(k);
	return bad;
}

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 24;

	n = n == 0 || n > PEOPLE_MAX ? PEOPLE_MAX : n;
	inside_start();
	client_sms = find_sms;
	yard_open();
	pam_make_stack();
	client_practice();
	for (unsigned i = 0; i < n; i++) {
		staff_make(&people[i], i);
		snprintf(others[i].mobile, sizeof others[i].mobile, "+447700900%03u", 500 + i);
		somebody_make(&others[i], "app", i);
	}
	for (unsigned i = 0; i < n; i++) {
		over_the_socket(&people[i]);
		through_pam(&others[i]);
	}
	yard_close();
	printf("%u sign-ins of each kind\n", n);
	show_times();
	int bad = show_unlocks() + show_memory(&people[0].p);
	return bad > 0 ? 1 : 0;
}
