/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PWCRYPT_H
#define HCAUTH_PWCRYPT_H

#include <stdbool.h>
#include <stddef.h>

/* Password hashes of crypt(5), as /etc/shadow has them: taken over, and replaced by Argon2id when their
 * person first signs in. */

enum { CRYPT_TEXT = 200 }; /* bytes of one, with its NUL: the longest that is taken has 141 */

/* What keeps hash from being taken, as a clause without any of it; NULL: nothing. What it allows takes a
 * second and 128 MiB at most: to be asked again before each computation. */
const char *pwcrypt_problem(const char *hash);

/* Whether text is what hash was made of. 0: no; -errno: it can't be computed. */
int pwcrypt_matches(const char *hash, const char *text);

#endif
