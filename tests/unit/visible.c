/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches a terminal or a log of what others chose: letters of any language, nothing that acts. */
#include <string.h>

#include "check.h"
#include "log.h"

static const char *shown(const char *text)
{
	static char buf[256];

	return visible(text, buf, sizeof buf);
}

TEST(visible_leaves_names_as_they_are)
{
	CHECK_TEXT(shown("Zoë O'Neill-Жукова 山田 🏥 عمر"), "Zoë O'Neill-Жукова 山田 🏥 عمر");
}

TEST(ad15_visible_escapes_what_acts_on_a_terminal_or_hides)
{
	static const char *const acts[] = { "\x1b[2J", "\r", "\n", "\x7f", "\xc2\x9b", "\xc2\xad",
		"\xd8\x9c", "\xe2\x80\x8b", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xae",
		"\xe2\x81\xa0", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xef\xbb\xbf", "\xef\xbf\xb9",
		"\xf3\xa0\x81\x81", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x80",
		"\xff" };

	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		CHECK(strncmp(shown(acts[i]), "\\x", 2) == 0);
		for (const char *p = shown(acts[i]); *p; p++)
			CHECK(*p > ' ' && *p < 0x7f);
	}
}

TEST(visible_cuts_between_characters)
{
	char buf[12];

	CHECK_TEXT(visible("ééééééééé", buf, sizeof buf), "éééé...");
	CHECK_TEXT(visible("\xe2\x81\xa6 and more", buf, sizeof buf), "\\xe2\\x81...");
}
