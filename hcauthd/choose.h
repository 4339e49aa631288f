/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CHOOSE_H
#define HCAUTH_CHOOSE_H

#include "conv.h"
#include "people.h"

/* Which of one's own accounts: the list that people are shown, and the question. */

struct accounts {
	size_t n;
	struct account account[IDENTITY_ACCOUNTS_MAX];
	struct practice practice[IDENTITY_ACCOUNTS_MAX];
};

enum which {
	ACCOUNTS_ACTIVE,
	ACCOUNTS_OPEN, /* active, and their practice lets people in here, now */
	ACCOUNTS_OFF, /* switched off, and not left */
};

/* Those accounts of who's identity; of somebody without one, their only account. The one of that id
 * first, then the one last used first; the oldest first of those that nobody has used. */
void accounts_of(struct conv *c, const struct person *who, const struct id *first, enum which which,
	struct accounts *out);

/* Takes an account out of the list. */
void accounts_drop(struct accounts *a, const struct id *account);

/* Shows the list and asks; Enter takes the first. False: given up. */
bool accounts_ask(struct conv *c, const struct accounts *a, const char *prompt, size_t *chosen);

/* In a transaction: the account becomes the identity's default. -EACCES unless both are active and it is
 * theirs. */
int account_make_default(struct txn *t, const struct id *identity, const struct id *account);

#endif
