/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RACE_H
#define HCAUTH_RACE_H

#include "world.h"

/* Conversations at once (lockout_race.c). */

struct race {
	unsigned granted, evaluated;
};

/* Holds n conversations at once with the same answers (third may be NULL), behind a gate that opens for all. */
struct race race(struct world *w, unsigned n, const char *service, const char *first,
	const char *second, const char *third);

#endif
