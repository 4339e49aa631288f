/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_NSSWITCH_H
#define HCAUTH_NSSWITCH_H

#include <stdbool.h>
#include <stddef.h>

/* The text of nsswitch.conf with hcauth after "files" in its lines passwd and group, to be freed. NULL: one of them
 * does not have "files", or there is no memory. What has hcauth already stays as it is. */
char *nsswitch_on(const char *text, size_t len, size_t *out_len);

/* Whether an action ("[NOTFOUND=return]", as libc reads it) ends the search for a name that the service before it does not
 * know: behind it nobody is asked. */
bool nsswitch_ends(const char *action, size_t len);

#endif
