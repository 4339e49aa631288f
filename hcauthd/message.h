/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_MESSAGE_H
#define HCAUTH_MESSAGE_H

#include "conv.h"
#include "people.h"

struct txn;

/* Messages to people: queued in the transaction of what they tell, sealed (a code may be in one), and
 * delivered by hcauth-courier, which asks for them and fills in the template of that name. */

enum channel { CHANNEL_EMAIL = 1, CHANNEL_SMS = 2 };

/* What a template may name; "" where it does not. */
struct message {
	enum channel channel;
	char to[SIGN_IN_NAME_MAX + 1]; /* an address or a number, in normal form */
	char template[32]; /* a file's name in conf/templates, without its ending */
	char name[PERSON_NAME_MAX + 1]; /* {name}: whom it is to */
	char practice[PRACTICE_NAME_MAX + 1]; /* {practice}: the one that they last worked in */
	char code[32]; /* {code} */
	char what[256]; /* {what}: an address, a user ID, what was changed */
	uint32_t minutes; /* {minutes}: how long the code is good */
	struct id
		owner; /* whose it is, whatever was typed: an identity, or an account that has none */
};

/* Whether the settings have a way to send by that channel. */
bool message_can(const struct conf *conf, enum channel channel);

/* Queues m, due now. A message on a channel without a way, or to "", is dropped: 0 all the same. */
int message_queue(
	struct txn *t, const struct conv *c, const struct now *now, const struct message *m);

/* m filled in for p (whom, and the practice they last worked in: p's selected account is not yet theirs
 * in that sense, the stored default is), on a channel, to a place: then set code, what and minutes. */
int message_for(struct txn *t, const struct person *p, enum channel channel, const char *to,
	const char *template, struct message *m);

/* Tells p what was changed about them, by every verified channel. what is a clause: "Your PIN was changed". */
int message_tell_changed(struct txn *t, const struct conv *c, const struct now *now,
	const struct person *p, const char *what);

/* A queued message as the courier meets it. */
struct queued {
	uint64_t number;
	uint64_t made, due; /* Unix seconds; due of one that is dead: since when */
	uint32_t tries;
	bool dead; /* given up: in the list for 30 days, or until root drops it or tries it again */
	char error[120]; /* why the last try failed */
	struct message message;
};

/* The queued message with the next number after *number (0: from the start). -ENOENT after the last. One
 * that does not open is a dead letter to nobody, made at no time. */
int message_next(struct txn *t, const struct seal *s, uint64_t *number, struct queued *out);
/* One of them by number. */
int message_load(struct txn *t, const struct seal *s, uint64_t number, struct queued *out);
int message_save(struct txn *t, const struct seal *s, const struct queued *q);
int message_drop(struct txn *t, uint64_t number);

/* Wakes the courier if this process has saved a message: an empty datagram, after the commit. What is
 * lost is made good by its slow timer. */
void message_wake(void);

#endif
