/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LETTER_LINE_H
#define HCAUTH_LETTER_LINE_H

#include <stdbool.h>
#include <string.h>

/* A letter to a new person, as hcauth-talk tells it and hcauth prints it: one message of plain text, whose
 * first line is the practice, and where lines that begin with these words, or with a digit and a dot, are
 * what they say. No name holds a line's end, so that nobody's can be taken for one of them. */

#define LETTER_USERID "User ID: "
#define LETTER_EMAIL "E-mail address: "
#define LETTER_CODE "Activation code: "
#define LETTER_UNTIL "Use it by: "
#define LETTER_STEPS "What to do"

/* The same in Welsh (po/cy.po): hcauth-talk knows the machine's language, hcauth does not. */
#define LETTER_USERID_CY "ID defnyddiwr: "
#define LETTER_EMAIL_CY "Cyfeiriad e-bost: "
#define LETTER_CODE_CY "Cod actifadu: "
#define LETTER_UNTIL_CY "Defnyddiwch erbyn: "
#define LETTER_STEPS_CY "Beth i'w wneud"

static inline bool is_letter(const char *text)
{
	return strstr(text, "\n" LETTER_CODE) || strstr(text, "\n" LETTER_CODE_CY);
}

#endif
