/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ACCOUNT_NEW_H
#define HCAUTH_ACCOUNT_NEW_H

#include "audit.h"
#include "conv.h"
#include "people.h"
#include "token.h"

struct txn;

/* A new account: for "account add", invitations and imports. First the words are taken, which looks at
 * them and at the machine's own users; then, in a transaction, it is added. */

enum {
	WHY_MAX = 400,
	USERID_MAX = 64, /* bytes; it is typed, and stands in records together with others */
};

struct account_new {
	struct conv *c;
	struct account
		account; /* practice is the caller's to set before the words are taken; name, email and mobile too */
	char name[SIGN_IN_NAME_MAX + 1]; /* the user ID in normal form */
	bool pick_userid, pick_user; /* none was given: the next free one is chosen */
	bool known_groups; /* only groups that other accounts of the practice have */
	uint32_t group_gid[ACCOUNT_GROUPS_MAX]; /* a local group's; 0: one of ours */
	const char *person; /* the full name, from which a system user is chosen */
	const char *email; /* of the identity that it belongs to; "": a legacy account */
	const char
		*shared_name; /* their full name, where two share that address; NULL: not given */
	enum audit_event event; /* what its making is in the audit */
	const char *detail;
	struct now now;
	/* What came of it. */
	char code[TOKEN_TEXT]; /* a legacy account's activation code */
	char no_practice[300];
	const char *problem; /* what -ENOENT or -EEXIST is about, as manage_result() takes it */
};

/* What was typed; NULL: not given. */
struct account_words {
	const char *userid, *user, *groups;
	bool existing; /* the machine has that user already */
};

/* False, and a sentence in why, when it can't be. */
bool account_new_take(struct account_new *a, const struct account_words *words, char why[WHY_MAX]);

/* Adds it. -ENOENT and -EEXIST: see problem; -ERANGE: all uids are used up; -ENOTUNIQ: two people have that
 * address; -EPERM: which a practice of theirs does not allow. May be called again. */
int account_new_add(struct txn *t, struct account_new *a);

/* A sentence for what account_new_add() returned; for what is neither wrong nor used up, dies. */
void account_new_why(const struct account_new *a, int r, char why[WHY_MAX]);

/* The account as a person, for the audit and for messages. */
struct person account_new_person(const struct account_new *a);

#endif
