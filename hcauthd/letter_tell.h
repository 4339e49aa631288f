/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LETTER_TELL_H
#define HCAUTH_LETTER_TELL_H

#include "conv.h"
#include "token.h"

/* What is in a letter to a new person. */
struct letter {
	char practice[PRACTICE_NAME_MAX + 1];
	char name[PERSON_NAME_MAX + 1];
	char userid[SIGN_IN_NAME_MAX + 1];
	char email[SIGN_IN_NAME_MAX + 1]; /* "": the person signs in with the user ID at first */
	char code[TOKEN_TEXT];
	uint64_t until; /* Unix seconds */
};

/* Tells it, as one message. */
void letter_tell(struct conv *c, const struct letter *l);

#endif
