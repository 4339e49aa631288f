/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth rollout, and practice set --rollout: how far the roll-out of PINs is. What must hold: a person counts once at each practice
 * where they have an active account; a manager sees the practices that they manage, and nobody is named. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "log.h"
#include "manage.h"
#include "rollout.h"
#include "scope.h"
#include "store/store.h"

/* --- practice set --- */

bool rollout_take(struct conv *c, const struct words *w, struct rollout *to)
{
	const char *text;

	if ((text = w->option[OPT_ROLLOUT]) && !parse_rollout(text, to)) {
		tell(c, TELL_ERROR,
			"--rollout takes no, or a day and a number: \"2026-07-31 over 30 days\".");
		return false;
	}
	if ((text = w->option[OPT_ASK]) && !parse_rollout_ask(text, to)) {
		tell(c, TELL_ERROR, "--ask takes optional, \"nag 3 times\", or required.");
		return false;
	}
	return true;
}

void rollout_put_over(const struct words *w, const struct rollout *from, struct rollout *to)
{
	if (w->option[OPT_ROLLOUT]) {
		to->from = from->from;
		to->days = from->days;
	}
	if (w->option[OPT_ASK]) {
		to->ask = from->ask;
		to->times = from->times;
	}
}

/* What holds there: the practice's days, the machine's, or of both each person's earlier one. */
const char *rollout_in_force(const struct rollouts *r, char out[ROLLOUT_BOTH_TEXT])
{
	char own[ROLLOUT_TEXT], machine[ROLLOUT_TEXT];

	if (r->practice.from && r->machine.from)
		snprintf(out, ROLLOUT_BOTH_TEXT, "%s, or the machine's day if it is earlier: %s",
			rollout_text(&r->practice, own), rollout_text(&r->machine, machine));
	else
		snprintf(out, ROLLOUT_BOTH_TEXT, "%s%s",
			rollout_text(r->practice.from ? &r->practice : &r->machine, own),
			r->machine.from ? " (the machine's)" : "");
	return out;
}

void rollout_note(struct conv *c, const struct words *w, const struct practice *p)
{
	const struct rollout *own = &p->rollout, *machine = &c->conf->rollout;
	char text[ROLLOUT_TEXT];

	if (!w->option[OPT_ROLLOUT] || machine->from == 0 ||
		(own->from > 0 && own->from <= machine->from && own->days <= machine->days))
		return;
	tell(c, TELL_INFO,
		"Note: this machine has a roll-out of its own, %s. It goes on: whose day is earlier by it is asked then.",
		rollout_text(machine, text));
}

/* --- hcauth rollout --- */

/* One practice. */
struct tally {
	struct practice practice;
	struct rollouts all;
	/* People: all; with a PIN; without one whose day has come; those of them who have skipped it; without
	 * one whose day is to come. */
	unsigned people, with, due, skipped, waiting;
};

struct counting {
	struct conv *c;
	const struct words *w;
	struct now now;
	struct tally *of;
	size_t n;
};

static int add_practice(struct counting *k, const struct practice *p)
{
	struct tally *of = realloc(k->of, (k->n + 1) * sizeof *of);

	if (!of)
		return -ENOMEM;
	k->of = of;
	k->of[k->n] = (struct tally){ .practice = *p };
	rollout_of(k->c->conf, p, &k->of[k->n].all);
	k->n++;
	return 0;
}

static int find_practices(struct txn *t, struct counting *k)
{
	const char *only = k->w->option[OPT_PRACTICE];
	struct key at = { .len = 0 };
	struct practice p;
	struct bytes row;
	int r = only ? scope_practice(t, k->w, only, &p) : 0;

	k->n = 0;
	if (only)
		return r < 0 ? r : add_practice(k, &p);
	while (r == 0 && (r = txn_next(t, TABLE_PRACTICE, "", 0, &at, &row)) == 0)
		if ((r = practice_get(row.p, row.len, &p)) == 0 && in_scope(k->w, p.id))
			r = add_practice(k, &p);
	return r == -ENOENT ? 0 : r;
}

static struct tally *tally_of(const struct counting *k, const char *practice)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->of[i].practice.id, practice) == 0)
			return &k->of[i];
	return NULL;
}

/* Whether a is the first of its person's active accounts at its practice: they count once. */
static int is_first(struct txn *t, const struct account *a, bool *first)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	size_t n = 0;
	int r = id_is_none(&a->identity)
		? 0
		: identity_accounts(t, &a->identity, all, IDENTITY_ACCOUNTS_MAX, &n);

	*first = true;
	for (size_t i = 0; r == 0 && i < n; i++)
		if (all[i].state == STATE_ACTIVE && strcmp(all[i].practice, a->practice) == 0) {
			*first = id_equal(&all[i].id, &a->id);
			break;
		}
	return r;
}

static int count_account(
	struct txn *t, const struct counting *k, const struct account *a, struct tally *of)
{
	struct identity who = { .state = STATE_ACTIVE };
	bool legacy = id_is_none(&a->identity), first;
	const struct id *owner = legacy ? &a->id : &a->identity;
	int r = is_first(t, a, &first);

	if (r < 0 || !first || (!legacy && (r = identity_load(t, owner, &who)) < 0))
		return r;
	if (who.state != STATE_ACTIVE)
		return 0;
	of->people++;
	if (credential_exists(t, owner, FACTOR_PIN))
		of->with++;
	else if (rollout_due(k->c, &k->now, &of->all, owner)) {
		of->due++;
		of->skipped += who.pin_skipped > 0;
	} else if (of->all.machine.from || of->all.practice.from)
		of->waiting++;
	return 0;
}

static int count(struct txn *t, void *arg)
{
	struct counting *k = arg;
	struct key at = { .len = 0 };
	struct account a;
	struct bytes row;
	int r = find_practices(t, k);

	if (r < 0)
		return r;
	while (r == 0 && (r = txn_next(t, TABLE_ACCOUNT, "", 0, &at, &row)) == 0) {
		if ((r = account_get(row.p, row.len, &a)) < 0)
			return r;
		struct tally *of = a.state == STATE_ACTIVE ? tally_of(k, a.practice) : NULL;
		if (of && (r = count_account(t, k, &a, of)) < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

static void show(struct list *l, const struct tally *of)
{
	char from[2][ROLLOUT_TEXT], ask[ROLLOUT_TEXT];
	const char *machine = rollout_text(&of->all.machine, from[0]);
	const char *own = rollout_text(&of->all.practice, from[1]);
	const char *asks = rollout_ask_text(of->all.ask, of->all.times, ask);
	bool any = of->all.machine.from || of->all.practice.from;

	list_row(l,
		json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:i,s:i,s:i}", "practice", of->practice.id,
			"practice_name", of->practice.name, "machine_rollout", machine,
			"practice_rollout", own, "ask", asks, "people", (int)of->people, "with_pin",
			(int)of->with, "due", (int)of->due, "skipped", (int)of->skipped, "waiting",
			(int)of->waiting),
		"%-16s %6u %6u %6u  %9u %8u  %s", of->practice.id, of->people, of->with, of->due,
		of->skipped, of->waiting, any ? asks : "no roll-out");
}

enum status rollout_command(struct conv *c, const struct words *w)
{
	struct counting k = { .c = c, .w = w };
	struct list l;
	char what[300];

	c->now(&k.now);
	snprintf(what, sizeof what, "practice %s",
		w->option[OPT_PRACTICE] ? w->option[OPT_PRACTICE] : "");
	enum status s = manage_result(c, store_read(c->store, count, &k), what);
	if (s == STATUS_DONE) {
		list_begin(&l, c, w->json);
		l.heading = "PRACTICE         PEOPLE    PIN    DUE  (SKIPPED)    LATER  HOW";
		l.none = "There is no practice here yet.";
		for (size_t i = 0; i < k.n; i++)
			show(&l, &k.of[i]);
		list_end(&l);
	}
	free(k.of);
	return s;
}
