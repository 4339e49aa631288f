/* SPDX-License-Identifier: Apache-2.0 */
/* One write a line, so that lines of several processes never mix; no buffer that could keep a secret.
 * What must hold: no byte that another person chose reaches the log unless it went through visible();
 * nobody waits for the log: when whoever reads it has stopped, lines are lost and sign-ins go on. */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 1024, EXIT_SYSTEM = 111 };

static struct {
	void (*fn)(void *arg, const char *line);
	void *arg;
} also;

void log_also(void (*fn)(void *arg, const char *line), void *arg)
{
	also.fn = fn;
	also.arg = arg;
}

__attribute__((format(printf, 2, 0))) static void line(int level, const char *format, va_list ap)
{
	char text[LINE];
	int why = errno; /* for %m */
	int head = isatty(STDERR_FILENO)
		? snprintf(text, sizeof text, "%s: ", program_invocation_short_name)
		: snprintf(text, sizeof text, "<%d>%s[%d]: ", level, program_invocation_short_name,
			  (int)getpid());
	errno = why;
	int body = vsnprintf(text + head, sizeof text - (size_t)head - 1, format, ap);
	size_t len = (size_t)head + (body < 0 ? 0 : (size_t)body);

	if (also.fn && body > 0)
		also.fn(also.arg, text + head);
	if (len > sizeof text - 2)
		len = sizeof text - 2;
	text[len] = '\n';

	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	if (poll(&p, 1, 0) == 0)
		return;
	if (write(STDERR_FILENO, text, len + 1) < 0)
		return; /* nowhere to say so */
}

void log_err(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line(3, format, ap);
	va_end(ap);
}

void log_warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line(4, format, ap);
	va_end(ap);
}

void log_info(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line(6, format, ap);
	va_end(ap);
}

void die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line(3, format, ap);
	va_end(ap);
	_exit(EXIT_SYSTEM);
}

/* Bytes of the well-formed UTF-8 character (RFC 3629) at p that may be shown; 0 when there is none. */
static size_t character(const unsigned char *p)
{
	static const struct {
		unsigned char low, high, next_low, next_high;
		size_t len;
	} forms[] = { { 0x20, 0x7e, 0, 0, 1 }, { 0xc2, 0xc2, 0xa0, 0xbf, 2 },
		{ 0xc3, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 } };
	static const struct {
		char start[4];
		size_t len;
		unsigned char low, high;
	} hidden[] = {
		{ "\xc2", 1, 0xad, 0xad }, /* soft hyphen */
		{ "\xd8", 1, 0x9c, 0x9c }, /* Arabic letter mark */
		{ "\xe2\x80", 2, 0x8b,
			0x8f }, /* zero width, left-to-right and right-to-left marks */
		{ "\xe2\x80", 2, 0xa8,
			0xae }, /* line and paragraph separators, embeddings, overrides */
		{ "\xe2\x81", 2, 0xa0, 0xaf }, /* word joiner, isolates */
		{ "\xef\xbb", 2, 0xbf, 0xbf }, /* byte order mark */
		{ "\xef\xbf", 2, 0xb9,
			0xbf }, /* interlinear annotations, replacement, noncharacters */
		{ "\xf3\xa0", 2, 0x80, 0x87 }, /* tags, more variation selectors */
	};

	/* Invisible characters, line separators, changes of direction (embeddings and isolates alike). */
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (memcmp(p, hidden[i].start, hidden[i].len) == 0 &&
			p[hidden[i].len] >= hidden[i].low && p[hidden[i].len] <= hidden[i].high)
			return 0;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (p[0] < forms[i].low || p[0] > forms[i].high)
			continue;
		if (forms[i].len > 1 && (p[1] < forms[i].next_low || p[1] > forms[i].next_high))
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}

const char *visible(const char *text, char *buf, size_t size)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t at = 0;

	while (*p) {
		size_t n = character(p);
		size_t need = n ? n : 4;

		if (at + need + 4 > size) { /* room for the dots and the NUL */
			memcpy(buf + at, "...", 4);
			return buf;
		}
		if (n)
			memcpy(buf + at, p, n);
		else
			snprintf(buf + at, 5, "\\x%02x", *p);
		at += need;
		p += n ? n : 1;
	}
	buf[at] = 0;
	return buf;
}
