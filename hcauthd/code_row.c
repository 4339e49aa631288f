/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the day's count outlives the codes that it counts, whether they are typed, withdrawn or
 * of another place; and however many places ask, few rows are kept. */
#include "code_row.h"

#include <errno.h>
#include <string.h>

#include "elapsed.h"

enum { DAY_S = 86400 };

/* With the place, or (of_all) that of all places: the rows of a purpose and side begin with it. */
struct code_key {
	uint8_t bytes[ID_BYTES + 2 + HASH_BYTES];
	size_t len;
};

enum { OF_ALL_LEN = ID_BYTES + 2 };

static struct code_key key_of(const struct code_at *at)
{
	struct code_key k = { .len = sizeof k.bytes };

	memcpy(k.bytes, at->owner.bytes, ID_BYTES);
	k.bytes[ID_BYTES] = (uint8_t)at->purpose;
	k.bytes[ID_BYTES + 1] = (uint8_t)at->source;
	memcpy(k.bytes + OF_ALL_LEN, at->place, HASH_BYTES);
	return k;
}

static struct code_key key_of_all(const struct code_at *at)
{
	struct code_key k = key_of(at);

	k.len = OF_ALL_LEN;
	return k;
}

static int load(struct txn *t, const struct code_key *k, struct code *out, bool *there)
{
	struct bytes row;
	int r = txn_get(t, TABLE_CODE, k->bytes, k->len, &row);

	*out = (struct code){ .right = false };
	*there = r == 0;
	return r == -ENOENT ? 0 : r < 0 ? r : code_get(row.p, row.len, out);
}

static int save(struct txn *t, const struct code_key *k, const struct code *v)
{
	uint8_t row[RECORD_MAX];

	return txn_put(t, TABLE_CODE, k->bytes, k->len, row, code_put(row, v));
}

int code_row_load(struct txn *t, const struct code_at *at, struct code *out, bool *there)
{
	const struct code_key k = key_of(at);

	return load(t, &k, out, there);
}

int code_row_save(struct txn *t, const struct code_at *at, const struct code *v)
{
	const struct code_key k = key_of(at);

	return save(t, &k, v);
}

int code_row_drop(struct txn *t, const struct code_at *at)
{
	const struct code_key k = key_of(at);

	return txn_del(t, TABLE_CODE, k.bytes, k.len);
}

bool code_in_time(const struct code *v, const struct now *now, uint64_t since_ms, uint32_t seconds)
{
	return elapsed_ms(v->boot, since_ms, now) < (uint64_t)seconds * 1000;
}

/* Neither may it be typed or spent, nor does it count for the window in which it was sent. */
static bool is_worthless(const struct code *v, const struct now *now)
{
	return !code_in_time(v, now, v->since_ms, CODE_EMAIL_S + CODE_RIGHT_S);
}

int code_rows_prune(struct txn *t, const struct now *now, const struct code_at *at, unsigned *n)
{
	const struct code_key all = key_of_all(at);
	struct key row_at = { .len = 0 };
	struct bytes row;
	struct code v;
	int r;

	*n = 0;
	while ((r = txn_next(t, TABLE_CODE, all.bytes, all.len, &row_at, &row)) == 0) {
		if (row_at.len == all.len)
			continue;
		if (code_get(row.p, row.len, &v) == 0 && !is_worthless(&v, now))
			++*n;
		else if ((r = txn_del(t, TABLE_CODE, row_at.bytes, row_at.len)) < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

int code_day_count(
	struct txn *t, const struct now *now, const struct code_at *at, bool wanted, bool *may)
{
	const struct code_key k = key_of_all(at);
	struct code v;
	bool there;
	int r = load(t, &k, &v, &there);

	if (r < 0)
		return r;
	if (!code_in_time(&v, now, v.first_ms, DAY_S)) {
		v = (struct code){ .first_ms = now->boot_ms };
		memcpy(v.boot, now->boot, sizeof v.boot);
	}
	*may = wanted && v.sends < CODE_SENDS_DAY;
	v.sends += *may;
	return save(t, &k, &v);
}

int code_day_uncount(struct txn *t, const struct code_at *at)
{
	const struct code_key k = key_of_all(at);
	struct code v;
	bool there;
	int r = load(t, &k, &v, &there);

	if (r < 0 || !there || v.sends == 0)
		return r;
	v.sends--;
	return save(t, &k, &v);
}

/* Both sides, all places; what was sent in the day stays counted. */
int code_withdraw(struct txn *t, const struct id *owner, enum code_purpose purpose)
{
	for (enum source s = SOURCE_LOCAL; s <= SOURCE_NETWORK; s++) {
		const struct code_at at = { .owner = *owner, .purpose = purpose, .source = s };
		const struct code_key all = key_of_all(&at);
		struct key row_at = { .len = 0 };
		struct bytes row;
		int r;

		while ((r = txn_next(t, TABLE_CODE, all.bytes, all.len, &row_at, &row)) == 0)
			if (row_at.len > all.len &&
				(r = txn_del(t, TABLE_CODE, row_at.bytes, row_at.len)) < 0)
				return r;
		if (r != -ENOENT)
			return r;
	}
	return 0;
}
