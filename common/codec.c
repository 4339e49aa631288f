/* SPDX-License-Identifier: Apache-2.0 */
/* The only code in hcauth that compares a length that came from outside. What must hold: every byte
 * handed out lies inside the buffer given to reader_of(); after an error nothing is handed out. */
#include "codec.h"

#include <string.h>

struct reader reader_of(const void *p, size_t len)
{
	return (struct reader){ .p = p, .left = len };
}

static const uint8_t *take(struct reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > r->left) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	r->left -= n;
	return p;
}

uint8_t take_u8(struct reader *r)
{
	const uint8_t *p = take(r, 1);

	return p ? p[0] : 0;
}

const uint8_t *take_bytes(struct reader *r, size_t n)
{
	return take(r, n);
}

bool next_field(struct reader *r, struct field *f)
{
	if (r->bad || r->left == 0)
		return false;

	const uint8_t *h = take(r, 3);
	if (!h || h[0] <= f->tag) {
		r->bad = true;
		return false;
	}
	f->tag = h[0];
	f->len = (size_t)h[1] << 8 | h[2];
	f->p = take(r, f->len);
	return f->p != NULL;
}

uint64_t number_get(const uint8_t *p, size_t width)
{
	uint64_t v = 0;

	for (size_t i = 0; i < width; i++)
		v = v << 8 | p[i];
	return v;
}

void number_put(uint8_t *out, uint64_t v, size_t width)
{
	for (size_t i = width; i > 0; i--, v >>= 8)
		out[i - 1] = (uint8_t)v;
}

static uint64_t number(struct reader *r, const struct field *f, size_t width)
{
	if (r->bad || f->len != width) {
		r->bad = true;
		return 0;
	}
	return number_get(f->p, width);
}

uint8_t field_u8(struct reader *r, const struct field *f)
{
	return (uint8_t)number(r, f, 1);
}

bool field_bool(struct reader *r, const struct field *f)
{
	uint8_t v = field_u8(r, f);

	r->bad |= v > 1;
	return v == 1;
}

uint16_t field_u16(struct reader *r, const struct field *f)
{
	return (uint16_t)number(r, f, 2);
}

uint32_t field_u32(struct reader *r, const struct field *f)
{
	return (uint32_t)number(r, f, 4);
}

uint64_t field_u64(struct reader *r, const struct field *f)
{
	return number(r, f, 8);
}

const char *field_text(struct reader *r, const struct field *f)
{
	if (r->bad || f->len == 0 || memchr(f->p, 0, f->len) != f->p + f->len - 1) {
		r->bad = true;
		return "";
	}
	return (const char *)f->p;
}

void field_bytes(struct reader *r, const struct field *f, void *out, size_t n)
{
	if (r->bad || f->len != n)
		r->bad = true;
	else
		memcpy(out, f->p, n);
}

void field_copy(struct reader *r, const struct field *f, char *out, size_t size)
{
	const char *s = field_text(r, f);

	if (r->bad || f->len > size)
		r->bad = true;
	else
		memcpy(out, s, f->len);
}

const char *next_text(struct reader *items)
{
	if (items->bad || items->left == 0)
		return NULL;

	const uint8_t *end = memchr(items->p, 0, items->left);
	if (!end) {
		items->bad = true;
		return NULL;
	}
	return (const char *)take(items, (size_t)(end - items->p) + 1);
}

struct writer writer_of(void *p, size_t size)
{
	return (struct writer){ .p = p, .size = size };
}

static uint8_t *room(struct writer *w, size_t n)
{
	uint8_t *p = w->p + w->len;

	if (w->bad || n > w->size - w->len) {
		w->bad = true;
		return NULL;
	}
	w->len += n;
	return p;
}

void put_byte(struct writer *w, uint8_t v)
{
	uint8_t *p = room(w, 1);

	if (p)
		p[0] = v;
}

static uint8_t *put_header(struct writer *w, uint8_t tag, size_t n)
{
	if (n > UINT16_MAX) {
		w->bad = true;
		return NULL;
	}

	uint8_t *p = room(w, 3 + n);
	if (!p)
		return NULL;
	p[0] = tag;
	p[1] = (uint8_t)(n >> 8);
	p[2] = (uint8_t)n;
	return p + 3;
}

static void put_number(struct writer *w, uint8_t tag, uint64_t v, size_t width)
{
	uint8_t *p = put_header(w, tag, width);

	if (p)
		number_put(p, v, width);
}

void put_u8(struct writer *w, uint8_t tag, uint8_t v)
{
	put_number(w, tag, v, 1);
}

void put_u16(struct writer *w, uint8_t tag, uint16_t v)
{
	put_number(w, tag, v, 2);
}

void put_u32(struct writer *w, uint8_t tag, uint32_t v)
{
	put_number(w, tag, v, 4);
}

void put_u64(struct writer *w, uint8_t tag, uint64_t v)
{
	put_number(w, tag, v, 8);
}

void put_bytes(struct writer *w, uint8_t tag, const void *p, size_t n)
{
	uint8_t *to = put_header(w, tag, n);

	if (to && n > 0)
		memcpy(to, p, n);
}

void put_text(struct writer *w, uint8_t tag, const char *s)
{
	put_bytes(w, tag, s, strlen(s) + 1);
}

void put_list(struct writer *w, uint8_t tag, const char *const *texts, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += strlen(texts[i]) + 1;

	uint8_t *to = put_header(w, tag, total);
	for (size_t i = 0; to && i < n; i++) {
		size_t len = strlen(texts[i]) + 1;

		memcpy(to, texts[i], len);
		to += len;
	}
}
