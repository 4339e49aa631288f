/* SPDX-License-Identifier: Apache-2.0 */
/* Stored form: version (1 byte), 1 generation, 2 sealed bytes. What must hold: a row that was moved to
 * another owner or factor, changed by a bit, or given another generation does not open. A whole older
 * row put back under its own key does: the guard (guard.h) notices an older database, nothing notices
 * that one row alone. */
#include "credential.h"

#include <errno.h>
#include <string.h>

#include "codec.h"
#include "factor.h"
#include "lockout.h"
#include "seal.h"
#include "store/store.h"
#include "wipe.h"

enum {
	VERSION = 1,
	T_GENERATION = 1,
	T_SEALED = 2,
	PLACE = ID_BYTES + 1 + 1 + 8,
	NEAR = 64, /* rows looked at for somebody who has a factor; a person has about five */
};

void credential_wipe(struct credential *c)
{
	wipe(c, sizeof *c);
}

static void key_of(const struct id *owner, unsigned factor, uint8_t out[ID_BYTES + 1])
{
	memcpy(out, owner->bytes, ID_BYTES);
	out[ID_BYTES] = (uint8_t)factor;
}

static void place_of(const uint8_t key[ID_BYTES + 1], uint64_t generation, uint8_t out[PLACE])
{
	memcpy(out, key, ID_BYTES + 1);
	out[ID_BYTES + 1] = VERSION;
	number_put(out + ID_BYTES + 2, generation, 8);
}

struct sealed {
	uint64_t generation;
	const uint8_t *p;
	size_t len;
};

static int sealed_get(struct txn *t, const uint8_t key[ID_BYTES + 1], struct sealed *out)
{
	struct bytes row;
	int r = txn_get(t, TABLE_CREDENTIAL, key, ID_BYTES + 1, &row);
	if (r < 0)
		return r;

	struct reader in = reader_of(row.p, row.len);
	struct field g = { .tag = 0 }, s, end;

	if (take_u8(&in) != VERSION || !next_field(&in, &g) || g.tag != T_GENERATION)
		return -EUCLEAN;
	out->generation = field_u64(&in, &g);
	s = g;
	if (!next_field(&in, &s) || s.tag != T_SEALED)
		return -EUCLEAN;
	end = s;
	if (next_field(&in, &end) || in.bad || s.len < SEAL_OVERHEAD ||
		s.len > CREDENTIAL_MAX + SEAL_OVERHEAD)
		return -EUCLEAN;
	out->p = s.p;
	out->len = s.len;
	return 0;
}

int credential_get(struct txn *t, const struct seal *s, const struct id *owner, unsigned factor,
	struct credential *out)
{
	uint8_t key[ID_BYTES + 1], place[PLACE];
	struct sealed in;

	key_of(owner, factor, key);
	int r = sealed_get(t, key, &in);
	if (r < 0)
		return r;
	place_of(key, in.generation, place);
	r = seal_open(s, SEAL_CREDENTIAL, place, sizeof place, in.p, in.len, out->plain);
	if (r < 0)
		return r;
	out->len = in.len - SEAL_OVERHEAD;
	out->generation = in.generation;
	return 0;
}

int credential_put(struct txn *t, const struct seal *s, const struct id *owner, unsigned factor,
	const struct credential *c)
{
	uint8_t key[ID_BYTES + 1], place[PLACE];
	uint8_t sealed[CREDENTIAL_MAX + SEAL_OVERHEAD], row[sizeof sealed + 32];
	struct sealed old = { .generation = 0 };

	key_of(owner, factor, key);
	int r = sealed_get(t, key, &old);
	if (r < 0 && r != -ENOENT)
		return r;
	place_of(key, old.generation + 1, place);
	seal_close(s, SEAL_CREDENTIAL, place, sizeof place, c->plain, c->len, sealed);

	struct writer w = writer_of(row, sizeof row);
	put_byte(&w, VERSION);
	put_u64(&w, T_GENERATION, old.generation + 1);
	put_bytes(&w, T_SEALED, sealed, c->len + SEAL_OVERHEAD);
	if (w.bad)
		return -EMSGSIZE;
	return txn_put(t, TABLE_CREDENTIAL, key, sizeof key, row, w.len);
}

int credential_del(struct txn *t, const struct id *owner, unsigned factor)
{
	uint8_t key[ID_BYTES + 1];

	key_of(owner, factor, key);
	int r = txn_del(t, TABLE_CREDENTIAL, key, sizeof key);
	return r == -ENOENT ? 0 : r;
}

bool credential_exists(struct txn *t, const struct id *owner, unsigned factor)
{
	uint8_t key[ID_BYTES + 1];
	struct bytes row;

	key_of(owner, factor, key);
	return txn_get(t, TABLE_CREDENTIAL, key, sizeof key, &row) != -ENOENT;
}

uint32_t credentials_of(struct txn *t, const struct id *owner, uint32_t factors)
{
	uint32_t there = 0;

	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++)
		if (factors & 1u << id && credential_exists(t, owner, id))
			there |= 1u << id;
	return there;
}

int credential_like(struct txn *t, const struct seal *s, const struct id *owner, unsigned factor,
	struct id *out)
{
	uint8_t point[HASH_BYTES];
	struct key at = { .len = ID_BYTES };
	struct bytes row;
	int r = 0;

	seal_hash(s, SEAL_DECOY, owner->bytes, ID_BYTES, point);
	memcpy(at.bytes, point, ID_BYTES);
	for (unsigned i = 0; i < NEAR; i++) {
		r = txn_next(t, TABLE_CREDENTIAL, "", 0, &at, &row);
		if (r == -ENOENT) {
			at.len = 0; /* the last row: on from the first */
			continue;
		}
		if (r < 0)
			return r;
		if (at.len == ID_BYTES + 1 && at.bytes[ID_BYTES] == factor) {
			memcpy(out->bytes, at.bytes, ID_BYTES);
			return 0;
		}
	}
	return -ENOENT;
}

int credential_print(struct txn *t, const struct seal *s, const struct id *owner, unsigned factor,
	uint8_t out[32])
{
	uint8_t key[ID_BYTES + 1];
	struct bytes row;

	key_of(owner, factor, key);
	int r = txn_get(t, TABLE_CREDENTIAL, key, sizeof key, &row);
	if (r == 0)
		seal_hash(s, SEAL_TOKEN, row.p, row.len, out);
	return r;
}

static int credential_move(struct txn *t, const struct seal *s, const struct id *from,
	const struct id *to, unsigned factor)
{
	CREDENTIAL(cred);
	int r = credential_get(t, s, from, factor, &cred);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = credential_put(t, s, to, factor, &cred);
	return r < 0 ? r : credential_del(t, from, factor);
}

/* What there is of it: credential and counters. */
static int one_move(struct txn *t, const struct seal *s, const struct id *from, const struct id *to,
	unsigned factor)
{
	int r = credential_move(t, s, from, to, factor);

	if (r == 0 && (r = lockout_move(t, from, to, factor, SOURCE_LOCAL)) == 0)
		r = lockout_move(t, from, to, factor, SOURCE_NETWORK);
	return r;
}

int owner_move(struct txn *t, const struct seal *s, const struct id *from, const struct id *to)
{
	static const unsigned besides[] = { FACTOR_ACTIVATION, FACTOR_TOTP_NEW, FACTOR_CODE,
		FACTOR_CODE_RECOVER, FACTOR_SMS_NEW, FACTOR_UNLOCK };
	int r = 0;

	for (unsigned id = FACTOR_PASSWORD; r == 0 && id <= FACTOR_LAST; id++)
		r = one_move(t, s, from, to, id);
	for (size_t i = 0; r == 0 && i < sizeof besides / sizeof *besides; i++)
		r = one_move(t, s, from, to, besides[i]);
	return r;
}
