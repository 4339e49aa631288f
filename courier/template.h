/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEMPLATE_H
#define HCAUTH_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

struct message;

/* Templates: conf/templates/LANGUAGE/NAME.txt for e-mail (first line "Subject: ...", then an empty one, then
 * the text) and NAME.sms for a text message, in UTF-8. {name}, {practice}, {code}, {what} and {minutes}
 * stand for what the message has; a subject may have {practice} and {code} only. */

enum { TEMPLATE_MAX = 8192, FILLED_MAX = 16384 };

struct filled {
	char subject[512]; /* "" for a text message */
	char text[FILLED_MAX];
};

/* The file's text, from the first of the folders (up to NULL) that has it in the language; if none has, in
 * English. Whoever could write to it must be root, as for the settings. NULL, or what is wrong, which is also
 * said in the log. */
const char *template_load(const char *const *folders, const char *language, const struct message *m,
	char out[TEMPLATE_MAX]);

/* NULL and *out, or what is wrong. Nothing that a value holds ends a line or is hidden. */
const char *template_fill(const char *template, const struct message *m, struct filled *out);

#endif
