/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CLOCK_H
#define HCAUTH_CLOCK_H

struct now;

/* What time it is on this machine, by both clocks, and in which boot. Ends the process if the machine can't tell. */
void clock_read(struct now *out);

#endif
