/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whoever asks can't make the table grow without bound, nor fill it for all others; what is too old is not there. */
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "store/store.h"

enum { VERSION = 1, HOUR_S = 3600 };

/* The practice, a zero byte, and the number in network order: a practice's stand together, in order. */
static void key_of(const struct request *q, struct key *out)
{
	size_t len = strlen(q->practice) + 1;

	memcpy(out->bytes, q->practice, len);
	number_key(q->number, out->bytes + len);
	out->len = len + NUMBER_KEY;
}

/* What a key says of its row. */
static bool key_read(const struct key *k, struct request *out)
{
	size_t len = strnlen((const char *)k->bytes, k->len) + 1;

	if (len > sizeof out->practice || k->len != len + NUMBER_KEY)
		return false;
	memcpy(out->practice, k->bytes, len);
	out->number = number_get(k->bytes + len, NUMBER_KEY);
	return true;
}

static int request_get(const struct key *key, const struct bytes *row, struct request *out)
{
	struct request v = { .number = 0 };
	struct reader r = reader_of(row->p, row->len);
	struct field f = { .tag = 0 };
	unsigned n = 0;

	if (!key_read(key, &v) || take_u8(&r) != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_copy(&r, &f, v.name, sizeof v.name); break;
		case 2: field_copy(&r, &f, v.email, sizeof v.email); break;
		case 3: field_copy(&r, &f, v.mobile, sizeof v.mobile); break;
		case 4: v.made = field_u64(&r, &f); break;
		case 5: field_copy(&r, &f, v.tty, sizeof v.tty); break;
		case 6: v.by = field_u32(&r, &f); break;
		}
	}
	if (r.bad || n != 6 || f.tag != 6)
		return -EUCLEAN;
	*out = v;
	return 0;
}

static int request_save(struct txn *t, const struct request *q)
{
	uint8_t row[1024];
	struct writer w = writer_of(row, sizeof row);
	struct key key;

	key_of(q, &key);
	put_byte(&w, VERSION);
	put_text(&w, 1, q->name);
	put_text(&w, 2, q->email);
	put_text(&w, 3, q->mobile);
	put_u64(&w, 4, q->made);
	put_text(&w, 5, q->tty);
	put_u32(&w, 6, q->by);
	return w.bad ? -EMSGSIZE : txn_put(t, TABLE_REQUEST, key.bytes, key.len, row, w.len);
}

static bool too_old(const struct request *q, const struct now *now)
{
	return now->unix_s >= q->made + REQUEST_S;
}

/* Old ones too. */
static int next(struct txn *t, struct key *at, struct request *out)
{
	struct bytes row;
	int r = txn_next(t, TABLE_REQUEST, "", 0, at, &row);

	return r < 0 ? r : request_get(at, &row, out);
}

int request_next(struct txn *t, const struct now *now, const struct words *w, struct key *at,
	struct request *out)
{
	int r;

	do
		r = next(t, at, out);
	while (r == 0 && (too_old(out, now) || !in_scope(w, out->practice)));
	return r;
}

int request_load(struct txn *t, const struct now *now, const struct words *w, struct request *q)
{
	struct bytes row;
	struct key key;
	int r;

	if (!in_scope(w, q->practice))
		return -ENOENT;
	key_of(q, &key);
	if ((r = txn_get(t, TABLE_REQUEST, key.bytes, key.len, &row)) < 0 ||
		(r = request_get(&key, &row, q)) < 0)
		return r;
	return too_old(q, now) ? -ENOENT : 0;
}

static int drop(struct txn *t, const struct request *q)
{
	struct key key;

	key_of(q, &key);
	return txn_del(t, TABLE_REQUEST, key.bytes, key.len);
}

/* What is open: at the practice, and of that user anywhere. */
struct open_requests {
	unsigned there, theirs;
};

/* Drops what is too old anywhere, too. */
static int count_open(
	struct txn *t, const struct now *now, const struct request *new, struct open_requests *out)
{
	struct key at = { .len = 0 };
	struct request q;
	int r;

	*out = (struct open_requests){ 0 };
	while ((r = next(t, &at, &q)) == 0) {
		if (too_old(&q, now)) {
			if ((r = drop(t, &q)) < 0)
				return r;
			continue;
		}
		out->there += strcmp(q.practice, new->practice) == 0;
		out->theirs += new->by != 0 && q.by == new->by;
	}
	return r == -ENOENT ? 0 : r;
}

static int count_hour(struct txn *t, const struct now *now)
{
	uint64_t since, n;
	int r;

	if ((r = meta_u64(t, "requests.since", 0, &since)) < 0 ||
		(r = meta_u64(t, "requests.n", 0, &n)) < 0)
		return r;
	if (now->unix_s < since || now->unix_s - since >= HOUR_S) {
		n = 0;
		if ((r = meta_set_u64(t, "requests.since", now->unix_s)) < 0)
			return r;
	}
	return n >= REQUESTS_HOUR_MAX ? -EBUSY : meta_set_u64(t, "requests.n", n + 1);
}

/* A number is never given twice: who closes one late must not close another's. */
static int take_number(struct txn *t, struct request *q)
{
	char name[sizeof q->practice + 16];

	snprintf(name, sizeof name, "requests.of.%s", q->practice);
	int r = meta_u64(t, name, 0, &q->number);
	return r < 0 ? r : meta_set_u64(t, name, ++q->number);
}

static int audit_request(struct txn *t, const struct conv *c, const struct now *now,
	enum audit_event event, const struct request *q, const char *how)
{
	struct person nobody = { .has_account = true };
	char detail[64];

	memcpy(nobody.account.practice, q->practice, sizeof nobody.account.practice);
	snprintf(detail, sizeof detail, "request %llu%s%s", (unsigned long long)q->number,
		*how ? " " : "", how);
	return audit(t, c, now, event, &nobody, detail);
}

int request_add(struct txn *t, const struct conv *c, const struct now *now, bool stranger,
	struct request *q)
{
	struct open_requests open;
	int r;

	q->by = c->errand == ERRAND_NEWCOMER ? 0 : c->peer;
	if ((r = count_open(t, now, q, &open)) < 0)
		return r;
	if (open.theirs >= REQUESTS_BY_MAX)
		return -EALREADY;
	if (open.there >= REQUESTS_OPEN_MAX)
		return -EDQUOT;
	if (stranger && (r = count_hour(t, now)) < 0)
		return r;
	if ((r = take_number(t, q)) < 0 || (r = request_save(t, q)) < 0)
		return r;
	return audit_request(t, c, now, AUDIT_REQUESTED, q, "");
}

int request_close(struct txn *t, const struct conv *c, const struct now *now, const struct words *w,
	const struct request *named, const char *how)
{
	struct request q = *named;
	int r = request_load(t, now, w, &q);

	if (r < 0 || (r = drop(t, &q)) < 0)
		return r;
	return audit_request(t, c, now, AUDIT_REQUEST_CLOSED, &q, how);
}
