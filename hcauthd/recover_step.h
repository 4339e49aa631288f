/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RECOVER_STEP_H
#define HCAUTH_RECOVER_STEP_H

#include "code.h"
#include "enrol_step.h"
#include "recover.h"
#include "seal.h"

/* What the recovery's files share. */

/* How far somebody has come: the row in TABLE_RECOVERY. */
struct progress {
	uint8_t what; /* a factor; 0: nowhere */
	uint8_t proved
		[HASH_BYTES]; /* keyed hash of the place and the address whose code was typed */
	bool second; /* the second factor was right */
	uint64_t since_ms;
	uint8_t boot[16];
};

struct recovering {
	struct conv *c;
	struct person *p;
	enum factor_id what;
	bool needs_second; /* two messages are not enough */
	struct code_for email, mobile;
	struct progress at;
	struct given *given;
	const struct chosen *chosen;
	bool ok;
	uint32_t resets;
	struct now now;
};

/* In a read transaction: how far p has come at this place, and where codes may be sent. */
int recover_look(struct txn *t, void *arg);

/* The steps, for recover_commit(). The code from the e-mail was typed; the second factor, counted, compared
 * and spent as in a sign-in (ok: it was right); the new verifier. */
int recover_email(struct txn *t, void *arg);
int recover_second(struct txn *t, void *arg);
int recover_set(struct txn *t, void *arg);

/* False: not now, or no more: what the step builds on is gone. */
bool recover_commit(struct recovering *w, int (*fn)(struct txn *, void *));

#endif
