/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: what somebody signs in with, and what stands against them, goes to another owner whole
 * or not at all. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "conv.h"
#include "credential.h"
#include "factor.h"
#include "lockout.h"
#include "seal.h"
#include "store/store.h"
#include "world.h"

static const struct id from = { { 'f' } }, to = { { 't' } };
static const unsigned rows[] = { FACTOR_PASSWORD, FACTOR_TOTP, FACTOR_RECOVERY, FACTOR_PIN,
	FACTOR_ACTIVATION, FACTOR_TOTP_NEW };
static const unsigned counters[] = { FACTOR_PASSWORD, FACTOR_TOTP, FACTOR_RECOVERY, FACTOR_PIN,
	FACTOR_CODE, FACTOR_CODE_RECOVER };

enum { ROWS = sizeof rows / sizeof *rows, COUNTERS = sizeof counters / sizeof *counters };

struct moving {
	const struct seal *seal;
	struct now now;
	unsigned damaged; /* the factor whose row is; 0: none */
	int result;
	unsigned there, here; /* rows of each afterwards */
};

static void fill(struct txn *t, const struct moving *m)
{
	for (size_t i = 0; i < ROWS; i++) {
		CREDENTIAL(c);

		c.len = 3;
		memset(c.plain, 'a' + (int)i, c.len);
		CHECK_INT(credential_put(t, m->seal, &from, rows[i], &c), 0);
	}
	for (size_t i = 0; i < COUNTERS; i++)
		for (enum source s = SOURCE_LOCAL; s <= SOURCE_NETWORK; s++)
			for (unsigned n = 0; n < i + s; n++) {
				struct now now = m->now;
				struct attempt a;

				now.boot_ms += (uint64_t)n * 2000000;
				CHECK_INT(lockout_count(t, &from, counters[i], s, 0, &now, &a), 0);
				CHECK(a.allowed);
			}
}

static int make(struct txn *t, void *arg)
{
	struct moving *m = arg;
	uint8_t key[ID_BYTES + 1], bad[512];
	struct bytes row;

	fill(t, m);
	if (!m->damaged)
		return 0;
	memcpy(key, from.bytes, ID_BYTES);
	key[ID_BYTES] = (uint8_t)m->damaged;
	CHECK_INT(txn_get(t, TABLE_CREDENTIAL, key, sizeof key, &row), 0);
	CHECK(row.len <= sizeof bad);
	memcpy(bad, row.p, row.len);
	bad[row.len - 1] ^= 1;
	return txn_put(t, TABLE_CREDENTIAL, key, sizeof key, bad, row.len);
}

static int move(struct txn *t, void *arg)
{
	struct moving *m = arg;

	return owner_move(t, m->seal, &from, &to);
}

static unsigned failures(struct txn *t, const struct id *owner, unsigned factor, enum source s,
	const struct moving *m)
{
	struct attempt a;

	CHECK_INT(lockout_look(t, owner, factor, s, 0, &m->now, &a), 0);
	return a.failures;
}

static int look(struct txn *t, void *arg)
{
	struct moving *m = arg;
	const struct id *now = m->damaged ? &from : &to, *before = m->damaged ? &to : &from;

	m->there = m->here = 0;
	for (size_t i = 0; i < ROWS; i++) {
		CREDENTIAL(c);

		m->there += credential_exists(t, before, rows[i]);
		m->here += credential_exists(t, now, rows[i]);
		if (m->damaged == rows[i])
			continue;
		CHECK_INT(credential_get(t, m->seal, now, rows[i], &c), 0);
		CHECK(c.len == 3 && c.plain[0] == 'a' + (int)i && c.plain[2] == 'a' + (int)i);
	}
	for (size_t i = 0; i < COUNTERS; i++)
		for (enum source s = SOURCE_LOCAL; s <= SOURCE_NETWORK; s++) {
			CHECK_INT(failures(t, now, counters[i], s, m), i + s);
			CHECK_INT(failures(t, before, counters[i], s, m), 0);
		}
	return 0;
}

static struct moving go(unsigned damaged)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct moving m = { .seal = world_seal(&w), .now = w.now, .damaged = damaged };

	CHECK_INT(in_store(&w, make, &m, sizeof m), 0);
	m.result = in_store(&w, move, &m, sizeof m);
	CHECK_INT(in_store(&w, look, &m, sizeof m), 0);
	return m;
}

TEST(an_owner_s_rows_and_counters_go_to_another)
{
	struct moving m = go(0);

	CHECK_INT(m.result, 0);
	CHECK_INT(m.there, 0);
	CHECK_INT(m.here, ROWS);
}

/* The last of them: when it is met, the others have gone. */
TEST(a_damaged_row_keeps_all_of_an_owner_s_where_they_are)
{
	struct moving m = go(FACTOR_TOTP_NEW);

	CHECK_INT(m.result, -EKEYREJECTED);
	CHECK_INT(m.there, 0);
	CHECK_INT(m.here, ROWS);
}
