/* SPDX-License-Identifier: Apache-2.0 */
#include "when.h"

#include <time.h>

static size_t put(const struct tm *tm, enum when form, char out[WHEN_TEXT])
{
	switch (form) {
	case WHEN_DAY: return strftime(out, WHEN_TEXT, "%Y-%m-%d", tm);
	case WHEN_MINUTE: return strftime(out, WHEN_TEXT, "%Y-%m-%d %H:%M", tm);
	case WHEN_CLOCK: return strftime(out, WHEN_TEXT, "%H:%M", tm);
	case WHEN_WEEKDAY: return strftime(out, WHEN_TEXT, "%a %H:%M", tm);
	case WHEN_WORDS: return strftime(out, WHEN_TEXT, "%-d %B %Y", tm);
	case WHEN_WORDS_CLOCK: return strftime(out, WHEN_TEXT, "%A %-d %B %Y, %H:%M", tm);
	}
	return 0;
}

const char *when_text(uint64_t unix_s, enum when form, char out[WHEN_TEXT])
{
	time_t at = (time_t)unix_s;
	struct tm tm;

	return localtime_r(&at, &tm) && put(&tm, form, out) ? out : "?";
}

const char *when_used(uint64_t unix_s, char out[WHEN_TEXT])
{
	return unix_s == 0 ? "not used" : when_text(unix_s, WHEN_DAY, out);
}
