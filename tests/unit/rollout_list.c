/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth rollout. What must hold: each person counts once at each of their practices, in exactly one of
 * the columns; thousands are counted at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "factor.h"
#include "people.h"
#include "store/store.h"
#include "world.h"

enum { PEOPLE = 2000, LEGACY = 100, WITH = 500, SKIPPED = 300 };

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)

static struct id nth(uint8_t kind, unsigned i)
{
	struct id id = { .bytes = { kind, (uint8_t)(i >> 8), (uint8_t)i } };

	return id;
}

static int add_account(struct txn *t, unsigned i, unsigned person, const char *practice)
{
	struct account a = {
		.id = nth(2, i), .uid = 21000 + i, .gid = 21000 + i, .state = STATE_ACTIVE
	};
	int r = 0;

	snprintf(a.userid, sizeof a.userid, "P%u", i);
	snprintf(a.user, sizeof a.user, "p%u", i);
	snprintf(a.practice, sizeof a.practice, "%s", practice);
	if (person < PEOPLE) {
		a.identity = nth(1, person);
		r = member_add(t, &a.identity, &a.id);
	}
	return r < 0 ? r : account_save(t, &a);
}

static int add_person(struct txn *t, const struct conv *c, unsigned i)
{
	struct identity who = { .id = nth(1, i), .state = STATE_ACTIVE, .name = "P" };
	CREDENTIAL(pin);
	int r;

	snprintf(who.email, sizeof who.email, "p%u@example.org", i);
	who.pin_skipped = i >= WITH && i < WITH + SKIPPED;
	pin.len = 1;
	if ((r = identity_save(t, &who)) < 0 ||
		(i < WITH && (r = credential_put(t, c->seal, &who.id, FACTOR_PIN, &pin)) < 0))
		return r;
	return add_account(t, i, i, "stj");
}

/* 2,000 at stj, of whom 500 have a PIN; ten have a second account there, ten others one at the hill; one
 * is switched off, one has left there. And a hundred accounts of nobody's yet, at the hill. */
static int add_people(struct txn *t, void *arg)
{
	struct conv *c = arg;
	struct identity who;
	struct account a;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < PEOPLE; i++)
		r = add_person(t, c, i);
	for (unsigned i = 0; r == 0 && i < 20; i++)
		r = add_account(t, PEOPLE + i, i, i < 10 ? "stj" : "hill");
	for (unsigned i = 0; r == 0 && i < LEGACY; i++)
		r = add_account(t, PEOPLE + 20 + i, PEOPLE, "hill");
	struct id off = nth(1, PEOPLE - 1), gone = nth(2, PEOPLE - 2);
	if (r < 0 || (r = identity_load(t, &off, &who)) < 0 || (r = account_load(t, &gone, &a)) < 0)
		return r;
	who.state = STATE_DISABLED;
	a.state = STATE_LEFT;
	r = identity_save(t, &who);
	return r < 0 ? r : account_save(t, &a);
}

static void add_all(struct conv *c, void *arg)
{
	(void)arg;
	CHECK_INT(store_update(c->store, NEED_SPACE, add_people, c), 0);
}

static struct world crowd(void)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char none = 0;

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "stj", "St Johns"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	in_conversation(&w, add_all, &none, sizeof none);
	return w;
}

/* A number of the practice's object. */
static int number_of(const struct talk *t, const char *practice, const char *name)
{
	char key[64];
	char *end;

	snprintf(key, sizeof key, "{\"practice\":\"%s\"", practice);
	const char *at = strstr(t->seen, key);
	snprintf(key, sizeof key, "\"%s\":", name);
	CHECK(at && (at = strstr(at, key)));
	long n = strtol(at + strlen(key), &end, 10);
	CHECK(end != at + strlen(key));
	return (int)n;
}

TEST(two_thousand_people_are_counted_at_once)
{
	struct world w = crowd();
	struct timespec a, b;

	CHECK(parse_rollout("2026-05-01 over 10 days", &w.conf.rollout));
	clock_gettime(CLOCK_MONOTONIC, &a);
	struct talk *t = COMMAND(&w, "rollout", "--json");
	clock_gettime(CLOCK_MONOTONIC, &b);
	double s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("# %d people in %.0f ms\n", PEOPLE, 1000 * s);
	CHECK(s < 2);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(number_of(t, "stj", "people"), PEOPLE - 2);
	CHECK_INT(number_of(t, "stj", "with_pin"), WITH);
	int due = number_of(t, "stj", "due"), waiting = number_of(t, "stj", "waiting");
	CHECK_INT(due + waiting, PEOPLE - 2 - WITH);
	CHECK(due > 500 && due < 700); /* four of ten days have come */
	int skipped = number_of(t, "stj", "skipped");
	CHECK(skipped > 80 && skipped < 160);
	CHECK_INT(number_of(t, "hill", "people"), 10 + LEGACY);
	CHECK_INT(number_of(t, "hill", "with_pin"), 10);
}

TEST(without_a_roll_out_nobody_is_due_or_waits)
{
	struct world w = crowd();
	struct talk *t = COMMAND(&w, "rollout", "--practice", "stj", "--json");

	CHECK_VERDICT(GRANTED, t);
	CHECK(!strstr(t->seen, "hill"));
	CHECK_INT(number_of(t, "stj", "with_pin"), WITH);
	CHECK_INT(number_of(t, "stj", "due"), 0);
	CHECK_INT(number_of(t, "stj", "waiting"), 0);
	CHECK_HAS(COMMAND(&w, "rollout")->seen, "no roll-out");
}

TEST(a_practice_s_own_days_are_counted_there)
{
	struct world w = crowd();

	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "practice", "set", "hill", "--rollout", "2026-05-04 over 1 days",
			"--ask", "required"));
	struct talk *t = COMMAND(&w, "rollout", "--json");
	CHECK_INT(number_of(t, "stj", "due"), 0);
	CHECK_INT(number_of(t, "hill", "due"), LEGACY);
	CHECK_HAS(t->seen, "\"practice_rollout\":\"2026-05-04 over 1 days\",\"ask\":\"required\"");
}
