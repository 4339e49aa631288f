/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of one person at the same moment. What must hold: none is lost, whoever else writes the same rows; and an
 * unlock among wrong answers gives as many more guesses as it should, no more. */
#include <stdio.h>
#include <string.h>

#include "race/people.h"

enum { SIGN_INS = 6, EDITS = 4, GUESSES = 24, UNLOCKS = 2 };

static struct racer racers[GUESSES + UNLOCKS];
static char tty[GUESSES + UNLOCKS][16];
static unsigned round_number;

static struct racer *line_up(unsigned i, int gate)
{
	racers[i] = (struct racer){ .number = i, .gate = gate };
	snprintf(tty[i], sizeof tty[i], "edit%u", i);
	return &racers[i];
}

static void line_up_command(unsigned i, const char *const *words)
{
	struct racer *r = line_up(i, GATE_HELLO);

	r->hello = client_hello(PURPOSE_COMMAND, "hcauth", "");
	for (unsigned k = 0; words[k]; k++)
		r->args[k] = words[k];
}

static const char *answer(struct racer *r, const struct ask *a)
{
	static char text[64];

	(void)a;
	snprintf(text, sizeof text, "guess %u of %u", r->number, round_number);
	return text;
}

static void granted_all(unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++)
		if (racers[i].result != GRANTED)
			client_fail("hcauth %s %s: status %d: %s", racers[i].args[0],
				racers[i].args[1], racers[i].status, racers[i].last);
}

/* --- edits --- */

static void must_have(const char *const *words, const char *part)
{
	const char *text = client_command(words);

	if (!strstr(text, part))
		client_fail("round %u: a change was lost: hcauth %s %s has no %s: %s", round_number,
			words[0], words[1], part, text);
}

/* Sign-ins write the rows of the person and of the account, too. */
static void edit_round(struct racing *p)
{
	const char *const disable[] = { "identity", "disable", p->p.email, NULL };
	const char *const account[] = { "account", "disable", p->p.userid, NULL };
	const char *const attest[] = { "attest", p->p.userid, NULL };
	const char *const unlock[] = { "unlock", p->p.email, NULL };
	const char *const *const words[EDITS] = { disable, account, attest, unlock };
	struct race race = { .racer = racers, .n = SIGN_INS + EDITS, .answer = answer };

	for (unsigned i = 0; i < SIGN_INS; i++) {
		struct racer *r = line_up(i, GATE_HELLO);

		r->hello = client_hello(PURPOSE_AUTH, "race-finger", p->p.email);
		r->hello.have = "fingerprint";
		r->hello.tty = tty[i];
	}
	for (unsigned i = 0; i < EDITS; i++)
		line_up_command(SIGN_INS + i, words[(i + round_number) % EDITS]);
	clock_ahead(86400);
	p->audited = look_audit(p->p.email, p->audited)->last;
	(void)race_run(&race);
	granted_all(SIGN_INS, EDITS);
	must_have((const char *const[]){ "identity", "show", p->p.email, "--json", NULL },
		"\"state\":\"disabled\"");
	must_have((const char *const[]){ "account", "show", p->p.userid, "--json", NULL },
		"\"state\":\"disabled\"");
	const struct look_audit *a = look_audit(p->p.email, p->audited);
	if (look_events(a, AUDIT_DISABLED, "", NULL) != 2 ||
		look_events(a, AUDIT_ATTESTED, "", NULL) != 1 ||
		look_events(a, AUDIT_UNLOCKED, "", NULL) != 1)
		client_fail("round %u: a change has no record, or two", round_number);
	(void)client_command((const char *const[]){ "identity", "enable", p->p.email, NULL });
	(void)client_command((const char *const[]){ "account", "enable", p->p.userid, NULL });
}

/* --- an unlock among guesses --- */

static unsigned unlock_round(struct racing *p)
{
	const char *const unlock[] = { "unlock", p->p.email, NULL };
	struct race race = { .racer = racers, .n = GUESSES + UNLOCKS, .answer = answer };
	struct hello h = client_hello(PURPOSE_AUTH, "race-password", p->p.email);
	struct counts counts;

	for (unsigned i = 0; i < GUESSES; i++) {
		struct racer *r = line_up(i, 0);

		r->hello = h;
		r->hello.tty = tty[i];
	}
	for (unsigned i = 0; i < UNLOCKS; i++)
		line_up_command(GUESSES + i, unlock);
	clock_ahead(4000);
	(void)client_command(unlock);
	p->audited = look_audit(p->p.email, p->audited)->last;
	int64_t from = boot_ms();
	(void)race_run(&race);
	unsigned limit = guesses_allowed(boot_ms() - from) * (1 + UNLOCKS);
	granted_all(GUESSES, UNLOCKS);
	const struct look_audit *a = look_audit(p->p.email, p->audited);
	unsigned looked = look_events(a, AUDIT_REFUSED, "password wrong", NULL);
	look_counts(p->p.email, &counts);
	unsigned counted = counts.of[FACTOR_PASSWORD][SOURCE_LOCAL];
	if (look_events(a, AUDIT_UNLOCKED, "", NULL) != UNLOCKS || counted > limit ||
		looked > limit || looked < FREE_FAILURES || counted > looked)
		client_fail("round %u: %u guesses were looked at, %u are counted", round_number,
			looked, counted);
	(void)client_command(unlock);
	struct said s = client_talk(
		&h, NULL, (const char *const[]){ p->p.password, racing_code(p), "", NULL });
	if (s.r < 0 || s.result != GRANTED)
		client_fail("round %u: no sign-in after the unlock: %s", round_number, s.text);
	return looked;
}

void race_edits(struct racing *p, unsigned rounds)
{
	unsigned most = 0;

	for (round_number = 0; round_number < rounds; round_number++)
		edit_round(p);
	case_of("cl10_changes of one person at the same moment",
		"%u rounds of %d commands and %d sign-ins: none is lost, each has one record",
		rounds, EDITS, SIGN_INS);
	for (round_number = 0; round_number < rounds; round_number++) {
		unsigned n = unlock_round(p);

		most = n > most ? n : most;
	}
	case_of("lr16_unlocks among wrong passwords",
		"%u rounds of %d and %d: at most %u were looked at, the limit is %d", rounds,
		UNLOCKS, GUESSES, most, FREE_FAILURES * (1 + UNLOCKS));
}
