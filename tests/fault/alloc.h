/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ALLOC_H
#define HCAUTH_ALLOC_H

#include <stdbool.h>

struct fault;

/* From now on in this process, f happens (FAULT_MEMORY, FAULT_NO_MEMORY), and is written into f: memory that is
 * shared with whoever wants to know. */
void alloc_fault(struct fault *f);

#endif
