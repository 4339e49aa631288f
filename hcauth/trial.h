/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TRIAL_H
#define HCAUTH_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

/* Services of PAM tried in copies of pam.d, before the real one is touched. Functions that return bool have
 * complained when it is false. */

/* Makes both copies: one where the service is as it was, one where it is as it is to be. */
bool trial_make(const char *service, const char *before, size_t before_len, const char *after,
	size_t after_len);

/* Whether root is asked in the copy what root was asked before, and a stranger is refused; says what they are
 * asked. */
bool trial_check(const char *service);

/* The same of the real pam.d, and without a word when all is well. */
bool trial_check_real(const char *service);

/* Lets somebody sign in by the copy, at this terminal; true also if they do without. */
bool trial_person(const char *service);

void trial_drop(void);

#endif
