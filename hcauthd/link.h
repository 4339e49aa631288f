/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LINK_H
#define HCAUTH_LINK_H

#include "flow.h"
#include "proof.h"

/* Linking: an account that signs in by its own user ID becomes one of a person who proves that it is
 * theirs. From that commit on it is reached through the person only; its home and data stay its own. */

/* hcauth link. */
enum status link_command(struct conv *c, const struct words *w);

/* After a full sign-in at the workstation, until it was answered once: "do you have another user ID?" False:
 * switched off or reset meanwhile, so no sign-in. */
bool link_offer(struct conv *c, struct proof *p);
/* Whether that is asked now. */
bool link_due(struct conv *c, const struct person *who);

#endif
