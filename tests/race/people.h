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

#endif
