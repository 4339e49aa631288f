/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the audit, looking after its chain, and emptying bodies. What must hold: a row that was taken
 * away, moved or changed is named; an emptied body keeps its hash, and somebody answers for it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "audit_chain.h"
#include "codec.h"
#include "people.h"
#include "store/store.h"

#define ERASED "records="

void audit_chain(const struct seal *s, const uint8_t before[HASH_BYTES],
	const uint8_t hash[HASH_BYTES], uint64_t number, uint8_t out[HASH_BYTES])
{
	uint8_t in[2 * HASH_BYTES + NUMBER_KEY];

	memcpy(in, before, HASH_BYTES);
	memcpy(in + HASH_BYTES, hash, HASH_BYTES);
	number_key(number, in + 2 * HASH_BYTES);
	seal_hash(s, SEAL_AUDIT, in, sizeof in, out);
}

int audit_chain_last(struct txn *t, uint8_t out[HASH_BYTES])
{
	struct bytes row;
	int r = txn_get(t, TABLE_META, "chain", 5, &row);

	memset(out, 0, HASH_BYTES);
	if (r == 0 && row.len != HASH_BYTES)
		return -EUCLEAN;
	if (r == 0)
		memcpy(out, row.p, HASH_BYTES);
	return r == -ENOENT ? 0 : r;
}

struct audit_raw {
	uint8_t version;
	const uint8_t *body;
	size_t len;
	uint8_t hash[HASH_BYTES], chain[HASH_BYTES];
};

static int raw_get(const struct bytes *row, struct audit_raw *out)
{
	struct reader r = reader_of(row->p, row->len);
	struct field f = { .tag = 0 };
	unsigned n = 0;

	out->version = take_u8(&r);
	if (out->version == 0 || out->version > AUDIT_VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case T_BODY:
			out->body = f.p;
			out->len = f.len;
			break;
		case T_HASH: field_bytes(&r, &f, out->hash, sizeof out->hash); break;
		case T_CHAIN: field_bytes(&r, &f, out->chain, sizeof out->chain); break;
		}
	}
	return !r.bad && n == 3 && f.tag == T_CHAIN ? 0 : -EUCLEAN;
}

static int raw_load(struct txn *t, uint64_t number, struct audit_raw *out)
{
	struct bytes row;
	uint8_t key[NUMBER_KEY];

	number_key(number, key);
	int r = txn_get(t, TABLE_AUDIT, key, sizeof key, &row);
	return r < 0 ? r : raw_get(&row, out);
}

static int body_get(const struct audit_raw *raw, struct audit_row *a)
{
	struct reader r = reader_of(raw->body, raw->len);
	struct field f = { .tag = 0 };
	unsigned n = 0, last = raw->version == 1 ? T_DETAIL : T_BY_PRACTICE;

	a->erased = raw->len == 0;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case T_TIME: a->time = field_u64(&r, &f); break;
		case T_EVENT: a->event = field_u16(&r, &f); break;
		case T_OWNER: field_bytes(&r, &f, &a->owner, sizeof a->owner); break;
		case T_WHO: field_copy(&r, &f, a->who, sizeof a->who); break;
		case T_PRACTICE: field_copy(&r, &f, a->practice, sizeof a->practice); break;
		case T_SERVICE: field_copy(&r, &f, a->service, sizeof a->service); break;
		case T_TTY: field_copy(&r, &f, a->tty, sizeof a->tty); break;
		case T_RHOST: field_copy(&r, &f, a->rhost, sizeof a->rhost); break;
		case T_BY: field_copy(&r, &f, a->by, sizeof a->by); break;
		case T_DETAIL: field_copy(&r, &f, a->detail, sizeof a->detail); break;
		case T_ACCOUNT: field_copy(&r, &f, a->account, sizeof a->account); break;
		case T_BY_PRACTICE:
			field_copy(&r, &f, a->by_practice, sizeof a->by_practice);
			break;
		}
	}
	return a->erased || (!r.bad && n == last && f.tag == last) ? 0 : -EUCLEAN;
}

int audit_chain_of(struct txn *t, uint64_t number, uint8_t out[HASH_BYTES])
{
	struct audit_raw raw;
	int r = raw_load(t, number, &raw);

	if (r == 0)
		memcpy(out, raw.chain, sizeof raw.chain);
	return r;
}

int audit_load(struct txn *t, uint64_t number, struct audit_row *out)
{
	struct audit_row a = { .number = number };
	struct audit_raw raw;
	int r;

	if ((r = raw_load(t, number, &raw)) < 0 || (r = body_get(&raw, &a)) < 0)
		return r;
	*out = a;
	return 0;
}

int audit_next(struct txn *t, uint64_t *number, struct audit_row *out)
{
	int r = audit_load(t, *number + 1, out);

	if (r == 0)
		++*number;
	return r;
}

/* What a sound record adds to the sums. */
static void sum_up(const struct audit_raw *raw, struct audit_state *s)
{
	const size_t head = strlen(ERASED);
	struct audit_row a = { .number = 0 };
	uint64_t n;

	if (body_get(raw, &a) < 0)
		return;
	s->erased += a.erased;
	s->signs += !a.erased && a.event == AUDIT_SHARED_LOGIN;
	if (!a.erased && a.event == AUDIT_ERASED && strncmp(a.detail, ERASED, head) == 0 &&
		parse_u64(a.detail + head, 0, UINT64_MAX, &n))
		s->told += n;
}

void audit_erased_detail(uint64_t n, char *out, size_t size)
{
	snprintf(out, size, ERASED "%" PRIu64, n);
}

/* How the record of that number fails to follow the chain so far, which goes on with it; NULL: it does. */
static const char *fault_at(
	const struct seal *s, uint64_t n, const struct audit_raw *raw, uint8_t chain[HASH_BYTES])
{
	uint8_t hash[HASH_BYTES];

	seal_hash(s, SEAL_AUDIT, raw->body, raw->len, hash);
	if (raw->len > 0 && memcmp(hash, raw->hash, sizeof hash) != 0)
		return "changed";
	audit_chain(s, chain, raw->hash, n, chain);
	return memcmp(chain, raw->chain, HASH_BYTES) != 0 ? "chain" : NULL;
}

int audit_check(struct txn *t, const struct seal *s, struct audit_state *out)
{
	uint8_t chain[HASH_BYTES] = { 0 }, last[HASH_BYTES];
	struct audit_state v = { .what = "" };
	struct audit_raw raw;
	int r;

	if ((r = meta_u64(t, "audit", 0, &v.records)) < 0 || (r = audit_chain_last(t, last)) < 0)
		return r;
	for (uint64_t n = 1; n <= v.records && !v.broken; n++) {
		const char *what = NULL;

		if ((r = raw_load(t, n, &raw)) < 0)
			what = r == -ENOENT ? "missing" : "changed";
		else
			what = fault_at(s, n, &raw, chain);
		if (what) {
			v.broken = n;
			v.what = what;
		} else
			sum_up(&raw, &v);
	}
	if (!v.broken &&
		(memcmp(chain, last, sizeof chain) != 0 ||
			raw_load(t, v.records + 1, &raw) != -ENOENT)) {
		v.broken = v.records + 1;
		v.what = "end";
	}
	*out = v;
	return 0;
}

int audit_verify(struct txn *t, const struct seal *s, uint64_t *broken)
{
	struct audit_state v;
	int r = audit_check(t, s, &v);

	if (r == 0)
		*broken = v.broken;
	return r;
}

int audit_erase(struct txn *t, uint64_t number)
{
	uint8_t row[256], key[NUMBER_KEY];
	struct audit_raw raw;
	struct writer w = writer_of(row, sizeof row);
	int r = raw_load(t, number, &raw);

	if (r < 0 || raw.len == 0)
		return r;
	put_byte(&w, raw.version);
	put_bytes(&w, T_BODY, "", 0);
	put_bytes(&w, T_HASH, raw.hash, sizeof raw.hash);
	put_bytes(&w, T_CHAIN, raw.chain, sizeof raw.chain);
	number_key(number, key);
	return txn_put(t, TABLE_AUDIT, key, sizeof key, row, w.len);
}
