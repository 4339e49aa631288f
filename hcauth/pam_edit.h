/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PAM_EDIT_H
#define HCAUTH_PAM_EDIT_H

#include <stdbool.h>
#include <stddef.h>

/* The text of one pam.d file with hcauth's lines in it, or without. */

enum pam_edited {
	PAM_EDIT_REFUSED = 0, /* why says why; nothing was made */
	PAM_EDIT_CHANGED, /* out is the text, to be freed */
	PAM_EDIT_SAME, /* it is so already; out is a copy */
};

struct pam_edit {
	enum pam_edited result;
	char *out;
	size_t len;
	char why[400]; /* a sentence */
};

/* With hcauth in front of Debian's common-* files, for the people whom it knows; what stands there goes on for
 * everybody else. arguments: the module's, each with a space before it, or "". */
void pam_edit_on(const char *text, size_t len, const char *service, const char *arguments,
	struct pam_edit *e);

/* Without the lines that pam_edit_on() has put in, whatever else was changed since. Refused when they are not
 * as they were put in. */
void pam_edit_off(const char *text, size_t len, struct pam_edit *e);

/* Whether the text has such lines. */
bool pam_edit_has(const char *text, size_t len);

#endif
