/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LIMITS_H
#define HCAUTH_LIMITS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How many conversations may run: in all on each socket, and for each uid on the user socket. A uid
 * whose conversations crash or time out waits between two of them. Times are boot_ms(). */

enum which {
	ROOT_SOCKET = 0,
	USER_SOCKET = 1,
	SOCKETS = 2,
	ON_ERRAND = 2, /* through the user socket, with places apart: errand.h */
	DOORS = 3,
};

enum {
	ROOT_PLACES = 128,
	USER_PLACES = 64,
	UID_PLACES = 8, /* of the user socket's: one uid can't crowd out the others */
	ERRAND_PLACES = 8,
	ERRAND_UID_PLACES = 4,
	SLOWED_MAX = 64, /* uids remembered */
	SLOW_MAX_S = 60,
	TALK_TIMED_OUT = 112, /* hcauth-talk's exit status when a time limit has passed */
};

struct conversation {
	pid_t pid;
	uid_t uid;
	enum which from;
};

struct slowed {
	uid_t uid;
	uint32_t seconds; /* the last wait; 0: this row is free */
	int64_t until;
};

struct limits {
	size_t n, used[DOORS];
	struct conversation conversation[ROOT_PLACES + USER_PLACES + ERRAND_PLACES];
	struct slowed slowed[SLOWED_MAX];
};

/* NULL when uid may begin a conversation; else why not. */
const char *limits_object(const struct limits *l, enum which from, uid_t uid, int64_t now);

/* Counts a conversation that limits_object() had nothing against. */
void limits_begin(struct limits *l, enum which from, uid_t uid, pid_t pid);

/* Counts the end of the conversation pid, with its wait status, and returns it; .pid is -1 when there is
 * none such. */
struct conversation limits_end(struct limits *l, pid_t pid, int status, int64_t now);

#endif
