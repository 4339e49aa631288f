/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the chain names the first row that was changed, taken away or moved; a body may be
 * erased; strangers can not fill the table; every sign-in leaves a row with who, where and how. */
#include "audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conv.h"
#include "people.h"
#include "seal.h"
#include "store/store.h"
#include "world.h"

struct job {
	const struct seal *seal;
	uint64_t a, b, broken, rows, count;
	size_t bit;
	struct audit_row last;
};

static int verify(struct txn *t, void *arg)
{
	struct job *j = arg;
	struct key at = { .len = 0 };
	struct bytes row;

	for (j->rows = 0; txn_next(t, TABLE_AUDIT, "", 0, &at, &row) == 0; j->rows++)
		;
	int r = meta_u64(t, "audit", 0, &j->count);
	return r < 0 ? r : audit_verify(t, j->seal, &j->broken);
}

static int read_last(struct txn *t, void *arg)
{
	struct job *j = arg;
	uint64_t number = 0;
	int r;

	while ((r = audit_next(t, &number, &j->last)) == 0)
		;
	return r == -ENOENT ? 0 : r;
}

static struct job after(struct world *w, int (*fn)(struct txn *, void *), uint64_t a, uint64_t b)
{
	struct job j = { .seal = world_seal(w), .a = a, .b = b };

	if (fn)
		CHECK_INT(in_store(w, fn, &j, sizeof j), 0);
	CHECK_INT(in_store(w, verify, &j, sizeof j), 0);
	return j;
}

static int drop_row(struct txn *t, void *arg)
{
	struct job *j = arg;
	uint8_t key[8];

	number_key(j->a, key);
	return txn_del(t, TABLE_AUDIT, key, sizeof key);
}

static int swap_rows(struct txn *t, void *arg)
{
	struct job *j = arg;
	uint8_t ka[8], kb[8], a[2048], b[2048];
	struct bytes row;
	size_t la, lb;

	number_key(j->a, ka);
	number_key(j->b, kb);
	CHECK_INT(txn_get(t, TABLE_AUDIT, ka, 8, &row), 0);
	memcpy(a, row.p, la = row.len);
	CHECK_INT(txn_get(t, TABLE_AUDIT, kb, 8, &row), 0);
	memcpy(b, row.p, lb = row.len);
	CHECK_INT(txn_put(t, TABLE_AUDIT, ka, 8, b, lb), 0);
	return txn_put(t, TABLE_AUDIT, kb, 8, a, la);
}

/* Every bit of row a, one at a time, and the chain looked at each time: the row or nothing is named. */
static int flip_bits(struct txn *t, void *arg)
{
	struct job *j = arg;
	uint8_t key[8], row[2048];
	struct bytes b;
	uint64_t broken;

	number_key(j->a, key);
	CHECK_INT(txn_get(t, TABLE_AUDIT, key, 8, &b), 0);
	memcpy(row, b.p, b.len);
	size_t len = b.len;
	for (size_t bit = 0; bit < len * 8; bit++) {
		row[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_INT(txn_put(t, TABLE_AUDIT, key, 8, row, len), 0);
		CHECK_INT(audit_verify(t, j->seal, &broken), 0);
		CHECK_INT(broken, j->a);
		row[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	return txn_put(t, TABLE_AUDIT, key, 8, row, len);
}

/* Version, body (empty), hash and chain as they were: how a body is erased. */
static int erase_body(struct txn *t, void *arg)
{
	struct job *j = arg;
	uint8_t key[8], row[2048];
	struct bytes b;
	struct audit_row a;
	uint64_t before = j->a - 1;

	number_key(j->a, key);
	CHECK_INT(txn_get(t, TABLE_AUDIT, key, 8, &b), 0);
	const uint8_t *p = b.p;
	size_t body = (size_t)(p[2] << 8 | p[3]);
	CHECK(p[1] == 1 && body > 0);
	memcpy(row, p, 2);
	row[2] = row[3] = 0;
	memcpy(row + 4, p + 4 + body, b.len - 4 - body);
	size_t len = b.len - body;
	CHECK_INT(txn_put(t, TABLE_AUDIT, key, 8, row, len), 0);
	CHECK_INT(audit_next(t, &before, &a), 0);
	CHECK(a.erased);
	CHECK_TEXT(a.who, "");
	return 0;
}

TEST(sf21_the_chain_holds_and_names_the_row_that_was_taken_away)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct job j = after(&w, NULL, 0, 0);
	CHECK_INT(j.broken, 0);
	CHECK(j.rows >= 6 && j.rows == j.count);
	CHECK_HAS(COMMAND(&w, "status")->seen, "audit_chain          good");
	CHECK_INT(after(&w, drop_row, j.rows, 0).broken, j.rows);
	CHECK_INT(after(&w, drop_row, 3, 0).broken, 3);
	CHECK_INT(after(&w, drop_row, 1, 0).broken, 1);
	struct talk *t = COMMAND(&w, "status");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "audit_chain          broken");
	CHECK_HAS(t->seen, "audit_broken_at      1");
}

TEST(sf21_the_chain_names_the_row_that_was_moved)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_INT(after(&w, swap_rows, 2, 5).broken, 2);
	CHECK_INT(after(&w, swap_rows, 2, 5).broken, 0);
	CHECK_INT(after(&w, swap_rows, 4, 5).broken, 4);
}

TEST(sf21_the_chain_names_the_row_that_was_edited)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_INT(after(&w, flip_bits, 4, 0).broken, 0);
	CHECK_INT(after(&w, flip_bits, 1, 0).broken, 0);
}

TEST(an_erased_body_keeps_the_chain)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_INT(after(&w, erase_body, 4, 0).broken, 0);
	CHECK_INT(COMMAND(&w, "audit")->outcome.result, GRANTED);
	CHECK_INT(COMMAND(&w, "audit", "--json")->outcome.result, GRANTED);
	CHECK_INT(after(&w, erase_body, 1, 0).broken, 0);
	CHECK_INT(after(&w, drop_row, 4, 0).broken, 4);
}

/* LR-11: what a stranger types is summed, never a row a name. */
TEST(sign_ins_by_unknown_names_are_one_row)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct job j;

	enrol_ada(&w);
	uint64_t before = after(&w, NULL, 0, 0).rows;
	for (int i = 0; i < 40; i++) {
		char name[40];

		snprintf(name, sizeof name, "nobody%d@example.org", i);
		CHECK_INT(SIGN_IN(&w, "sshd", name, "whatever it is", "123456")->outcome.result,
			REFUSED);
	}
	j = after(&w, NULL, 0, 0);
	CHECK_INT(j.rows, before + 1);
	clock_add(&w, 3601);
	SIGN_IN(&w, "sshd", "nobody@example.org", "whatever it is", "123456");
	j = after(&w, NULL, 0, 0);
	CHECK_INT(j.rows, before + 2);
	CHECK_INT(in_store(&w, read_last, &j, sizeof j), 0);
	CHECK_INT(j.last.event, AUDIT_UNKNOWN_NAMES);
	CHECK_TEXT(j.last.detail, "total=41");
	CHECK_TEXT(j.last.who, "");
}

/* Nor a row for each try while the person has to wait, which a stranger may repeat all night. */
TEST(tries_within_the_wait_are_one_row_an_hour_and_side)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct job j;

	enrol_ada(&w);
	uint64_t before = after(&w, NULL, 0, 0).rows;
	w.rhost = "192.0.2.7";
	for (int i = 0; i < 40; i++)
		SIGN_IN(&w, "sshd", ADA, "not this one", "123456");
	CHECK_INT(after(&w, NULL, 0, 0).rows, before + 6); /* five that were looked at */
	w.rhost = "";
	for (int i = 0; i < 40; i++)
		SIGN_IN(&w, "login", ADA, "not this one");
	CHECK_INT(after(&w, NULL, 0, 0).rows, before + 12);
	w.rhost = "192.0.2.7";
	clock_add(&w, 3601);
	SIGN_IN(&w, "sshd", ADA, "not this one", "123456"); /* looked at: the wait was over */
	clock_add(&w, 1);
	SIGN_IN(&w, "sshd", ADA, "not this one", "123456");
	j = after(&w, NULL, 0, 0);
	CHECK_INT(j.rows, before + 14);
	CHECK_INT(in_store(&w, read_last, &j, sizeof j), 0);
	CHECK_TEXT(j.last.who, ADA);
	CHECK_TEXT(j.last.detail, "password waiting, totp not looked at, total=36");
}

struct many {
	struct conv conv;
	struct now now;
};

static int thousand(struct txn *t, void *arg)
{
	struct many *m = arg;

	for (int i = 0; i < 1000; i++) {
		m->now.unix_s += 5;
		CHECK_INT(audit_unknown(t, &m->conv, &m->now), 0);
	}
	return 0;
}

TEST(unknown_names_are_one_row_an_hour)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct many m = { .conv = { .seal = world_seal(&w),
				  .hello = { .service = "sshd", .tty = "", .rhost = "" } },
		.now = w.now };

	CHECK_INT(in_store(&w, thousand, &m, sizeof m), 0);
	CHECK_INT(after(&w, NULL, 0, 0).rows, 2); /* 5000 seconds */
	m.now.unix_s -= 86400; /* the clock set back does not silence it */
	CHECK_INT(in_store(&w, thousand, &m, sizeof m), 0);
	struct job j = after(&w, NULL, 0, 0);
	CHECK_INT(j.rows, 4);
	CHECK_INT(j.broken, 0);
}

TEST(a_sign_in_leaves_who_where_and_how)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct job j = { .seal = world_seal(&w) };

	enrol_ada(&w);
	w.rhost = "192.0.2.7";
	SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_INT(in_store(&w, read_last, &j, sizeof j), 0);
	CHECK_TEXT(audit_event_name(j.last.event), "sign-in");
	CHECK_TEXT(j.last.who, ADA);
	CHECK_TEXT(j.last.practice, "stj");
	CHECK_TEXT(j.last.service, "sshd");
	CHECK_TEXT(j.last.rhost, "192.0.2.7");
	CHECK_TEXT(j.last.detail, "password right, totp right");
	w.rhost = "evil\nname\x1b[2J";
	SIGN_IN(&w, "sshd", ADA, "not this one", "000000");
	CHECK_INT(in_store(&w, read_last, &j, sizeof j), 0);
	CHECK_TEXT(audit_event_name(j.last.event), "refused");
	CHECK_TEXT(j.last.rhost, "evil\\x0aname\\x1b[2J");
	struct talk *t = COMMAND(&w, "audit");
	CHECK(!strstr(t->seen, ADA_PASSWORD) && !strstr(t->seen, "not this one"));
}
