/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_EACH_H
#define HCAUTH_EACH_H

#include <stdbool.h>

/* A function that is run until nothing is left to go wrong in it: each call of the kernel that it makes fails in each
 * way, then each allocation, then each and all after it. */

enum { EACH_UNTOLD = -1000 }; /* the result of a process that ended by itself */

/* In the process of each run, before anything goes wrong. NULL: nothing. */
extern void (*each_prepare)(void);

/* Called by act() where the allocations begin that may fail. */
void each_begins(void);

/* judge() has the result of each run, and whether something went wrong in it. */
void each(const char *name, int (*act)(void), void (*judge)(int result, bool fired));

#endif
