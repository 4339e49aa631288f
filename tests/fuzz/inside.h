/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_FUZZ_INSIDE_H
#define HCAUTH_FUZZ_INSIDE_H

#include "fuzz.h"
#include "wire.h"
#include "world.h"

/* Conversations of hcauth-talk (hcauthd/talk.c itself, from HELLO to VERDICT) inside the process of a target,
 * thousands a second. Each begins as a new process would: what is static is as it was at the start, what it
 * had open or allocated goes when it ends, by exit or not. An input's commits are children of one
 * transaction of LMDB's, which is never committed: the next input has the world as it was made. */

/* The person or program at the other end. */
struct peer {
	uid_t uid;
	struct hello hello;
	const char *const *args;
	size_t nargs;
	/* The answer as a packet; 0: hangs up. */
	size_t (*answer)(void *arg, const struct ask *a, uint8_t out[WIRE_MAX]);
	void (*tell)(void *arg, const struct tell *t);
	void *arg;
};

struct said {
	bool verdict; /* one came */
	enum verdict result;
	uint8_t status;
	unsigned commits;
	bool failed; /* a call was made to fail */
};

/* Calls that can be made to fail: what libc and the store's library say then is what they may say. */
enum call {
	CALL_NONE,
	CALL_MEMORY, /* malloc, calloc, realloc, strdup */
	CALL_OPEN, /* open, openat, fopen */
	CALL_READ, /* read, pread */
	CALL_LOCK, /* fcntl, flock */
	CALL_RECV,
	CALL_SEND,
	CALL_POLL,
	CALL_BEGIN, /* of a transaction */
	CALL_GET,
	CALL_PUT,
	CALL_DEL,
	CALL_CURSOR,
	CALL_RESERVE, /* the store's: the disk is full */
	CALL_COMMIT, /* nothing is written: no room (pwrite) */
	CALL_SYNC, /* it is written, and fdatasync fails: nobody knows */
	CALL_KILLED, /* it is written, and the process is killed */
	CALLS,
};

/* Makes the world, by make(); its store is opened here. */
void inside_make(struct world (*make)(void));
struct world *inside_world(void);

/* An input's beginning and end. */
void inside_begin(void);
void inside_end(void);

/* The nth (from 0) of those calls of the next conversation fails, once. */
void inside_fail(enum call call, unsigned n);

void inside_talk(const struct peer *peer, struct said *out);

/* Runs fn in a transaction of the input's, which only reads. */
int inside_read(int (*fn)(struct txn *, void *), void *arg);

#endif
