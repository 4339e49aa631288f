/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_STORE_H
#define HCAUTH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The store: tables of keys and values, in one durable environment. Nothing outside store/ knows what
 * keeps them. All functions return 0 or -errno; -ENOENT means that there is no such row. */

enum table {
	TABLE_META = 'm',
	TABLE_IDENTITY = 'i', /* identity id -> record */
	TABLE_ACCOUNT = 'a', /* account id -> record */
	TABLE_PRACTICE = 'p', /* practice id -> record */
	TABLE_NAME = 'n', /* sign-in name in normal form -> what it stands for */
	TABLE_MEMBER = 'x', /* identity id + account id -> nothing: whose accounts */
	TABLE_CREDENTIAL = 'c', /* owner id + factor -> sealed record */
	TABLE_LOCKOUT = 'l', /* owner id + factor + source -> counter */
	TABLE_SESSION = 's',
	TABLE_TICKET = 't',
	TABLE_AUDIT = 'u', /* number_key() -> record */
	TABLE_CODE = 'k', /* owner id + purpose + source (+ place) -> a code sent (or how many) */
	TABLE_OUTBOX = 'o', /* number_key() -> sealed message */
	TABLE_REQUEST = 'q', /* practice, 0, number_key() -> somebody asks for a login */
	TABLE_RECOVERY = 'f', /* owner id + source -> how far a recovery has come */
	TABLE_FRESH = 'h', /* identity id + session -> when a second factor was last given there */
	TABLE_ENDING = 'e', /* uid -> its sessions are to be ended by root's hand */
	TABLE_SHIFT = 'w', /* owner id -> a full sign-in here, after which a PIN is enough */
	TABLE_YUBIKEY = 'y', /* public id -> sealed secrets of a key that is nobody's yet */
	TABLE_SSH_KEY = 'b', /* owner id + hash of the key -> an ssh key */
	TABLE_GLASS = 'z', /* practice -> a keyed hash of the code in its envelope */
	TABLE_GLASS_OPEN = 'v', /* owner id -> until when that person is in by one */
};

enum { KEY_MAX = 400, VALUE_MAX = 65536 };

enum { STORE_SCHEMA = 1 }; /* what the tables and their rows are */

struct bytes {
	const void *p; /* valid until the transaction's next write or its end */
	size_t len;
};

struct key {
	size_t len;
	uint8_t bytes[KEY_MAX];
};

struct store;
struct txn;

/* Makes the folder's empty store. -EEXIST when there is one. The folder (0700) exists already. */
int store_create(const char *folder);

/* Opens the store in folder, which must be a real folder, 0700, of the caller's own user (-EPERM else).
 * -ENOENT when there is no store: it is never made here. -EUCLEAN when it is damaged or foreign,
 * -ENOTSUP when it is of a newer schema, and stays as it is. -EBUSY when its lock file was taken away while others have it open: until they end.
 * Serialised with all other openers; ends the process by SIGALRM if that takes more than 10 s; the
 * caller's own alarm goes on. One store a process (-EALREADY); never across a fork. A file that is cut
 * short afterwards ends the process by SIGBUS. */
int store_open(const char *folder, struct store **out);

void store_close(struct store *s);

/* Runs fn(txn, arg) in one write transaction and commits it, durably, if fn returns 0. Else nothing is
 * written and fn's result is returned. fn may be run again, so it has no effect but on the transaction
 * and arg. -ENOSPC when less than 1 MiB is free and need is not NEED_ALWAYS, or the disk is full. After
 * -EIO or -EUCLEAN this process writes no more: each further update is -EIO. */
enum need { NEED_SPACE, NEED_ALWAYS /* counters, spends and their audit */ };
int store_update(struct store *s, enum need need, int (*fn)(struct txn *, void *), void *arg);

/* The same for reading only: one consistent state. */
int store_read(struct store *s, int (*fn)(struct txn *, void *), void *arg);

int txn_get(struct txn *t, enum table table, const void *key, size_t len, struct bytes *out);
int txn_put(struct txn *t, enum table table, const void *key, size_t len, const void *value,
	size_t vlen);
int txn_del(struct txn *t, enum table table, const void *key,
	size_t len); /* -ENOENT if it is not there */

/* Walks the rows of a table whose keys begin with prefix, in order. Start with at->len = 0; each call
 * moves to the next row and sets *at and *value. -ENOENT after the last. Writing in between is allowed. */
int txn_next(struct txn *t, enum table table, const void *prefix, size_t plen, struct key *at,
	struct bytes *value);

/* The key of a numbered row: in network order, so that rows stand in the order of their making. */
enum { NUMBER_KEY = 8 };
void number_key(uint64_t number, uint8_t out[NUMBER_KEY]);

/* Moves to the row with the next number after *number (0: from the start). -ENOENT after the last. */
int txn_next_number(struct txn *t, enum table table, uint64_t *number, struct bytes *value);

/* From now on, fn(arg) after each commit of this process, before store_update() returns; the lock is free
 * then, so that fn may read. NULL: nothing. */
void store_on_commit(struct store *s, void (*fn)(void *arg), void *arg);

/* The number of the last committed transaction; rises with each update. */
uint64_t store_serial(struct store *s);

#endif
