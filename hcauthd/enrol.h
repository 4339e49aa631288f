/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ENROL_H
#define HCAUTH_ENROL_H

#include "proof.h"

/* Choosing and showing credentials, each committed before the next is begun, so that whoever is cut off
 * goes on there. False: given up (or the person was switched off meanwhile); nothing more was written. */

bool enrol_password(struct conv *c, const struct person *p);
bool enrol_pin(struct conv *c, const struct person *p);
/* Where nobody goes on without one: says what it is for. */
bool enrol_needed_pin(struct conv *c, const struct person *p);
/* again: a new secret in place of one in use, which goes on working until a code of the new is confirmed. */
bool enrol_totp(struct conv *c, const struct person *p, bool again);
bool enrol_codes(struct conv *c, const struct person *p);

/* After a full sign-in of somebody who was cut off before the recovery codes were kept: goes on there. False: given up, switched off or reset: no sign-in. */
bool flow_rest(struct conv *c, const struct person *p);
/* Whether there is anything to go on with. */
bool flow_rest_due(struct conv *c, const struct person *p);

/* A print of an owner's activation code, and of how far anybody has gone by it. */
int enrol_print(struct txn *t, const struct conv *c, const struct id *owner, uint8_t out[32]);

/* Whether p's activation code is still the one of that print: a new letter and a reset make another
 * (-ESTALE), and somebody else may have gone on by it meanwhile (-EAGAIN). */
int enrol_look(
	struct txn *t, const struct conv *c, const struct person *p, const uint8_t print[32]);

/* The first sign-in, behind an activation code: whatever is missing, in order. Sets p->enrolled. */
void flow_first(struct conv *c, struct proof *p);

#endif
