/* SPDX-License-Identifier: Apache-2.0 */
#include "letter_tell.h"

#include <stdio.h>
#include <string.h>

#include "text.h"
#include "when.h"

void letter_tell(struct conv *c, const struct letter *l)
{
	char until[WHEN_TEXT], who[SIGN_IN_NAME_MAX + 64], steps[1200];
	const char *name = *l->email ? l->email : l->userid;

	if (*l->email)
		snprintf(who, sizeof who, "%s %s", TEXT_LETTER_EMAIL_LABEL, l->email);
	else
		snprintf(who, sizeof who, "%s        %s", TEXT_LETTER_USERID_LABEL, l->userid);
	snprintf(steps, sizeof steps, TEXT_LETTER_STEPS,
		*l->email ? TEXT_LETTER_BY_EMAIL : TEXT_LETTER_BY_USERID, name,
		(unsigned)c->conf->password_length);
	tell(c, TELL_INFO, "%s\n\n%s\n\n%s\n\n%s\n%s%s\n%s      %s\n\n%s\n\n%s%s\n\n%s",
		l->practice, l->name, TEXT_LETTER_READY, who, TEXT_LETTER_CODE_LABEL, l->code,
		TEXT_LETTER_UNTIL_LABEL, when_text(l->until, WHEN_WORDS_CLOCK, until),
		TEXT_LETTER_STEPS_TITLE, steps, *l->email ? TEXT_LETTER_KEEP : TEXT_LETTER_ADDRESS,
		TEXT_LETTER_LOST);
}
