/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ENROL_SECOND_H
#define HCAUTH_ENROL_SECOND_H

#include "proof.h"

/* The second factor: the app, codes by text message, or both, as people choose where a rule names both. */

struct second {
	uint32_t
		named; /* which of FACTOR_TOTP and FACTOR_SMS they are to have, as bits: one of them, */
	bool all; /* or each, as their practice requires */
	uint32_t has; /* which of them p has */
	bool chosen; /* codes by text message are wanted, and not proved yet */
	char number[MOBILE_MAX + 1]; /* of them: where the proof was sent; "": nowhere yet */
	bool missing; /* something is still to be set up */
};

int second_look(struct txn *t, const struct conv *c, const struct person *p, struct second *out);

/* Whether each step, and each practice of p's, that takes what can be met by another factor that p has. */
int second_spare(struct txn *t, const struct conv *c, const struct now *now, const struct person *p,
	enum factor_id what, bool *spare);

/* Whatever is missing, in order. waits: a number that is given counts a day later. False: given up, or the
 * person was switched off meanwhile. */
bool enrol_second(struct conv *c, const struct person *p, bool waits);

/* Codes by text message: a number, proved by a code unless it was before. waits: it counts a day after it was
 * proved. may_skip: an empty answer leaves it. */
enum texted { TEXTED_NOT = 0, TEXTED_SKIPPED, TEXTED_DONE };
enum texted enrol_sms(struct conv *c, const struct person *p, bool waits, bool may_skip);

/* What p wants, whose phone is gone: the app on another, or messages to another number. 0: neither. */
enum factor_id second_lost(struct conv *c, const struct person *p);

/* Another mobile number of p's (text; "": it is asked for), after a sign-in: one that is a factor, or becomes
 * one, waits for its day. False: nothing was changed. */
bool second_number(struct conv *c, const struct person *p, const char *text);

#endif
