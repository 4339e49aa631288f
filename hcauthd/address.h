/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ADDRESS_H
#define HCAUTH_ADDRESS_H

#include "conv.h"
#include "people.h"

/* E-mail addresses as what people sign in with: each is one person's own. */

/* The normal form of text as somebody's own address. False when it can't be that, and said why: it is no
 * address, or a desk's (conf/role-addresses). */
bool address_own(struct conv *c, const char *text, char email[SIGN_IN_NAME_MAX + 1]);

/* The same, with the sentence in why. */
enum { ADDRESS_WHY_MAX = 512 };
bool address_can_be(const struct conv *c, const char *text, char email[SIGN_IN_NAME_MAX + 1],
	char why[ADDRESS_WHY_MAX]);

/* Whether email may be the address of who (NULL: of somebody who has none yet): 0, or -EEXIST when it is
 * somebody else's. The one place where that is decided. */
int address_may_be(struct txn *t, const char *email, const struct identity *who);

/* email, which may be who's, becomes the name of who, and theirs before (if they have one) is nobody's.
 * Sets who->email; the caller saves who. (If it is shared, it stays the other's.) */
int address_take(struct txn *t, struct identity *who, const char *email);

#endif
