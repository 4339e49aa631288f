/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_USERID_H
#define HCAUTH_USERID_H

#include "people.h"

struct now;
struct store;

/* The user ID with which somebody signs in while their account gets an identity. From that commit on it is
 * nobody's name, and signs nobody in; but the program that they sign in with knows them by it until their
 * session is open, and looks it up in the directory. So the directory goes on knowing it for so long, and
 * so do the account and session phases, which let nobody in by themselves. */

/* In the transaction in which the account gets its identity. */
int userid_keep(struct txn *t, const struct id *account, const struct now *now);

/* Its session is open: not much longer. */
int userid_opened(struct txn *t, const struct id *account, const struct now *now);

/* Whether the directory still has it. */
bool userid_kept(struct txn *t, const struct id *account);

/* As person_by_name(), and by such a user ID. */
int userid_person(struct txn *t, const struct now *now, const char *name, struct person *out);

/* Ends those whose time is over: at the start of each conversation, before the directory is published. */
int userid_expire(struct store *s, const struct now *now);

#endif
