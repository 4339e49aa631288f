/* SPDX-License-Identifier: Apache-2.0 */
/* The rule alone. What must hold: nine guesses in any five minutes, whatever the clocks and reboots do;
 * no count runs over; what strangers make up takes bounded room. */
#include "lockout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conv.h"
#include "factor.h"
#include "people.h"
#include "seal.h"
#include "store/store.h"
#include "world.h"

static const struct id somebody = { { 's' } };

struct trial {
	struct now now;
	unsigned tries, n;
	uint32_t wait[100];
	uint64_t at_ms[400];
	struct attempt attempt;
};

static void count(struct txn *t, struct trial *g)
{
	CHECK_INT(lockout_count(t, &somebody, FACTOR_PASSWORD, SOURCE_NETWORK, g->tries, &g->now,
			  &g->attempt),
		0);
}

static int guess_for_hours(struct txn *t, void *arg)
{
	struct trial *g = arg;

	for (uint64_t ms = 0; ms < 2 * 3600 * 1000; ms += 250) {
		g->now.boot_ms = 1000 + ms;
		count(t, g);
		if (g->attempt.allowed)
			g->at_ms[g->n++] = ms;
	}
	return 0;
}

TEST(nine_guesses_in_any_five_minutes)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct trial g = { .now = w.now };
	unsigned first = 0;

	CHECK_INT(in_store(&w, guess_for_hours, &g, sizeof g), 0);
	for (unsigned i = 0; i < g.n; i++) {
		unsigned within = 0;

		for (unsigned k = i; k < g.n && g.at_ms[k] < g.at_ms[i] + 300000; k++)
			within++;
		CHECK(within <= 9);
		if (i == 0)
			first = within;
	}
	CHECK_INT(first, 9);
}

static int take_waits(struct txn *t, void *arg)
{
	struct trial *g = arg;

	for (g->n = 0; g->n < 60; g->n++) {
		count(t, g);
		CHECK_INT(g->attempt.allowed, g->n < OFF_FAILURES);
		CHECK_INT(g->attempt.off, g->n >= OFF_FAILURES);
		g->wait[g->n] = g->attempt.wait_s;
		if (g->n < OFF_FAILURES && g->attempt.wait_s > 0) {
			g->now.boot_ms += g->attempt.wait_s * 1000 - 1;
			count(t, g);
			CHECK(!g->attempt.allowed);
			CHECK_INT(g->attempt.wait_s, 1);
			CHECK_INT(g->attempt.failures, g->n + 1);
			g->now.boot_ms++;
		}
		g->now.boot_ms += g->n >= OFF_FAILURES ? 1000ull * 86400 * 365 : 0;
	}
	return 0;
}

TEST(the_wait_doubles_from_15_seconds_to_15_minutes_and_50_is_the_end)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct trial g = { .now = w.now };
	static const uint32_t wait[] = { 0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900 };

	CHECK_INT(in_store(&w, take_waits, &g, sizeof g), 0);
	for (size_t i = 0; i < sizeof wait / sizeof *wait; i++)
		CHECK_INT(g.wait[i], wait[i]);
	CHECK_INT(g.wait[48], 900);
}

static int wait_for_ever(struct txn *t, void *arg)
{
	struct trial *g = arg;

	for (g->n = 0; g->n < 2 * OFF_FAILURES; g->n++) {
		count(t, g);
		CHECK(g->attempt.allowed && !g->attempt.off);
		g->now.boot_ms += (uint64_t)g->attempt.wait_s * 1000;
	}
	count(t, g);
	g->now.boot_ms++;
	return 0;
}

TEST(what_is_never_off_waits_however_often_it_was_wrong)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct trial g = { .now = w.now, .tries = NEVER_OFF };

	CHECK_INT(in_store(&w, wait_for_ever, &g, sizeof g), 0);
	CHECK_INT(g.attempt.failures, 2 * OFF_FAILURES + 1);
	CHECK_INT(g.attempt.wait_s, WAIT_MAX_S);
}

static int fail_eight(struct txn *t, void *arg)
{
	struct trial *g = arg;

	while (g->attempt.failures < 8) {
		count(t, g);
		g->now.boot_ms += g->attempt.wait_s * 1000;
	}
	g->now.boot_ms -= g->attempt.wait_s * 1000; /* now: 120 seconds to go */
	return 0;
}

static int count_once(struct txn *t, void *arg)
{
	count(t, arg);
	return 0;
}

/* TM-10: a reboot neither clears a count nor makes a wait endless. */
TEST(tm10_a_reboot_starts_the_wait_anew_and_clears_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct trial g = { .now = w.now };

	g.now.boot_ms = 1ull << 40; /* after years */
	CHECK_INT(in_store(&w, fail_eight, &g, sizeof g), 0);
	g.now.boot[0] ^= 1;
	g.now.unix_s = 0; /* and no clock */
	g.now.boot_ms = 5000;
	CHECK_INT(in_store(&w, count_once, &g, sizeof g), 0);
	CHECK(!g.attempt.allowed && g.attempt.failures == 8);
	CHECK_INT(g.attempt.wait_s, 115);
	g.now.boot_ms = 119999;
	CHECK_INT(in_store(&w, count_once, &g, sizeof g), 0);
	CHECK(!g.attempt.allowed);
	g.now.boot_ms = 120000;
	CHECK_INT(in_store(&w, count_once, &g, sizeof g), 0);
	CHECK(g.attempt.allowed && g.attempt.failures == 9 && g.attempt.wait_s == 240);
}

TEST(the_wall_clock_changes_no_wait)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct trial g = { .now = w.now };
	static const int64_t by[] = { 0, 86400, -86400, 366 * 86400ll, -366 * 86400ll };

	CHECK_INT(in_store(&w, fail_eight, &g, sizeof g), 0);
	for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
		g.now.unix_s = (uint64_t)((int64_t)w.now.unix_s + by[i]);
		CHECK_INT(in_store(&w, count_once, &g, sizeof g), 0);
		CHECK(!g.attempt.allowed && g.attempt.wait_s == 120);
	}
}

static int count_in_disorder(struct txn *t, void *arg)
{
	struct trial *g = arg;

	for (unsigned i = 0; i < FREE_FAILURES; i++, g->now.boot_ms -= 20) {
		count(t, g);
		CHECK(g->attempt.allowed);
		CHECK_INT(g->attempt.failures, i + 1);
	}
	return 0;
}

/* Side by side: whoever has read the clock first may be the last to get to the store. */
TEST(attempts_in_disorder_are_attempts_and_shorten_no_wait)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct trial g = { .now = w.now };
	uint64_t first = w.now.boot_ms;

	CHECK_INT(in_store(&w, count_in_disorder, &g, sizeof g), 0);
	g.now.boot_ms = first + WAIT_FIRST_S * 1000 - 1;
	CHECK_INT(in_store(&w, count_once, &g, sizeof g), 0);
	CHECK(!g.attempt.allowed && g.attempt.wait_s == 1);
	g.now.boot_ms++;
	CHECK_INT(in_store(&w, count_once, &g, sizeof g), 0);
	CHECK(g.attempt.allowed);
}

static int saturate(struct txn *t, void *arg)
{
	struct trial *g = arg;
	struct lockout l = { .failures = UINT32_MAX };
	uint8_t key[ID_BYTES + 2], row[RECORD_MAX];
	struct bytes b;

	memcpy(key, &somebody, ID_BYTES);
	key[ID_BYTES] = FACTOR_PASSWORD;
	key[ID_BYTES + 1] = SOURCE_NETWORK;
	CHECK_INT(txn_put(t, TABLE_LOCKOUT, key, sizeof key, row, lockout_put(row, &l)), 0);
	for (g->tries = 0; g->tries <= 10; g->tries += 10) {
		count(t, g);
		CHECK(!g->attempt.allowed && g->attempt.off);
		CHECK_INT(g->attempt.failures, UINT32_MAX);
	}
	CHECK_INT(txn_get(t, TABLE_LOCKOUT, key, sizeof key, &b), 0);
	CHECK_INT(lockout_get(b.p, b.len, &l), 0);
	CHECK_INT(l.failures, UINT32_MAX);
	return 0;
}

/* LR-14. */
TEST(lr14_a_count_does_not_run_over)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct trial g = { .now = w.now };

	CHECK_INT(in_store(&w, saturate, &g, sizeof g), 0);
}

struct decoys {
	const struct seal *seal;
	struct now now;
	unsigned rows;
};

static int try_strangers(struct txn *t, void *arg)
{
	struct decoys *d = arg;
	struct key at = { .len = 0 };
	struct bytes row;

	for (unsigned i = 0; i < 100000; i++) {
		char name[32];
		struct person p;
		struct attempt a;

		snprintf(name, sizeof name, "n%u@example.org", i);
		person_decoy(d->seal, name, &p);
		CHECK(!p.known && !p.has_identity && !p.has_account && !person_active(&p));
		CHECK_INT(
			lockout_count(t, &p.owner, FACTOR_PASSWORD, SOURCE_NETWORK, 0, &d->now, &a),
			0);
	}
	while (txn_next(t, TABLE_LOCKOUT, "", 0, &at, &row) == 0)
		d->rows++;
	return 0;
}

/* LR-11. */
TEST(lr11_names_that_do_not_exist_take_1024_counters_at_most)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct decoys d = { .seal = world_seal(&w), .now = w.now };

	CHECK_INT(in_store(&w, try_strangers, &d, sizeof d), 0);
	CHECK_INT(d.rows, 1024);
}
