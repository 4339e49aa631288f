/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TRIAL_H
#define HCAUTH_TRIAL_H

#include "check.h"
#include "factor.h"
#include "fault/saved.h"
#include "world.h"

/* A conversation in which something goes wrong, at each call of the kernel and each allocation, in each way that it
 * can: $HC_FAULTS (1: at each; 10: at every 10th). Its end is judged each time. */

enum { FACTORS_MAX = 40 };

struct view {
	unsigned events[64]; /* how many records of each kind the audit has */
	uint64_t broken; /* audit_verify() */
	unsigned failures[FACTORS_MAX][3]; /* ada's, by source */
};

struct run {
	struct world *w; /* as it was left; without mishaps from here on */
	const struct talk *t; /* the conversation that something went wrong in */
	struct view before, after;
	bool said; /* it came to its end and the person knows */
};

struct trial {
	const char *name;
	bool right; /* undisturbed, it is granted */
	struct world (*make)(void);
	struct talk *(*act)(struct world *w);
	void (*judge)(const struct run *r);
	/* for the judges below */
	unsigned factor; /* that is counted, when it is wrong */
	enum source source;
	bool again; /* what was given is good more than once */
};

void trial_run(const struct trial *t);

#define TRIAL(id, ...)                                                                             \
	TEST(id)                                                                                   \
	{                                                                                          \
		static const struct trial trial = { .name = #id, __VA_ARGS__ };                    \
		trial_run(&trial);                                                                 \
	}

/* Judges. Of right factors: granted means recorded; what was given is good again only where that was not recorded.
 * Of wrong ones: never granted; refused means counted, once. After either she signs in. */
void judge_right(const struct run *r);
void judge_wrong(const struct run *r);

/* Whether ada gets in now with her password and her app; that takes no time. */
void judge_next(struct world *w);

struct view trial_look(struct world *w);

/* ada's secrets are looked for everywhere from now on. */
void ada_s_secrets(const struct world *w);

#endif
