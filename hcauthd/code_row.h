/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CODE_ROW_H
#define HCAUTH_CODE_ROW_H

#include "code.h"
#include "seal.h"
#include "store/store.h"

/* The rows of codes: one for each owner, purpose, side and place, so that nobody elsewhere ends a code or
 * uses up what may be sent here; and one for all places, which counts what was sent in a day. */

enum {
	CODE_RIGHT_S = 600, /* a code typed in time stays right for the rest of the conversation */
};

struct code_at {
	struct id owner;
	enum code_purpose purpose;
	enum source source;
	uint8_t place[HASH_BYTES];
};

/* *there: there is a row; else *out is empty. */
int code_row_load(struct txn *t, const struct code_at *at, struct code *out, bool *there);
int code_row_save(struct txn *t, const struct code_at *at, const struct code *v);
int code_row_drop(struct txn *t, const struct code_at *at);

bool code_in_time(const struct code *v, const struct now *now, uint64_t since_ms, uint32_t seconds);

/* Drops what is worthless by now, this place's too; *n is how many places are left. */
int code_rows_prune(struct txn *t, const struct now *now, const struct code_at *at, unsigned *n);

/* Counts one that is to be sent (wanted). *may: the day's are not used up. It writes in any case. */
int code_day_count(
	struct txn *t, const struct now *now, const struct code_at *at, bool wanted, bool *may);

/* One of them has done its work. */
int code_day_uncount(struct txn *t, const struct code_at *at);

#endif
