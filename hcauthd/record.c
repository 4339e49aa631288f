/* SPDX-License-Identifier: Apache-2.0 */
/* Records to bytes and back. What must hold: what is read is exactly what some version of this file
 * wrote; a record cut short, extended or of a later version is an error, never a half-filled struct. */
#include "record.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "codec.h"

enum { VERSION = 3, FIRST_VERSION = 1 };

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

static struct reader open_record(const void *p, size_t len, uint8_t *version)
{
	struct reader r = reader_of(p, len);

	*version = take_u8(&r);
	if (*version < FIRST_VERSION || *version > VERSION)
		r.bad = true;
	return r;
}

static enum state field_state(struct reader *r, const struct field *f)
{
	uint8_t v = field_u8(r, f);

	r->bad |= v > STATE_LEFT;
	return v;
}

static enum rollout_ask field_ask(struct reader *r, const struct field *f)
{
	uint8_t v = field_u8(r, f);

	r->bad |= v > ROLLOUT_REQUIRED;
	return v;
}

/* How many fields a record of that version has. */
static unsigned last_of(uint8_t version, unsigned first, unsigned second, unsigned third)
{
	return version == 1 ? first : version == 2 ? second : third;
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
	put_u64(&w, 9, r->email_verified);
	put_u64(&w, 10, r->mobile_verified);
	put_text(&w, 11, r->mobile);
	put_u64(&w, 12, r->asked);
	put_u8(&w, 13, r->asked_link);
	put_u64(&w, 14, r->left);
	put_u32(&w, 15, r->second);
	put_u32(&w, 16, r->pin_skipped);
	return done(&w);
}

int identity_get(const void *p, size_t len, struct identity *out)
{
	uint8_t version;
	struct reader r = open_record(p, len, &version);
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
		case 9: v.email_verified = field_u64(&r, &f); break;
		case 10: v.mobile_verified = field_u64(&r, &f); break;
		case 11: field_copy(&r, &f, v.mobile, sizeof v.mobile); break;
		case 12: v.asked = field_u64(&r, &f); break;
		case 13: v.asked_link = field_bool(&r, &f); break;
		case 14: v.left = field_u64(&r, &f); break;
		case 15: v.second = field_u32(&r, &f); break;
		case 16: v.pin_skipped = field_u32(&r, &f); break;
		}
	}
	if (end_record(&r, &f, n, last_of(version, 8, 14, 16)) < 0)
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
	put_text(&w, 13, r->name);
	put_text(&w, 14, r->email);
	put_text(&w, 15, r->mobile);
	put_u64(&w, 16, r->attested);
	put_u64(&w, 17, r->left);
	put_u64(&w, 18, r->unlink);
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
	uint8_t version;
	struct reader r = open_record(p, len, &version);
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
		case 7: v.existing = field_bool(&r, &f); break;
		case 8: v.state = field_state(&r, &f); break;
		case 9: field_bytes(&r, &f, &v.identity, sizeof v.identity); break;
		case 10: v.created = field_u64(&r, &f); break;
		case 11: v.last_seen = field_u64(&r, &f); break;
		case 12: groups_get(&r, &f, &v); break;
		case 13: field_copy(&r, &f, v.name, sizeof v.name); break;
		case 14: field_copy(&r, &f, v.email, sizeof v.email); break;
		case 15: field_copy(&r, &f, v.mobile, sizeof v.mobile); break;
		case 16: v.attested = field_u64(&r, &f); break;
		case 17: v.left = field_u64(&r, &f); break;
		case 18: v.unlink = field_u64(&r, &f); break;
		}
	}
	if (end_record(&r, &f, n, version == 1 ? 12 : 18) < 0)
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
	put_u32(&w, 4, r->require);
	put_u8(&w, 5, r->shared_addresses);
	put_u8(&w, 6, r->no_network);
	put_u64(&w, 7, r->migrate);
	put_text(&w, 8, r->hours);
	put_bytes(&w, 9, r->manager, r->nmanagers * sizeof *r->manager);
	put_u8(&w, 10, r->break_glass);
	put_u64(&w, 11, r->rollout.from);
	put_u32(&w, 12, r->rollout.days);
	put_u8(&w, 13, (uint8_t)r->rollout.ask);
	put_u32(&w, 14, r->rollout.times);
	return done(&w);
}

static void managers_get(struct reader *r, const struct field *f, struct practice *p)
{
	r->bad |= f->len > sizeof p->manager || f->len % sizeof *p->manager != 0;
	if (r->bad)
		return;
	memcpy(p->manager, f->p, f->len);
	p->nmanagers = f->len / sizeof *p->manager;
}

int practice_get(const void *p, size_t len, struct practice *out)
{
	uint8_t version;
	struct reader r = open_record(p, len, &version);
	struct field f = { .tag = 0 };
	struct practice v = { .created = 0 };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_copy(&r, &f, v.id, sizeof v.id); break;
		case 2: field_copy(&r, &f, v.name, sizeof v.name); break;
		case 3: v.created = field_u64(&r, &f); break;
		case 4: v.require = field_u32(&r, &f); break;
		case 5: v.shared_addresses = field_bool(&r, &f); break;
		case 6: v.no_network = field_bool(&r, &f); break;
		case 7: v.migrate = field_u64(&r, &f); break;
		case 8: field_copy(&r, &f, v.hours, sizeof v.hours); break;
		case 9: managers_get(&r, &f, &v); break;
		case 10: v.break_glass = field_bool(&r, &f); break;
		case 11: v.rollout.from = field_u64(&r, &f); break;
		case 12: v.rollout.days = field_u32(&r, &f); break;
		case 13: v.rollout.ask = field_ask(&r, &f); break;
		case 14: v.rollout.times = field_u32(&r, &f); break;
		}
	}
	if (end_record(&r, &f, n, last_of(version, 3, 9, 14)) < 0)
		return -EUCLEAN;
	*out = v;
	return 0;
}

size_t name_row_put(uint8_t *out, const struct name_row *r)
{
	struct writer w = begin(out);

	put_u8(&w, 1, (uint8_t)r->kind);
	put_bytes(&w, 2, &r->id, sizeof r->id);
	put_bytes(&w, 3, &r->other, sizeof r->other);
	return done(&w);
}

int name_row_get(const void *p, size_t len, struct name_row *out)
{
	uint8_t version;
	struct reader r = open_record(p, len, &version);
	struct field f = { .tag = 0 };
	struct name_row v = { .kind = 0 };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: v.kind = field_u8(&r, &f); break;
		case 2: field_bytes(&r, &f, &v.id, sizeof v.id); break;
		case 3: field_bytes(&r, &f, &v.other, sizeof v.other); break;
		}
	}
	if (end_record(&r, &f, n, version == 1 ? 2 : 3) < 0 || v.kind < NAME_IDENTITY ||
		v.kind > NAME_SHARED || (v.kind == NAME_SHARED) == id_is_none(&v.other))
		return -EUCLEAN;
	*out = v;
	return 0;
}

size_t code_put(uint8_t *out, const struct code *r)
{
	struct writer w = begin(out);

	put_bytes(&w, 1, r->hash, sizeof r->hash);
	put_bytes(&w, 2, r->place, sizeof r->place);
	put_text(&w, 3, r->to);
	put_u32(&w, 4, r->tries);
	put_u8(&w, 5, r->right);
	put_u64(&w, 6, r->since_ms);
	put_u32(&w, 7, r->sends);
	put_u64(&w, 8, r->first_ms);
	put_bytes(&w, 9, r->boot, sizeof r->boot);
	return done(&w);
}

int code_get(const void *p, size_t len, struct code *out)
{
	uint8_t version;
	struct reader r = open_record(p, len, &version);
	struct field f = { .tag = 0 };
	struct code v = { .right = false };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_bytes(&r, &f, v.hash, sizeof v.hash); break;
		case 2: field_bytes(&r, &f, v.place, sizeof v.place); break;
		case 3: field_copy(&r, &f, v.to, sizeof v.to); break;
		case 4: v.tries = field_u32(&r, &f); break;
		case 5: v.right = field_bool(&r, &f); break;
		case 6: v.since_ms = field_u64(&r, &f); break;
		case 7: v.sends = field_u32(&r, &f); break;
		case 8: v.first_ms = field_u64(&r, &f); break;
		case 9: field_bytes(&r, &f, v.boot, sizeof v.boot); break;
		}
	}
	if (end_record(&r, &f, n, 9) < 0)
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
	uint8_t version;
	struct reader r = open_record(p, len, &version);
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
	uint8_t version;
	struct reader r = open_record(p, len, &version);
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

/* In version 2 what a shift rested on was a session's: two fields more, which are read past. */
int session_get(const void *p, size_t len, struct session *out)
{
	uint8_t version;
	struct reader r = open_record(p, len, &version);
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
	if (end_record(&r, &f, n, last_of(version, 9, 11, 9)) < 0)
		return -EUCLEAN;
	*out = v;
	return 0;
}

size_t shift_put(uint8_t *out, const struct shift *r)
{
	struct writer w = begin(out);

	put_text(&w, 1, r->tty);
	put_text(&w, 2, r->service);
	put_u32(&w, 3, r->factors);
	put_u64(&w, 4, r->started);
	put_u64(&w, 5, r->since_ms);
	put_bytes(&w, 6, r->boot, sizeof r->boot);
	put_bytes(&w, 7, r->password, sizeof r->password);
	put_bytes(&w, 8, r->pin, sizeof r->pin);
	return done(&w);
}

int shift_get(const void *p, size_t len, struct shift *out)
{
	uint8_t version;
	struct reader r = open_record(p, len, &version);
	struct field f = { .tag = 0 };
	struct shift v = { .factors = 0 };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_copy(&r, &f, v.tty, sizeof v.tty); break;
		case 2: field_copy(&r, &f, v.service, sizeof v.service); break;
		case 3: v.factors = field_u32(&r, &f); break;
		case 4: v.started = field_u64(&r, &f); break;
		case 5: v.since_ms = field_u64(&r, &f); break;
		case 6: field_bytes(&r, &f, v.boot, sizeof v.boot); break;
		case 7: field_bytes(&r, &f, v.password, sizeof v.password); break;
		case 8: field_bytes(&r, &f, v.pin, sizeof v.pin); break;
		}
	}
	if (end_record(&r, &f, n, 8) < 0)
		return -EUCLEAN;
	*out = v;
	return 0;
}
