/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_AUDIT_H
#define HCAUTH_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lockout.h"
#include "record.h"

struct conv;
struct person;
struct seal;
struct store;
struct txn;

/* What people did: who, what, where, when, by whom. A row is the record's body, its keyed hash, and the
 * chain: a keyed hash over the row before's chain and this hash. A missing, moved or changed row breaks
 * the chain; a body may be erased while its hash stays. */

enum audit_event {
	AUDIT_SIGN_IN = 1,
	AUDIT_REFUSED = 2,
	AUDIT_SESSION_OPEN = 3,
	AUDIT_SESSION_CLOSE = 4,
	AUDIT_ENROLLED = 5,
	AUDIT_CREDENTIAL_SET = 6,
	AUDIT_PRACTICE_ADDED = 7,
	AUDIT_IDENTITY_ADDED = 8,
	AUDIT_ACCOUNT_ADDED = 9,
	AUDIT_DISABLED = 10,
	AUDIT_ENABLED = 11,
	AUDIT_UNLOCKED = 12,
	AUDIT_ACTIVATION_MADE = 13,
	AUDIT_UNKNOWN_NAMES = 14, /* summed: never one row a name */
	AUDIT_PRACTICE_CHANGED = 15,
	AUDIT_IDENTITY_LIVE =
		16, /* a legacy account's person has an e-mail address of their own now */
	AUDIT_ADDRESS_CHANGED = 17, /* e-mail address or mobile number */
	AUDIT_LINKED = 18,
	AUDIT_UNLINKED = 19,
	AUDIT_CODE_SENT = 20,
	AUDIT_RECOVERED = 21, /* a forgotten PIN or password was chosen anew */
	AUDIT_INVITED = 22,
	AUDIT_REQUESTED = 23,
	AUDIT_REQUEST_CLOSED = 24,
	AUDIT_LEFT = 25,
	AUDIT_ATTESTED = 26,
	AUDIT_ERASED = 27,
	AUDIT_SHARED_LOGIN =
		28, /* signs of a login that several people use: marked, never blocked */
	AUDIT_MANAGER = 29, /* made or no more one */
	AUDIT_IMPORTED = 30,
	AUDIT_DEFAULT = 31, /* another account is the default */
	AUDIT_SESSIONS_ENDED = 32,
	AUDIT_SHIFT_ENDED = 33, /* by its person, or somebody who may */
	AUDIT_CREDENTIAL_REMOVED = 34,
	AUDIT_GLASS_MADE = 35, /* a code for a sealed envelope was made, or taken back */
	AUDIT_GLASS_BROKEN = 36, /* and used: "BREAK-GLASS" */
	AUDIT_EXPORTED = 37, /* a backup was begun */
	AUDIT_RESTORED = 38, /* this database was one */
	AUDIT_REKEYED = 39, /* machine key or recovery key are others */
	AUDIT_TRACED = 40, /* root follows somebody's sign-ins for ten minutes */
};

/* Writes a record about p (NULL: nobody) in the conversation c. detail is plain ASCII of ours. -EMSGSIZE
 * when it is too long to be read back. */
int audit(struct txn *t, const struct conv *c, const struct now *now, enum audit_event event,
	const struct person *p, const char *detail);

/* Adds one to the count of attempts on names that do not exist: one record a boot and hour at most. */
int audit_unknown(struct txn *t, const struct conv *c, const struct now *now);

/* Adds one to the count of p's sign-ins in which nothing was looked at (a wait, or a factor that is off):
 * one record an hour and side at most, since that is when anybody may try as often as they like. */
int audit_held(struct txn *t, const struct conv *c, const struct now *now, const struct person *p,
	const char *why);

enum { AUDIT_BY_MAX = SIGN_IN_NAME_MAX + 24 };

struct audit_row {
	uint64_t number, time;
	enum audit_event event;
	struct id owner;
	char who[SIGN_IN_NAME_MAX + 1]; /* the sign-in name, as text */
	char account[SIGN_IN_NAME_MAX + 1]; /* the user ID; "" where none is concerned */
	char practice[PRACTICE_ID_MAX + 1], service[32], tty[64], rhost[64], detail[200];
	char by[AUDIT_BY_MAX]; /* "root", "HC000001 (uid 20000)", or "uid 1000" for no account of ours */
	char by_practice[PRACTICE_ID_MAX + 1]; /* of that account */
	bool erased; /* then all of the above but the number is empty */
};

/* The row of that number: -ENOENT when there is none, -EUCLEAN when it is damaged. */
int audit_load(struct txn *t, uint64_t number, struct audit_row *out);

/* The row with the next number after *number (0: from the start). -ENOENT after the last. */
int audit_next(struct txn *t, uint64_t *number, struct audit_row *out);

/* What the whole audit says of itself. */
struct audit_state {
	uint64_t records;
	uint64_t broken; /* the first number at which the chain does not hold; 0: it holds */
	const char *
		what; /* how: "missing", "changed", "chain", or "end": records after the last one were taken away or put there */
	uint64_t erased; /* bodies that are empty */
	uint64_t told; /* and how many records say that they emptied */
	uint64_t signs; /* of a login that several people use */
};
int audit_check(struct txn *t, const struct seal *s, struct audit_state *out);
/* The same, for *broken alone. */
int audit_verify(struct txn *t, const struct seal *s, uint64_t *broken);

/* Empties a record's body; its hash stays, and so the chain holds. Whoever does writes AUDIT_ERASED with
 * the detail that audit_erased_detail() makes: how many. */
int audit_erase(struct txn *t, uint64_t number);
void audit_erased_detail(uint64_t n, char *out, size_t size);

/* After a commit: says each record that this process wrote by it, once. */
void audit_committed(struct store *s, void (*say)(const struct audit_row *a));

const char *audit_event_name(enum audit_event event);

#endif
