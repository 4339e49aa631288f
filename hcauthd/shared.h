/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SHARED_H
#define HCAUTH_SHARED_H

#include "proof.h"

/* Two people with one e-mail address (people_shared.c). */

/* Whether two have the address that was typed, and it may pick one here: at the workstation, in one of
 * root's programs that goes by the name the module leaves, where a password comes first. Everywhere else
 * it is nobody's name. */
bool shared_people(struct conv *c, const char *name, struct person two[2]);

/* Tries an answer as the password of both: counted against both in one commit (at *when), and computed
 * for both. Into p->given[0] and p->tried; which of p->two it is, or -1. */
int shared_try(struct conv *c, struct proof *p, const struct secret *answer, struct now *when);

/* Takes back what was counted against p at when: it was the other who signed in. */
void shared_take_back(struct conv *c, const struct person *p, const struct now *when);

/* Who else has p's address, while p chooses a password. */
struct rival {
	bool known;
	struct person who;
	uint64_t generation; /* of their password; 0: none */
	uint64_t own; /* of p's, when it is shared_join() that needs it */
};

enum shared_password { SHARED_UNKNOWN = 0, SHARED_FREE, SHARED_TAKEN };

/* Whether text can be p's password: not if it is that of who shares the address with them. A guess at that
 * one, and counted as such. Says so if it is taken, or (unknown) if it can not be tried now. */
enum shared_password shared_password(
	struct conv *c, const struct person *p, const struct secret *text, struct rival *out);

/* In the transaction that writes p's password: nothing has changed since. -EAGAIN if it has. */
int rival_same(
	struct txn *t, const struct conv *c, const struct person *p, const struct rival *rival);

/* Before p, who has a password, becomes the second of address, which somebody else has: they type it once
 * more, as it must not be the other's. A guess at that one, too. False, and said: not so. */
bool shared_offer(struct conv *c, const struct person *p, const char *address, struct rival *out);

/* In the transaction that makes who of the legacy account owner, before its credentials move: who becomes
 * the second of who->email. As address_join(); -EAGAIN when a password has changed since shared_offer(). */
int shared_join(struct txn *t, const struct conv *c, const struct now *now,
	const struct identity *who, const struct id *owner, const struct rival *rival);

/* In the transaction that has let another share who's address: the mailbox is told. */
int shared_begun(
	struct txn *t, const struct conv *c, const struct now *now, const struct identity *who);

#endif
