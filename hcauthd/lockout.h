/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LOCKOUT_H
#define HCAUTH_LOCKOUT_H

#include <stdbool.h>
#include <stdint.h>

struct id;
struct txn;

/* Counting of failed attempts, for each owner, factor and kind of source. An attempt is counted before
 * it is evaluated, in a commit; a success takes the count away again. */

enum source { SOURCE_LOCAL = 1, SOURCE_NETWORK = 2 };

struct now {
	uint64_t unix_s;
	uint64_t boot_ms; /* CLOCK_BOOTTIME */
	uint8_t boot[16]; /* which boot */
};

enum {
	FREE_FAILURES = 5, /* then each further one waits */
	WAIT_FIRST_S = 15, /* and the wait doubles: 9 guesses in 5 minutes (Cyber Essentials: 10) */
	WAIT_MAX_S = 900,
	OFF_FAILURES = 50, /* a side; both together are the 100 of NIST SP 800-63B, 5.2.2 */
	NEVER_OFF = 1000000, /* in place of tries: waits, however often */
};

struct attempt {
	bool allowed; /* it is counted now and may be evaluated */
	bool off; /* not before the person has recovered the credential */
	uint32_t failures; /* in a row, this one among them if allowed */
	uint32_t wait_s; /* until the next attempt is allowed; 0: now */
};

/* Counts an attempt if one is allowed. A pin (tries > 0) is off after tries in a row, without waits;
 * everything else (tries 0) waits, and is off for that source after OFF_FAILURES, unless there is no other
 * way back (NEVER_OFF): then the longest wait is all. 0 or -errno. */
int lockout_count(struct txn *t, const struct id *owner, unsigned factor, enum source source,
	unsigned tries, const struct now *now, struct attempt *out);

/* The same without counting: allowed says whether an attempt would be. */
int lockout_look(struct txn *t, const struct id *owner, unsigned factor, enum source source,
	unsigned tries, const struct now *now, struct attempt *out);

/* Takes the attempt back that lockout_count() allowed at now: it was the other's of two who share an
 * address. A count that stood before stands again; waits that later attempts have led to go on. */
int lockout_uncount(struct txn *t, const struct id *owner, unsigned factor, enum source source,
	const struct now *now);

/* After a success of that very factor, or an unlock. 0 also when nothing was counted. */
int lockout_clear(struct txn *t, const struct id *owner, unsigned factor, enum source source);

/* The failures counted for from are to's from now on, waits included. */
int lockout_move(struct txn *t, const struct id *from, const struct id *to, unsigned factor,
	enum source source);

#endif
