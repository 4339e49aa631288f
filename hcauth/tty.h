/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TTY_H
#define HCAUTH_TTY_H

#include <stdbool.h>

#include "term.h"

/* The person in front: /dev/tty when standard input is a terminal; otherwise a line of standard input
 * is an answer, and prompts go to standard error. */
struct tty {
	int in, out;
	bool screen; /* in is a terminal, whose echo can be switched off */
	bool told_error; /* an error was shown */
	char name[64]; /* without /dev/; "" when there is none */
	const char *trouble; /* why asking or telling failed; NULL when it did not */
};

void tty_open(struct tty *t);
void tty_close(struct tty *t);

/* For struct term: arg is the struct tty. On failure ->trouble is a sentence. */
int tty_ask(void *arg, const struct ask *a, struct secret *out);
int tty_tell(void *arg, const struct tell *said);

#endif
