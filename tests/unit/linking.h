/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_LINKING_H
#define HCAUTH_TEST_LINKING_H

#include "people.h"
#include "world.h"

/* ada, enrolled, and ben's account at the hill, which is nobody's yet. */

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define WRONG "That user ID and password do not match."
#define BEN "HC000002"
#define BEN_PASSWORD "four blue kettles"

extern char ben_activation[64];

struct world ada_and_ben(void);

/* A sign-in at login with ada's password and code, a minute later. */
struct talk *ada_signs_in(struct world *w, const char *name);

struct look {
	const char *user;
	struct person who;
	unsigned rows; /* that stand under the account's own id */
	unsigned sessions;
};

/* Ben's account as it stands in the store; whether it is ada's now. */
struct look ben_now(struct world *w);
bool is_linked(struct world *w);

#endif
