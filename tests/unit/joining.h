/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_JOINING_H
#define HCAUTH_JOINING_H

#include "verbs.h"
#include "world.h"

/* What the tests of joining share. */

void joining_status(const char *file, int line, enum status s, const struct talk *t);
#define CHECK_STATUS(s, talk) joining_status(__FILE__, __LINE__, s, talk)

/* ada, who has signed in, manages the practice from now on. */
void make_manager(struct world *w, const char *practice);

/* The caller is ada from now on, with a second factor given just now. */
void as_ada(struct world *w);
#define AS_ADA(w, ...) COMMAND(w, __VA_ARGS__)

/* The code in the letter that was told last, in a static buffer. */
const char *letter_code(const struct talk *t);

#endif
