/* SPDX-License-Identifier: Apache-2.0 */
#include "when.h"
#include "text.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static void put_words(const struct tm *tm, bool clock, char out[WHEN_TEXT])
{
	const char *const months[] = TEXT_MONTHS;
	const char *const days[] = TEXT_WEEKDAYS;
	const char *month = months[tm->tm_mon];
	unsigned day = (unsigned)tm->tm_mday, year = (unsigned)tm->tm_year + 1900;

	if (clock)
		snprintf(out, WHEN_TEXT, TEXT_DAY_CLOCK, days[tm->tm_wday], day, month, year,
			(unsigned)tm->tm_hour, (unsigned)tm->tm_min);
	else
		snprintf(out, WHEN_TEXT, TEXT_DAY, day, month, year);
}

static void put(const struct tm *tm, enum when form, char out[WHEN_TEXT])
{
	const char *const days[] = TEXT_WEEKDAYS_SHORT;

	switch (form) {
	case WHEN_DAY: (void)strftime(out, WHEN_TEXT, "%Y-%m-%d", tm); break;
	case WHEN_MINUTE: (void)strftime(out, WHEN_TEXT, "%Y-%m-%d %H:%M", tm); break;
	case WHEN_CLOCK: (void)strftime(out, WHEN_TEXT, "%H:%M", tm); break;
	case WHEN_WEEKDAY:
		snprintf(out, WHEN_TEXT, "%s %02u:%02u", days[tm->tm_wday], (unsigned)tm->tm_hour,
			(unsigned)tm->tm_min);
		break;
	case WHEN_WORDS: put_words(tm, false, out); break;
	case WHEN_WORDS_CLOCK: put_words(tm, true, out); break;
	}
}

const char *when_text(uint64_t unix_s, enum when form, char out[WHEN_TEXT])
{
	time_t at = (time_t)unix_s;
	struct tm tm;

	if (!localtime_r(&at, &tm))
		return "?";
	put(&tm, form, out);
	return out;
}

const char *when_used(uint64_t unix_s, char out[WHEN_TEXT])
{
	return unix_s == 0 ? TEXT_NOT_USED : when_text(unix_s, WHEN_DAY, out);
}
