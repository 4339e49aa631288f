/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_KILL_TALK_H
#define HCAUTH_KILL_TALK_H

#include "client.h"

/* What kill_talk has started, and what it was told of it. Each conversation has a ticket of its own, which
 * it gives as its terminal, so that it stands in the audit. */

enum {
	PEOPLE = 12, /* who sign in, with codes that many try to use at once */
	GUESSED = 512, /* who are guessed at, one after the other */
	GUESSES = 40, /* conversations that guess at the same one */
	TICKETS_MAX = 400000,
};

enum kind { UNLOCK, OPEN, GUESS, SIGN_IN, ADD, KINDS };

struct run {
	enum kind kind;
	unsigned who; /* of PEOPLE, of GUESSED */
	uint64_t
		code; /* SIGN_IN: a TOTP step, or a recovery slot (1 to 12); one of somebody's codes */
	uint32_t begun, acked; /* events: begun before or after others were acknowledged; 0: not */
	enum verdict result;
	bool waits; /* was told that the guess was not looked at */
	uint32_t uid; /* ADD: of the system user */
	uint64_t number; /* of its audit record, once that was found */
};

struct guessed {
	uint32_t counted; /* guesses that were acknowledged and looked at */
	int64_t from_ms, to_ms; /* the first began, the last ended */
	bool used;
};

extern struct run runs[TICKETS_MAX + 1]; /* by ticket, from 1 */
extern uint32_t tickets, events;
extern struct guessed guessed[GUESSED];

/* Names, as they are added. */
void guessed_email(unsigned who, char out[64]);
void added_user(uint32_t ticket, char out[32]);

/* Looks at the store itself, as the daemon's user, while nobody has it open; ends the program when
 * something is not as it must be. */
void store_examine(void);

/* The same for the directory: all users whose adding was acknowledged, each with a uid of its own. */
void directory_examine(void);

#endif
