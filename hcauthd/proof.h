/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PROOF_H
#define HCAUTH_PROOF_H

#include "audit.h"
#include "code.h"
#include "factor.h"
#include "policy.h"

struct kernel_session;

/* Proving who one is: the steps of the service's rule, and the closing transaction. */

struct proof {
	struct person who;
	struct given given[STEPS_MAX];
	size_t n; /* steps answered */
	bool complete; /* every step of the rule was answered */
	bool unmet; /* a step's answer was none of the rule's factors: nothing else was possible here */
	bool parrot; /* the code was the password: a program that gives one answer to everything */
	/* The password is right, and there is nothing else to ask for: enrolment by e-mail. */
	bool bare;
	char mailed[SIGN_IN_NAME_MAX + 1]; /* a code has proved that address */
	enum code_purpose way; /* as which it is to be spent at the end */
	bool activation; /* an activation code stood in: the way to enrolment, not into the machine */
	uint8_t print[32]; /* enrol_print(): it is a way as long as that is the same */
	int outdated; /* why it was not, at the end: what enrol_look() said; else 0 */
	bool enrolled; /* that way was gone to its end, in this conversation */
	uint32_t second; /* with which second factors, as bits */
	unsigned codes_left; /* after a recovery code; else UINT_MAX */
	bool over; /* the shift that the PIN alone was asked for in was ended before the end */
	bool disabled; /* everything was right, but the person or the account is switched off */
	struct policy policy; /* everything was right: what the account's practice says */
	bool in_session; /* the caller's own session stands for the password */
	const struct kernel_session *fresh; /* to remember a second factor there; NULL: not to */
	char ticket[TICKET_TEXT];
	bool fingerprint; /* an earlier module knows their finger, whether a step asks for it or not */
	bool shared; /* by an address of two people, of whom the password picks one: else who is nobody */
	struct person two[2]; /* they */
	struct attempt tried[2]; /* what their counters said */
	enum factor_id lost; /* a break-glass code was given in its place (glass.h); 0: none was */
	uint32_t waived; /* what is not asked for, by that code or by one before it, as bits */
	uint64_t glass_until; /* and until when, in Unix seconds */
	bool glass_told; /* a manager at least */
};

#define PROOF(name) struct proof name __attribute__((cleanup(proof_wipe))) = { .n = 0 }

void proof_wipe(struct proof *p);

/* Which factor an answer to a prompt for a code is of, by its length alone. */
const struct factor *factor_of_code(const struct secret *answer);

/* Whether it is given at a prompt for a code. */
bool is_code(const struct factor *f);

/* In the closing transaction: the close of the factor, or of both that the digits may be of. */
int code_close(struct txn *t, const struct conv *c, const struct person *p, struct given *g,
	const struct now *now, bool *ok);

/* Finds the person by the name typed (a decoy if there is none), and asks the steps. */
void proof_take(struct conv *c, const char *name, struct proof *p);

/* The same for a person who is known already. */
void proof_take_of(struct conv *c, const struct person *who, struct proof *p);

/* Whether the account is chosen after the proof, out of p's: root's own program has a chooser, and an
 * e-mail address was typed. */
bool proof_chooses(const struct conv *c, const struct person *p);

/* The factors that were given, as bits. */
uint32_t proof_factors(const struct proof *p);

/* At the workstation: how long to wait, or that the factor is off. */
void proof_tell_lock(struct conv *c, const struct given *g);

/* The closing transaction: checks, spends, clears, writes audit and (wanted) a ticket: one commit. True
 * only after it, and only if every step was right and the person is active. */
bool proof_close(struct conv *c, struct proof *p, enum audit_event event, bool ticket);

#endif
