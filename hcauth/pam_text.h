/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PAM_TEXT_H
#define HCAUTH_PAM_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The text of a pam.d file as libpam takes it apart. */

enum { PAM_LINE_ROOM = 1024 }; /* libpam's buffer up to version 1.5 */

struct pam_text {
	const char *text;
	size_t len, at;
	unsigned number; /* of the last line read */
};

enum pam_next { PAM_TEXT_END, PAM_TEXT_LINE, PAM_TEXT_LONG, PAM_TEXT_CUT };

/* The next line that says something, with those that continue it, without its comment; *number: where it
 * begins. PAM_TEXT_LONG: longer than all libpams can take, and cut. PAM_TEXT_CUT: the file ends where a line should go
 * on, which libpam takes for an error in the whole file. */
enum pam_next pam_text_next(struct pam_text *t, char out[PAM_LINE_ROOM], unsigned *number);

/* The next word, or what is between brackets; NULL: none. Starts at *next and changes what stands there. */
char *pam_word(char **next);

/* What a control says, word or brackets: an action for each of the PAM_CODES. False: libpam does not understand it,
 * and every code is a failure. */
bool pam_control(const char *text, int *action);

#endif
