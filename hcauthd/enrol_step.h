/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ENROL_STEP_H
#define HCAUTH_ENROL_STEP_H

#include "enrol.h"
#include "shared.h"

/* What the enrol files share. */

enum {
	ENROL_TRIES = 4
}; /* wrong answers to one prompt: then the person signs in anew and goes on */

/* One commit of an enrolment: fn writes, then audit tells. */
struct step {
	struct conv *c;
	const struct person *p;
	int (*write)(struct txn *t, struct step *s);
	const char *detail;
	const struct pwhash *hash;
	const struct rival *rival; /* of a password: whose it must not be */
	enum factor_id factor;
	struct totp *totp;
	struct recovery *codes;
	struct now now;
};

/* Commits one step. False, and said, when the person was switched off or reset meanwhile. */
bool step_commit(struct step *s);

#endif
