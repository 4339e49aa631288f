/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_WIPE_H
#define HCAUTH_WIPE_H

#include <stddef.h>
#include <string.h>

enum { ANSWER_MAX = 512 }; /* bytes in an answer, without its final NUL */

/* What a person typed, or any other short secret: always followed by a NUL. Declare it with SECRET(),
 * which wipes it on every way out of the block. */
struct secret {
	size_t len;
	char text[ANSWER_MAX + 1];
};

static inline void wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

static inline void secret_wipe(struct secret *s)
{
	wipe(s, sizeof *s);
}

#define SECRET(name) struct secret name __attribute__((cleanup(secret_wipe))) = { .len = 0 }

#endif
