/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RECOVER_WORLD_H
#define HCAUTH_RECOVER_WORLD_H

#include "check.h"
#include "world.h"

/* What the cases of the recovery share. */

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define NEW_PASSWORD "nine loud badgers"
#define NEW_PIN "82604"
#define FORGOTTEN "", "", "yes" /* to the prompt, to it again, and to the question */

/* ada, enrolled, with a verified e-mail address and mobile number, in a world that can send. */
#define ADA_MOBILE "+441632960001"
struct world ada_with_channels(void);

/* How many messages were queued on that channel (at most 8). */
unsigned messages(struct world *w, enum channel channel);

/* The last message on each channel tells ada that what was changed. */
void told_by_both(struct world *w, const char *what);

#endif
