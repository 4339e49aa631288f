/* SPDX-License-Identifier: Apache-2.0 */
/* Guessing in parallel. What must hold: of any number of guesses at the same moment no more are looked at than one
 * after the other would be (DESIGN.md 8), by the audit and by the store's counters, whatever services, terminals and
 * names they are spread over. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "race/people.h"

enum { LIMIT_PIN = 10 };

static struct racing who;
static struct soft_key strange; /* a key that is nobody's */
static struct racer racers[RACERS_MAX];
static unsigned round_number;
static char wrong[64], upper[64];

static void wrong_nothing(void)
{
}

/* Six digits that no step near the present one has. */
static void wrong_totp(void)
{
	char near[8];

	for (unsigned n = round_number;; n++) {
		bool is_near = false;

		snprintf(wrong, sizeof wrong, "%06u", n % 1000000);
		for (uint64_t s = step_now() - 2; s <= step_now() + 3; s++) {
			somebody_code(&who.p, s, near);
			is_near |= strcmp(near, wrong) == 0;
		}
		if (!is_near)
			return;
	}
}

static void wrong_recovery(void)
{
	snprintf(wrong, sizeof wrong, "%02u-0000-0000-0000-0000", round_number % CLIENT_CODES + 1);
}

static void wrong_otp(void)
{
	snprintf(wrong, sizeof wrong, "%s", soft_touch(&strange));
}

static void wrong_pin(void)
{
	snprintf(wrong, sizeof wrong, "%05u", 10000 + round_number % 60000);
}

static const struct kind {
	const char *name, *service, *rhost;
	enum factor_id factor;
	unsigned limit;
	void (*prepare)(void);
	bool finger, spread;
} kinds[] = {
	{ "passwords here", "race-password", "", FACTOR_PASSWORD, FREE_FAILURES, wrong_nothing,
		false, false },
	{ "passwords from the network", "sshd", "192.0.2.7", FACTOR_PASSWORD, FREE_FAILURES,
		wrong_nothing, false, false },
	{ "passwords, spread over services, terminals and names", NULL, "", FACTOR_PASSWORD,
		FREE_FAILURES, wrong_nothing, false, true },
	{ "PINs", "race-pin", "", FACTOR_PIN, LIMIT_PIN, wrong_pin, false, false },
	{ "app's codes", "race-code", "", FACTOR_TOTP, FREE_FAILURES, wrong_totp, true, false },
	{ "app's codes, spread over names", "race-code", "", FACTOR_TOTP, FREE_FAILURES, wrong_totp,
		true, true },
	{ "recovery codes", "race-code", "", FACTOR_RECOVERY, FREE_FAILURES, wrong_recovery, true,
		false },
	{ "YubiKey OTPs", "race-yubikey", "", FACTOR_YUBIKEY, FREE_FAILURES, wrong_otp, true,
		false },
};
static const struct kind *kind;

/* A password of each racer's own; over the network a code is asked for after it. */
static const char *answer(struct racer *r, const struct ask *a)
{
	static char text[64];

	if (a->use != USE_PASSWORD)
		return kind->factor == FACTOR_PASSWORD ? "000000" : wrong;
	snprintf(text, sizeof text, "guess %u of %u", r->number, round_number);
	return text;
}

static void line_up(unsigned n)
{
	static const char *const services[] = { "race-password", "login", "lightdm", "sshd", "su" };
	static char tty[RACERS_MAX][16];
	const char *const names[] = { who.p.email, who.p.user, upper };

	memset(racers, 0, sizeof racers);
	for (unsigned i = 0; i < n; i++) {
		struct hello *h = &racers[i].hello;

		racers[i].number = i;
		*h = client_hello(PURPOSE_AUTH, kind->service ? kind->service : services[i % 5],
			kind->spread ? names[i % 3] : who.p.email);
		snprintf(tty[i], sizeof tty[i], "race%u", i);
		h->tty = tty[i];
		h->rhost = strcmp(h->service, "sshd") == 0 ? "192.0.2.7" : kind->rhost;
		h->have = kind->finger ? "fingerprint" : "";
	}
}

/* How many refusals say that the factor was looked at. */
static unsigned looked_at(const struct look_audit *a)
{
	char right[32], not [32];

	snprintf(right, sizeof right, "%s right", factor_name(kind->factor));
	snprintf(not, sizeof not, "%s wrong", factor_name(kind->factor));
	return look_events(a, AUDIT_REFUSED, right, NULL) +
		look_events(a, AUDIT_REFUSED, not, NULL);
}

struct sum {
	uint64_t looked, together;
	unsigned most;
};

static void one_round(unsigned n, struct sum *sum)
{
	struct race race = { .racer = racers, .n = n, .answer = answer };
	unsigned sides = kind->spread && !kind->service ? 2 : 1; /* from here, from the network */
	struct counts counts;

	clock_ahead(4000);
	(void)client_command((const char *const[]){ "unlock", who.p.email, NULL });
	who.audited = look_audit(who.p.email, who.audited)->last;
	kind->prepare();
	line_up(n);
	int64_t from = boot_ms();
	struct raced out = race_run(&race);
	/* on a machine that has much else to do, waits come to their end meanwhile */
	unsigned limit =
		kind->limit == FREE_FAILURES ? guesses_allowed(boot_ms() - from) : kind->limit;
	unsigned looked = looked_at(look_audit(who.p.email, who.audited));
	look_counts(who.p.email, &counts);
	const uint32_t *c = counts.of[kind->factor];
	if (out.granted != 0 || c[SOURCE_LOCAL] > limit || c[SOURCE_NETWORK] > limit ||
		looked > limit * sides || looked != c[SOURCE_LOCAL] + c[SOURCE_NETWORK])
		client_fail(
			"%s, %u guesses, round %u: %u let in, %u looked at, %u and %u counted, the "
			"limit is %u",
			kind->name, n, round_number, out.granted, looked, c[SOURCE_LOCAL],
			c[SOURCE_NETWORK], limit);
	if (out.together <= kind->limit * sides)
		client_fail("%s, %u guesses, round %u: %u were given at the same moment: too few "
			    "to be too many",
			kind->name, n, round_number, out.together);
	sum->looked += looked;
	sum->most = looked > sum->most ? looked : sum->most;
	sum->together += out.together;
}

static void rounds_of(unsigned n, unsigned rounds)
{
	struct sum sum = { .most = 0 };
	char name[100];

	for (unsigned i = 0; i < rounds; i++, round_number++)
		one_round(n, &sum);
	snprintf(name, sizeof name, "%u wrong %s", n, kind->name);
	case_of(name,
		"%u rounds: at most %u were looked at, %.1f on average, the limit is %u%s; %.0f were given "
		"at the same moment",
		rounds, sum.most, (double)sum.looked / rounds, kind->limit,
		kind->spread && !kind->service ? " from here and from the network" : "",
		(double)sum.together / rounds);
}

void race_guesses(unsigned rounds)
{
	racing_make(&who, "guessed", 1);
	racing_yubikey(&who, 1);
	strange = soft_key(2);
	for (unsigned i = 0; who.p.email[i]; i++)
		upper[i] = (char)toupper((unsigned char)who.p.email[i]);
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		kind = &kinds[k];
		rounds_of(64, rounds);
		if (rounds >= 10) /* ./check has no time for it */
			rounds_of(256, rounds);
	}
}
