/* SPDX-License-Identifier: Apache-2.0 */
/* A backup's form. What must hold: nothing of a person is in it in the clear; no byte of it can be changed,
 * and no end of it be missing, without a refusal; a length in it is believed only within its bounds. */
#include "backup.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec.h"
#include "place.h"
#include "wipe.h"

enum {
	FORMAT = 1,
	SUM = 16,
	MAGIC = 8,
	/* where each stands in the head */
	AT_FORMAT = MAGIC,
	AT_SCHEMA = AT_FORMAT + 4,
	AT_MADE = AT_SCHEMA + 4,
	AT_NUMBER = AT_MADE + 8,
	AT_WRAPPED = AT_NUMBER + 16,
	AT_PROGRAM = AT_WRAPPED + WRAP_BYTES,
	AT_SUM = AT_PROGRAM + BACKUP_PROGRAM,
	HEAD = AT_SUM + SUM,
	FRAME = 5, /* before a block */
	ROW_MAX = 1 + 3 + KEY_MAX + 3 + VALUE_MAX,
	PLAIN_MAX = 2 * ROW_MAX, /* a block is full when the next row may not fit */
};

static const char magic[] = "hcbackup";

/* What a person or practice has, and what was done; not what somebody was doing. */
static const enum table kept[] = { TABLE_META, TABLE_IDENTITY, TABLE_ACCOUNT, TABLE_PRACTICE,
	TABLE_NAME, TABLE_MEMBER, TABLE_CREDENTIAL, TABLE_LOCKOUT, TABLE_AUDIT, TABLE_REQUEST,
	TABLE_YUBIKEY, TABLE_SSH_KEY, TABLE_GLASS };

/* --- head --- */

static void hash_head(const uint8_t head[HEAD], size_t n, uint8_t *out, size_t size)
{
	(void)crypto_generichash(out, size, head, n, NULL, 0); /* fails on sizes only */
}

int backup_begin(int fd, const uint8_t wrapped[WRAP_BYTES], uint64_t made, struct backup *out)
{
	uint8_t head[HEAD] = { 0 };
	struct backup b = { .schema = STORE_SCHEMA, .made = made };

	randombytes_buf(b.number, sizeof b.number);
	memcpy(b.wrapped, wrapped, WRAP_BYTES);
	memcpy(b.program, HC_VERSION, strnlen(HC_VERSION, BACKUP_PROGRAM));
	memcpy(head, magic, MAGIC);
	number_put(head + AT_FORMAT, FORMAT, 4);
	number_put(head + AT_SCHEMA, b.schema, 4);
	number_put(head + AT_MADE, b.made, 8);
	memcpy(head + AT_NUMBER, b.number, sizeof b.number);
	memcpy(head + AT_WRAPPED, b.wrapped, WRAP_BYTES);
	memcpy(head + AT_PROGRAM, b.program, BACKUP_PROGRAM);
	hash_head(head, AT_SUM, head + AT_SUM, SUM);
	hash_head(head, HEAD, b.hash, HASH_BYTES);

	int r = place_write(fd, head, sizeof head);
	if (r == 0)
		*out = b;
	return r;
}

/* Reads n bytes, or fewer at the file's end: how many. */
static ssize_t read_up_to(int fd, uint8_t *out, size_t n)
{
	size_t at = 0;

	while (at < n) {
		ssize_t got = read(fd, out + at, n - at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		at += (size_t)got;
	}
	return (ssize_t)at;
}

int backup_open(int fd, struct backup *out)
{
	uint8_t head[HEAD], sum[SUM];
	struct backup b = { .program = "" };
	ssize_t n = lseek(fd, 0, SEEK_SET) < 0 ? -errno : read_up_to(fd, head, sizeof head);

	if (n < 0)
		return (int)n;
	if (n < AT_SCHEMA || memcmp(head, magic, MAGIC) != 0)
		return -EUCLEAN;
	if (number_get(head + AT_FORMAT, 4) > FORMAT)
		return -ENOTSUP;
	hash_head(head, AT_SUM, sum, SUM);
	if (n != HEAD || memcmp(sum, head + AT_SUM, SUM) != 0 ||
		number_get(head + AT_FORMAT, 4) != FORMAT)
		return -EUCLEAN;
	b.schema = (uint32_t)number_get(head + AT_SCHEMA, 4);
	if (b.schema > STORE_SCHEMA)
		return -ENOTSUP;
	b.made = number_get(head + AT_MADE, 8);
	memcpy(b.number, head + AT_NUMBER, sizeof b.number);
	memcpy(b.wrapped, head + AT_WRAPPED, WRAP_BYTES);
	memcpy(b.program, head + AT_PROGRAM, BACKUP_PROGRAM);
	hash_head(head, HEAD, b.hash, HASH_BYTES);
	*out = b;
	return 0;
}

/* --- blocks --- */

/* What a block is bound to. */
struct bound {
	uint8_t bytes[HASH_BYTES + 8 + 1];
};

static struct bound bound(const struct backup *b, uint64_t place, bool last)
{
	struct bound ad;

	memcpy(ad.bytes, b->hash, HASH_BYTES);
	number_put(ad.bytes + HASH_BYTES, place, 8);
	ad.bytes[HASH_BYTES + 8] = last;
	return ad;
}

struct blocks {
	int fd;
	const struct backup *b;
	const struct seal *seal;
	uint64_t place;
	struct writer w; /* of plain */
	uint8_t plain[PLAIN_MAX];
	uint8_t frame[FRAME + PLAIN_MAX + SEAL_OVERHEAD];
};

static void blocks_free(struct blocks *k)
{
	if (k)
		wipe(k, sizeof *k);
	free(k);
}

static int put_block(struct blocks *k, bool last)
{
	struct bound ad = bound(k->b, k->place++, last);
	size_t n = k->w.len + SEAL_OVERHEAD;

	number_put(k->frame, n, 4);
	k->frame[4] = last;
	seal_close(k->seal, SEAL_BACKUP, ad.bytes, sizeof ad.bytes, k->plain, k->w.len,
		k->frame + FRAME);
	k->w = writer_of(k->plain, sizeof k->plain);
	return place_write(k->fd, k->frame, FRAME + n);
}

static int put_row(
	struct blocks *k, enum table table, const struct key *key, const struct bytes *value)
{
	put_byte(&k->w, (uint8_t)table);
	put_bytes(&k->w, 1, key->bytes, key->len);
	put_bytes(&k->w, 2, value->p, value->len);
	if (k->w.bad)
		return -EMSGSIZE;
	return k->w.len + ROW_MAX > PLAIN_MAX ? put_block(k, false) : 0;
}

/* The schema is in the head, and so is the one wrapping that goes with a backup. */
static bool is_of_this_store(enum table table, const struct key *key)
{
	static const char schema[] = "schema", wrap[] = "wrap.";

	return table == TABLE_META &&
		((key->len == sizeof schema - 1 && memcmp(key->bytes, schema, key->len) == 0) ||
			(key->len >= sizeof wrap - 1 &&
				memcmp(key->bytes, wrap, sizeof wrap - 1) == 0));
}

static int put_table(struct blocks *k, struct txn *t, enum table table)
{
	struct key at = { .len = 0 };
	struct bytes value;
	int r;

	while ((r = txn_next(t, table, "", 0, &at, &value)) == 0)
		if (!is_of_this_store(table, &at) && (r = put_row(k, table, &at, &value)) < 0)
			return r;
	return r == -ENOENT ? 0 : r;
}

int backup_write(int fd, const struct backup *b, const struct seal *s, struct txn *t)
{
	struct blocks *k = calloc(1, sizeof *k);
	int r = k ? 0 : -ENOMEM;

	if (r == 0) {
		k->fd = fd;
		k->b = b;
		k->seal = s;
		k->w = writer_of(k->plain, sizeof k->plain);
	}
	for (size_t i = 0; r == 0 && i < sizeof kept / sizeof *kept; i++)
		r = put_table(k, t, kept[i]);
	if (r == 0)
		r = put_block(k, true);
	blocks_free(k);
	return r;
}

/* The next block's rows in k->plain, *n bytes of them. */
static int take_block(struct blocks *k, bool *last, size_t *n)
{
	ssize_t got = read_up_to(k->fd, k->frame, FRAME);

	if (got < 0)
		return (int)got;
	if (got != FRAME || k->frame[4] > 1)
		return -EUCLEAN;
	size_t len = (size_t)number_get(k->frame, 4);
	if (len < SEAL_OVERHEAD || len > PLAIN_MAX + SEAL_OVERHEAD)
		return -EUCLEAN;
	*last = k->frame[4] == 1;
	if ((got = read_up_to(k->fd, k->frame + FRAME, len)) < 0)
		return (int)got;

	struct bound ad = bound(k->b, k->place++, *last);
	if ((size_t)got != len ||
		seal_open(k->seal, SEAL_BACKUP, ad.bytes, sizeof ad.bytes, k->frame + FRAME, len,
			k->plain) < 0)
		return -EUCLEAN;
	*n = len - SEAL_OVERHEAD;
	return 0;
}

static bool is_kept(uint8_t table)
{
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (kept[i] == (enum table)table)
			return true;
	return false;
}

static int take_rows(
	struct blocks *k, size_t n, int (*fn)(const struct backup_row *, void *), void *arg)
{
	struct reader in = reader_of(k->plain, n);

	while (in.left > 0) {
		uint8_t table = take_u8(&in);
		struct field f = { .tag = 0 };
		struct backup_row row = { .table = (enum table)table };

		if (!is_kept(table))
			return -ENOTSUP;
		if (!next_field(&in, &f) || f.tag != 1)
			return -EUCLEAN;
		row.key = f.p;
		row.key_len = f.len;
		if (!next_field(&in, &f) || f.tag != 2)
			return -EUCLEAN;
		row.value = f.p;
		row.value_len = f.len;

		int r = fn(&row, arg);
		if (r != 0)
			return r;
	}
	return 0;
}

static int take_all(struct blocks *k, int (*fn)(const struct backup_row *, void *), void *arg)
{
	bool last = false;
	uint8_t more;
	size_t n = 0;
	int r;

	if (lseek(k->fd, HEAD, SEEK_SET) < 0)
		return -errno;
	while (!last)
		if ((r = take_block(k, &last, &n)) < 0 || (r = take_rows(k, n, fn, arg)) != 0)
			return r;

	ssize_t after = read_up_to(k->fd, &more, 1);
	return after == 0 ? 0 : after < 0 ? (int)after : -EUCLEAN;
}

int backup_read(int fd, const struct backup *b, const struct seal *s,
	int (*fn)(const struct backup_row *row, void *arg), void *arg)
{
	struct blocks *k = calloc(1, sizeof *k);

	if (!k)
		return -ENOMEM;
	k->fd = fd;
	k->b = b;
	k->seal = s;
	int r = take_all(k, fn, arg);
	blocks_free(k);
	return r;
}
