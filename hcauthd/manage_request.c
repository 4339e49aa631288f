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
	struct key at = { .len = 0 };
	struct request q;
	int r;

	while ((r = request_next(t, &l->now, l->w, &at, &q)) == 0) {
		char name[PRACTICE_ID_MAX + 24], when[32] = "-";
		json_t *made = json_time(q.made);

		snprintf(name, sizeof name, "%s/%llu", q.practice, (unsigned long long)q.number);
		if (json_is_string(made))
			snprintf(when, sizeof when, "%.10s", json_string_value(made));
		list_row(l->list,
			json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:o}", "kind", "login", "number",
				(json_int_t)q.number, "practice", q.practice, "name", q.name,
				"email", q.email, "mobile", q.mobile, "tty", q.tty, "made", made),
			"%-16s %s  %-28s %-32s %s", name, when, q.name, q.email, q.mobile);
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
			"%-16s %s (%s) asks for the end of the link: hcauth account unlink %s",
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
	struct request q; /* practice and number; all of it once it is loaded */
	struct now now;
};

static enum status close_result(struct conv *c, int r)
{
	return manage_result(c, r, "request of that number");
}

/* "stj/7"; "7" alone of whoever manages one practice. */
static enum status take_word(struct conv *c, const struct words *w, struct request *out)
{
	const char *slash = strchr(w->word[0], '/');
	const char *number = slash ? slash + 1 : w->word[0];
	char given[SIGN_IN_NAME_MAX + 1], practice[SIGN_IN_NAME_MAX + 1] = "";

	if (!slash && w->scope->n != 1) {
		tell(c, TELL_ERROR,
			"Please type its practice, too, such as stj/7. To see them: hcauth requests");
		return STATUS_REFUSED;
	}
	if (slash)
		snprintf(given, sizeof given, "%.*s", (int)(slash - w->word[0]), w->word[0]);
	else
		snprintf(given, sizeof given, "%s", w->scope->practice[0]);
	if (!name_normal(given, practice) || strlen(practice) > PRACTICE_ID_MAX ||
		!parse_u64(number, 1, UINT64_MAX, &out->number))
		return close_result(c, -ENOENT);
	memcpy(out->practice, practice, strlen(practice) + 1);
	return STATUS_DONE;
}

static int load_txn(struct txn *t, void *arg)
{
	struct closing *v = arg;

	return request_load(t, &v->now, v->w, &v->q);
}

static int refuse_txn(struct txn *t, void *arg)
{
	struct closing *v = arg;

	return request_close(t, v->c, &v->now, v->w, &v->q, "refused");
}

enum status manage_approve(struct conv *c, const struct words *w)
{
	struct closing v = { .c = c, .w = w };
	struct invited who = { .practice = v.q.practice, .request = &v.q };
	enum status s = take_word(c, w, &v.q);

	c->now(&v.now);
	if (s == STATUS_DONE)
		s = close_result(c, store_read(c->store, load_txn, &v));
	if (s != STATUS_DONE)
		return s;
	memcpy(who.name, v.q.name, sizeof who.name);
	if (*v.q.email && !address_own(c, v.q.email, who.email))
		return STATUS_REFUSED;
	memcpy(who.mobile, v.q.mobile, sizeof who.mobile);
	return invite(c, w, &who);
}

enum status manage_refuse(struct conv *c, const struct words *w)
{
	struct closing v = { .c = c, .w = w };
	enum status s = take_word(c, w, &v.q);

	c->now(&v.now);
	if (s == STATUS_DONE)
		s = close_result(c, scope_update(c, w, NEED_SPACE, refuse_txn, &v));
	if (s == STATUS_DONE)
		tell(c, TELL_INFO, "Request %s/%llu is refused. The person is not told.",
			v.q.practice, (unsigned long long)v.q.number);
	return s;
}
