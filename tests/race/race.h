/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_RACE_H
#define HCAUTH_TEST_RACE_H

#include "client.h"

/* Conversations with the real hcauthd that are let go at the same moment: all of them have been brought to a
 * prompt (or to their hello) first; then the daemon and every hcauth-talk are stopped, all the answers are sent,
 * and all go on. So nobody has read an answer before everybody's is there, whatever the number of cores. */

enum { RACERS_MAX = 256, GATE_HELLO = -1, AS_MANY = 120 /* at a time: root has 128 places */ };

struct racer {
	/* What it says: set before the race. */
	uint32_t uid; /* who connects */
	struct hello hello;
	const char *args[8]; /* of a command; NULL ends them */
	unsigned number; /* among all, from 0 */
	bool later; /* begins when racer_begin() says so */
	int gate; /* the prompt at which it is held, from 0; GATE_HELLO; NO_GATE: comes afterwards */
	void *own; /* answer()'s */
	/* What came of it. */
	int fd; /* -1: not connected */
	unsigned asks, turned_away;
	enum ask_use use; /* of the prompt at which it is held */
	char prompt[80];
	bool held, over, hung_up;
	enum verdict result;
	uint8_t status;
	bool waits; /* was told to wait */
	char secret[64]; /* of an app, as shown */
	char ticket[64];
	char last[200]; /* what it was told last */
	int64_t since_ms;
};

enum { NO_GATE = -2 };

struct race {
	struct racer *racer; /* n of them */
	unsigned n;
	/* The answer to a prompt: NULL hangs up. Valid until the next call. */
	const char *(*answer)(struct racer *r, const struct ask *a);
	/* Before the racers after the first few of those that are held go on to their prompt, or NULL. */
	void (*between)(void);
	/* When all are held, before their answers are asked for; or NULL. */
	void (*ready)(void);
	/* As soon as one is over: it may let others begin (racer_begin()). */
	void (*ended)(struct race *race, struct racer *r);
};

/* What came of the race as a whole. */
struct raced {
	unsigned granted, refused, hung_up, waits;
	unsigned together; /* whose answers were all there before one was read */
	struct racer *winner; /* the last that was granted */
};

struct raced race_run(struct race *race);
void racer_begin(struct racer *r);

/* Waits until no conversation is left. */
void race_quiet(void);

/* Where the daemon is; once, before all. */
void race_start(void);

/* --- the clock of hcauth-talk-fast --- */

void clock_ahead(uint64_t seconds); /* from now on so much further ahead than it was */

/* --- cases: TAP --- */

void case_of(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cases_end(void);

/* The suites: how many rounds of two and of eight clients; a tenth as many of more. */
void race_codes(unsigned rounds);
void race_guesses(unsigned rounds);
void race_orders(unsigned rounds);
void race_soak(unsigned sign_ins);

#endif
