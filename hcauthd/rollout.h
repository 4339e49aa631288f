/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ROLLOUT_H
#define HCAUTH_ROLLOUT_H

#include "flow.h"
#include "proof.h"

/* The roll-out of PINs: whoever has none is asked to choose one, each from a day of their own on. */

/* What holds at a practice: the machine's settings, and its own where they are stricter. */
struct rollouts {
	struct rollout machine, practice; /* either may have no first day */
	enum rollout_ask ask;
	uint32_t times;
};
void rollout_of(const struct conf *conf, const struct practice *p, struct rollouts *out);

/* Whether the owner's day has come: the earlier of the machine's and the practice's. */
bool rollout_due(const struct conv *c, const struct now *now, const struct rollouts *r,
	const struct id *owner);

/* Whether anybody's day has come there. */
bool rollout_begun(const struct now *now, const struct rollouts *r);

/* After a full sign-in at the workstation. False: no sign-in without one. */
bool rollout_ask(struct conv *c, struct proof *p);

/* Whether who is asked now; *must: and may not skip it. */
bool rollout_due_now(struct conv *c, const struct person *who, bool *must);

/* Whether somebody new chooses a PIN at the first sign-in there, whatever the services ask. */
int rollout_takes_new(struct txn *t, const struct conv *c, const struct now *now,
	const char *practice, bool *takes);

/* As in hcauthd.conf: "2026-07-31 over 30 days", "nag 3 times". */
enum { ROLLOUT_TEXT = 48 };
const char *rollout_text(const struct rollout *r, char out[ROLLOUT_TEXT]);
const char *rollout_ask_text(enum rollout_ask ask, uint32_t times, char out[ROLLOUT_TEXT]);

enum { ROLLOUT_BOTH_TEXT = 160 };
const char *rollout_in_force(const struct rollouts *r, char out[ROLLOUT_BOTH_TEXT]);

/* After practice set --rollout: tells of the machine's days, if they may come first. */
void rollout_note(struct conv *c, const struct words *w, const struct practice *p);

/* practice set: what --rollout and --ask say (false: said why), and over what is stored. */
bool rollout_take(struct conv *c, const struct words *w, struct rollout *to);
void rollout_put_over(const struct words *w, const struct rollout *from, struct rollout *to);

#endif
