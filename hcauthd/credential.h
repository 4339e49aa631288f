/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CREDENTIAL_H
#define HCAUTH_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct seal;
struct txn;

/* Sealed credentials: one row for each owner (an identity or a legacy account) and factor. The row's
 * key, version and generation are bound into the seal. */

enum { CREDENTIAL_MAX = 2048 };

struct credential {
	uint64_t
		generation; /* rises with each write; what was read is still current if it is the same */
	size_t len;
	uint8_t plain[CREDENTIAL_MAX]; /* wipe with credential_wipe() */
};

#define CREDENTIAL(name)                                                                           \
	struct credential name __attribute__((cleanup(credential_wipe))) = { .len = 0 }

void credential_wipe(struct credential *c);

/* -ENOENT when there is none, -EKEYREJECTED when the seal does not hold, -EUCLEAN when it is damaged. */
int credential_get(struct txn *t, const struct seal *s, const struct id *owner, unsigned factor,
	struct credential *out);

/* Writes c->plain as the next generation of what is there. */
int credential_put(struct txn *t, const struct seal *s, const struct id *owner, unsigned factor,
	const struct credential *c);

/* 0 also when there is none. */
int credential_del(struct txn *t, const struct id *owner, unsigned factor);

/* Somebody who has that factor: the same one for an owner as long as nobody's credentials change, and
 * for different owners different people. -ENOENT when nobody near has one. */
int credential_like(struct txn *t, const struct seal *s, const struct id *owner, unsigned factor,
	struct id *out);

/* A keyed hash of the row as it is now, which no other write gives again. -ENOENT when there is none. */
int credential_print(struct txn *t, const struct seal *s, const struct id *owner, unsigned factor,
	uint8_t out[32]);

/* All that from has (factors, what leads to them, counters of failures) is to's from now on, sealed anew.
 * When one row does not open, the error: the caller's transaction must end with it. */
int owner_move(struct txn *t, const struct seal *s, const struct id *from, const struct id *to);

/* In doubt: yes. */
bool credential_exists(struct txn *t, const struct id *owner, unsigned factor);

/* Which of those factors the owner has one for; both as bits. In doubt: it is there. */
uint32_t credentials_of(struct txn *t, const struct id *owner, uint32_t factors);

#endif
