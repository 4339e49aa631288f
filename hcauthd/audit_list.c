/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth audit. What must hold: a manager sees the records of their own practices alone, with the user ID
 * there for who and by whom, and what is out of their scope is as if it did not exist; no transaction is
 * open while somebody reads. Times are as the clock said: since it may have been set back, all records
 * are looked at, and none is passed over. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "list.h"
#include "manage.h"
#include "since.h"
#include "store/store.h"

enum { SHOWN = 100, AT_ONCE = 64, OWNERS_MAX = 2 };

struct search {
	struct conv *c;
	const struct words *w;
	char practice[SIGN_IN_NAME_MAX + 1]; /* "": any */
	char name[SIGN_IN_NAME_MAX + 1]; /* "": anybody */
	bool signs, has_since;
	uint64_t since;
	struct id owner[OWNERS_MAX]; /* whose records */
	size_t nowners;
	struct account account[IDENTITY_ACCOUNTS_MAX]; /* and of which accounts */
	size_t naccounts;
	uint64_t at, last; /* the next record to look at, and where to end */
	uint64_t from; /* where showing begins */
	size_t n;
	struct audit_row row[AT_ONCE];
};

/* --- what is searched for --- */

static int take_accounts(struct txn *t, struct search *s, const struct id *identity)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX];
	size_t n;
	int r = identity_accounts(t, identity, all, IDENTITY_ACCOUNTS_MAX, &n);

	for (size_t i = 0; r == 0 && i < n && s->naccounts < IDENTITY_ACCOUNTS_MAX; i++)
		if (s->w->scope->root ||
			(all[i].state != STATE_LEFT && in_scope(s->w, all[i].practice)))
			s->account[s->naccounts++] = all[i];
	return r;
}

/* Whoever the name stands for, in the caller's scope: -ENOENT else. */
static int find_person(struct txn *t, struct search *s)
{
	struct name_row row;
	struct account a;
	int r = name_find(t, s->name, &row);

	if (r < 0)
		return r;
	if (row.kind == NAME_IDENTITY || row.kind == NAME_SHARED) {
		s->owner[s->nowners++] = row.id;
		if (row.kind == NAME_SHARED)
			s->owner[s->nowners++] = row.other;
		for (size_t i = 0; r == 0 && i < s->nowners; i++)
			r = take_accounts(t, s, &s->owner[i]);
		if (r < 0)
			return r;
	} else {
		if ((r = account_load(t, &row.id, &a)) < 0)
			return r;
		if (in_scope(s->w, a.practice))
			s->account[s->naccounts++] = a;
	}
	return s->naccounts == 0 && !s->w->scope->root ? -ENOENT : 0;
}

static int begin(struct txn *t, void *arg)
{
	struct search *s = arg;
	struct practice p;
	int r;

	s->nowners = s->naccounts = 0;
	if (*s->practice && (!in_scope(s->w, s->practice) || strlen(s->practice) > PRACTICE_ID_MAX))
		return -ENOENT;
	if (*s->practice && (r = practice_load(t, s->practice, &p)) < 0)
		return r;
	if (*s->name && (r = find_person(t, s)) < 0)
		return r;
	return meta_u64(t, "audit", 0, &s->last);
}

static bool is_theirs(const struct search *s, const struct audit_row *a)
{
	bool owned = *s->name == 0;

	for (size_t i = 0; !owned && i < s->nowners; i++)
		owned = id_equal(&a->owner, &s->owner[i]);
	for (size_t i = 0; !owned && i < s->naccounts; i++)
		owned = id_equal(&a->owner, &s->account[i].id) ||
			(strcmp(a->account, s->account[i].userid) == 0 &&
				strcmp(a->practice, s->account[i].practice) == 0);
	return owned;
}

static bool matches(const struct search *s, const struct audit_row *a)
{
	if (!s->w->scope->root && (!*a->practice || !in_scope(s->w, a->practice)))
		return false;
	return (!*s->practice || strcmp(a->practice, s->practice) == 0) &&
		(!s->signs || a->event == AUDIT_SHARED_LOGIN) &&
		(!s->has_since || a->time >= s->since) && is_theirs(s, a);
}

/* From the end backwards, to where the last ones begin. */
static int find_last(struct txn *t, void *arg)
{
	struct search *s = arg;
	struct audit_row a;
	unsigned n = 0;

	s->from = s->last + 1;
	for (uint64_t i = s->last; i > 0 && n < SHOWN; i--) {
		int r = audit_load(t, i, &a);

		if (r < 0 && r != -ENOENT && r != -EUCLEAN)
			return r;
		if (r == 0 && matches(s, &a)) {
			s->from = i;
			n++;
		}
	}
	return 0;
}

/* What its practice's managers may see of a record: nothing of an account elsewhere, nor whether there is
 * one. An account that becomes somebody's looks the same whether that somebody was known before or not,
 * and whoever asks for a login may work elsewhere. */
static void narrow(const struct search *s, struct audit_row *a)
{
	bool taken = a->event == AUDIT_LINKED || a->event == AUDIT_IDENTITY_LIVE;

	memcpy(a->who, a->account, sizeof a->who);
	if (taken || a->event == AUDIT_REQUESTED) {
		*a->service = *a->tty = *a->rhost = 0;
		memcpy(a->by, a->account, sizeof a->account);
	} else if (*a->by_practice && in_scope(s->w, a->by_practice)) {
		a->by[strcspn(a->by, " ")] = 0; /* the uid may be that of their account elsewhere */
	} else if (*a->by_practice) {
		snprintf(a->by, sizeof a->by, "somebody of another practice");
	} else if (strcmp(a->by, "root") != 0 && strcmp(a->by, "uid 0") != 0) {
		snprintf(a->by, sizeof a->by, "another user of this machine");
	}
	if (taken) {
		a->event = AUDIT_LINKED;
		*a->detail = 0;
	}
}

/* The next ones, a handful; what is missing or damaged is what "audit verify" names. */
static int find_next(struct txn *t, void *arg)
{
	struct search *s = arg;

	for (s->n = 0; s->at <= s->last && s->n < AT_ONCE; s->at++) {
		int r = audit_load(t, s->at, &s->row[s->n]);

		if (r < 0 && r != -ENOENT && r != -EUCLEAN)
			return r;
		if (r < 0 || !matches(s, &s->row[s->n]))
			continue;
		if (!s->w->scope->root)
			narrow(s, &s->row[s->n]);
		s->n++;
	}
	return 0;
}

/* --- showing --- */

/* Whether a record is of somebody at one of root's own programs, and nobody else acted. */
static bool is_themselves(const struct audit_row *a)
{
	static const char *const doors[] = { "login", "sshd", "gdm", "lightdm", "sddm" };

	if (strcmp(a->by, "root") != 0 || !*a->who ||
		(a->event != AUDIT_SIGN_IN && a->event != AUDIT_ENROLLED &&
			a->event != AUDIT_CREDENTIAL_SET && a->event != AUDIT_SESSION_OPEN &&
			a->event != AUDIT_SESSION_CLOSE))
		return false;
	for (size_t i = 0; i < sizeof doors / sizeof *doors; i++)
		if (strncmp(a->service, doors[i], strlen(doors[i])) == 0)
			return true;
	return false;
}

static void show(struct list *list, const struct audit_row *a)
{
	const char *event = a->erased ? "(erased)" : audit_event_name(a->event);
	json_t *time = json_time(a->time);
	char when[32] = "-";

	if (json_is_string(time))
		snprintf(when, sizeof when, "%s", json_string_value(time));
	list_row(list,
		json_pack("{s:I,s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "number",
			(json_int_t)a->number, "time", time, "event", event, "who", a->who,
			"account", a->account, "practice", a->practice, "service", a->service,
			"tty", a->tty, "rhost", a->rhost, "by", a->by, "detail", a->detail),
		"%-6" PRIu64 " %s %-16s %-28s %-10s %-10s %-12s %s %s %s", a->number, when, event,
		a->who, a->account, a->practice, a->service, *a->rhost ? a->rhost : a->tty,
		is_themselves(a) ? "themselves" : a->by, a->detail);
}

static enum status list_audit(struct conv *c, struct search *s, bool json)
{
	struct list list;
	char what[300];
	int r = store_read(c->store, begin, s);

	snprintf(what, sizeof what, "practice %s", s->practice);
	if (r == -ENOENT)
		return manage_result(c, r,
			*s->name && *s->practice ? "such person, or practice"
				: *s->name       ? "such person"
						 : what);
	s->from = 1;
	if (r == 0 && !s->has_since)
		r = store_read(c->store, find_last, s);
	list_begin(&list, c, json);
	list.heading = "NUMBER TIME                 EVENT            WHO                          "
		       "USER ID    PRACTICE   PROGRAM      WHERE, BY WHOM, DETAIL";
	for (s->at = s->from; r == 0 && s->at <= s->last;) {
		r = store_read(c->store, find_next, s);
		for (size_t i = 0; r == 0 && i < s->n; i++)
			show(&list, &s->row[i]);
	}
	if (r == 0)
		list_end(&list);
	return manage_result(c, r, "audit");
}

enum status manage_audit(struct conv *c, const struct words *w)
{
	static struct search s; /* large; one conversation a process */
	const char *since = w->option[OPT_SINCE];
	struct now now;

	s = (struct search){ .c = c, .w = w, .signs = w->option[OPT_SIGNS] != NULL };
	c->now(&now);
	if (since && !parse_since(since, now.unix_s, &s.since)) {
		tell(c, TELL_ERROR,
			"--since takes a day or a time such as 2026-03-31 or \"2026-03-31 14:05\", or how "
			"long ago: \"2 hours\", \"3 days\".");
		return STATUS_REFUSED;
	}
	s.has_since = since != NULL;
	if (w->option[OPT_PRACTICE] && !name_normal(w->option[OPT_PRACTICE], s.practice))
		return manage_result(c, -ENOENT, "practice of that ID");
	if (w->option[OPT_IDENTITY] && !name_normal(w->option[OPT_IDENTITY], s.name))
		return manage_result(c, -ENOENT, "such person");
	return list_audit(c, &s, w->json);
}

/* --- the chain --- */

struct verifying {
	struct conv *c;
	struct audit_state state;
};

static int verify(struct txn *t, void *arg)
{
	struct verifying *v = arg;

	return audit_check(t, v->c->seal, &v->state);
}

static const struct {
	const char *what, *said; /* after "Record 7 " */
} faults[] = {
	{ "missing", "is missing. The records before it are as they were written." },
	{ "changed", "was changed. The records before it are as they were written." },
	{ "chain",
		"is not the one that was written there. The records before it are as they were written." },
	{ "end", "and those after it were taken away, or put there by somebody else." },
};

enum status audit_verify_command(struct conv *c, const struct words *w)
{
	struct verifying v = { .c = c };
	int r = store_read(c->store, verify, &v);
	bool unaccounted = r == 0 && !v.state.broken && v.state.erased != v.state.told;

	if (r < 0)
		return manage_result(c, r, "audit");
	if (w->json)
		show_object(c, true,
			json_pack("{s:I,s:s,s:I,s:s,s:I,s:I}", "records",
				(json_int_t)v.state.records, "chain",
				v.state.broken ? "broken" : "good", "broken_at",
				(json_int_t)v.state.broken, "what", v.state.what, "erased",
				(json_int_t)v.state.erased, "erased_as_recorded",
				(json_int_t)v.state.told));
	for (size_t i = 0; v.state.broken && i < sizeof faults / sizeof *faults; i++)
		if (strcmp(v.state.what, faults[i].what) == 0)
			tell(c, TELL_ERROR, "Record %" PRIu64 " %s", v.state.broken,
				faults[i].said);
	if (unaccounted)
		tell(c, TELL_ERROR,
			"The chain holds, but %" PRIu64
			" records are empty, and the purges that are "
			"recorded emptied %" PRIu64 ".",
			v.state.erased, v.state.told);
	if (v.state.broken || unaccounted)
		return STATUS_REFUSED;
	if (!w->json)
		tell(c, TELL_INFO,
			"All %" PRIu64 " records are as they were written; %" PRIu64
			" of them were emptied by a purge.",
			v.state.records, v.state.erased);
	return STATUS_DONE;
}
