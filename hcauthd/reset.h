/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RESET_H
#define HCAUTH_RESET_H

#include "flow.h"

struct txn;

/* A practice's reset: a code goes to the person's own address, and nothing else changes until it is
 * typed. So a manager can neither lock anybody out nor learn anything. */

/* account reset. */
enum status account_reset(struct conv *c, const struct words *w);

/* The reset code was typed. In one commit: what p signed in with until now goes, and the code stands for
 * an activation code. p is as after the commit. False: switched off or changed meanwhile. */
bool reset_begin(struct conv *c, struct person *p);

/* Takes away what an owner signs in with, and the waits that it led to. */
int reset_credentials(struct txn *t, const struct id *owner);

#endif
