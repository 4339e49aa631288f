/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of break-glass. What must hold: a code is one practice's, and is kept as a keyed hash that no
 * other practice's row could hold; what it has opened ends by the boot clock, with the boot, and as soon as
 * what was lost is there again. */
#include "glass.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "glass_row.h"
#include "seal.h"
#include "store/store.h"

enum { VERSION = 1 };

/* --- the code --- */

int glass_load(struct txn *t, const char *practice, struct glass *out)
{
	struct field f = { .tag = 0 };
	struct glass v = { .made = 0 };
	struct bytes row;
	unsigned n = 0;
	int got = txn_get(t, TABLE_GLASS, practice, strlen(practice), &row);

	if (got < 0)
		return got;
	struct reader r = reader_of(row.p, row.len);
	if (take_u8(&r) != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_bytes(&r, &f, v.hash, sizeof v.hash); break;
		case 2: v.made = field_u64(&r, &f); break;
		case 3: v.used = field_u64(&r, &f); break;
		case 4: field_copy(&r, &f, v.by, sizeof v.by); break;
		case 5: field_copy(&r, &f, v.whom, sizeof v.whom); break;
		case 6: v.before = field_u64(&r, &f); break;
		case 7: field_copy(&r, &f, v.before_whom, sizeof v.before_whom); break;
		}
	}
	if (r.bad || (n != 5 && n != 7) || f.tag != n)
		return -EUCLEAN;
	*out = v;
	return 0;
}

int glass_save(struct txn *t, const char *practice, const struct glass *v)
{
	uint8_t row[1024];
	struct writer w = writer_of(row, sizeof row);

	put_byte(&w, VERSION);
	put_bytes(&w, 1, v->hash, sizeof v->hash);
	put_u64(&w, 2, v->made);
	put_u64(&w, 3, v->used);
	put_text(&w, 4, v->by);
	put_text(&w, 5, v->whom);
	put_u64(&w, 6, v->before);
	put_text(&w, 7, v->before_whom);
	if (w.bad)
		return -EMSGSIZE;
	return txn_put(t, TABLE_GLASS, practice, strlen(practice), row, w.len);
}

/* With the practice in front: a row under another's name is worth nothing, nor is an activation code's. */
void glass_hash(const struct conv *c, const char *practice, const uint8_t token[TOKEN_BYTES],
	uint8_t out[32])
{
	uint8_t in[PRACTICE_ID_MAX + 1 + TOKEN_BYTES] = { 0 };

	snprintf((char *)in, PRACTICE_ID_MAX + 1, "%s", practice);
	memcpy(in + PRACTICE_ID_MAX + 1, token, TOKEN_BYTES);
	seal_hash(c->seal, SEAL_TOKEN, in, sizeof in, out);
	wipe(in, sizeof in);
}

int glass_make(struct txn *t, const struct conv *c, const struct now *now, const char *practice,
	const char *by, char text[TOKEN_TEXT])
{
	struct glass v = { .made = now->unix_s }, old;
	uint8_t token[TOKEN_BYTES];
	int r = glass_load(t, practice, &old);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0) {
		v.before = old.used ? old.used : old.before;
		memcpy(v.before_whom, old.used ? old.whom : old.before_whom, sizeof v.before_whom);
	}
	randombytes_buf(token, sizeof token);
	glass_hash(c, practice, token, v.hash);
	snprintf(v.by, sizeof v.by, "%s", by);
	token_text(token, text);
	wipe(token, sizeof token);
	return glass_save(t, practice, &v);
}

/* --- what it has opened --- */

static int open_get(const struct bytes *row, struct glass_open *out)
{
	struct reader r = reader_of(row->p, row->len);
	struct field f = { .tag = 0 };
	struct glass_open v = { .lost = 0 };
	unsigned n = 0;

	if (take_u8(&r) != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: v.lost = field_u8(&r, &f); break;
		case 2: field_copy(&r, &f, v.practice, sizeof v.practice); break;
		case 3: v.until_ms = field_u64(&r, &f); break;
		case 4: field_bytes(&r, &f, v.boot, sizeof v.boot); break;
		case 5: field_bytes(&r, &f, v.basis, sizeof v.basis); break;
		}
	}
	if (r.bad || n != 5 || f.tag != 5)
		return -EUCLEAN;
	*out = v;
	return 0;
}

int glass_open_load(struct txn *t, const struct id *owner, struct glass_open *out)
{
	struct bytes row;
	int r = txn_get(t, TABLE_GLASS_OPEN, owner, sizeof *owner, &row);

	return r < 0 ? r : open_get(&row, out);
}

static bool is_over(const struct glass_open *v, const struct now *now)
{
	return memcmp(v->boot, now->boot, sizeof v->boot) != 0 || now->boot_ms >= v->until_ms;
}

/* Drops those that are over, and the practice's (NULL: nobody's). */
static int drop(struct txn *t, const struct now *now, const char *practice)
{
	struct key at = { .len = 0 };
	struct glass_open v;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_GLASS_OPEN, "", 0, &at, &row)) == 0) {
		if (open_get(&row, &v) == 0 && !(now && is_over(&v, now)) &&
			!(practice && strcmp(v.practice, practice) == 0))
			continue;
		if ((r = txn_del(t, TABLE_GLASS_OPEN, at.bytes, at.len)) < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

int glass_open_save(
	struct txn *t, const struct id *owner, const struct now *now, const struct glass_open *v)
{
	uint8_t row[256];
	struct writer w = writer_of(row, sizeof row);
	int r = drop(t, now, NULL);

	put_byte(&w, VERSION);
	put_u8(&w, 1, (uint8_t)v->lost);
	put_text(&w, 2, v->practice);
	put_u64(&w, 3, v->until_ms);
	put_bytes(&w, 4, v->boot, sizeof v->boot);
	put_bytes(&w, 5, v->basis, sizeof v->basis);
	if (r == 0 && w.bad)
		r = -EMSGSIZE;
	return r < 0 ? r : txn_put(t, TABLE_GLASS_OPEN, owner, sizeof *owner, row, w.len);
}

int glass_end(struct txn *t, const struct id *owner, const char *practice)
{
	struct glass_open v;
	int r = glass_open_load(t, owner, &v);

	if (r == -ENOENT || (r == 0 && *practice && strcmp(v.practice, practice) != 0))
		return 0;
	r = txn_del(t, TABLE_GLASS_OPEN, owner, sizeof *owner);

	return r == -ENOENT ? 0 : r;
}

int glass_drop(struct txn *t, const char *practice)
{
	int r = drop(t, NULL, practice);

	return r < 0 ? r : txn_del(t, TABLE_GLASS, practice, strlen(practice));
}

uint32_t glass_bits(enum factor_id lost)
{
	if (lost == FACTOR_PASSWORD || lost == FACTOR_PIN)
		return 1u << lost;
	return lost == FACTOR_TOTP ? FACTORS_CODE : 0;
}

int glass_basis(
	struct txn *t, const struct conv *c, const struct person *p, uint32_t bits, uint8_t out[32])
{
	uint8_t in[FACTOR_LAST + 1][HASH_BYTES] = { { 0 } };

	number_put(in[0], p->has_identity ? p->identity.resets : 0, 4);
	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++) {
		int r = bits & 1u << id ? credential_print(t, c->seal, &p->owner, id, in[id]) : 0;

		if (r < 0 && r != -ENOENT)
			return r;
	}
	seal_hash(c->seal, SEAL_TOKEN, in, sizeof in, out);
	return 0;
}

uint32_t glass_spares(struct txn *t, const struct conv *c, const struct person *p,
	const struct now *now, uint64_t *until)
{
	struct practice practice;
	struct glass_open v;
	uint8_t basis[32];

	if (!c->conf->break_glass || !p->known || !p->has_account ||
		glass_open_load(t, &p->owner, &v) < 0 || is_over(&v, now) ||
		strcmp(v.practice, p->account.practice) != 0 ||
		practice_load(t, v.practice, &practice) < 0 || !practice.break_glass)
		return 0;
	uint32_t bits = glass_bits(v.lost);
	if (glass_basis(t, c, p, bits, basis) < 0 || memcmp(basis, v.basis, sizeof basis) != 0)
		return 0;
	*until = now->unix_s + (v.until_ms - now->boot_ms) / 1000;
	return bits;
}

uint32_t glass_waived(
	struct txn *t, const struct conv *c, const struct person *p, const struct now *now)
{
	uint64_t until;

	return c->local && c->hello.purpose == PURPOSE_AUTH ? glass_spares(t, c, p, now, &until)
							    : 0;
}
