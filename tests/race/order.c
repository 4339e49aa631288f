/* SPDX-License-Identifier: Apache-2.0 */
/* Who is taken something away from, while they use it. What must hold: sign-ins and what ends them stand in one order,
 * the audit's: no grant has a number after it; and nobody who begins after it was acknowledged is let in. */
#include <stdio.h>
#include <string.h>

#include "race/people.h"

enum { USERS_MAX = 8, LATE = 2, ALL_MAX = USERS_MAX + 1 + LATE };

static struct racing who, victim;
static struct racer racers[ALL_MAX];
static char codes[ALL_MAX][32], tty[ALL_MAX][16], user[32], userid[32];
static unsigned round_number;
static const struct order *order;

static const struct order {
	const char *name, *service;
	unsigned users; /* how many use it at a time */
	int gate;
	bool finger;
	enum audit_event ends, uses;
	struct somebody *about; /* whose audit tells of its use */
	const char *command[6], *back[6];
	void (*before)(void), (*after)(const struct racer *command);
} orders[];

static void sign_in_fully(void)
{
	struct hello h = client_hello(PURPOSE_AUTH, "race-password", who.p.email);

	h.tty = "tty1";
	struct said s = client_talk(
		&h, NULL, (const char *const[]){ who.p.password, racing_code(&who), "", NULL });
	if (s.r < 0 || s.result != GRANTED)
		client_fail("a full sign-in: %d, %d: %s", s.r, s.result, s.text);
}

static void add_account(void)
{
	snprintf(user, sizeof user, "other%u", round_number);
	snprintf(userid, sizeof userid, "HCO%06u", round_number);
	(void)client_command((const char *const[]){ "account", "add", userid, "--practice", "stj",
		"--identity", who.p.email, "--user", user, NULL });
}

static char activation[64];

static const char *answer_activation(struct racer *r, const struct ask *a)
{
	return r->asks == 0 ? activation : racing_answer_first(r, a);
}

/* What the command told last is the activation code. */
static void set_up_again(const struct racer *command)
{
	struct racer r = { .gate = NO_GATE };
	struct race race = { .racer = &r, .n = 1, .answer = answer_activation };

	snprintf(activation, sizeof activation, "%.63s", command->last);
	r.hello = client_hello(PURPOSE_AUTH, "race-password", who.p.email);
	(void)race_run(&race);
	if (r.result != GRANTED)
		client_fail("after a reset: %s", r.last);
	racing_first(&who, &r);
	racing_codes_by(&who);
}

static const struct order orders[] = {
	{ "disabling a person", "race-finger", 8, GATE_HELLO, true, AUDIT_DISABLED, AUDIT_SIGN_IN,
		&who.p, { "identity", "disable", who.p.email },
		{ "identity", "enable", who.p.email }, NULL, NULL },
	{ "disabling an account", "race-finger", 8, GATE_HELLO, true, AUDIT_DISABLED, AUDIT_SIGN_IN,
		&who.p, { "account", "disable", who.p.userid },
		{ "account", "enable", who.p.userid }, NULL, NULL },
	{ "ending a shift", "race-shift", 8, 0, false, AUDIT_SHIFT_ENDED, AUDIT_SIGN_IN, &who.p,
		{ "lock", who.p.email }, { NULL }, sign_in_fully, NULL },
	{ "a reset", "race-pin", 8, 0, false, AUDIT_ACTIVATION_MADE, AUDIT_SIGN_IN, &who.p,
		{ "identity", "reset", who.p.email }, { NULL }, NULL, set_up_again },
	{ "ending a link", "race-finger", 8, GATE_HELLO, true, AUDIT_UNLINKED, AUDIT_SIGN_IN,
		&who.p, { "account", "unlink", userid, "--force" }, { NULL }, add_account, NULL },
	{ "a manager's role", NULL, 4, 0, false, AUDIT_MANAGER, AUDIT_UNLOCKED, &victim.p,
		{ "practice", "set", "stj", "--not-manager", who.p.email },
		{ "practice", "set", "stj", "--manager", who.p.email }, NULL, NULL },
};

static const char *answer(struct racer *r, const struct ask *a)
{
	if (r->own)
		return r->own;
	if (order->service && strcmp(order->service, "race-shift") == 0 && !strstr(a->text, "PIN"))
		return NULL; /* the shift is over */
	return who.p.pin;
}

/* The command has been acknowledged: whoever begins now is late. */
static void ended(struct race *race, struct racer *r)
{
	if (r->hello.purpose != PURPOSE_COMMAND || r->uid != 0)
		return;
	if (r->result != GRANTED)
		client_fail("%s: the command: status %d: %s", order->name, r->status, r->last);
	for (unsigned i = 0; i < race->n; i++)
		if (race->racer[i].later)
			racer_begin(&race->racer[i]);
}

static void line_up_user(struct racer *r, unsigned i)
{
	r->gate = order->gate;
	if (!order->service) { /* a manager, with a code of their own for each command */
		r->uid = who.p.uid;
		r->hello = client_hello(PURPOSE_COMMAND, "hcauth", "");
		r->args[0] = "unlock";
		r->args[1] = victim.p.email;
		snprintf(codes[i], sizeof codes[i], "%s", r->later ? "000000" : racing_code(&who));
		r->own = codes[i];
		return;
	}
	r->hello = client_hello(
		PURPOSE_AUTH, order->service, order->before == add_account ? user : who.p.email);
	r->hello.have = order->finger ? "fingerprint" : "";
}

static void line_up(unsigned n)
{
	unsigned command = round_number % (order->users + 1);

	memset(racers, 0, sizeof racers);
	for (unsigned i = 0; i < n; i++) {
		struct racer *r = &racers[i];

		r->number = i;
		r->later = i > order->users;
		if (i == command) {
			r->hello = client_hello(PURPOSE_COMMAND, "hcauth", "");
			memcpy(r->args, order->command, sizeof order->command);
			r->gate = GATE_HELLO;
		} else
			line_up_user(r, i);
		if (r->later)
			r->gate = NO_GATE;
		snprintf(tty[i], sizeof tty[i], "race%u", i);
		r->hello.tty = tty[i];
	}
}

static const struct racer *command_of(void)
{
	return &racers[round_number % (order->users + 1)];
}

/* Who is late with a command has no right code for it: whoever is asked for one at all is a manager still. */
static bool may_still(const struct racer *late)
{
	return !order->service && late->asks > 0;
}

static void check(const struct look_audit *ends, uint64_t *end)
{
	if (look_events(ends, order->ends, "", end) == 0)
		client_fail("%s: round %u: no record of it", order->name, round_number);
	for (unsigned i = order->users + 1; i < order->users + 1 + LATE; i++)
		if (racers[i].over && (racers[i].result == GRANTED || may_still(&racers[i])))
			client_fail("%s: round %u: let in who began after it", order->name,
				round_number);
}

/* How many were let in. */
static unsigned one_round(void)
{
	struct race race = {
		.racer = racers, .n = order->users + 1 + LATE, .answer = answer, .ended = ended
	};
	uint64_t end = 0, last = 0;

	clock_ahead(4000);
	(void)client_command((const char *const[]){ "unlock", who.p.email, NULL });
	if (order->before)
		order->before();
	line_up(race.n);
	who.audited = look_audit(who.p.email, who.audited)->last;
	struct raced out = race_run(&race);
	check(look_audit(who.p.email, who.audited), &end);
	unsigned n =
		look_events(look_audit(order->about->email, who.audited), order->uses, "", &last);
	/* a grant whose conversation then finds them reset has a record, and is a refusal */
	if (n < out.granted - 1 || last > end)
		client_fail(
			"%s: round %u: %u were let in, %u by the audit, the last in record %llu, it "
			"ended in record %llu",
			order->name, round_number, out.granted - 1, n, (unsigned long long)last,
			(unsigned long long)end);
	if (*order->back)
		(void)client_command(order->back);
	if (order->after)
		order->after(command_of());
	return n;
}

static void rounds_of(unsigned rounds)
{
	unsigned in = 0, whole = 0, none = 0;

	for (unsigned i = 0; i < rounds; i++, round_number++) {
		unsigned n = one_round();

		in += n;
		whole += n == order->users;
		none += n == 0;
	}
	if (rounds >= 50 && (in == 0 || in == rounds * order->users))
		client_fail("%s: %u of %u were let in: nothing has raced", order->name, in,
			rounds * order->users);
	case_of(order->name,
		"%u rounds against %u at the same moment: %u were let in before it (in %u rounds all, in %u "
		"none), nobody after it, nor whoever began once it was acknowledged",
		rounds, order->users, in, whole, none);
}

void race_orders(unsigned rounds)
{
	racing_make(&who, "ordered", 1);
	racing_make(&victim, "victim", 2);
	(void)client_command(
		(const char *const[]){ "practice", "set", "stj", "--manager", who.p.email, NULL });
	(void)client_command((const char *const[]){
		"practice", "set", "stj", "--manager", victim.p.email, NULL });
	race_edits(&victim, rounds);
	for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
		order = &orders[k];
		rounds_of(rounds);
	}
}
