/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BENCH_RSS_H
#define HCAUTH_BENCH_RSS_H

#include <sys/types.h>

#include "client.h"

/* A conversation's process; 0 when there is none. */
pid_t talk_pid(void);

/* What the daemon takes of memory, against its bars. How many it does not keep. */
int show_memory(const struct somebody *who);

#endif
