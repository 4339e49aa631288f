/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SAVED_H
#define HCAUTH_SAVED_H

#include <stddef.h>

/* A folder as it was, and what must not be in it, nor in what is logged (standard error, a file). */

void saved_take(const char *folder);

/* Puts it back. Before, looks through all that has changed in it, and all that was logged since the last time:
 * the name of the secret that stands there, or NULL. */
const char *saved_put_back(void);

/* A secret: so many bytes. The name stays the caller's. */
void secret_add(const char *name, const void *bytes, size_t len);
/* Which one stands in those bytes; NULL: none. */
const char *secret_in(const char *bytes, size_t len);
void secret_add_text(const char *name, const char *text);
/* The same until the folder is put back. */
void secret_now(const char *name, const char *text);

#endif
