/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_RACE_PEOPLE_H
#define HCAUTH_TEST_RACE_PEOPLE_H

#include "race/look.h"
#include "race/race.h"
#include "soft_key.h"

/* Who races: somebody with an app, text messages, recovery codes, a PIN, perhaps a YubiKey. */

struct racing {
	struct somebody p;
	struct soft_key yubikey;
	unsigned used; /* recovery codes */
	uint64_t audited; /* the last record that was looked at */
};

void racing_make(struct racing *r, const char *name, unsigned number);
void racing_yubikey(struct racing *r, unsigned number);
/* One more recovery code; new ones where there is none. */
const char *racing_code(struct racing *p);
void racing_codes(struct racing *p);

/* New ones, for a code of the app. */
void racing_codes_by(struct racing *p);
/* Changes of p at the same moment (edit.c). */
void race_edits(struct racing *p, unsigned rounds);

/* The answers of a first sign-in, after the activation code: a password and an app of each racer's own. */
const char *racing_answer_first(const struct racer *r, const struct ask *a);
/* That racer has set p up so. */
void racing_first(struct racing *p, const struct racer *r);

#endif
