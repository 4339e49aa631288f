/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BENCH_PAM_H
#define HCAUTH_BENCH_PAM_H

/* A stack of our module alone: in /etc/pam.d of a private host. */
void pam_make_stack(void);

/* Milliseconds; answered: from the last answer to the verdict. */
struct pam_times {
	double auth, answered, account, session;
};
struct pam_times pam_sign_in(const char *name, const char *password, const char *code);

#endif
