/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PICK_H
#define HCAUTH_PICK_H

#include "record.h"

struct txn;

enum { PICK_PRACTICE_MAX = 16 }; /* of a practice's ID in a system user's name */

/* Names for those whom nobody has named. In a transaction; 0 or -errno. */

/* The practice's next free user ID: its own ID in capitals and four digits or more, "STJ0042". userid: as
 * it is shown; name: its normal form. */
int pick_userid(struct txn *t, const char *practice, char userid[SIGN_IN_NAME_MAX + 1],
	char name[SIGN_IN_NAME_MAX + 1]);

/* A free system user for a person's name: the first letter, the surname, "-" and the practice, "jdoe-stj";
 * numbered when that is taken, "jdoe2-stj". */
int pick_user(
	struct txn *t, const char *person, const char *practice, char user[USER_NAME_MAX + 1]);

/* Whether it might have been picked so for that practice: it ends in "-stj". */
bool is_user_of(const char *user, const char *practice);

/* The ASCII letters and digits of a name in UTF-8, small, without accents; everything else is left out. At
 * most max bytes. Returns how many. */
size_t pick_fold(const char *text, size_t len, char *out, size_t max);

#endif
