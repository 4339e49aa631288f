/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a session is one of the practice whose account it is, and nobody sees it who has nothing
 * to do with that practice, whoever else works where they do; whoever manages nothing there sees no more of
 * a name than the settings say; a session that is over is none, and one in which nobody has proved anything
 * (root's su, cron) is nobody's. */
#include "who.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "factor.h"
#include "list.h"
#include "log.h"
#include "manage.h"
#include "names.h"
#include "session.h"
#include "store/store.h"
#include "text.h"
#include "when.h"

_Static_assert((int)NAME_FORM_MAX <= (int)SIGN_IN_NAME_MAX, "a user ID or a name");

struct line {
	char person[SIGN_IN_NAME_MAX + 1], user[USER_NAME_MAX + 1];
	bool full; /* the person is shown by their full name */
	char practice[PRACTICE_ID_MAX + 1], practice_name[PRACTICE_NAME_MAX + 1];
	struct id account;
	char tty[64], rhost[64];
	uint64_t started;
	uint32_t factors;
	bool ssh;
};

struct looking {
	struct conv *c;
	const struct words *w;
	struct now now;
	struct person self; /* the caller, if they are one of ours */
	bool narrowed; /* --names was given: */
	enum names asked;
	struct account own[IDENTITY_ACCOUNTS_MAX]; /* the caller's */
	size_t nown;
	struct line *line;
	size_t n, room;
};

static int take_own(struct txn *t, struct looking *l)
{
	const struct person *p = &l->self;

	if (l->w->scope->root || !person_active(p))
		return 0;
	if (p->has_identity)
		return identity_accounts(
			t, &p->identity.id, l->own, IDENTITY_ACCOUNTS_MAX, &l->nown);
	l->own[0] = p->account;
	l->nown = 1;
	return 0;
}

static bool works_at(const struct looking *l, const char *practice)
{
	for (size_t i = 0; i < l->nown; i++)
		if (l->own[i].state == STATE_ACTIVE && strcmp(l->own[i].practice, practice) == 0)
			return true;
	return false;
}

/* What colleagues see is at most what the settings say: neither initials nor a first name tell the other,
 * so that of the two, one can't be asked for in place of the other. */
static enum names form_for(const struct looking *l, bool manages)
{
	enum names set = l->c->conf->names;

	if (manages)
		return l->narrowed ? l->asked : NAMES_FULL;
	return l->narrowed && set == NAMES_FULL ? l->asked : set;
}

/* The name that the practice or the person has given; a user ID is all that there may be. */
static int name_of(
	struct txn *t, const struct account *a, enum names form, char out[SIGN_IN_NAME_MAX + 1])
{
	struct identity who;
	const char *name = a->name;

	if (!id_is_none(&a->identity)) {
		int r = identity_load(t, &a->identity, &who);

		if (r < 0)
			return r;
		name = who.name;
	}
	if (*name)
		name_form(form, name, out);
	else
		snprintf(out, SIGN_IN_NAME_MAX + 1, "%s", a->userid);
	return 0;
}

static bool same_place(const struct line *a, const struct session *s)
{
	return id_equal(&a->account, &s->account) && strcmp(a->tty, s->tty) == 0 &&
		strcmp(a->rhost, s->rhost) == 0;
}

/* su within a session, to the same account: they sit there since the first of them. False: there is none. */
static bool merged(struct looking *l, const struct session *s)
{
	for (size_t i = l->n; i > 0; i--) {
		struct line *a = &l->line[i - 1];

		if (!id_equal(&a->account, &s->account))
			return false; /* sessions stand in the order of their accounts */
		if (!same_place(a, s))
			continue;
		if (s->started < a->started) {
			a->started = s->started;
			a->factors = s->factors;
		}
		return true;
	}
	return false;
}

static struct line *another(struct looking *l)
{
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->line = realloc(l->line, l->room * sizeof *l->line);
		if (!l->line)
			die("who: no memory");
	}
	struct line *out = &l->line[l->n++];
	*out = (struct line){ .started = 0 };
	return out;
}

static int add(struct txn *t, struct looking *l, const struct session *s)
{
	struct practice p;
	struct account a;
	int r = account_load(t, &s->account, &a);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	bool manages = in_scope(l->w, a.practice);
	if (!manages && !works_at(l, a.practice))
		return 0;
	if (merged(l, s))
		return 0;
	struct line *out = another(l);
	enum names form = form_for(l, manages);
	if ((r = practice_load(t, a.practice, &p)) < 0 ||
		(r = name_of(t, &a, form, out->person)) < 0) {
		l->n--;
		return r == -ENOENT ? 0 : r;
	}
	out->ssh = strcmp(s->service, "sshd") == 0;
	out->full = form == NAMES_FULL;
	out->account = s->account;
	out->started = s->started;
	out->factors = s->factors;
	memcpy(out->user, a.user, sizeof out->user);
	memcpy(out->practice, p.id, sizeof out->practice);
	memcpy(out->practice_name, p.name, sizeof out->practice_name);
	memcpy(out->tty, s->tty, sizeof out->tty);
	memcpy(out->rhost, s->rhost, sizeof out->rhost);
	return 0;
}

static int find_all(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct key at = { .len = 0 };
	struct session s;
	struct bytes row;
	int r = take_own(t, l);

	while (r == 0 && (r = txn_next(t, TABLE_SESSION, "", 0, &at, &row)) == 0) {
		if (session_get(row.p, row.len, &s) < 0 || session_over(&s, &l->now) ||
			(s.factors == 0 && !*s.rhost))
			continue;
		r = add(t, l, &s);
	}
	return r == -ENOENT ? 0 : r;
}

/* --- what is shown --- */

static int in_order(const void *left, const void *right)
{
	const struct line *a = left, *b = right;
	int r = strcmp(a->practice_name, b->practice_name);

	if (r == 0)
		r = strcmp(a->practice, b->practice);
	if (r == 0)
		r = strcmp(a->person, b->person);
	return r ? r : (a->started > b->started) - (a->started < b->started);
}

static const char *how(const struct line *a, char out[FACTORS_TEXT])
{
	if (a->factors)
		return factors_text(a->factors, ", ", out);
	return a->ssh ? "ssh key" : "-"; /* sshd has let them in by itself */
}

/* The time of day, if it was today; else the day. */
static const char *since(uint64_t started, uint64_t now, char out[WHEN_TEXT])
{
	char at[WHEN_TEXT];
	const char *today = when_text(now, WHEN_DAY, at);
	const char *day = when_text(started, WHEN_DAY, out);

	return strcmp(day, today) == 0 ? when_text(started, WHEN_CLOCK, out) : day;
}

static const char *place_of(const struct line *a)
{
	return *a->rhost ? a->rhost : *a->tty ? a->tty : "this machine";
}

/* Characters, of UTF-8. */
static int width(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

struct widths {
	int person, practice, place;
};

/* The spaces that are missing at text's end. */
static int pad(const char *text, int to)
{
	return to > width(text) ? to - width(text) : 0;
}

static struct widths measure(const struct looking *l)
{
	struct widths v = { .person = width(TEXT_WHO_PERSON),
		.practice = width(TEXT_WHO_PRACTICE),
		.place = width(TEXT_WHO_WHERE) };

	for (size_t i = 0; i < l->n; i++) {
		const struct line *a = &l->line[i];

		v.person = width(a->person) > v.person ? width(a->person) : v.person;
		v.practice =
			width(a->practice_name) > v.practice ? width(a->practice_name) : v.practice;
		v.place = width(place_of(a)) > v.place ? width(place_of(a)) : v.place;
	}
	return v;
}

static json_t *object_of(const struct line *a)
{
	return json_pack("{s:s,s:s?,s:s,s:s,s:s?,s:s?,s:o,s:o}", "person", a->person, "user",
		a->full ? a->user : NULL, "practice", a->practice, "practice_name",
		a->practice_name, "terminal", *a->tty ? a->tty : NULL, "host",
		*a->rhost ? a->rhost : NULL, "since", json_time(a->started), "factors",
		json_factors(a->factors));
}

static void tell_all(const struct looking *l, bool json)
{
	const struct widths v = measure(l);
	char heading[512], by[FACTORS_TEXT], day[WHEN_TEXT];
	struct list list;

	list_begin(&list, l->c, json);
	snprintf(heading, sizeof heading, "%-*s  %-*s  %-*s  %-10s  %s", v.person, TEXT_WHO_PERSON,
		v.practice, TEXT_WHO_PRACTICE, v.place, TEXT_WHO_WHERE, TEXT_WHO_SINCE,
		TEXT_WHO_HOW);
	list.heading = heading;
	list.none = TEXT_WHO_NOBODY;
	for (size_t i = 0; i < l->n; i++) {
		const struct line *a = &l->line[i];

		list_row(&list, object_of(a), "%s%*s  %s%*s  %s%*s  %-10s  %s", a->person,
			pad(a->person, v.person), "", a->practice_name,
			pad(a->practice_name, v.practice), "", place_of(a),
			pad(place_of(a), v.place), "", since(a->started, l->now.unix_s, day),
			how(a, by));
	}
	list_end(&list);
}

static bool take_form(struct conv *c, const struct words *w, struct looking *l)
{
	const char *text = w->option[OPT_NAMES];

	l->narrowed = text != NULL;
	if (!text || parse_names(text, &l->asked))
		return true;
	tell(c, TELL_ERROR, "%s", TEXT_WHO_NAMES);
	return false;
}

enum status who_command(struct conv *c, const struct words *w)
{
	static struct looking l; /* large; one conversation a process */

	l = (struct looking){ .c = c, .w = w };
	if (!w->scope->root && !self_caller(c, &l.self))
		return STATUS_NOT_ALLOWED;
	if (!take_form(c, w, &l))
		return STATUS_REFUSED;
	c->now(&l.now);
	int r = store_read(c->store, find_all, &l);
	if (r < 0)
		die("store: who is signed in: %s", strerror(-r));
	if (l.n > 0)
		qsort(l.line, l.n, sizeof *l.line, in_order);
	tell_all(&l, w->json);
	free(l.line);
	return STATUS_DONE;
}
