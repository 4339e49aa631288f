/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BENCH_CROWD_H
#define HCAUTH_BENCH_CROWD_H

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
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* People who sign in side by side: a file of them, and which of each one's codes was used last, which
 * processes share. */

enum { CROWD_MAX = 1000 };

struct one {
	char name[64], password[64], secret[64];
};

struct crowd {
	size_t n;
	struct one one[CROWD_MAX];
	struct turns *turns;
};

/* FOLDER/VERIFIER.people, a line each: name, password, secret in base32, with tabs between; what was used is
 * kept in FOLDER/VERIFIER.steps. */
void crowd_open(struct crowd *c, const char *folder, const char *verifier);

/* Somebody who is not in the middle of another sign-in, and their next code: it is good for some seconds. Waits for the
 * clock if there is nobody. */
size_t crowd_take(struct crowd *c, uint64_t *step);

/* Waits until the first n people have a code that is good for a minute. */
void crowd_await_newest(struct crowd *c, size_t n);

/* That code of this one's. False: it was used. */
bool crowd_newest(struct crowd *c, size_t who, uint64_t *step);

/* Somebody whose last code was used, and accepted, and would be good for some seconds yet; each one once in a process's
 * life and those it has started. False when there is nobody left. */
bool crowd_take_used(struct crowd *c, size_t *who, uint64_t *step);

/* The end of what crowd_take() or crowd_newest() began. */
void crowd_give(struct crowd *c, size_t who, uint64_t step, bool accepted);

/* This one has used that code elsewhere. */
void crowd_used(struct crowd *c, size_t who, uint64_t step);

/* Waits until n codes can be had without waiting. */
void crowd_await(struct crowd *c, size_t n);

void crowd_code(const struct crowd *c, size_t who, uint64_t step, char out[8]);

#endif
