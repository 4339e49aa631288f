/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BENCH_YARD_H
#define HCAUTH_BENCH_YARD_H

/* What a sign-in can not do without, to measure others by: one Argon2id computation, and two durable commits, of one table
 * and of three, in a store in which each table has pages of its own, on the disk of the daemon's; by a
 * process that does each for the first time, as a conversation does. */

struct yard {
	double argon2_ms, commits_ms;
};

void yard_open(void);
struct yard yard_measure(void);
void yard_close(void); /* and removes what it has made */

#endif
