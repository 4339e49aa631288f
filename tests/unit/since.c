/* SPDX-License-Identifier: Apache-2.0 */
#include "since.h"

#include <stdlib.h>
#include <time.h>

#include "check.h"

enum { NOW = 1777885200 /* 2026-05-04 09:00:00 UTC */ };

TEST(a_time_in_the_past_is_a_day_a_minute_or_a_span)
{
	uint64_t at = 1;

	CHECK_INT(setenv("TZ", "UTC", 1), 0);
	tzset();
	CHECK(parse_since("2026-05-04", NOW, &at));
	CHECK_INT(at, NOW - 9 * 3600);
	CHECK(parse_since("2026-05-04 08:59", NOW, &at));
	CHECK_INT(at, NOW - 60);
	CHECK(parse_since("2 hours", NOW, &at));
	CHECK_INT(at, NOW - 7200);
	CHECK(parse_since("1 hour", NOW, &at));
	CHECK_INT(at, NOW - 3600);
	CHECK(parse_since("90 minutes", NOW, &at));
	CHECK_INT(at, NOW - 5400);
	CHECK(parse_since("3 days", NOW, &at));
	CHECK_INT(at, NOW - 3 * 86400);
	CHECK(parse_since("2 weeks", NOW, &at));
	CHECK_INT(at, NOW - 14 * 86400);
	CHECK(parse_since("1000000 weeks", NOW, &at));
	CHECK_INT(at, 0);
}

TEST(what_is_no_time_in_the_past_is_refused)
{
	static const char *const bad[] = { "", "yesterday", "2026-13-01", "2026-02-30", "2026-5-4",
		"2026-05-04 24:01", "2026-05-04 08:60", "2026-05-04T08:59", "2 hourses", "2hours",
		"-2 hours", "two hours", " 2 hours", "2 hours ", "hours", "2 ",
		"99999999999999999999 hours", "2 hou" };
	uint64_t at = 7;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse_since(bad[i], NOW, &at))
			check_fail(__FILE__, __LINE__, "\"%s\" was taken", bad[i]);
}
