/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CONV_H
#define HCAUTH_CONV_H

#include <security/pam_modules.h>
#include <stdbool.h>

#include "wire.h"

/* The person at the other end of the program's conversation function. */
struct conv {
	pam_handle_t *pamh;
	bool mute; /* this phase asks nothing */
	bool silent; /* PAM_SILENT: nor does it tell anything */
	bool reuse; /* the first password comes from an earlier module (use_first_pass, try_first_pass) */
	bool reuse_only; /* and from nowhere else (use_first_pass) */
	int reuse_item; /* PAM_AUTHTOK, or PAM_OLDAUTHTOK where a password is changed */
	struct secret password; /* the last password answered, "" if that was empty */
	struct secret fresh; /* the last new password */
};

/* Callbacks of struct term; arg is a struct conv. -ECANCELED when the program's conversation failed,
 * -E2BIG for an answer that is too long, -ENOKEY when use_first_pass finds no password, -EPROTO for a
 * question in a phase that has none. */
int conv_ask(void *arg, const struct ask *a, struct secret *out);
int conv_tell(void *arg, const struct tell *t);

#endif
