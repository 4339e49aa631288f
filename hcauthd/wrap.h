/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_WRAP_H
#define HCAUTH_WRAP_H

#include "seal.h"

struct store;
struct txn;

/* The rows of a store in which its data key is wrapped. A store with a machine row is a finished one. */
enum wrapping {
	WRAP_MACHINE, /* under the machine key */
	WRAP_NEXT, /* under the one that is about to take its place: "hcauth rekey" */
	WRAP_RECOVERY, /* under the recovery key */
};

/* -ENOENT when there is none, -EUCLEAN when it can't be one. */
int wrap_get(struct txn *t, enum wrapping which, uint8_t out[WRAP_BYTES]);
int wrap_put(struct txn *t, enum wrapping which, const uint8_t wrapped[WRAP_BYTES]);
int wrap_del(struct txn *t, enum wrapping which); /* 0 also when there is none */

/* Wraps the data key under the machine key, as one of the two rows of that name. */
int wrap_machine(
	struct txn *t, enum wrapping which, const struct seal *s, const uint8_t key[KEY_BYTES]);

/* The seal of an open store, by a machine key: that of either row. -ENOENT when the store was never
 * finished, -EUCLEAN when a wrapping can't be one, -EKEYREJECTED for another store's key. */
int wrap_open(struct store *s, const uint8_t key[KEY_BYTES], struct seal **out);

#endif
