/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the two addresses are the only things that people had a say in, and they are what
 * name_normal() leaves; a subject is one line whatever is in it. */
#include "letter.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "message.h"
#include "name.h"

bool letter_address(const char *address)
{
	char normal[SIGN_IN_NAME_MAX + 1];

	return name_normal(address, normal) && strcmp(normal, address) == 0 &&
		name_is_email(address);
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void put_base64(FILE *f, const char *text, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < len ? (unsigned char)text[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			putc(i + k > len ? '=' : digits[v >> (18 - 6 * k) & 63], f);
	}
}

/* As it is, or in encoded words (RFC 2047, 2), none of which cuts a character. */
static void put_subject(FILE *f, const char *text)
{
	enum { WORD = 45 }; /* bytes: 60 in base64, 72 with what stands round them */

	if (is_ascii(text)) {
		fprintf(f, "Subject: %s\n", text);
		return;
	}
	fprintf(f, "Subject:");
	while (*text) {
		size_t len = strnlen(text, WORD);

		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
		if (len == 0) /* not UTF-8: template_fill() lets none through */
			len = strnlen(text, WORD);
		fprintf(f, " =?UTF-8?B?");
		put_base64(f, text, len);
		fprintf(f, "?=\n");
		text += len;
	}
}

/* RFC 5322, 3.3, in UTC; in no locale, for this program never sets one. */
static void put_date(FILE *f, uint64_t at)
{
	time_t t = (time_t)at;
	char text[64] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	fprintf(f, "Date: %s\n", text);
}

bool letter_write(
	const char *from, const struct queued *q, const struct filled *f, char out[LETTER_MAX])
{
	if (!letter_address(from) || !letter_address(q->message.to))
		return false;

	FILE *to = fmemopen(out, LETTER_MAX, "w");
	if (!to)
		return false;
	setbuf(to, NULL); /* no copy of a code in a buffer that nobody wipes */
	fprintf(to, "From: %s\nTo: %s\n", from, q->message.to);
	put_subject(to, f->subject);
	put_date(to, q->made);
	fprintf(to, "Message-ID: <hcauth.%llu.%llu@%s>\n", (unsigned long long)q->made,
		(unsigned long long)q->number, strchr(from, '@') + 1);
	fprintf(to,
		"MIME-Version: 1.0\n"
		"Content-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: 8bit\n"
		"Auto-Submitted: auto-generated\n\n%s\n",
		f->text);
	long len = ftell(to);
	bool whole = !ferror(to) && len > 0 && len < LETTER_MAX;
	return fclose(to) == 0 && whole;
}
