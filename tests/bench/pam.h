/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BENCH_PAM_H
#define HCAUTH_BENCH_PAM_H

#include <stdbool.h>

/* A stack of our module alone: in /etc/pam.d of a private host. */
void pam_make_stack(void);

/* Milliseconds; answered: from the last answer to the verdict; all: from pam_start to pam_end. */
struct pam_times {
	double auth, answered, account, session, all;
};

/* The password answers the first prompt, the code the second. Without a password it is hung up at the first prompt, and
 * the account phase asked for all the same. */
struct pam_way {
	const char *service, *name, *password, *code;
	bool session; /* after the account phase, opened and closed */
};

/* From pam_start to pam_end, from the network. What PAM says; *text is of PAM's own, and valid for good. */
int pam_go(const struct pam_way *w, struct pam_times *t, const char **text);

/* Of that stack, and it must succeed. */
struct pam_times pam_sign_in(const char *name, const char *password, const char *code);

#endif
