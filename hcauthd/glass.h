/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_GLASS_H
#define HCAUTH_GLASS_H

#include "audit.h"
#include "factor.h"
#include "flow.h"
#include "proof_step.h"
#include "token.h"

struct txn;

/* Break-glass: one code for each practice that wants it, in a sealed envelope. At the workstation it stands
 * in for one thing that a person has lost, once; for two hours that thing is not asked for. */

enum { GLASS_MS = 7200000 };

/* --- the code --- */

struct glass {
	uint8_t hash[32]; /* keyed; all zero once it was used */
	uint64_t made, used; /* Unix seconds; 0: never */
	char by[AUDIT_BY_MAX]; /* user ID at the practice, or "root" */
	char whom[SIGN_IN_NAME_MAX + 1]; /* whose sign-in it was used in: a user ID */
	uint64_t before; /* when the last of the codes before it was used; 0: none was */
	char before_whom[SIGN_IN_NAME_MAX + 1];
};

int glass_load(struct txn *t, const char *practice, struct glass *out);
/* A new code, in place of an older one: its text. */
int glass_make(struct txn *t, const struct conv *c, const struct now *now, const char *practice,
	const char *by, char text[TOKEN_TEXT]);
/* It goes, and all whom it has let in are asked for everything again. -ENOENT: there is none. */
int glass_drop(struct txn *t, const char *practice);

/* hcauth break-glass, break-glass new, break-glass drop. */
enum status glass_command(struct conv *c, const struct words *w);

/* --- at a sign-in --- */

extern const struct factor factor_glass;

/* What a code in place of that factor stands for, as bits: any code for another. */
uint32_t glass_bits(enum factor_id lost);

/* What is not asked of p at this sign-in, by a code used before, as bits; 0: all is asked. */
uint32_t glass_waived(
	struct txn *t, const struct conv *c, const struct person *p, const struct now *now);

/* What such a code spares p at the workstation, whoever asks, and until when. */
uint32_t glass_spares(struct txn *t, const struct conv *c, const struct person *p,
	const struct now *now, uint64_t *until);
/* What that is in a sentence: "password", "PIN" or "code". */
const char *glass_word(uint32_t waived);
/* The same in the language of what people are told. */
const char *glass_told(uint32_t waived);

/* Whether a wrong password or PIN is the code: then g is it. */
bool glass_take(struct conv *c, struct proof *p, const struct enrolled *e, enum factor_id lost,
	const struct secret *answer, struct given *g);
/* Whether an answer to "Code: " has the form of one: then g is to be it, which the closing transaction says. */
bool glass_code(struct conv *c, struct proof *p, const struct enrolled *e,
	const struct secret *answer, struct given *g);

/* The factors of which one has to be given besides, when nothing else was; 0: something was. */
uint32_t glass_besides(const struct proof *p);

/* How p signed in without what was waived, for the audit. */
const char *glass_why(const struct proof *p);

/* In the closing transaction. Whether what p was not asked for is still waived. */
int glass_look(
	struct txn *t, const struct conv *c, const struct now *now, struct proof *p, bool *ok);
/* And when all is granted: the code is spent, its two hours begin, everybody is told. */
int glass_granted(struct txn *t, const struct conv *c, const struct now *now, struct proof *p);

/* What the person is told at the end. */
void glass_tell(struct conv *c, const struct proof *p);

/* Ends what a code has opened for that owner; practice: if it was that practice's, "": whosever. */
int glass_end(struct txn *t, const struct id *owner, const char *practice);

#endif
