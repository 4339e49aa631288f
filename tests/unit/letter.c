/* SPDX-License-Identifier: Apache-2.0 */
/* The e-mail as sendmail gets it. What must hold: the headers are these and no others, whatever is in a
 * message; one that is sent twice is the same. */
#include "letter.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "message.h"

static struct queued queued_to(const char *to)
{
	struct queued q = { .number = 7, .made = 1777885200 }; /* 2026-05-04 09:00:00 */

	snprintf(q.message.to, sizeof q.message.to, "%s", to);
	return q;
}

TEST(letter_is_what_sendmail_takes)
{
	struct queued q = queued_to("ann@example.org");
	static struct filled f = { .subject = "Hello", .text = "One\nTwo" };
	static char out[LETTER_MAX];

	CHECK(letter_write("signin@practice.example", &q, &f, out));
	CHECK_TEXT(out,
		"From: signin@practice.example\n"
		"To: ann@example.org\n"
		"Subject: Hello\n"
		"Date: Mon, 04 May 2026 09:00:00 +0000\n"
		"Message-ID: <hcauth.1777885200.7@practice.example>\n"
		"MIME-Version: 1.0\n"
		"Content-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: 8bit\n"
		"Auto-Submitted: auto-generated\n"
		"\n"
		"One\nTwo\n");
}

TEST(letter_subject_is_encoded_by_whole_characters)
{
	struct queued q = queued_to("ann@example.org");
	static struct filled f = { .text = "x" };
	static char out[LETTER_MAX];

	/* RFC 4648's vectors, by way of what is not ASCII: e9 is c3 a9 */
	memcpy(f.subject, "\xc3\xa9", 3);
	CHECK(letter_write("a@b.example", &q, &f, out));
	CHECK_HAS(out, "\nSubject: =?UTF-8?B?w6k=?=\nDate: ");
	memcpy(f.subject, "\xc3\xa9g", 4);
	CHECK(letter_write("a@b.example", &q, &f, out));
	CHECK_HAS(out, "\nSubject: =?UTF-8?B?w6ln?=\nDate: ");
	memcpy(f.subject, "\xc3\xa9gg", 5);
	CHECK(letter_write("a@b.example", &q, &f, out));
	CHECK_HAS(out, "\nSubject: =?UTF-8?B?w6lnZw==?=\nDate: ");

	memset(f.subject, 'a', 44); /* the 45th byte would cut the character */
	memcpy(f.subject + 44, "\xc3\xa9", 3);
	CHECK(letter_write("a@b.example", &q, &f, out));
	CHECK_HAS(out, "YWE=?=\n =?UTF-8?B?w6k=?=\nDate: ");
	for (const char *line = strstr(out, "Subject"); strncmp(line, "Date", 4) != 0;
		line = strchr(line, '\n') + 1)
		CHECK(strcspn(line, "\n") <= 84);
}

TEST(letter_goes_to_one_good_address)
{
	static const char *const bad[] = { "", "ann", "ann@example.org\nBcc: eve@example.org",
		"Ann@example.org", "a@b@c", "-t@example.org", "ann@example.org,eve@example.org",
		"ann @example.org", "\"ann\"@example.org", "ann@example.org\r", "<ann@example.org>",
		"ann@example.org:x" };
	static struct filled f = { .subject = "Hello", .text = "x" };
	static char out[LETTER_MAX];

	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct queued q = queued_to(bad[i]);

		CHECK(!letter_address(bad[i]));
		CHECK(!letter_write("a@b.example", &q, &f, out));
		q = queued_to("ann@example.org");
		CHECK(!letter_write(bad[i], &q, &f, out));
	}
	CHECK(letter_address("ann+x@example.org"));
}
