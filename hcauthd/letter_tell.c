/* SPDX-License-Identifier: Apache-2.0 */
#include "letter_tell.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "letter_line.h"
#include "text.h"

static void date_in_words(uint64_t unix_s, char out[64])
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(out, 64, "%A %-d %B %Y, %H:%M", &tm) == 0)
		snprintf(out, 64, "?");
}

void letter_tell(struct conv *c, const struct letter *l)
{
	char until[64], first[sizeof l->email + 64], last[512];

	date_in_words(l->until, until);
	if (*l->email)
		snprintf(first, sizeof first, LETTER_EMAIL " %s", l->email);
	else
		snprintf(first, sizeof first, LETTER_USERID "        %s", l->userid);
	snprintf(last, sizeof last, "%s", *l->email ? TEXT_LETTER_KEEP : TEXT_LETTER_ADDRESS);
	tell(c, TELL_INFO,
		"%s\n\n%s\n\n" TEXT_LETTER_READY "\n\n%s\n" LETTER_CODE "%s\n" LETTER_UNTIL
		"      %s\n\n" LETTER_STEPS "\n\n" TEXT_LETTER_STEPS "%s\n\n" TEXT_LETTER_LOST,
		l->practice, l->name, first, l->code, until,
		*l->email ? "e-mail address" : "user ID", *l->email ? l->email : l->userid,
		(unsigned)c->conf->password_length, last);
}
