/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours. What must hold: the clock on the wall counts, whatever the time zone does that day; what
 * is not understood is refused with its reason, and never open. */
#include "hours.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of a time in UTC. */
static bool open_at(const char *hours, const char *time)
{
	struct tm tm = { .tm_isdst = 0 };

	CHECK(strptime(time, "%Y-%m-%d %H:%M:%S", &tm) != NULL);
	return hours_open(hours, (uint64_t)timegm(&tm));
}

static void in_zone(const char *zone)
{
	CHECK_INT(setenv("TZ", zone, 1), 0);
}

static const char *normal(const char *text)
{
	static char out[PRACTICE_HOURS_MAX + 1];
	char error[HOURS_ERROR_MAX];

	if (!hours_normal(text, out, error))
		check_fail(__FILE__, __LINE__, "%s: %s", text, error);
	return out;
}

TEST(hours_open_and_close_to_the_minute)
{
	const char *week = normal("Mon-Fri 07:30-19:00, Sat 08:00-12:00");

	in_zone("UTC");
	CHECK(!open_at(week, "2026-05-04 07:29:59")); /* a Monday */
	CHECK(open_at(week, "2026-05-04 07:30:00"));
	CHECK(open_at(week, "2026-05-04 18:59:59"));
	CHECK(!open_at(week, "2026-05-04 19:00:00"));
	CHECK(open_at(week, "2026-05-08 12:00:00"));
	CHECK(open_at(week, "2026-05-09 11:59:59"));
	CHECK(!open_at(week, "2026-05-09 12:00:00"));
	CHECK(!open_at(week, "2026-05-10 09:00:00"));
	CHECK(open_at("", "2026-05-10 03:00:00"));
}

TEST(hours_may_go_past_midnight_and_round_the_week)
{
	in_zone("UTC");
	CHECK(open_at("Fri 22:00-02:00", "2026-05-08 23:00:00"));
	CHECK(open_at("Fri 22:00-02:00", "2026-05-09 01:59:59"));
	CHECK(!open_at("Fri 22:00-02:00", "2026-05-09 02:00:00"));
	CHECK(!open_at("Fri 22:00-02:00", "2026-05-08 01:00:00"));
	CHECK(open_at("Sat 22:00-02:00", "2026-05-10 01:00:00")); /* on Sunday, day 0 */
	CHECK(open_at("Sat-Mon 09:00-10:00", "2026-05-09 09:00:00"));
	CHECK(open_at("Sat-Mon 09:00-10:00", "2026-05-10 09:00:00"));
	CHECK(open_at("Sat-Mon 09:00-10:00", "2026-05-11 09:00:00"));
	CHECK(!open_at("Sat-Mon 09:00-10:00", "2026-05-12 09:00:00"));
	CHECK(!open_at("Sat-Mon 09:00-10:00", "2026-05-08 09:00:00"));
	CHECK(open_at("Mon-Sun 00:00-24:00", "2026-05-08 23:59:59"));
	CHECK(open_at("Tue 08:00-12:00, Tue 13:00-18:00", "2026-05-05 13:00:00"));
	CHECK(!open_at("Tue 08:00-12:00, Tue 13:00-18:00", "2026-05-05 12:30:00"));
}

TEST(hours_follow_the_clock_on_the_wall)
{
	in_zone("GMT0BST,M3.5.0/1,M10.5.0");
	CHECK(!open_at("Mon 09:00-10:00", "2026-05-04 07:59:59")); /* summer: an hour before UTC */
	CHECK(open_at("Mon 09:00-10:00", "2026-05-04 08:00:00"));
	CHECK(open_at("Mon 09:00-10:00", "2026-01-05 09:00:00"));
	/* 2026-03-29: 00:59:59 is followed by 02:00:00 */
	CHECK(!open_at("Sun 01:30-02:30", "2026-03-29 00:59:59"));
	CHECK(open_at("Sun 01:30-02:30", "2026-03-29 01:00:00"));
	CHECK(!open_at("Sun 01:30-02:30", "2026-03-29 01:30:00"));
	/* 2026-10-25: 01:59:59 is followed by 01:00:00 */
	CHECK(open_at("Sun 01:00-01:30", "2026-10-25 00:15:00"));
	CHECK(!open_at("Sun 01:00-01:30", "2026-10-25 00:45:00"));
	CHECK(open_at("Sun 01:00-01:30", "2026-10-25 01:15:00"));
	CHECK(!open_at("Sun 01:00-01:30", "2026-10-25 01:30:00"));
	in_zone("IST-5:30");
	CHECK(open_at("Tue 00:00-01:00", "2026-05-04 18:30:00"));
	CHECK(!open_at("Tue 00:00-01:00", "2026-05-04 19:30:00"));
}

TEST(hours_have_one_form)
{
	CHECK_TEXT(normal("always"), "");
	CHECK_TEXT(normal("mon-FRI  7:30 - 19:00 ,sat 8:00-12:00"),
		"Mon-Fri 07:30-19:00, Sat 08:00-12:00");
	CHECK_TEXT(normal(" Sun 00:00-24:00 "), "Sun 00:00-24:00");
	CHECK_TEXT(normal("Mon-Mon 09:00-10:00"), "Mon 09:00-10:00");
}

TEST(hours_that_are_not_understood_say_why_and_are_never_open)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "days and hours" },
		{ "Always", "days and hours" },
		{ "Mon", "days and hours" },
		{ "Mon-Fri", "\"Mon-Fri\" is not days and hours" },
		{ "Monday 09:00-10:00", "\"Monday\" is no day" },
		{ "Mon-Fry 09:00-10:00", "\"Fry\" is no day" },
		{ "09:00-10:00 Mon", "\"09:00\" is no day" },
		{ "Mon 09:00", "\"09:00\" does not say from when until when" },
		{ "Mon 9-10", "\"9\" is no time" },
		{ "Mon 09:00-24:01", "\"24:01\" is no time" },
		{ "Mon 24:00-10:00", "\"24:00\" is no time" },
		{ "Mon 09:60-10:00", "\"09:60\" is no time" },
		{ "Mon 09:0-10:00", "\"09:0\" is no time" },
		{ "Mon -9:00-10:00", "\"\" is no time" },
		{ "Mon 09:00-09:00", "begins when it ends" },
		{ "Mon 09:00-10:00,", "days and hours" },
		{ "Mon 09:00-10:00; Tue 09:00-10:00", "\"10:00; Tue 09:00-10:00\" is no time" },
		{ "Mon\t09:00-10:00", "days and hours" },
		{ "Mon \x1b[2J09:00-10:00", "\"\\x1b[2J09:00\" is no time" },
	};
	char out[PRACTICE_HOURS_MAX + 1] = "untouched", error[HOURS_ERROR_MAX];

	in_zone("UTC");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK(!hours_normal(bad[i].text, out, error));
		CHECK_HAS(error, bad[i].why);
		CHECK_TEXT(out, "untouched");
		CHECK(!*bad[i].text || !hours_open(bad[i].text, 1777885200));
	}
}

/* The same range n times. */
static const char *ranges(unsigned n)
{
	static char text[1024];
	size_t len = 0;

	for (unsigned i = 0; i < n; i++) {
		len += (size_t)snprintf(
			text + len, sizeof text - len, "%sMon 09:00-10:00", i > 0 ? ", " : "");
		CHECK(len < sizeof text);
	}
	return text;
}

TEST(hours_longer_than_they_may_be_are_refused)
{
	char out[PRACTICE_HOURS_MAX + 1], error[HOURS_ERROR_MAX];

	CHECK_INT(strlen(normal(ranges(9))), 151);
	CHECK(!hours_normal(ranges(10), out, error));
	CHECK_HAS(error, "longer than 160");
	CHECK(!hours_normal(ranges(50), out, error));
	CHECK_HAS(error, "more than 32");
}
