/* SPDX-License-Identifier: Apache-2.0 */
/* The roll-out of PINs. What must hold: each identity has one day, stable and spread over those that there
 * are; from it on whoever has no PIN is asked at the workstation, and may skip it as the settings and the
 * practice say, the stricter of the two; being cut off skips nothing. */
#include "rollout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "people.h"
#include "store/store.h"
#include "text.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define ASKED "New PIN (Enter to skip for now): \n"
#define NEEDED "Please choose a PIN now"
#define LATER "You can do this at any time with: hcauth pin"

enum { PEOPLE = 2000, DAYS = 30, DAY = 86400 };

/* --- the days --- */

struct spread {
	char zone[32], first[32]; /* a day, as in hcauthd.conf */
	uint32_t days;
	unsigned due[DAYS + 1]; /* how many were, at the end of that day; the last: for good */
};

static struct id nth(unsigned i)
{
	struct id id = { .bytes = { 1, (uint8_t)(i >> 8), (uint8_t)i } };

	return id;
}

static unsigned due_at(const struct conv *c, const struct rollouts *r, time_t at)
{
	const struct now now = { .unix_s = (uint64_t)at };
	unsigned n = 0;

	for (unsigned i = 0; i < PEOPLE; i++) {
		struct id id = nth(i);

		n += rollout_due(c, &now, r, &id);
	}
	return n;
}

static time_t midnight(const struct rollout *r, int day)
{
	time_t from = (time_t)r->from;
	struct tm tm;

	CHECK(localtime_r(&from, &tm) != NULL);
	tm.tm_mday += day;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return mktime(&tm);
}

/* Nothing changes but at midnight, as the clock on the wall shows it. */
static void look_at_days(struct conv *c, void *arg)
{
	struct spread *s = arg;
	struct rollouts r = { .ask = ROLLOUT_OPTIONAL };
	char text[64];

	setenv("TZ", s->zone, 1);
	tzset();
	snprintf(text, sizeof text, "%s over %u days", s->first, (unsigned)s->days);
	CHECK(parse_rollout(text, &r.machine));
	CHECK_INT(due_at(c, &r, (time_t)r.machine.from - 1), 0);
	for (unsigned day = 0; day < s->days; day++) {
		unsigned at = due_at(c, &r, midnight(&r.machine, (int)day));

		CHECK_INT(at, due_at(c, &r, midnight(&r.machine, (int)day + 1) - 1));
		s->due[day] = at;
	}
	s->due[s->days] = due_at(c, &r, (time_t)r.machine.from + 1000 * (time_t)DAY);
}

static void check_days(const char *zone, const char *first)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct spread s = { .days = DAYS };

	snprintf(s.zone, sizeof s.zone, "%s", zone);
	snprintf(s.first, sizeof s.first, "%s", first);
	in_conversation(&w, look_at_days, &s, sizeof s);
	for (unsigned day = 0; day < DAYS; day++) {
		unsigned n = s.due[day] - (day ? s.due[day - 1] : 0);

		if (n < 40 || n > 100) /* 67 in the mean; four standard deviations */
			check_fail(__FILE__, __LINE__, "day %u: %u people", day, n);
	}
	CHECK_INT(s.due[DAYS - 1], PEOPLE);
	CHECK_INT(s.due[DAYS], PEOPLE);
}

TEST(the_days_are_spread_evenly)
{
	check_days("UTC", "2026-07-31");
}

TEST(the_days_are_the_calendar_s_where_a_clock_is_put_forward)
{
	check_days("Europe/London", "2026-03-15");
}

TEST(the_days_are_the_calendar_s_where_a_clock_is_put_back)
{
	check_days("Europe/London", "2026-10-10");
}

TEST(the_days_are_the_calendar_s_where_midnight_is_left_out)
{
	check_days("Asia/Beirut", "2026-03-15");
}

TEST(one_day_is_all_at_once)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct spread s = { .zone = "UTC", .first = "2026-07-31", .days = 1 };

	in_conversation(&w, look_at_days, &s, sizeof s);
	CHECK_INT(s.due[0], PEOPLE);
}

static void look_at_both(struct conv *c, void *arg)
{
	struct rollouts both = { 0 }, machine = { 0 }, practice = { 0 };
	unsigned *differ = arg;

	CHECK(parse_rollout("2026-05-01 over 30 days", &both.machine));
	CHECK(parse_rollout("2026-05-10 over 4 days", &both.practice));
	machine.machine = both.machine;
	practice.practice = both.practice;
	for (unsigned day = 0; day < DAYS; day++)
		for (unsigned i = 0; i < PEOPLE; i++) {
			const struct now now = { .unix_s = both.machine.from + day * DAY + 3600 };
			struct id id = nth(i);
			bool is = rollout_due(c, &now, &both, &id);

			CHECK(is ==
				(rollout_due(c, &now, &machine, &id) ||
					rollout_due(c, &now, &practice, &id)));
			*differ += is != rollout_due(c, &now, &practice, &id);
		}
}

/* A practice that begins later, in a hurry, makes nobody's day later than the machine does. */
TEST(the_earlier_of_two_days_counts)
{
	struct world w = world_at("2026-05-04 09:00:00");
	unsigned differ = 0;

	in_conversation(&w, look_at_both, &differ, sizeof differ);
	CHECK(differ > 0);
}

TEST(the_stricter_of_two_ways_counts)
{
	static const struct {
		const char *machine, *practice, *counts;
	} cases[] = { { "optional", "optional", "optional" },
		{ "optional", "required", "required" }, { "required", "optional", "required" },
		{ "nag 3 times", "nag 1 time", "nag 1 time" },
		{ "nag 3 times", "nag 5 times", "nag 3 times" },
		{ "nag 3 times", "optional", "nag 3 times" },
		{ "optional", "nag 2 times", "nag 2 times" },
		{ "nag 2 times", "required", "required" } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static struct conf conf;
		struct practice p = { .created = 1 };
		struct rollouts r;
		char text[ROLLOUT_TEXT];

		CHECK(parse_rollout_ask(cases[i].machine, &conf.rollout));
		CHECK(parse_rollout_ask(cases[i].practice, &p.rollout));
		rollout_of(&conf, &p, &r);
		CHECK_TEXT(rollout_ask_text(r.ask, r.times, text), cases[i].counts);
	}
}

/* --- at the sign-in --- */

/* ada without a PIN: no service asks for one. Her day came on the 4th of May, if there is one. */
static struct world without_pin(const char *ask)
{
	struct world w = world_at("2026-05-04 09:00:00");

	w.conf.nservices--; /* the kiosk */
	enrol_ada(&w);
	CHECK(parse_rollout("2026-05-01 over 1 days", &w.conf.rollout));
	CHECK(parse_rollout_ask(ask, &w.conf.rollout));
	return w;
}

#define LOG_IN(w, ...) log_in(w, (const char *const[]){ __VA_ARGS__, NULL })

/* With password and code, then these. */
static struct talk *log_in(struct world *w, const char *const *rest)
{
	const char *answers[12] = { ADA_PASSWORD };
	static char code[8];
	size_t n = 2;

	clock_add(w, 60);
	snprintf(code, sizeof code, "%s", app_code(w, ada_secret, 0));
	answers[1] = code;
	while (*rest)
		answers[n++] = *rest++;
	return converse(w, PURPOSE_AUTH, "login", ADA, answers);
}

static int look_ada(struct txn *t, void *arg)
{
	struct person p;
	int r = person_by_name(t, ADA, &p), *out = arg;

	out[0] = (int)p.identity.pin_skipped;
	out[1] = credential_exists(t, &p.owner, FACTOR_PIN);
	return r;
}

static int skipped(struct world *w)
{
	int seen[2] = { -1, -1 };

	CHECK_INT(in_store(w, look_ada, seen, sizeof seen), 0);
	return seen[0];
}

static bool has_pin(struct world *w)
{
	int seen[2] = { -1, -1 };

	CHECK_INT(in_store(w, look_ada, seen, sizeof seen), 0);
	return seen[1];
}

TEST(nobody_is_asked_before_their_day)
{
	struct world w = without_pin("required");

	CHECK(parse_rollout("2026-05-05 over 1 days", &w.conf.rollout));
	struct talk *t = LOG_IN(&w, ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 2);
	CHECK(parse_rollout("no", &w.conf.rollout));
	CHECK_INT(LOG_IN(&w, ADA_PIN)->asks, 2);
}

TEST(optional_is_asked_each_time_and_may_be_skipped)
{
	struct world w = without_pin("optional");

	for (int i = 1; i <= 3; i++) {
		struct talk *t = LOG_IN(&w, "");

		CHECK_VERDICT(GRANTED, t);
		CHECK_INT(t->asks, 3);
		CHECK_HAS(t->seen, ASKED);
		CHECK_HAS(t->seen, LATER);
		CHECK_INT(skipped(&w), i);
	}
	CHECK(!has_pin(&w));
}

TEST(whoever_chooses_one_is_not_asked_again)
{
	struct world w = without_pin("optional");
	struct talk *t = LOG_IN(&w, ADA_PIN, ADA_PIN);

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "Your PIN is set.");
	CHECK(has_pin(&w));
	CHECK_HAS(COMMAND(&w, "audit")->seen, "credential-set");
	CHECK_INT(LOG_IN(&w, NULL)->asks, 2);
	CHECK_INT(skipped(&w), 0);
}

TEST(a_pin_that_will_not_do_is_asked_for_again)
{
	struct world w = without_pin("optional");

	CHECK_VERDICT(GRANTED, LOG_IN(&w, "12345", "123", ADA_PIN, "73916", ADA_PIN, ADA_PIN));
	CHECK(has_pin(&w));
}

TEST(enter_skips_at_the_second_prompt_and_so_do_many_tries)
{
	struct world w = without_pin("optional");

	CHECK_VERDICT(GRANTED, LOG_IN(&w, ADA_PIN, ""));
	CHECK_INT(skipped(&w), 1);
	CHECK_VERDICT(GRANTED, LOG_IN(&w, "1", "2", "3", "4"));
	CHECK_INT(skipped(&w), 2);
	CHECK(!has_pin(&w));
}

TEST(nag_may_be_skipped_so_many_times_and_no_more)
{
	struct world w = without_pin("nag 2 times");

	struct talk *t = LOG_IN(&w, "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "You can skip this 2 more times.");
	t = LOG_IN(&w, "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "You can skip this once more");
	t = LOG_IN(&w, "", "", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, NEEDED);
	CHECK_INT(skipped(&w), 2);
	CHECK_VERDICT(GRANTED, LOG_IN(&w, ADA_PIN, ADA_PIN));
	CHECK(has_pin(&w));
}

TEST(required_takes_a_pin)
{
	struct world w = without_pin("required");

	struct talk *t = LOG_IN(&w, "", "", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, NEEDED);
	CHECK_HAS(t->seen, TEXT_PIN_NEEDED);
	CHECK_TEXT(t->outcome.ticket, "");
	CHECK_VERDICT(GRANTED, LOG_IN(&w, "", ADA_PIN, ADA_PIN));
	CHECK(has_pin(&w));
}

/* Hanging up is not skipping, and leaves nothing behind. */
TEST(who_is_cut_off_is_asked_again)
{
	struct world w = without_pin("nag 1 time");

	CHECK(LOG_IN(&w, "@hang-up")->hung_up);
	CHECK(LOG_IN(&w, ADA_PIN, "@hang-up")->hung_up);
	CHECK_INT(skipped(&w), 0);
	CHECK(!has_pin(&w));
	CHECK_HAS(LOG_IN(&w, "")->seen, "You can skip this once more");
}

TEST(who_is_switched_off_meanwhile_neither_skips_nor_chooses)
{
	struct world w = without_pin("optional");

	CHECK_VERDICT(REFUSED, LOG_IN(&w, "@disable", ""));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "enable", ADA));
	CHECK_VERDICT(REFUSED, LOG_IN(&w, ADA_PIN, "@disable", ADA_PIN));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "enable", ADA));
	CHECK(!has_pin(&w));
	CHECK_INT(skipped(&w), 0);
}

/* A PIN is the workstation's; a locker and su ask nothing besides. */
TEST(only_root_s_own_programs_ask_and_only_here)
{
	struct world w = without_pin("required");
	char code[8];

	clock_add(&w, 60);
	w.rhost = "192.0.2.7";
	struct talk *t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 2);
	w.rhost = "";
	for (unsigned i = 0; i < 2; i++) {
		clock_add(&w, 60);
		snprintf(code, sizeof code, "%s", app_code(&w, ada_secret, 0));
		w.ruid = 20000; /* as by su */
		w.peer = i ? 20000 : 0;
		t = SIGN_IN(&w, "login", "adae", ADA_PASSWORD, code);
		CHECK_VERDICT(GRANTED, t);
		CHECK_INT(t->asks, 2);
	}
}

TEST(a_practice_s_own_roll_out_counts_there_alone)
{
	struct world w = without_pin("optional");

	CHECK(parse_rollout("no", &w.conf.rollout));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "practice", "set", "hill", "--rollout", "2026-05-01 over 1 days"));
	CHECK_INT(LOG_IN(&w, NULL)->asks, 2);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "practice", "set", "stj", "--rollout", "2026-05-01 over 1 days",
			"--ask", "required"));
	CHECK_VERDICT(REFUSED, LOG_IN(&w, "", "", ""));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "practice", "set", "stj", "--rollout", "no", "--ask", "optional"));
	CHECK_INT(LOG_IN(&w, NULL)->asks, 2);
}

TEST(a_practice_makes_the_machine_s_stricter_and_never_laxer)
{
	struct world w = without_pin("nag 1 time");

	struct talk *t = COMMAND(&w, "practice", "set", "stj", "--rollout",
		"2027-05-01 over 1 days", "--ask", "nag 9 times");
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "Note: this machine has a roll-out of its own, ");
	CHECK_HAS(COMMAND(&w, "practice", "show", "stj")->seen,
		"2027-05-01 over 1 days, or the machine's day if it is earlier: ");
	t = COMMAND(&w, "practice", "set", "stj", "--rollout", "no");
	CHECK_HAS(t->seen, "It goes on");
	t = COMMAND(&w, "practice", "show", "stj");
	CHECK_HAS(t->seen, "rollout              no\n");
	CHECK_HAS(t->seen, " (the machine's)\n");
	t = COMMAND(&w, "practice", "set", "stj", "--rollout", "2020-01-01 over 1 days");
	CHECK(!strstr(t->seen, "Note:"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "practice", "set", "stj", "--rollout", "2027-05-01 over 1 days"));
	CHECK_HAS(LOG_IN(&w, "")->seen, "You can skip this once more");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--ask", "required"));
	CHECK_HAS(LOG_IN(&w, "")->seen, NEEDED);
}

TEST(a_practice_s_roll_out_is_shown_and_what_is_no_day_refused)
{
	struct world w = without_pin("optional");

	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "practice", "set", "stj", "--rollout", "2026-07-31 over 30 days",
			"--ask", "nag 3 times"));
	struct talk *t = COMMAND(&w, "practice", "show", "stj", "--json");
	CHECK_HAS(t->seen, "\"rollout\":\"2026-07-31 over 30 days\",\"ask\":\"nag 3 times\"");
	CHECK_HAS(COMMAND(&w, "practice", "list", "--json")->seen, "\"ask\":\"nag 3 times\"");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "rollout ask");
	CHECK_VERDICT(REFUSED, COMMAND(&w, "practice", "set", "stj", "--rollout", "soon"));
	CHECK_VERDICT(REFUSED, COMMAND(&w, "practice", "set", "stj", "--ask", "nag"));
	CHECK_HAS(
		COMMAND(&w, "practice", "show", "stj", "--json")->seen, "\"ask\":\"nag 3 times\"");
}

static struct talk *first_sign_in(struct world *w, const char *code)
{
	return SIGN_IN(w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes", ADA_PIN,
		ADA_PIN);
}

/* Whoever is new, whatever their own day is, once there is anybody's. */
TEST(new_people_choose_at_their_first_sign_in)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	w.conf.nservices--;
	CHECK(parse_rollout("2026-05-04 over 366 days", &w.conf.rollout));
	CHECK_VERDICT(GRANTED, first_sign_in(&w, code));
	CHECK(has_pin(&w));
}

TEST(new_people_do_not_choose_before_the_first_day)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	w.conf.nservices--;
	CHECK(parse_rollout("2026-05-05 over 366 days", &w.conf.rollout));
	CHECK_VERDICT(GRANTED, first_sign_in(&w, code));
	CHECK(!has_pin(&w));
}

TEST(new_people_with_a_finger_choose_none)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	w.have = "fingerprint";
	CHECK(parse_rollout("2026-05-04 over 366 days", &w.conf.rollout));
	CHECK_VERDICT(GRANTED, first_sign_in(&w, code));
	CHECK(!has_pin(&w));
}

/* Else they could never come in there: each sign-in asks for it. */
TEST(new_people_choose_where_the_practice_requires_a_pin)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];

	snprintf(code, sizeof code, "%s", add_ada(&w));
	w.conf.nservices--;
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--require", "pin"));
	CHECK_VERDICT(GRANTED, first_sign_in(&w, code));
	CHECK(has_pin(&w));
}

/* The sign-in that it was chosen behind has begun a shift: the PIN is good for it at once. */
TEST(the_first_pin_is_good_for_the_shift_that_has_begun)
{
	struct world w = without_pin("required");

	CHECK_VERDICT(GRANTED, LOG_IN(&w, ADA_PIN, ADA_PIN));
	for (size_t i = 0; i < w.conf.nservices; i++)
		w.conf.service[i].shift = true;
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 1);
}

/* On this device there is a finger: not even somebody who may not skip it has to choose one. */
TEST(a_finger_spares_the_choosing)
{
	struct world w = without_pin("required");

	w.have = "fingerprint";
	struct talk *t = LOG_IN(&w, NULL);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 2);
	w.have = "";
	CHECK_HAS(LOG_IN(&w, "")->seen, NEEDED);
}

/* Whoever has the envelope, and a password that they have seen, is to get no PIN of Ada's by it. */
TEST(behind_an_envelope_s_code_no_pin_is_chosen)
{
	struct world w = without_pin("required");

	w.conf.break_glass = true;
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--break-glass", "yes"));
	struct talk *t = COMMAND(&w, "break-glass", "new", "stj");
	CHECK_VERDICT(GRANTED, t);
	const char *at = strstr(t->seen, "Put into it:\n\n    ");
	char code[20];
	CHECK(at != NULL);
	snprintf(code, sizeof code, "%.19s", at + 18);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 2);
	w.conf.service[2].shift = true; /* login */
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, NULL); /* the two hours: the app is waived */
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 1);
	CHECK(!has_pin(&w));
}
