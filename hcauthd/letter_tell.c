/* SPDX-License-Identifier: Apache-2.0 */
#include "letter_tell.h"

#include <stdio.h>
#include <string.h>

#include "letter_line.h"
#include "text.h"
#include "when.h"

void letter_tell(struct conv *c, const struct letter *l)
{
	char until[WHEN_TEXT], first[sizeof l->email + 64], last[512];

	if (*l->email)
		snprintf(first, sizeof first, LETTER_EMAIL " %s", l->email);
	else
		snprintf(first, sizeof first, LETTER_USERID "        %s", l->userid);
	snprintf(last, sizeof last, "%s", *l->email ? TEXT_LETTER_KEEP : TEXT_LETTER_ADDRESS);
	tell(c, TELL_INFO,
		"%s\n\n%s\n\n" TEXT_LETTER_READY "\n\n%s\n" LETTER_CODE "%s\n" LETTER_UNTIL
		"      %s\n\n" LETTER_STEPS "\n\n" TEXT_LETTER_STEPS "%s\n\n" TEXT_LETTER_LOST,
		l->practice, l->name, first, l->code, when_text(l->until, WHEN_WORDS_CLOCK, until),
		*l->email ? "e-mail address" : "user ID", *l->email ? l->email : l->userid,
		(unsigned)c->conf->password_length, last);
}
