/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_FRESH_H
#define HCAUTH_FRESH_H

#include "flow.h"
#include "kernel_session.h"

struct txn;

/* A manager changes somebody with a second factor given a short time ago, in the same kernel session: who
 * finds their terminal unattended can look, and no more. */

enum { FRESH_MS = 300000 };

/* True for root; for others when a second factor was given here within FRESH_MS, or is given now. */
bool fresh_proved(struct conv *c, const struct words *w);

/* In the transaction that checks the factor: it was given now, in that session. Drops rows that are over. */
int fresh_write(struct txn *t, const struct now *now, const struct identity *who,
	const struct kernel_session *where);

#endif
