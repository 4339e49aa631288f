/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BENCH_INSIDE_H
#define HCAUTH_BENCH_INSIDE_H

#include <stdint.h>

/* What stands in the daemon's store: a child that is the daemon's user looks, and has it open only then. */

void inside_start(void); /* before this process opens a store */

/* The number of the last commit, once every conversation has ended. */
uint64_t inside_serial(void);

/* The code of the last text message, which waits in the outbox. */
void inside_code(char out[32]);

#endif
