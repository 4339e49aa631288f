/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CODE_H
#define HCAUTH_CODE_H

#include "message.h"

/* Codes that are sent to people: 6 digits, for one person, purpose and place, so that one stays good when
 * the connection drops and the person comes back in time. They prove an address or a number, or stand for
 * one channel of a recovery; of them, only that of a sign-in is a factor of a rule. Each wrong one counts: 3 make
 * the code worthless, and they lead to the waits of lockout.h, which only a right one ends. The others are never off: the way back, and
 * what a practice asks of somebody who has signed in, can't be taken from them by guessing. Those of a
 * recovery, which anybody may begin, are counted apart (FACTOR_CODE_RECOVER). */

enum code_purpose {
	CODE_EMAIL = 1, /* an e-mail address is theirs */
	CODE_MOBILE = 2, /* a number is */
	CODE_RECOVER_EMAIL = 3, /* the first channel of a recovery */
	CODE_RECOVER_SMS = 4, /* the second */
	CODE_ENROL =
		5, /* never sent: what is left of one that has proved an address (code_pass_on()) */
	CODE_SIGN_IN = 6, /* the second factor of a sign-in, at that service and terminal */
};

enum {
	CODE_DIGITS = 6,
	CODE_EMAIL_S = 900, /* how long one is good */
	CODE_SMS_S = 300,
	CODE_TRIES = 3,
	CODE_SENDS = 3, /* in any 15 minutes, for each owner, purpose and place */
	CODE_WINDOW_S = 900,
	CODE_SENDS_DAY = 10, /* in a day, for each owner, purpose and side, wherever they go */
	CODE_PLACES = 8, /* that may have one at a time */
};

/* What a code is for and where it goes. */
struct code_for {
	const struct person *p; /* whose counters; a decoy: nothing is sent, all else is the same */
	enum code_purpose purpose;
	const char
		*to; /* an address or number in normal form; "": nothing is sent, nothing matches */
	const char *template;
	struct secret *other; /* unless NULL, an answer with an @ is no code: it is put here */
	bool taken; /* the address is somebody else's: they are told so, and no code is sent */
};

enum code_sent {
	CODE_NOT_SENT = 0, /* nor is an earlier one good */
	CODE_SENT,
	CODE_STILL_GOOD, /* an earlier one is */
};

/* Sends a code, in one commit, unless one to that place is still good or too many were sent. again: a new
 * one in any case (until too many). */
enum code_sent code_send(struct conv *c, const struct code_for *f, bool again);

/* Asks for the code until it is right, the person gives up (an empty answer twice), or it is worthless. An
 * empty answer has another sent, as often as may be. f->other ends the asking, too, and is not counted: only
 * where a secret was proved. True when it is right: then code_spend() may be called
 * in this conversation or, at this place and in time, in the next one after the same question. */
bool code_ask(struct conv *c, const struct code_for *f, const char *prompt);

/* In the transaction that does what the code is for: takes it away. -EACCES when there is none that was
 * typed right, to that very place, in time. */
int code_spend(
	struct txn *t, const struct conv *c, const struct now *now, const struct code_for *f);

/* The same, but what it proves is used once more later in this conversation: by code_spend() of CODE_ENROL,
 * for the person whose owner id is to from this transaction on. */
int code_pass_on(struct txn *t, const struct conv *c, const struct now *now,
	const struct code_for *f, const struct id *to);

/* Of CODE_SIGN_IN, in the closing transaction of that sign-in, for whom an attempt is counted already:
 * compares text. *right: it is spent, and what it took does not count as one of the day's. */
int code_compare(struct txn *t, const struct conv *c, const struct now *now,
	const struct code_for *f, const char *text, bool *right);

/* Takes away any code of p for that purpose, on both sides and at all places: what it was for has changed. */
int code_withdraw(struct txn *t, const struct id *owner, enum code_purpose purpose);

/* Whether a code to that place is still good here: was it sent, and is the person to be asked for it. */
bool code_pending(struct conv *c, const struct code_for *f);

#endif
