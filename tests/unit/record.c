/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold, for every kind of record: what is written is read back; cut short at any byte,
 * extended, of another version or without a field it is refused; with any bit flipped it is refused or
 * is some record of that kind, and nothing is read or written out of bounds (the sanitizers look). */
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "codec.h"

/* Everything that a decoder can make, filled before each use: what it leaves alone stays. */
union any {
	struct identity identity;
	struct account account;
	struct practice practice;
	struct name_row name_row;
	struct code code;
	struct lockout lockout;
	struct ticket ticket;
	struct session session;
	struct shift shift;
};

struct kind {
	const char *name;
	size_t (*put)(uint8_t *out, const union any *v);
	int (*get)(const void *p, size_t len, union any *out);
};

#define KIND(type)                                                                                 \
	static size_t put_##type(uint8_t *out, const union any *v)                                 \
	{                                                                                          \
		return type##_put(out, &v->type);                                                  \
	}                                                                                          \
	static int get_##type(const void *p, size_t len, union any *out)                           \
	{                                                                                          \
		return type##_get(p, len, &out->type);                                             \
	}

KIND(identity)
KIND(account)
KIND(practice)
KIND(name_row)
KIND(lockout)
KIND(ticket)
KIND(session)
KIND(code)
KIND(shift)

static const struct kind kinds[] = { { "identity", put_identity, get_identity },
	{ "account", put_account, get_account }, { "practice", put_practice, get_practice },
	{ "name_row", put_name_row, get_name_row }, { "lockout", put_lockout, get_lockout },
	{ "ticket", put_ticket, get_ticket }, { "session", put_session, get_session },
	{ "code", put_code, get_code }, { "shift", put_shift, get_shift } };
enum { KINDS = sizeof kinds / sizeof *kinds };

static void fill(char *text, size_t size, char c)
{
	memset(text, c, size - 1);
	text[size - 1] = 0;
}

/* The longest of each kind, or the shortest. */
static union any make(size_t kind, bool full)
{
	union any v;

	memset(&v, 0, sizeof v);
	if (kind == 0) {
		v.identity = (struct identity){ .state = STATE_ACTIVE,
			.id.bytes = { 1 },
			.created = full ? UINT64_MAX : 0,
			.last_seen = full,
			.resets = full };
		if (full) {
			fill(v.identity.email, sizeof v.identity.email, 'e');
			fill(v.identity.name, sizeof v.identity.name, 'n');
			fill(v.identity.mobile, sizeof v.identity.mobile, '7');
			v.identity.email_verified = v.identity.mobile_verified = v.identity.left =
				7;
			v.identity.asked_link = true;
			v.identity.second = v.identity.pin_skipped = UINT32_MAX;
		}
	} else if (kind == 1) {
		v.account = (struct account){ .uid = full ? UINT32_MAX : 0,
			.existing = full,
			.state = STATE_DISABLED,
			.ngroups = full ? ACCOUNT_GROUPS_MAX : 0 };
		for (size_t i = 0; i < v.account.ngroups; i++)
			fill(v.account.group[i], sizeof v.account.group[i], (char)('a' + i));
		if (full) {
			fill(v.account.userid, sizeof v.account.userid, 'u');
			fill(v.account.name, sizeof v.account.name, 'n');
			fill(v.account.email, sizeof v.account.email, 'e');
			fill(v.account.mobile, sizeof v.account.mobile, '7');
			v.account.attested = v.account.left = v.account.unlink = 7;
		}
	} else if (kind == 2 && full) {
		fill(v.practice.id, sizeof v.practice.id, 'i');
		fill(v.practice.name, sizeof v.practice.name, 'n');
		fill(v.practice.hours, sizeof v.practice.hours, 'h');
		v.practice.nmanagers = PRACTICE_MANAGERS_MAX;
		v.practice.require = UINT32_MAX;
		v.practice.no_network = v.practice.break_glass = true;
		v.practice.rollout = (struct rollout){ 7, 30, ROLLOUT_NAG, 3 };
	} else if (kind == 3) {
		v.name_row = (struct name_row){ .kind = full ? NAME_SHARED : NAME_IDENTITY };
		v.name_row.other.bytes[0] = full;
	} else if (kind == 4) {
		v.lockout = (struct lockout){ .failures = full ? UINT32_MAX : 0, .since_ms = full };
	} else if (kind == 5) {
		v.ticket = (struct ticket){ .factors = full ? 30 : 0, .local = full };
	} else if (kind == 6 && full) {
		fill(v.session.tty, sizeof v.session.tty, 't');
		fill(v.session.service, sizeof v.session.service, 's');
		fill(v.session.rhost, sizeof v.session.rhost, 'r');
		v.session.pid = 4711;
	} else if (kind == 7 && full) {
		fill(v.code.to, sizeof v.code.to, '@');
		v.code.right = true;
	} else if (kind == 8 && full) {
		fill(v.shift.tty, sizeof v.shift.tty, 't');
		fill(v.shift.service, sizeof v.shift.service, 's');
		v.shift.factors = UINT32_MAX;
		v.shift.started = v.shift.since_ms = UINT64_MAX;
		memset(v.shift.password, 7, sizeof v.shift.password);
		memset(v.shift.pin, 8, sizeof v.shift.pin);
	}
	return v;
}

/* Decodes a copy of exactly len bytes, so that a read past its end is seen. */
static int get(const struct kind *k, const uint8_t *p, size_t len, union any *out)
{
	uint8_t *copy = malloc(len ? len : 1);

	CHECK(copy != NULL);
	memcpy(copy, p, len);
	int r = k->get(copy, len, out);
	free(copy);
	return r;
}

static bool untouched(const union any *v)
{
	const uint8_t *p = (const uint8_t *)v;

	for (size_t i = 0; i < sizeof *v; i++)
		if (p[i] != 0xa5)
			return false;
	return true;
}

TEST(records_are_read_back)
{
	for (size_t k = 0; k < KINDS; k++)
		for (int full = 0; full < 2; full++) {
			union any v = make(k, full), back;
			uint8_t row[RECORD_MAX], again[RECORD_MAX];
			size_t len = kinds[k].put(row, &v);

			memset(&back, 0xa5, sizeof back);
			CHECK_INT(get(&kinds[k], row, len, &back), 0);
			CHECK_INT(kinds[k].put(again, &back), len);
			CHECK_BYTES(again, row, len);
			CHECK(len < RECORD_MAX / 2);
		}
}

TEST(records_cut_short_or_extended_are_refused_and_leave_nothing)
{
	for (size_t k = 0; k < KINDS; k++) {
		union any v = make(k, true), back;
		uint8_t row[RECORD_MAX + 8];
		size_t len = kinds[k].put(row, &v);

		memset(&back, 0xa5, sizeof back);
		for (size_t n = 0; n < len; n++)
			CHECK(get(&kinds[k], row, n, &back) < 0);
		for (size_t n = 1; n <= 8; n++) {
			memset(row + len, 0, n);
			CHECK(get(&kinds[k], row, len + n, &back) < 0);
			row[len] = 200; /* a field of a later version */
			CHECK(get(&kinds[k], row, len + n, &back) < 0);
		}
		CHECK(untouched(&back));
	}
}

enum { LATEST = 3, SESSION = 6 };

/* How many fields an earlier version had, where it had others. */
static unsigned fields_of(unsigned version, size_t kind)
{
	static const unsigned n[LATEST][KINDS] = {
		[1] = { 8, 12, 3, 2 }, [2] = { 14, [2] = 9, [6] = 11 }
	};

	return n[version][kind];
}

TEST(records_of_another_version_are_refused)
{
	for (size_t k = 0; k < KINDS; k++) {
		union any v = make(k, false), back;
		uint8_t row[RECORD_MAX];
		size_t len = kinds[k].put(row, &v);

		CHECK_INT(row[0], LATEST);
		for (unsigned version = 0; version < 256; version++) {
			bool earlier = version > 0 && version < LATEST;
			bool same = version == LATEST || (earlier && fields_of(version, k) == 0);

			row[0] = (uint8_t)version;
			CHECK_INT(get(&kinds[k], row, len, &back) == 0, same);
		}
	}
}

/* The first n fields of a row. */
static size_t cut_fields(const uint8_t *row, size_t len, unsigned n)
{
	struct reader r = reader_of(row, len);
	struct field f = { .tag = 0 };

	take_u8(&r);
	while (n-- > 0)
		CHECK(next_field(&r, &f));
	return len - r.left;
}

static void check_earlier(size_t k, unsigned version)
{
	union any v = make(k, false), back;
	uint8_t row[RECORD_MAX], old[RECORD_MAX];
	size_t len = kinds[k].put(row, &v), before;

	if (fields_of(version, k) == 0 || k == SESSION)
		return;
	before = cut_fields(row, len, fields_of(version, k));
	memcpy(old, row, before);
	old[0] = (uint8_t)version;
	CHECK_INT(get(&kinds[k], old, before, &back), 0);
	CHECK_INT(kinds[k].put(old, &back), len); /* the new fields are empty */
	CHECK_BYTES(old, row, len);
}

TEST(records_of_earlier_versions_are_read_and_written_anew)
{
	for (unsigned version = 1; version < LATEST; version++)
		for (size_t k = 0; k < KINDS; k++)
			check_earlier(k, version);
}

/* Version 2 had two fields more, of a shift, which has a record of its own now. */
TEST(a_session_of_version_2_is_read_without_its_last_fields)
{
	union any v = make(SESSION, true), back;
	uint8_t row[RECORD_MAX], old[RECORD_MAX], basis[16] = { 7 };
	size_t len = kinds[SESSION].put(row, &v);
	struct writer w = writer_of(old, sizeof old);

	put_byte(&w, 2);
	memcpy(old + 1, row + 1, len - 1);
	w.len = len;
	put_u64(&w, 10, 4711);
	CHECK(get(&kinds[SESSION], old, w.len, &back) < 0);
	put_bytes(&w, 11, basis, sizeof basis);
	CHECK_INT(get(&kinds[SESSION], old, w.len, &back), 0);
	CHECK_INT(kinds[SESSION].put(old, &back), len);
	CHECK_BYTES(old, row, len);
}

static void check_texts(size_t k, const union any *v)
{
	if (k == 0)
		CHECK(memchr(v->identity.email, 0, sizeof v->identity.email) &&
			memchr(v->identity.name, 0, sizeof v->identity.name));
	if (k == 1) {
		CHECK(v->account.ngroups <= ACCOUNT_GROUPS_MAX);
		for (size_t i = 0; i < v->account.ngroups; i++)
			CHECK(name_is_user(v->account.group[i]));
		CHECK(memchr(v->account.user, 0, sizeof v->account.user) &&
			memchr(v->account.userid, 0, sizeof v->account.userid));
	}
	if (k == 3)
		CHECK(v->name_row.kind >= NAME_IDENTITY && v->name_row.kind <= NAME_SHARED);
	if (k == 6)
		CHECK(memchr(v->session.tty, 0, sizeof v->session.tty) &&
			memchr(v->session.service, 0, sizeof v->session.service) &&
			memchr(v->session.rhost, 0, sizeof v->session.rhost));
}

TEST(records_with_a_bit_flipped_are_refused_or_whole)
{
	unsigned refused = 0;

	for (size_t k = 0; k < KINDS; k++)
		for (int full = 0; full < 2; full++) {
			union any v = make(k, full), back;
			uint8_t row[RECORD_MAX];
			size_t len = kinds[k].put(row, &v);

			for (size_t bit = 0; bit < len * 8; bit++) {
				row[bit / 8] ^= (uint8_t)(1 << bit % 8);
				memset(&back, 0xa5, sizeof back);
				if (get(&kinds[k], row, len, &back) == 0)
					check_texts(k, &back);
				else {
					CHECK(untouched(&back));
					refused++;
				}
				row[bit / 8] ^= (uint8_t)(1 << bit % 8);
			}
		}
	CHECK(refused > 1000);
}
/* A state or truth value that no version writes decides nothing in anybody's favour. */
TEST(an_unknown_state_is_refused)
{
	union any v = make(0, false), back;
	uint8_t row[RECORD_MAX];

	for (unsigned state = 0; state < 256; state++) {
		v.identity.state = state;
		size_t len = identity_put(row, &v.identity);
		CHECK_INT(identity_get(row, len, &back.identity) == 0, state <= STATE_LEFT);
	}
	v = make(1, false);
	for (unsigned state = 0; state < 256; state++) {
		v.account.state = state;
		size_t len = account_put(row, &v.account);
		CHECK_INT(account_get(row, len, &back.account) == 0, state <= STATE_LEFT);
	}
}
