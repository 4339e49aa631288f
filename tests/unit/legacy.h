/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LEGACY_H
#define HCAUTH_LEGACY_H

#include "world.h"

/* Somebody who signs in with a user ID: the account HC000007 of the practice stj, system user annl. */
#define ANN_ID "HC000007"
#define ANN_PASSWORD "three brown kettles"
#define ANN_PIN "48162"
#define ANN_EMAIL "ann.lee@example.org"
extern char ann_secret[64]; /* of the app */

/* Adds the practice and the account. The activation code, in a static buffer. */
const char *add_ann(struct world *w);

/* The same, signed in once, before there are any messages; then with_messages(). */
void enrol_ann(struct world *w);

/* What a practice has typed in about an account, or what is stored of a person: the record by any name of
 * theirs. Changes are written. */
void change_account(struct world *w, const char *userid, void (*fn)(struct account *));
void change_practice(struct world *w, const char *id, void (*fn)(struct practice *));
struct person stored(struct world *w, const char *name); /* known is false: nobody */

/* ann's code from the app, a minute later. */
const char *ann_code(struct world *w);

#endif
