/* SPDX-License-Identifier: Apache-2.0 */
/* One code, many clients. What must hold: whatever kind of code it is and however many have it at the same moment,
 * exactly one of them gets what it is good for, by what they are told and by the audit. */
#include <stdio.h>

#include <string.h>

#include "race/people.h"

enum { PEOPLE = 3 };

struct kind;
static struct racing who[PEOPLE];
static struct racer racers[RACERS_MAX];
static const struct kind *kind;
static unsigned round_number;
static char code[64]; /* all of them have it */

static const struct kind {
	const char *name, *service;
	enum purpose purpose;
	int gate;
	bool finger; /* an earlier module has recognised theirs: so that no password limits how many come so far */
	void (*prepare)(struct racing *p); /* a code, into code */
	const char *(*answer)(struct racer *r, const struct ask *a);
	void (*ready)(void);
	void (*check)(struct racing *p, const struct raced *out, const struct look_audit *a);
	bool password; /* each has to give it, of which five in a row are looked at */
} kinds[];

static struct racing *turn(void)
{
	return &who[round_number % PEOPLE];
}

static void unlock_all(void)
{
	for (unsigned i = 0; i < PEOPLE; i++)
		(void)client_command((const char *const[]){ "unlock", who[i].p.email, NULL });
}

/* --- codes in place of each other --- */

static void take_totp(struct racing *p)
{
	somebody_code(&p->p, step_now() + 1, code); /* good for a minute */
}

static void take_recovery(struct racing *p)
{
	snprintf(code, sizeof code, "%s", racing_code(p));
}

static void take_otp(struct racing *p)
{
	snprintf(code, sizeof code, "%s", soft_touch(&p->yubikey));
}

/* The envelope's code is a line by itself, after "Put into it:". */
static void take_glass(struct racing *p)
{
	const char *text =
		client_command((const char *const[]){ "break-glass", "new", "stj", NULL });
	static const char before[] = "Put into it:";
	const char *at = strstr(text, before);

	(void)p;
	if (!at)
		client_fail("break-glass new: %s", text);
	at += strlen(before);
	at += strspn(at, " \n");
	int len = (int)strcspn(at, " \n");
	if (len == 0 || snprintf(code, sizeof code, "%.*s", len, at) != len)
		client_fail("break-glass new: %s", text);
}

static void take_nothing(struct racing *p)
{
	(void)p;
	code[0] = 0;
}

static void find_text(void)
{
	look_sms(code);
}

static const char *answer_code(struct racer *r, const struct ask *a)
{
	if (a->use == USE_PASSWORD)
		return turn()->p.password;
	return a->use == USE_OTHER || r->asks > 4 ? "" : code;
}

static void check_sign_in(struct racing *p, const struct raced *out, const struct look_audit *a)
{
	(void)p;
	(void)out;
	if (look_events(a, AUDIT_SIGN_IN, "", NULL) != 1)
		client_fail("%s: %u sign-ins in the audit", kind->name,
			look_events(a, AUDIT_SIGN_IN, "", NULL));
}

/* It is one for all of the practice. For two hours whoever used it is not asked for a code, so those that come
 * late are let in by their password alone: they gave no code. */
static void check_glass(struct racing *p, const struct raced *out, const struct look_audit *a)
{
	unsigned n = 0;

	(void)p;
	(void)out;
	for (unsigned i = 0; i < PEOPLE; i++) {
		a = look_audit(who[i].p.email, who[i].audited);
		n += look_events(a, AUDIT_GLASS_BROKEN, "", NULL);
		who[i].audited = a->last;
	}
	if (n != 1)
		client_fail("a break-glass code was used %u times", n);
}

/* --- session tickets --- */

static void take_ticket(struct racing *p)
{
	struct hello h = client_hello(PURPOSE_AUTH, "race-code", p->p.email);
	char now[8];

	somebody_code(&p->p, step_now(), now);
	h.have = "fingerprint";
	struct said s = client_talk(&h, NULL, (const char *const[]){ now, NULL });
	if (s.r < 0 || s.result != GRANTED)
		client_fail("a sign-in: %d, %d: %s", s.r, s.result, s.text);
	snprintf(code, sizeof code, "%s", s.ticket);
}

static const char *answer_none(struct racer *r, const struct ask *a)
{
	client_fail("racer %u is asked \"%s\"", r->number, a->text);
}

/* Each session opens; one of them, no more, knows by what it was signed in to. */
static void check_ticket(struct racing *p, const struct raced *out, const struct look_audit *a)
{
	unsigned n = look_sessions(p->p.email);

	(void)out;
	(void)a;
	if (n != 1)
		client_fail("a ticket was good for %u sessions", n);
	for (unsigned i = 0; i < RACERS_MAX; i++)
		if (racers[i].result == GRANTED && racers[i].over) {
			struct hello h = racers[i].hello;

			h.purpose = PURPOSE_CLOSE;
			(void)client_talk(&h, NULL, NULL);
		}
	p->audited = look_audit(p->p.email, p->audited)->last;
}

/* --- codes that set somebody up anew --- */

static void take_activation(struct racing *p)
{
	const char *text =
		client_command((const char *const[]){ "identity", "reset", p->p.email, NULL });
	size_t n = strlen(text) - 1;

	while (n > 0 && text[n - 1] != '\n')
		n--;
	snprintf(code, sizeof code, "%.*s", (int)strcspn(text + n, "\n"), text + n);
}

static void take_reset(struct racing *p)
{
	look_reset_code(p->p.email, code);
}

/* Each chooses a password of their own, an app of their own, and has recovery codes of their own. */
static const char *answer_first(struct racer *r, const struct ask *a)
{
	return r->asks == 0 ? code : racing_answer_first(r, a);
}

/* Who was told that all is set up can sign in with just that. */
static void check_first(struct racing *p, const struct raced *out, const struct look_audit *a)
{
	struct hello h = client_hello(PURPOSE_AUTH, "race-password", p->p.email);
	unsigned n = look_events(a, AUDIT_ENROLLED, "", NULL);
	char now[8];

	if (n != 1)
		client_fail("%s: %u were set up in the audit", kind->name, n);
	racing_first(p, out->winner);
	somebody_code(&p->p, step_now() + 1, now); /* later than the one that confirmed the app */
	unlock_all(); /* of the others' wrong answers */
	struct said s = client_talk(&h, NULL, (const char *const[]){ p->p.password, now, NULL });
	if (s.r < 0 || s.result != GRANTED)
		client_fail("%s: who was set up, racer %u, can't sign in: %d, %d: %s", kind->name,
			out->winner->number, s.r, s.result, s.text);
}

static const struct kind kinds[] = {
	{ "app's code", "race-code", PURPOSE_AUTH, 0, true, take_totp, answer_code, NULL,
		check_sign_in, false },
	{ "recovery code", "race-code", PURPOSE_AUTH, 0, true, take_recovery, answer_code, NULL,
		check_sign_in, false },
	{ "text message code", "race-sms", PURPOSE_AUTH, 1, false, take_nothing, answer_code,
		find_text, check_sign_in, true },
	{ "YubiKey OTP", "race-yubikey", PURPOSE_AUTH, 0, true, take_otp, answer_code, NULL,
		check_sign_in, false },
	{ "break-glass code", "race-password", PURPOSE_AUTH, 1, false, take_glass, answer_code,
		NULL, check_glass, true },
	{ "session ticket", "race-code", PURPOSE_OPEN, GATE_HELLO, false, take_ticket, answer_none,
		NULL, check_ticket, false },
	{ "activation code", "race-password", PURPOSE_AUTH, 0, false, take_activation, answer_first,
		NULL, check_first, false },
	{ "reset code", "race-password", PURPOSE_AUTH, 0, false, take_reset, answer_first, NULL,
		check_first, false },
};

static void line_up(struct racing *p, unsigned n, char tty[RACERS_MAX][16])
{
	for (unsigned i = 0; i < n; i++) {
		struct racer *r = &racers[i];

		*r = (struct racer){ .number = i, .gate = kind->gate };
		/* a code that was sent is of one place; a terminal has one session */
		snprintf(tty[i], 16, "race%u", kind->ready ? 0 : i);
		r->hello = client_hello(kind->purpose, kind->service,
			kind->prepare == take_glass ? who[i % PEOPLE].p.email : p->p.email);
		r->hello.tty = tty[i];
		r->hello.have = kind->finger ? "fingerprint" : "";
		r->hello.ticket = kind->purpose == PURPOSE_OPEN ? code : "";
		/* codes that set up: held at the code, at the new password, at it again, at the app's code */
		if (kind->answer == answer_first)
			r->gate = (int)(round_number % 4);
	}
}

/* What was let in is not what must be: ends, with all that there is to say. */
static void explain(struct racing *p, unsigned n, unsigned got)
{
	const struct look_audit *a = look_audit(p->p.email, p->audited);

	for (unsigned i = 0; i < a->n; i++)
		printf("# record %llu, %s: %s: %s\n", (unsigned long long)a->row[i].number,
			a->row[i].tty, audit_event_name(a->row[i].event), a->row[i].detail);
	for (unsigned i = 0; i < n; i++)
		printf("# racer %u: verdict %d after %u answers; told: %s\n", i, racers[i].result,
			racers[i].asks, racers[i].last);
	client_fail("%s, %u clients, round %u: %u were let in", kind->name, n, round_number, got);
}

static struct raced one_round(unsigned n)
{
	static char tty[RACERS_MAX][16];
	struct racing *p = turn();
	struct race race = { .racer = racers,
		.n = n,
		.answer = kind->answer,
		.ready = kind->ready,
		.between = kind->password ? unlock_all : NULL };

	clock_ahead(kind->ready ? 86400 : 8000);
	kind->prepare(p);
	p->audited = look_audit(p->p.email, p->audited)->last;
	memset(racers, 0, sizeof racers);
	line_up(p, n, tty);
	struct raced out = race_run(&race);
	unsigned meant = kind->purpose == PURPOSE_OPEN ? n : 1, got = 0;
	for (unsigned i = 0; i < n; i++)
		got += racers[i].result == GRANTED && (int)racers[i].asks > kind->gate;
	if (got != meant)
		explain(p, n, got);
	kind->check(p, &out, look_audit(p->p.email, p->audited));
	return out;
}

static void rounds_of(unsigned n, unsigned rounds)
{
	double begun = client_ms();
	unsigned least = RACERS_MAX;
	uint64_t together = 0, waits = 0;
	char name[100];

	for (unsigned i = 0; i < rounds; i++, round_number++) {
		struct raced out = one_round(n);

		together += out.together;
		waits += out.waits;
		least = out.together < least ? out.together : least;
	}
	/* of those who set up, whoever commits first goes on alone, and may be the only one who comes so far */
	if (least < 2 && kind->answer != answer_first)
		client_fail("%s, %u clients: %u had it in hand: nothing has raced", kind->name, n,
			least);
	snprintf(name, sizeof name, "one %s, %u clients", kind->name, n);
	case_of(name,
		"%u rounds, one success in each; %u or more, %.0f on average, had it in hand at the same moment; "
		"%.1f a round were told to wait; %.0f ms a round",
		rounds, least, (double)together / rounds, (double)waits / rounds,
		(client_ms() - begun) / rounds);
}

void race_codes(unsigned rounds)
{
	for (unsigned i = 0; i < PEOPLE; i++) {
		racing_make(&who[i], "racer", i);
		racing_yubikey(&who[i], i);
	}
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		unsigned few = rounds, many = rounds / 10 > 0 ? rounds / 10 : 1;

		kind = &kinds[k];
		rounds_of(2, few);
		rounds_of(8, few);
		rounds_of(64, many);
		if (rounds >= 10) /* ./check has no time for it */
			rounds_of(256, many);
	}
}
