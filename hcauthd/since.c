/* SPDX-License-Identifier: Apache-2.0 */
#include "since.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "conf.h"
#include "name.h"

static const struct {
	const char *name; /* an s at its end may be left out */
	uint64_t seconds;
} spans[] = { { "minutes", 60 }, { "hours", 3600 }, { "days", 86400 }, { "weeks", 7 * 86400 } };

static bool parse_span(const char *text, uint64_t now, uint64_t *out)
{
	char number[12];
	size_t digits = strspn(text, "0123456789");
	uint64_t n;

	if (digits == 0 || digits >= sizeof number || text[digits] != ' ')
		return false;
	memcpy(number, text, digits);
	number[digits] = 0;
	if (!parse_u64(number, 0, 1000000000, &n))
		return false;
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
		const char *unit = text + digits + 1;
		size_t len = strlen(spans[i].name);

		if (strcmp(unit, spans[i].name) == 0 ||
			(strlen(unit) == len - 1 && strncmp(unit, spans[i].name, len - 1) == 0)) {
			*out = n * spans[i].seconds < now ? now - n * spans[i].seconds : 0;
			return true;
		}
	}
	return false;
}

static bool parse_minute(const char *text, uint64_t *out)
{
	struct tm tm = { .tm_isdst = -1 };
	char day[11];
	const char *end;
	time_t at;
	uint64_t first;

	if (strlen(text) != 16)
		return false;
	memcpy(day, text, 10);
	day[10] = 0;
	end = strptime(text, "%Y-%m-%d %H:%M", &tm);
	if (!end || *end || !parse_day(day, &first) || (at = mktime(&tm)) <= 0)
		return false;
	*out = (uint64_t)at;
	return true;
}

bool parse_since(const char *text, uint64_t now, uint64_t *out)
{
	return parse_day(text, out) || parse_minute(text, out) || parse_span(text, now, out);
}
