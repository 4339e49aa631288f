/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ENROL_STEP_H
#define HCAUTH_ENROL_STEP_H

#include "enrol.h"
#include "shared.h"

struct sms_step;

/* What the enrol files share. */

enum {
	ENROL_TRIES = 4
}; /* wrong answers to one prompt: then the person signs in anew and goes on */

/* A new password or PIN that was typed twice. */
struct chosen {
	enum factor_id factor;
	struct pwhash hash;
	struct rival rival; /* of a password: whose it must not be */
};

/* One commit of an enrolment: fn writes, then audit tells. */
struct step {
	struct conv *c;
	const struct person *p;
	int (*write)(struct txn *t, struct step *s);
	enum factor_id
		factor; /* what is new from now on: told by audit and messages; 0: nothing yet */
	const struct chosen *chosen;
	struct totp *totp;
	struct recovery *codes;
	struct sms_step *sms; /* enrol_second.c's */
	struct now now;
	uint8_t print[32]; /* of the activation code, once this is committed */
};

/* Asks for a new password or PIN, twice. False when it is given up. Wipe *out. */
bool enrol_ask(struct conv *c, const struct person *p, enum factor_id factor, struct chosen *out);

/* Writes it in place of p's old one: that ends the waits that the old one's failures have led to, on both
 * sides. -EAGAIN: it may be somebody else's now. */
int enrol_write(
	struct txn *t, const struct conv *c, const struct person *p, const struct chosen *chosen);

/* What a message says of it: "Your PIN was changed". */
const char *enrol_what(enum factor_id factor);

/* Commits one step. False, and said, when the person was switched off or reset meanwhile. */
bool step_commit(struct step *s);

#endif
