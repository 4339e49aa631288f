/* SPDX-License-Identifier: Apache-2.0 */
/* Which accounts nobody uses or has vouched for, and vouching. What must hold: a manager sees and vouches
 * for the accounts of their own practices alone; of several, all are vouched for or none. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "list.h"
#include "manage.h"
#include "scope.h"
#include "since.h"
#include "store/store.h"

enum { DAYS = 90, YEAR_DAYS = 365 };

struct review {
	const struct words *w;
	struct list list;
	char practice[SIGN_IN_NAME_MAX + 1]; /* "": all in scope */
	uint64_t unused, unattested; /* before when */
};

/* What the practice calls the person: by their identity, or as they were invited. */
static void name_of(struct txn *t, const struct account *a, char out[PERSON_NAME_MAX + 1])
{
	struct identity who;

	if (!id_is_none(&a->identity) && identity_load(t, &a->identity, &who) == 0)
		memcpy(out, who.name, sizeof who.name);
	else
		memcpy(out, a->name, sizeof a->name);
}

static void day_of(uint64_t unix_s, char out[16])
{
	json_t *time = json_time(unix_s);

	snprintf(out, 16, "%.10s", json_is_string(time) ? json_string_value(time) : "never");
	json_decref(time);
}

static void show(struct txn *t, struct review *v, const struct account *a)
{
	char name[PERSON_NAME_MAX + 1], seen[16], attested[16];
	/* an account that was made since needs no word yet */
	bool unused = (a->last_seen ? a->last_seen : a->created) < v->unused;
	bool unattested = (a->attested ? a->attested : a->created) < v->unattested;

	if (!unused && !unattested)
		return;
	name_of(t, a, name);
	day_of(a->last_seen, seen);
	day_of(a->attested, attested);
	list_row(&v->list,
		json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:b,s:b}", "userid", a->userid, "user", a->user,
			"practice", a->practice, "name", name, "last_sign_in",
			json_time(a->last_seen), "attested", json_time(a->attested), "unused",
			unused, "unattested", unattested),
		"%-16s %-16s %-28s last sign-in %-10s  attested %s", a->userid, a->practice, name,
		seen, attested);
}

static int list_due(struct txn *t, void *arg)
{
	struct review *v = arg;
	struct key at = { .len = 0 };
	struct practice p;
	struct account a;
	struct bytes row;
	int r;

	if (*v->practice && !in_scope(v->w, v->practice))
		return -ENOENT;
	if (*v->practice && (r = practice_load(t, v->practice, &p)) < 0)
		return r;
	while ((r = txn_next(t, TABLE_ACCOUNT, "", 0, &at, &row)) == 0) {
		if ((r = account_get(row.p, row.len, &a)) < 0)
			return r;
		if (a.state == STATE_ACTIVE && in_scope(v->w, a.practice) &&
			(!*v->practice || strcmp(a.practice, v->practice) == 0))
			show(t, v, &a);
	}
	return r == -ENOENT ? 0 : r;
}

enum status manage_review(struct conv *c, const struct words *w)
{
	const char *practice = w->option[OPT_PRACTICE];
	struct review v = { .w = w };
	uint64_t days = DAYS;
	struct now now;
	char what[300];

	c->now(&now);
	if (w->option[OPT_DAYS] && !parse_u64(w->option[OPT_DAYS], 1, 36500, &days)) {
		tell(c, TELL_ERROR, "--days takes a number of days, such as 90.");
		return STATUS_REFUSED;
	}
	v.unused = now.unix_s > days * 86400 ? now.unix_s - days * 86400 : 0;
	v.unattested = now.unix_s - YEAR_DAYS * 86400;
	if (w->option[OPT_SINCE] && !parse_since(w->option[OPT_SINCE], now.unix_s, &v.unattested)) {
		tell(c, TELL_ERROR, "--since takes a day such as 2026-03-31.");
		return STATUS_REFUSED;
	}
	if (practice &&
		(!name_normal(practice, v.practice) || strlen(v.practice) > PRACTICE_ID_MAX))
		return manage_result(c, -ENOENT, manage_practice_word(practice, what));
	list_begin(&v.list, c, w->json);
	v.list.none = "Nobody.";
	enum status s = manage_result(c, store_read(c->store, list_due, &v),
		manage_practice_word(practice ? practice : "", what));
	if (s == STATUS_DONE)
		list_end(&v.list);
	return s;
}

struct attesting {
	struct conv *c;
	const struct words *w;
	struct now now;
	bool unknown[WORDS_MAX];
};

static int find(struct txn *t, const struct attesting *a, const char *word, struct account *out)
{
	char name[SIGN_IN_NAME_MAX + 1];
	struct name_row row;
	int r = name_normal(word, name) ? name_find(t, name, &row) : -ENOENT;

	if (r == 0 && row.kind != NAME_USERID && row.kind != NAME_USER)
		r = -ENOENT;
	if (r < 0 || (r = account_load(t, &row.id, out)) < 0)
		return r;
	return in_scope(a->w, out->practice) && out->state != STATE_LEFT ? 0 : -ENOENT;
}

static int attest(struct txn *t, void *arg)
{
	struct attesting *a = arg;
	bool all = true;

	for (size_t i = 0; i < a->w->n; i++) {
		struct person p = { .known = true, .has_account = true };
		int r = find(t, a, a->w->word[i], &p.account);

		a->unknown[i] = r == -ENOENT;
		all &= !a->unknown[i];
		if (r == -ENOENT)
			continue;
		p.owner = id_is_none(&p.account.identity) ? p.account.id : p.account.identity;
		p.account.attested = a->now.unix_s;
		if (r < 0 || (r = account_save(t, &p.account)) < 0 ||
			(r = audit(t, a->c, &a->now, AUDIT_ATTESTED, &p, "")) < 0)
			return r;
	}
	return all ? 0 : -ENOENT;
}

enum status manage_attest(struct conv *c, const struct words *w)
{
	struct attesting a = { .c = c, .w = w };
	char what[300];

	c->now(&a.now);
	int r = scope_update(c, w, NEED_SPACE, attest, &a);
	if (r == 0)
		tell(c, TELL_INFO,
			w->n == 1 ? "Noted: it is still needed." : "Noted: they are still needed.");
	if (r != -ENOENT)
		return manage_result(c, r, "attestation");
	for (size_t i = 0; i < w->n; i++) {
		snprintf(what, sizeof what, "account %s", w->word[i]);
		if (a.unknown[i])
			(void)manage_result(c, -ENOENT, what);
	}
	if (w->n > 1)
		tell(c, TELL_ERROR, "Nothing was noted for the others either.");
	return STATUS_NO_SUCH;
}
