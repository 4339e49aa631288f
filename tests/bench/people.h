/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BENCH_PEOPLE_H
#define HCAUTH_BENCH_PEOPLE_H

#include <stdint.h>
#include <stdio.h>

/* Whom bench-crowd publishes and bench-names asks for: people 0 to n - 1, and a group for every two of them.
 * Each is in GROUPS groups, so that a group has 2 * GROUPS members however many people there are. */
enum {
	GROUPS = 4,
	FIRST_UID = 100000, /* beyond 65534, who is nobody */
	FIRST_GID = 3000000,
	PRIMARY_GID = 90000,
	MISSING_ID = 5000000, /* and above: nobody's */
	NAME_SIZE = 32,
};

static inline void crowd_name(char name[NAME_SIZE], uint32_t i)
{
	snprintf(name, NAME_SIZE, "user%u-stj", i);
}

static inline void crowd_group(char name[NAME_SIZE], uint32_t i)
{
	snprintf(name, NAME_SIZE, "ward%u-stj", i);
}

/* A name that nobody has. It begins with MISSING, and no other does. */
#define MISSING 'n'
static inline void crowd_missing(char name[NAME_SIZE], uint32_t i)
{
	snprintf(name, NAME_SIZE, "nobody%u-stj", i);
}

/* The kth group of person i, of n people; n / 2 is a multiple of GROUPS. */
static inline uint32_t crowd_group_of(uint32_t i, uint32_t k, uint32_t n)
{
	return (i / 2 + k * (n / 2 / GROUPS)) % (n / 2);
}

/* The mth member of group g. */
static inline uint32_t crowd_member(uint32_t g, uint32_t m, uint32_t n)
{
	const uint32_t groups = n / 2;

	return 2 * ((g + groups - m / 2 * (groups / GROUPS)) % groups) + m % 2;
}

#endif
