/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SCOPE_H
#define HCAUTH_SCOPE_H

#include "flow.h"
#include "store/store.h"

struct key;
struct txn;

/* What a caller of a command may see and change. Managers: the accounts of the practices that list their
 * identity and where it has an active account; whatever else there is does not exist for them. */

/* By the peer's uid alone. */
void scope_of(struct conv *c, struct scope *out);

/* store_update() of what a manager or root changes: whoever manages nothing any more by the time of the transaction is
 * answered with -ENOENT, as what does not exist, and w->scope is what it is then. */
int scope_update(struct conv *c, const struct words *w, enum need need,
	int (*fn)(struct txn *, void *), void *arg);

/* The practice, if the caller may see it. -ENOENT else. id is as it was typed. */
int scope_practice(struct txn *t, const struct words *w, const char *id, struct practice *out);

/* The account of that user ID or system user, if the caller may see it. -ENOENT else. */
int scope_account(struct txn *t, const struct words *w, const char *name, struct account *out);

/* The person of that e-mail address, user ID or system user, with an account that the caller may see
 * and that has not left (root: any): of an address, of somebody with several, an active one before others.
 * -ENOENT when there is none, -ENOTUNIQ when two share the address whom the caller may see. */
int scope_person(struct txn *t, const struct words *w, const char *name, struct person *out);

/* Whether the identity manages the practice: it is listed, active, and has an active account there. */
bool scope_manages(struct txn *t, const struct practice *p, const struct id *identity);

/* How many of the practice's managers would be left without that one. */
size_t scope_managers_but(struct txn *t, const struct practice *p, const struct id *identity);

/* The first practice that nobody would manage without that one, if they do; "": none. */
int scope_last_of(struct txn *t, const struct id *identity, char out[PRACTICE_ID_MAX + 1]);

/* Whether the account's person is the last manager of its practice, and manages it by this account alone:
 * without it nobody would. */
bool manager_is_last(struct txn *t, const struct account *a);
#define MANAGER_LAST                                                                               \
	"That is the practice's last manager: make another first. Root may use --force."

/* The next account that the caller may see and whose person asks for the end of its link. Start with
 * at->len = 0. -ENOENT after the last. */
int unlink_next(struct txn *t, const struct words *w, struct key *at, struct account *out);

#endif
