/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LETTER_FILE_H
#define HCAUTH_LETTER_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The file that letters go into: FILE.txt as they are told, FILE.pdf by groff, a page each. */

struct letter_file {
	const char *path; /* as it was given */
	const char *name; /* its last part */
	char temp[NAME_MAX + 1]; /* what it is called until it is whole */
	bool pdf;
	int folder, out, text;
	unsigned n; /* letters in text */
};

/* Looks whether it can be made, before anything else is. False, and it has complained. */
bool letter_begin(struct letter_file *l, const char *path);

/* One more letter. 0 or -errno. */
int letter_add(struct letter_file *l, const char *text);

/* Makes the file, durably, of the caller's own and with mode 0600, or nothing. A letter's code is shown only
 * once: when the file can't be made, the letters go to standard output. True when there was none to make
 * or it is there. */
bool letter_end(struct letter_file *l);

/* Takes "--letter FILE" or "--letter=FILE" out of the words. 1 and *path; 0: it is not there; -1: it has no
 * file, or is there twice. */
int letter_take(const char **words, size_t *n, const char **path);

#endif
