/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BANNER_H
#define HCAUTH_BANNER_H

#include "conv.h"

/* For programs that hide what they ask (service setting prompts = told), as lightdm's GTK greeter does. Of
 * several messages it shows the last alone, so all that is told between two answers is one message. */

/* Keeps what is told until the next prompt. */
void banner_keep(struct conv *c, enum tell_level level, const char *text);

/* Shows what was kept, and the prompt below it, which follows. */
void banner_prompt(struct conv *c, const char *prompt);

/* What was told after the last answer: the program stays until it is read, as the session, or what the program
 * says by itself of a refusal, hides it. */
void banner_end(struct conv *c);

#endif
