/* SPDX-License-Identifier: Apache-2.0 */
/* What managers do with requests. What must hold: another practice's request is answered as one that does
 * not exist; one is closed once, in the transaction of what it led to. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "join.h"
#include "list.h"
#include "log.h"
#include "manage.h"
#include "request.h"
#include "scope.h"
#include "store/store.h"

struct listing {
	const struct words *w;
	struct list *list;
	struct now now;
};

static int list_requests(struct txn *t, struct listing *l)
{
	struct request q;
	uint64_t number = 0;
	int r;

	while ((r = request_next(t, &l->now, &number, &q)) == 0) {
		char when[32] = "-";
		json_t *made = json_time(q.made);

		if (json_is_string(made))
			snprintf(when, sizeof when, "%.10s", json_string_value(made));
		if (!in_scope(l->w, q.practice)) {
			json_decref(made);
			continue;
		}
		list_row(l->list,
			json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:o}", "kind", "login", "number",
				(json_int_t)q.number, "practice", q.practice, "name", q.name,
				"email", q.email, "mobile", q.mobile, "tty", q.tty, "made", made),
			"%4llu  %s  %-12s %-28s %-32s %s", (unsigned long long)q.number, when,
			q.practice, q.name, q.email, q.mobile);
	}
	return r == -ENOENT ? 0 : r;
}

/* Persons who have asked for the end of a link. */
static int list_unlinks(struct txn *t, struct listing *l)
{
	struct key at = { .len = 0 };
	struct account a;
	int r;

	while ((r = unlink_next(t, l->w, &at, &a)) == 0)
		list_row(l->list,
			json_pack("{s:s,s:s,s:s,s:s,s:o}", "kind", "unlink", "practice", a.practice,
				"userid", a.userid, "user", a.user, "made", json_time(a.unlink)),
			"   -  %-12s %s (%s) asks for the end of the link: hcauth account unlink %s",
			a.practice, a.userid, a.user, a.userid);
	return r == -ENOENT ? 0 : r;
}

static int list_all(struct txn *t, void *arg)
{
	int r = list_requests(t, arg);

	return r < 0 ? r : list_unlinks(t, arg);
}

enum status manage_requests(struct conv *c, const struct words *w)
{
	struct list list;
	struct listing l = { .w = w, .list = &list };

	c->now(&l.now);
	list_begin(&list, c, w->json);
	enum status s = manage_result(c, store_read(c->store, list_all, &l), "requests");
	list_end(&list);
	return s;
}

/* --- one of them --- */

struct closing {
	struct conv *c;
	const struct words *w;
	uint64_t number;
	struct request q;
	struct now now;
};

static int load_txn(struct txn *t, void *arg)
{
	struct closing *v = arg;
	int r = request_load(t, &v->now, v->number, &v->q);

	return r == 0 && !in_scope(v->w, v->q.practice) ? -ENOENT : r;
}

static int refuse_txn(struct txn *t, void *arg)
{
	struct closing *v = arg;

	return request_close(t, v->c, &v->now, v->w, v->number, "refused");
}

static enum status no_such(struct conv *c)
{
	return manage_result(c, -ENOENT, "request of that number");
}

enum status manage_approve(struct conv *c, const struct words *w)
{
	struct closing v = { .c = c, .w = w };
	struct invited who = { .practice = v.q.practice };

	c->now(&v.now);
	if (!parse_u64(w->word[0], 1, UINT64_MAX, &v.number))
		return no_such(c);
	int r = store_read(c->store, load_txn, &v);
	if (r < 0)
		return manage_result(c, r, "request of that number");
	memcpy(who.name, v.q.name, sizeof who.name);
	if (*v.q.email && !address_own(c, v.q.email, who.email))
		return STATUS_REFUSED;
	memcpy(who.mobile, v.q.mobile, sizeof who.mobile);
	who.request = v.number;
	return invite(c, w, &who);
}

enum status manage_refuse(struct conv *c, const struct words *w)
{
	struct closing v = { .c = c, .w = w };

	c->now(&v.now);
	if (!parse_u64(w->word[0], 1, UINT64_MAX, &v.number))
		return no_such(c);
	enum status s = manage_result(
		c, store_update(c->store, NEED_SPACE, refuse_txn, &v), "request of that number");
	if (s == STATUS_DONE)
		tell(c, TELL_INFO, "Request %llu is refused. The person is not told.",
			(unsigned long long)v.number);
	return s;
}
