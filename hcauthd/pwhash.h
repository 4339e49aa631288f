/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PWHASH_H
#define HCAUTH_PWHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Argon2id (RFC 9106) with a bounded number of computations at a time on the whole machine. */

enum { PWHASH_SALT = 16, PWHASH_BYTES = 32 };

struct pwhash { /* as stored, inside the seal */
	uint32_t ops; /* passes */
	uint32_t kib; /* memory */
	uint8_t salt[PWHASH_SALT];
	uint8_t hash[PWHASH_BYTES];
};

/* Argon2 slots: byte-range locks (F_OFD_SETLK) on one file, which the kernel releases however a process
 * ends. cores slots for everybody and one more for local sources alone. */
struct slots {
	int fd;
	unsigned cores;
};
int slots_open(const char *file, struct slots *out); /* makes it, 0600 */
void slots_close(struct slots *s);

/* Takes a slot: pid modulo cores is tried, then the others, then (local only) the extra one; else calls
 * busy(arg) once (it may be NULL) and waits (local: for the extra
 * one, else in a queue for whichever comes free), at most seconds, then -ETIMEDOUT. The
 * slot is held until slot_give. SIGALRM and alarm() are left alone; SIGRTMIN is used while waiting. */
int slot_take(const struct slots *s, bool local, unsigned seconds, void (*busy)(void *), void *arg);
void slot_give(const struct slots *s, int slot);

/* Computes the hash of text under h's salt, passes and memory. -EINVAL for more than the settings
 * allow (16 passes, 1 GiB), -ENOMEM. The caller holds a slot. */
int pwhash_compute(const struct pwhash *h, const char *text, size_t len, uint8_t out[PWHASH_BYTES]);
/* Whether what was computed is h's; in the same time, whatever it is. */
bool pwhash_is(const struct pwhash *h, const uint8_t computed[PWHASH_BYTES]);

/* A new verifier for text: random salt. */
int pwhash_make(uint32_t ops, uint32_t kib, const char *text, size_t len, struct pwhash *out);

#endif
