/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_STAFF_H
#define HCAUTH_STAFF_H

#include "verbs.h"
#include "world.h"

/* Two practices. Ada (uid 20000, HC000001) manages stj and is enrolled; Ben manages the hill (20001, BEN);
 * Cat works at stj (20002, HC3) and at the hill (20003, CAT), Dan at stj alone (20004, HC4); Eve's account
 * at stj (20005, HC5) is nobody's yet. All e-mail addresses but Eve's are verified, and messages are sent. */
struct world staff(void);

enum { ADA_UID = 20000, BEN_UID, CAT_UID, CAT_HILL_UID, DAN_UID, EVE_UID };

/* The world as that uid sees it, in a session with a second factor given just now. */
struct world as_person(const struct world *w, unsigned uid);
struct world as_root(const struct world *w);

/* Sets Dan up with ada's password, PIN and app. */
void enrol_dan(struct world *w);

#endif
