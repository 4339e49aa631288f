/* SPDX-License-Identifier: Apache-2.0 */
/* Records to bytes and back. What must hold: what is read is exactly what some version of this file
 * wrote; a record cut short, extended or of a later version is an error, never a half-filled struct. */
#include "record.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "codec.h"

enum { VERSION = 1 };

bool id_equal(const struct id *a, const struct id *b)
{
	return memcmp(a->bytes, b->bytes, ID_BYTES) == 0;
}

bool id_is_none(const struct id *a)
{
	static const struct id none;

	return id_equal(a, &none);
}

static struct writer begin(uint8_t *out)
{
	struct writer w = writer_of(out, RECORD_MAX);

	put_byte(&w, VERSION);
	return w;
}

static size_t done(const struct writer *w)
{
	assert(!w->bad); /* every field is bounded far below RECORD_MAX */
	return w->len;
}

static struct reader open_record(const void *p, size_t len)
{
	struct reader r = reader_of(p, len);

	if (take_u8(&r) != VERSION)
		r.bad = true;
	return r;
}

static enum state field_state(struct reader *r, const struct field *f)
{
	uint8_t v = field_u8(r, f);

	r->bad |= v > STATE_DISABLED;
	return v;
}

/* Fields 1 to last, none missing. */
static int end_record(const struct reader *r, const struct field *f, unsigned count, unsigned last)
{
	return !r->bad && f->tag == last && count == last ? 0 : -EUCLEAN;
}

size_t identity_put(uint8_t *out, const struct identity *r)
{
	struct writer w = begin(out);

	put_bytes(&w, 1, &r->id, sizeof r->id);
	put_text(&w, 2, r->email);
	put_text(&w, 3, r->name);
	put_u8(&w, 4, (uint8_t)r->state);
	put_bytes(&w, 5, &r->account, sizeof r->account);
	put_u64(&w, 6, r->created);
	put_u64(&w, 7, r->last_seen);
	put_u32(&w, 8, r->resets);
	return done(&w);
}

int identity_get(const void *p, size_t len, struct identity *out)
{
	struct reader r = open_record(p, len);
	struct field f = { .tag = 0 };
	struct identity v = { .state = STATE_NONE };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_bytes(&r, &f, &v.id, sizeof v.id); break;
		case 2: field_copy(&r, &f, v.email, sizeof v.email); break;
		case 3: field_copy(&r, &f, v.name, sizeof v.name); break;
		case 4: v.state = field_state(&r, &f); break;
		case 5: field_bytes(&r, &f, &v.account, sizeof v.account); break;
		case 6: v.created = field_u64(&r, &f); break;
		case 7: v.last_seen = field_u64(&r, &f); break;
		case 8: v.resets = field_u32(&r, &f); break;
		}
	}
	if (end_record(&r, &f, n, 8) < 0)
		return -EUCLEAN;
	*out = v;
	return 0;
}

size_t account_put(uint8_t *out, const struct account *r)
{
	struct writer w = begin(out);
	const char *groups[ACCOUNT_GROUPS_MAX];

	for (size_t i = 0; i < r->ngroups; i++)
		groups[i] = r->group[i];
	put_bytes(&w, 1, &r->id, sizeof r->id);
	put_text(&w, 2, r->userid);
	put_text(&w, 3, r->practice);
	put_text(&w, 4, r->user);
	put_u32(&w, 5, r->uid);
	put_u32(&w, 6, r->gid);
	put_u8(&w, 7, r->existing);
	put_u8(&w, 8, (uint8_t)r->state);
	put_bytes(&w, 9, &r->identity, sizeof r->identity);
	put_u64(&w, 10, r->created);
	put_u64(&w, 11, r->last_seen);
	put_list(&w, 12, groups, r->ngroups);
	return done(&w);
}

static void groups_get(struct reader *r, const struct field *f, struct account *a)
{
	struct reader items = reader_of(f->p, f->len);
	const char *s;

	while ((s = next_text(&items))) {
		if (a->ngroups == ACCOUNT_GROUPS_MAX || !name_is_user(s)) {
			r->bad = true;
			return;
		}
		memcpy(a->group[a->ngroups++], s, strlen(s) + 1);
	}
	r->bad |= items.bad;
}

int account_get(const void *p, size_t len, struct account *out)
{
	struct reader r = open_record(p, len);
	struct field f = { .tag = 0 };
	struct account v = { .state = STATE_NONE };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_bytes(&r, &f, &v.id, sizeof v.id); break;
		case 2: field_copy(&r, &f, v.userid, sizeof v.userid); break;
		case 3: field_copy(&r, &f, v.practice, sizeof v.practice); break;
		case 4: field_copy(&r, &f, v.user, sizeof v.user); break;
		case 5: v.uid = field_u32(&r, &f); break;
		case 6: v.gid = field_u32(&r, &f); break;
		case 7: v.existing = field_u8(&r, &f) == 1; break;
		case 8: v.state = field_state(&r, &f); break;
		case 9: field_bytes(&r, &f, &v.identity, sizeof v.identity); break;
		case 10: v.created = field_u64(&r, &f); break;
		case 11: v.last_seen = field_u64(&r, &f); break;
		case 12: groups_get(&r, &f, &v); break;
		}
	}
	if (end_record(&r, &f, n, 12) < 0)
		return -EUCLEAN;
	*out = v;
	return 0;
}

size_t practice_put(uint8_t *out, const struct practice *r)
{
	struct writer w = begin(out);

	put_text(&w, 1, r->id);
	put_text(&w, 2, r->name);
	put_u64(&w, 3, r->created);
	return done(&w);
}

int practice_get(const void *p, size_t len, struct practice *out)
{
	struct reader r = open_record(p, len);
	struct field f = { .tag = 0 };
	struct practice v = { .created = 0 };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_copy(&r, &f, v.id, sizeof v.id); break;
		case 2: field_copy(&r, &f, v.name, sizeof v.name); break;
		case 3: v.created = field_u64(&r, &f); break;
		}
	}
	if (end_record(&r, &f, n, 3) < 0)
		return -EUCLEAN;
	*out = v;
	return 0;
}

size_t name_row_put(uint8_t *out, const struct name_row *r)
{
	struct writer w = begin(out);

	put_u8(&w, 1, (uint8_t)r->kind);
	put_bytes(&w, 2, &r->id, sizeof r->id);
	return done(&w);
}

int name_row_get(const void *p, size_t len, struct name_row *out)
{
	struct reader r = open_record(p, len);
	struct field f = { .tag = 0 };
	struct name_row v = { .kind = 0 };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: v.kind = field_u8(&r, &f); break;
		case 2: field_bytes(&r, &f, &v.id, sizeof v.id); break;
		}
	}
	if (end_record(&r, &f, n, 2) < 0 || v.kind < NAME_IDENTITY || v.kind > NAME_USER)
		return -EUCLEAN;
	*out = v;
	return 0;
}

size_t lockout_put(uint8_t *out, const struct lockout *r)
{
	struct writer w = begin(out);

	put_u32(&w, 1, r->failures);
	put_u64(&w, 2, r->since_ms);
	put_bytes(&w, 3, r->boot, sizeof r->boot);
	return done(&w);
}

int lockout_get(const void *p, size_t len, struct lockout *out)
{
	struct reader r = open_record(p, len);
	struct field f = { .tag = 0 };
	struct lockout v = { .failures = 0 };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: v.failures = field_u32(&r, &f); break;
		case 2: v.since_ms = field_u64(&r, &f); break;
		case 3: field_bytes(&r, &f, v.boot, sizeof v.boot); break;
		}
	}
	if (end_record(&r, &f, n, 3) < 0)
		return -EUCLEAN;
	*out = v;
	return 0;
}

size_t ticket_put(uint8_t *out, const struct ticket *r)
{
	struct writer w = begin(out);

	put_bytes(&w, 1, &r->account, sizeof r->account);
	put_u32(&w, 2, r->factors);
	put_u8(&w, 3, r->local);
	put_u64(&w, 4, r->since_ms);
	put_bytes(&w, 5, r->boot, sizeof r->boot);
	return done(&w);
}

int ticket_get(const void *p, size_t len, struct ticket *out)
{
	struct reader r = open_record(p, len);
	struct field f = { .tag = 0 };
	struct ticket v = { .factors = 0 };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_bytes(&r, &f, &v.account, sizeof v.account); break;
		case 2: v.factors = field_u32(&r, &f); break;
		case 3: v.local = field_u8(&r, &f); break;
		case 4: v.since_ms = field_u64(&r, &f); break;
		case 5: field_bytes(&r, &f, v.boot, sizeof v.boot); break;
		}
	}
	if (end_record(&r, &f, n, 5) < 0)
		return -EUCLEAN;
	*out = v;
	return 0;
}

size_t session_put(uint8_t *out, const struct session *r)
{
	struct writer w = begin(out);

	put_bytes(&w, 1, &r->account, sizeof r->account);
	put_text(&w, 2, r->tty);
	put_text(&w, 3, r->service);
	put_text(&w, 4, r->rhost);
	put_u8(&w, 5, r->local);
	put_u32(&w, 6, r->factors);
	put_u64(&w, 7, r->started);
	put_bytes(&w, 8, r->boot, sizeof r->boot);
	put_u32(&w, 9, r->pid);
	return done(&w);
}

int session_get(const void *p, size_t len, struct session *out)
{
	struct reader r = open_record(p, len);
	struct field f = { .tag = 0 };
	struct session v = { .factors = 0 };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_bytes(&r, &f, &v.account, sizeof v.account); break;
		case 2: field_copy(&r, &f, v.tty, sizeof v.tty); break;
		case 3: field_copy(&r, &f, v.service, sizeof v.service); break;
		case 4: field_copy(&r, &f, v.rhost, sizeof v.rhost); break;
		case 5: v.local = field_u8(&r, &f); break;
		case 6: v.factors = field_u32(&r, &f); break;
		case 7: v.started = field_u64(&r, &f); break;
		case 8: field_bytes(&r, &f, v.boot, sizeof v.boot); break;
		case 9: v.pid = field_u32(&r, &f); break;
		}
	}
	if (end_record(&r, &f, n, 9) < 0)
		return -EUCLEAN;
	*out = v;
	return 0;
}
