/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LOOK_H
#define HCAUTH_LOOK_H

#include "message.h"

/* Exit statuses of a process that looks. */
enum { LOOK_DONE = 0, LOOK_MORE = 1, LOOK_FAILED = 2 };

/* Fetches what is due on a channel and sends it. Ends early, with nothing half done, on SIGTERM. */
int look(const char *settings, enum channel channel);

#endif
