/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: hours are taken whole or not at all; what is not understood is never open. What counts
 * is the clock on the wall: an hour that comes twice in autumn is open twice, one that spring leaves out
 * is not missed. */
#include "hours.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "name.h"

enum { RANGES_MAX = 32, MINUTES = 24 * 60, SHOWN = 48 };

static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

struct range {
	unsigned first, last; /* days, both open */
	unsigned from, to; /* minutes; to <= from: until then on the next day */
};

/* A piece of the text, which need not end where a string does. */
struct piece {
	const char *p;
	size_t len;
};

static struct piece trimmed(struct piece s)
{
	while (s.len > 0 && s.p[0] == ' ')
		s.p++, s.len--;
	while (s.len > 0 && s.p[s.len - 1] == ' ')
		s.len--;
	return s;
}

/* Cuts s at the first of that character. False when there is none. */
static bool cut(struct piece s, char at, struct piece *left, struct piece *right)
{
	const char *c = memchr(s.p, at, s.len);

	if (!c)
		return false;
	*left = trimmed((struct piece){ s.p, (size_t)(c - s.p) });
	*right = trimmed((struct piece){ c + 1, s.len - (size_t)(c - s.p) - 1 });
	return true;
}

static bool day_of(struct piece s, unsigned *out)
{
	for (unsigned i = 0; i < 7; i++)
		if (s.len == 3 && strncasecmp(s.p, days[i], 3) == 0) {
			*out = i;
			return true;
		}
	return false;
}

static bool number_of(struct piece s, unsigned max, unsigned *out)
{
	char text[4];
	uint64_t v;

	if (s.len == 0 || s.len > 2)
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = 0;
	if (!parse_u64(text, 0, max, &v))
		return false;
	*out = (unsigned)v;
	return true;
}

/* "7:30", "07:30", "24:00". */
static bool time_of(struct piece s, unsigned *out)
{
	struct piece hour, minute;
	unsigned h, m;

	if (!cut(s, ':', &hour, &minute) || minute.len != 2 || !number_of(hour, 24, &h) ||
		!number_of(minute, 59, &m) || h * 60 + m > MINUTES)
		return false;
	*out = h * 60 + m;
	return true;
}

static bool wrong(char error[HOURS_ERROR_MAX], struct piece s, const char *what)
{
	char text[SHOWN], shown[SHOWN + 8];

	snprintf(text, sizeof text, "%.*s", (int)s.len, s.p);
	snprintf(error, HOURS_ERROR_MAX, "\"%s\" %s", visible(text, shown, sizeof shown), what);
	return false;
}

/* "Mon-Fri 07:30-19:00" */
static bool range_of(struct piece s, struct range *out, char error[HOURS_ERROR_MAX])
{
	struct piece day, time, first, last, from, to;
	struct range v;

	s = trimmed(s);
	if (!cut(s, ' ', &day, &time))
		return wrong(
			error, s, "is not days and hours: write them as \"Mon-Fri 07:30-19:00\".");
	if (!cut(day, '-', &first, &last))
		first = last = day;
	if (!day_of(first, &v.first))
		return wrong(error, first, "is no day: write Mon, Tue, Wed, Thu, Fri, Sat or Sun.");
	if (!day_of(last, &v.last))
		return wrong(error, last, "is no day: write Mon, Tue, Wed, Thu, Fri, Sat or Sun.");
	if (!cut(time, '-', &from, &to))
		return wrong(error, time, "does not say from when until when, as 07:30-19:00.");
	if (!time_of(from, &v.from) || v.from == MINUTES)
		return wrong(error, from, "is no time: write 00:00 to 23:59.");
	if (!time_of(to, &v.to))
		return wrong(error, to, "is no time: write 00:00 to 24:00.");
	if (v.from == v.to)
		return wrong(
			error, time, "begins when it ends: for a whole day write 00:00-24:00.");
	*out = v;
	return true;
}

static bool ranges_of(
	const char *text, struct range out[RANGES_MAX], size_t *n, char error[HOURS_ERROR_MAX])
{
	struct piece rest = { text, strlen(text) }, one;

	for (*n = 0; *n < RANGES_MAX; (*n)++) {
		bool more = cut(rest, ',', &one, &rest);

		if (!range_of(more ? one : rest, &out[*n], error))
			return false;
		if (!more) {
			(*n)++;
			return true;
		}
	}
	snprintf(error, HOURS_ERROR_MAX, "There are more than %d pieces in that.", RANGES_MAX);
	return false;
}

bool hours_normal(const char *text, char out[PRACTICE_HOURS_MAX + 1], char error[HOURS_ERROR_MAX])
{
	struct range range[RANGES_MAX];
	char made[RANGES_MAX * 24];
	size_t n, at = 0;

	if (strcmp(text, "always") == 0) {
		out[0] = 0;
		return true;
	}
	if (!ranges_of(text, range, &n, error))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct range *r = &range[i];

		at += (size_t)snprintf(
			made + at, sizeof made - at, "%s%s", i ? ", " : "", days[r->first]);
		if (r->last != r->first)
			at += (size_t)snprintf(made + at, sizeof made - at, "-%s", days[r->last]);
		at += (size_t)snprintf(made + at, sizeof made - at, " %02u:%02u-%02u:%02u",
			r->from / 60, r->from % 60, r->to / 60, r->to % 60);
	}
	if (at > PRACTICE_HOURS_MAX) {
		snprintf(error, HOURS_ERROR_MAX, "That is longer than %d characters.",
			PRACTICE_HOURS_MAX);
		return false;
	}
	memcpy(out, made, at + 1);
	return true;
}

static bool has_day(const struct range *r, unsigned day)
{
	return (day + 7 - r->first) % 7 <= (r->last + 7 - r->first) % 7;
}

static bool holds(const struct range *r, unsigned day, unsigned minute)
{
	if (r->from < r->to)
		return has_day(r, day) && minute >= r->from && minute < r->to;
	return (has_day(r, day) && minute >= r->from) ||
		(has_day(r, (day + 6) % 7) && minute < r->to);
}

bool hours_open(const char *hours, uint64_t unix_s)
{
	struct range range[RANGES_MAX];
	char error[HOURS_ERROR_MAX];
	time_t at = (time_t)unix_s;
	struct tm tm;
	size_t n;

	if (!*hours)
		return true;
	tzset();
	if (!localtime_r(&at, &tm) || !ranges_of(hours, range, &n, error))
		return false;
	for (size_t i = 0; i < n; i++)
		if (holds(&range[i], (unsigned)tm.tm_wday, (unsigned)(tm.tm_hour * 60 + tm.tm_min)))
			return true;
	return false;
}
