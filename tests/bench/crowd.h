/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BENCH_CROWD_H
#define HCAUTH_BENCH_CROWD_H

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
