/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whoever asks can't make the table grow without bound, nor fill it for all others; what is too old is not there. */
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "store/store.h"

enum { VERSION = 1, HOUR_S = 3600 };

static int request_get(uint64_t number, const struct bytes *row, struct request *out)
{
	struct request v = { .number = number };
	struct reader r = reader_of(row->p, row->len);
	struct field f = { .tag = 0 };
	unsigned n = 0;

	if (take_u8(&r) != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_copy(&r, &f, v.practice, sizeof v.practice); break;
		case 2: field_copy(&r, &f, v.name, sizeof v.name); break;
		case 3: field_copy(&r, &f, v.email, sizeof v.email); break;
		case 4: field_copy(&r, &f, v.mobile, sizeof v.mobile); break;
		case 5: v.made = field_u64(&r, &f); break;
		case 6: field_copy(&r, &f, v.tty, sizeof v.tty); break;
		case 7: v.by = field_u32(&r, &f); break;
		}
	}
	if (r.bad || n != f.tag || (n != 6 && n != 7)) /* the first ended before by whom */
		return -EUCLEAN;
	*out = v;
	return 0;
}

static int request_save(struct txn *t, const struct request *q)
{
	uint8_t key[NUMBER_KEY], row[1024];
	struct writer w = writer_of(row, sizeof row);

	number_key(q->number, key);
	put_byte(&w, VERSION);
	put_text(&w, 1, q->practice);
	put_text(&w, 2, q->name);
	put_text(&w, 3, q->email);
	put_text(&w, 4, q->mobile);
	put_u64(&w, 5, q->made);
	put_text(&w, 6, q->tty);
	put_u32(&w, 7, q->by);
	return w.bad ? -EMSGSIZE : txn_put(t, TABLE_REQUEST, key, sizeof key, row, w.len);
}

static bool too_old(const struct request *q, const struct now *now)
{
	return now->unix_s >= q->made + REQUEST_S;
}

/* Old ones too. */
static int next(struct txn *t, uint64_t *number, struct request *out)
{
	uint64_t at = *number;
	struct bytes row;
	int r;

	if ((r = txn_next_number(t, TABLE_REQUEST, &at, &row)) == 0 &&
		(r = request_get(at, &row, out)) == 0)
		*number = at;
	return r;
}

int request_next(struct txn *t, const struct now *now, uint64_t *number, struct request *out)
{
	int r;

	do
		r = next(t, number, out);
	while (r == 0 && too_old(out, now));
	return r;
}

int request_load(struct txn *t, const struct now *now, uint64_t number, struct request *out)
{
	uint8_t key[NUMBER_KEY];
	struct bytes row;

	number_key(number, key);
	int r = txn_get(t, TABLE_REQUEST, key, sizeof key, &row);
	if (r == 0)
		r = request_get(number, &row, out);
	return r == 0 && too_old(out, now) ? -ENOENT : r;
}

static int drop(struct txn *t, uint64_t number)
{
	uint8_t key[NUMBER_KEY];

	number_key(number, key);
	return txn_del(t, TABLE_REQUEST, key, sizeof key);
}

/* What is open: at the practice, and of that user anywhere. */
struct open_requests {
	unsigned there, theirs;
};

/* Drops what is too old anywhere, too. */
static int count_open(
	struct txn *t, const struct now *now, const struct request *new, struct open_requests *out)
{
	struct request q;
	uint64_t number = 0;
	int r;

	*out = (struct open_requests){ 0 };
	while ((r = next(t, &number, &q)) == 0) {
		if (too_old(&q, now)) {
			if ((r = drop(t, q.number)) < 0)
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
		return -EBUSY;
	if (open.there >= REQUESTS_OPEN_MAX)
		return -EDQUOT;
	if (stranger && (r = count_hour(t, now)) < 0)
		return r;
	if ((r = meta_u64(t, "requests", 0, &q->number)) < 0 ||
		(r = meta_set_u64(t, "requests", ++q->number)) < 0 || (r = request_save(t, q)) < 0)
		return r;
	return audit_request(t, c, now, AUDIT_REQUESTED, q, "");
}

int request_close(struct txn *t, const struct conv *c, const struct now *now, const struct words *w,
	uint64_t number, const char *how)
{
	struct request q;
	int r = request_load(t, now, number, &q);

	if (r == 0 && !in_scope(w, q.practice))
		r = -ENOENT;
	if (r < 0 || (r = drop(t, number)) < 0)
		return r;
	return audit_request(t, c, now, AUDIT_REQUEST_CLOSED, &q, how);
}
