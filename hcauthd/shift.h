/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SHIFT_H
#define HCAUTH_SHIFT_H

#include "conv.h"

struct txn;

/* A shift: for some hours after a full sign-in at this workstation, and as long as that session is open, a
 * PIN is enough for su from one account of the same person to another. */

/* What a sign-in's steps are: the service's, or the PIN alone for su within a shift. */
const struct service *shift_service(struct conv *c);

/* What a shift rests on: the owner's password and PIN as they are now, so that it ends when either is
 * chosen anew or reset. All zero, which is nothing, for whoever lacks one. */
int shift_basis(struct txn *t, const struct conv *c, const struct id *owner, uint8_t out[16]);

#endif
