/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_AUDIT_CHAIN_H
#define HCAUTH_AUDIT_CHAIN_H

#include "seal.h"

/* What the audit's writer and its reader share: how a row stands in the store. */

struct txn;

enum {
	AUDIT_VERSION = 2, /* of a row; a body of version 1 ends with T_DETAIL */
	T_TIME = 1,
	T_EVENT,
	T_OWNER,
	T_WHO,
	T_PRACTICE,
	T_SERVICE,
	T_TTY,
	T_RHOST,
	T_BY,
	T_DETAIL,
	T_ACCOUNT,
	T_BY_PRACTICE,
	T_BODY = 1,
	T_HASH,
	T_CHAIN,
};

void audit_chain(const struct seal *s, const uint8_t before[HASH_BYTES],
	const uint8_t hash[HASH_BYTES], uint64_t number, uint8_t out[HASH_BYTES]);

/* The chain at the last row; all zero before the first. */
int audit_chain_last(struct txn *t, uint8_t out[HASH_BYTES]);
/* And at the row of that number. */
int audit_chain_of(struct txn *t, uint64_t number, uint8_t out[HASH_BYTES]);

#endif
