/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ENABLE_H
#define HCAUTH_ENABLE_H

#include <stdbool.h>

/* What "enable" and "disable" share. Functions that return bool have complained when it is false. */

/* One at a time. A descriptor that holds the lock; -1 with a complaint. */
int enable_lock(void);

/* Whether it can be the name of a file in pam.d. */
bool is_service(const char *name);

#endif
