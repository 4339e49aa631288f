/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CODEC_H
#define HCAUTH_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one way in which hcauth reads and writes bytes that somebody else will read: packets, stored
 * records, rows of the directory. A body is a run of fields: tag (1 byte), length (2 bytes, network
 * order), value; tags rise strictly, so that a repeated or unordered field is an error. A text's value
 * includes its final NUL and no other, so that a checked field can be used as a C string in place.
 * Errors stick: read all fields, then test .bad once. */

struct reader {
	const uint8_t *p;
	size_t left;
	bool bad;
};

struct field {
	uint8_t tag; /* 0 before the first */
	size_t len;
	const uint8_t *p;
};

struct reader reader_of(const void *p, size_t len);

/* The first bytes of a body that stand before its fields. 0 when bad. */
uint8_t take_u8(struct reader *r);

/* The next n bytes, or NULL and bad: for what is not made of fields. */
const uint8_t *take_bytes(struct reader *r, size_t n);

/* Moves to the next field; false at the end or when bad. Start with f->tag = 0. */
bool next_field(struct reader *r, struct field *f);

/* A field's value. On a wrong length r turns bad and the result is 0, "" or false. */
uint8_t field_u8(struct reader *r, const struct field *f);
bool field_bool(struct reader *r, const struct field *f); /* a byte, 0 or 1 */
uint16_t field_u16(struct reader *r, const struct field *f);
uint32_t field_u32(struct reader *r, const struct field *f);
uint64_t field_u64(struct reader *r, const struct field *f);
const char *field_text(struct reader *r, const struct field *f);
/* Copies a field of exactly n bytes. */
void field_bytes(struct reader *r, const struct field *f, void *out, size_t n);
/* Copies a text with its NUL into out; longer than size - 1 is bad. */
void field_copy(struct reader *r, const struct field *f, char *out, size_t size);

/* A field that is a list of texts, each with its NUL. NULL at the end or when bad.
 *	struct reader items = reader_of(f.p, f.len);
 *	while ((s = next_text(&items)))  …
 *	if (items.bad) …
 */
const char *next_text(struct reader *items);

/* A number of width bytes in network order that stands in no field: in a key, in what is hashed. */
uint64_t number_get(const uint8_t *p, size_t width);
void number_put(uint8_t *out, uint64_t v, size_t width);

struct writer {
	uint8_t *p;
	size_t len;
	size_t size;
	bool bad; /* it did not fit; what was written is not to be used */
};

struct writer writer_of(void *p, size_t size);

void put_byte(struct writer *w, uint8_t v); /* before the fields */
void put_u8(struct writer *w, uint8_t tag, uint8_t v);
void put_u16(struct writer *w, uint8_t tag, uint16_t v);
void put_u32(struct writer *w, uint8_t tag, uint32_t v);
void put_u64(struct writer *w, uint8_t tag, uint64_t v);
void put_text(struct writer *w, uint8_t tag, const char *s);
void put_bytes(struct writer *w, uint8_t tag, const void *p, size_t n);
/* A list of n texts. */
void put_list(struct writer *w, uint8_t tag, const char *const *texts, size_t n);

#endif
