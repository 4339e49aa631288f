/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_TWO_PEOPLE_H
#define HCAUTH_TEST_TWO_PEOPLE_H

#include "world.h"

/* ada and bob, who share ada's e-mail address: system users adae (uid 20000) and bobe (20001) at stj, user
 * IDs HC000001 and HC000002. */

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define BOB_PASSWORD "four brown otters"

extern char bob_secret[64];

void allow_shared(struct world *w, const char *practice, bool allowed);

/* ada, enrolled, and bob beside her, who is not yet; at login with a chooser. Returns his activation code,
 * in a static buffer. */
const char *add_bob(struct world *w);
/* Both enrolled. */
struct world two_people(void);

/* A sign-in by the address at login, a minute later. */
struct talk *ada_in(struct world *w);
struct talk *bob_in(struct world *w);

/* The failures that stand against the password of a system user's person: at the workstation, or there. */
unsigned failures(struct world *w, const char *user);
unsigned failures_at(struct world *w, const char *user, enum source source);

#endif
