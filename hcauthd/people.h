/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PEOPLE_H
#define HCAUTH_PEOPLE_H

#include <sys/types.h>

#include "record.h"

struct seal;
struct txn;

/* Identities, accounts and practices in the store, and who a name stands for. All in a transaction;
 * 0 or -errno, -ENOENT when there is no such thing. */

/* Whoever a conversation is about. */
struct person {
	struct id
		owner; /* of credentials, counters and audit: the identity, a legacy account, or a decoy */
	bool known;
	bool has_identity, has_account;
	bool chose; /* the name was a system user's or a user ID: it selects the account */
	struct identity identity;
	struct account account; /* the selected or the default one */
};

/* By a name in normal form. -ENOENT: nobody. A linked account's user ID is nobody's name, nor is an
 * address that two people share: it picks neither. */
int person_by_name(struct txn *t, const char *name, struct person *out);
int person_by_uid(struct txn *t, uid_t uid, struct person *out);
int person_by_identity(struct txn *t, const struct id *identity, struct person *out);

/* Somebody who does not exist, with an owner out of a bounded set, so that attempts on unknown names
 * are counted and stored as those on known ones are. */
void person_decoy(const struct seal *s, const char *name, struct person *out);

/* Loads p anew. -ENOENT when it is gone or the account is another's now, -ESTALE when the identity was
 * reset since p was loaded: what p has proved in this conversation is proved no more. */
int person_refresh(struct txn *t, struct person *p);

/* The identity and the selected account are both active. An identity without an account can't sign in. */
bool person_active(const struct person *p);

int identity_load(struct txn *t, const struct id *id, struct identity *out);
int identity_save(struct txn *t, const struct identity *r);
int account_load(struct txn *t, const struct id *id, struct account *out);
int account_save(struct txn *t, const struct account *r);
/* How many accounts are active and nobody's yet: a count that account_save() keeps. */
int accounts_unowned(struct txn *t, uint64_t *n);
int practice_load(struct txn *t, const char *id, struct practice *out);
int practice_save(struct txn *t, const struct practice *r);

/* The accounts of an identity, in the order of their making: at most max; *n is set. */
enum { IDENTITY_ACCOUNTS_MAX = 64 };
int identity_accounts(
	struct txn *t, const struct id *identity, struct account *out, size_t max, size_t *n);

/* Names: -EEXIST when it stands for something already; but an address whose owner has left is free. */
int name_claim(struct txn *t, const char *name, enum name_kind kind, const struct id *id);
int uid_claim(struct txn *t, uid_t uid, const struct id *account);
/* Whether an account has the uid, or had it. */
bool uid_taken(struct txn *t, uid_t uid);
int name_find(struct txn *t, const char *name, struct name_row *out);

/* Addresses. One may be two people's where every practice of both allows it (people_shared.c). */

/* Whoever has the address: one or two. -ENOENT: nobody. */
int people_by_address(struct txn *t, const char *name, struct person out[2], size_t *n);
/* Whether somebody else has who's address, too (in doubt: yes). A code sent there proves the mailbox, and
 * not which of the two: no step for who may rest on it alone, and in a recovery it is worth nothing. */
bool address_is_shared(struct txn *t, const struct identity *who);
/* Who else has it. -ENOENT: nobody. */
int address_other(struct txn *t, const struct identity *who, struct identity *out);
/* who->email becomes who's name. -EEXIST: it stands for somebody. */
int address_claim(struct txn *t, const struct identity *who);
/* who->email is who's name no more: if two shared it, it is the other's alone. */
int address_release(struct txn *t, const struct identity *who);
/* who becomes the second whose name who->email is. -ENOENT: there is no first; -EEXIST: it is a name of
 * another kind, or there is a second; -EPERM: a practice of one of the two does not allow it. */
int address_join(struct txn *t, const struct identity *who);
/* Whether somebody with an account at that practice, and no other, could become the second of address. */
bool address_could_join(struct txn *t, const char *address, const char *practice);
/* Whether the practices of who, and of whoever shares the address with them, allow it: to be asked when
 * an account has become who's. 0, -EPERM. */
int address_allowed(struct txn *t, const struct identity *who);
/* One person by an e-mail address, or by a user ID or system user of theirs. -ENOTUNIQ: two share it. */
int identity_by_word(struct txn *t, const char *name, struct identity *out);

int member_add(struct txn *t, const struct id *identity, const struct id *account);

/* A number kept in meta; absent: fallback. */
int meta_u64(struct txn *t, const char *name, uint64_t fallback, uint64_t *out);
int meta_set_u64(struct txn *t, const char *name, uint64_t v);

/* What is published has changed: the directory's generation rises with the transaction. */
int directory_changed(struct txn *t);

/* Whether text can be the name of a person or a practice: UTF-8 without control characters, 1 to max bytes,
 * no colon and no backslash, and not what a spreadsheet would take for a formula: nothing of ours that is
 * exported to one has to be looked at twice. */
bool people_name_good(const char *text, size_t max);

/* A new random id. */
struct id id_new(void);

#endif
