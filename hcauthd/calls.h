/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CALLS_H
#define HCAUTH_CALLS_H

/* From here on this process makes only the system calls that a conversation takes: for good, and wherever it was
 * started, under systemd or not. Wants "no new privileges" (prctl(2)). Dies where it can't be done. */
void calls_limit(void);

#endif
