/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SMS_H
#define HCAUTH_SMS_H

#include "code.h"
#include "lockout.h"
#include "people.h"
#include "record.h"

struct conf;
struct proof;
struct txn;

/* Codes by text message as a factor: which number they go to. */

enum { SMS_WAIT_S = 86400 }; /* for so long a number that was given later does not count */

struct sms {
	char number[MOBILE_MAX + 1]; /* "": none counts yet */
	uint64_t since; /* when it was verified, in Unix seconds */
	char next[MOBILE_MAX + 1]; /* another, which waits; "": none */
	uint64_t next_unix, next_ms; /* since when, by either clock */
	uint8_t next_boot[16];
};

int sms_load(struct txn *t, const struct conv *c, const struct id *owner, struct sms *out);
int sms_save(struct txn *t, const struct conv *c, const struct id *owner, const struct sms *v);

/* Whether the one that waited has waited for long enough: a day by the Unix clock and, within one boot, by
 * the boot clock, too. */
bool sms_is_due(const struct sms *v, const struct now *now);
/* The number that counts now; "": none. */
const char *sms_number(const struct sms *v, const struct now *now);
/* Has number wait in place of whatever waits; the one that counts goes on. */
void sms_wait(struct sms *v, const char *number, const struct now *now);
/* "07", as a person is told which number it is. */
const char *sms_ending(const char *number);

/* In the transaction that spends the proof of another number of p, whose number is a factor: it waits, and
 * the old number, the new one and the e-mail address are told. The one that counts again: what waits goes. */
int sms_change(struct txn *t, const struct conv *c, const struct now *now, const struct person *p,
	const char *number, bool *waits);

/* p's mobile number, in memory, becomes the one that counts now: theirs is whatever the factor says. */
int sms_settle(struct txn *t, const struct conv *c, const struct now *now, struct person *p);

/* A number that no code has proved yet, of somebody who is choosing their second factor. "": none yet, for
 * whoever wants the app first. -ENOENT: nothing was chosen. */
int sms_chosen_load(
	struct txn *t, const struct conv *c, const struct id *owner, char out[MOBILE_MAX + 1]);
int sms_chosen_save(
	struct txn *t, const struct conv *c, const struct id *owner, const char *number);

/* The second factors that anybody is asked for at any service, out of FACTOR_TOTP and FACTOR_SMS, as bits;
 * without a way to send none is FACTOR_SMS. */
uint32_t sms_named(const struct conf *conf);
/* Whether a text message will do wherever the app is asked for. */
bool sms_is_enough(const struct conf *conf);

/* --- the step for a code, where its rule allows a text message --- */

struct texting {
	const struct person *p;
	struct person nobody; /* in whose name the commits are made by which nothing is sent */
	bool on; /* the rule allows it, and there is a way to send */
	bool theirs; /* a right password, and a number: p may have one sent */
	bool tried; /* the next one is another */
	char number[MOBILE_MAX + 1];
};

/* Before the prompt: sends one to whoever wants it first, behind a right password. Over the network it is one
 * commit for everybody. */
void texting_begin(struct conv *c, const struct proof *p, uint32_t step, struct texting *x);
/* After an empty answer. hint: for whom nothing can be sent, where they may know. */
void texting_again(struct conv *c, struct texting *x, const char *hint);

#endif
