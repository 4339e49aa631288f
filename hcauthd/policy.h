/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_POLICY_H
#define HCAUTH_POLICY_H

#include "conv.h"
#include "record.h"

struct txn;

/* A practice's policy, upon the machine's. What must hold: it adds to what the machine asks and takes
 * away what the machine allows, never the other way round; so no value of a practice's record, however
 * it got there, makes anything laxer than the settings do. */

enum policy_result {
	POLICY_UNKNOWN = 0, /* not looked at: no sign-in */
	POLICY_MET,
	POLICY_CLOSED, /* not in its opening hours */
	POLICY_NETWORK, /* it signs nobody in over the network */
	POLICY_FACTORS, /* it requires more than was given */
};

struct policy {
	enum policy_result result;
	uint32_t missing; /* POLICY_FACTORS: what was not given, as bits */
	struct practice practice;
};

/* What the account's practice says of a sign-in with these factors, now. Managers of the practice are let
 * in when it is closed: it is theirs to mend. 0 or -errno. */
int policy_look(struct txn *t, const struct conv *c, const struct now *now, const struct account *a,
	uint32_t factors, struct policy *out);

/* The same of the account phase, where no factors are known. What runs by itself (cron) is not from the
 * network. */
int policy_look_account(struct txn *t, const struct conv *c, const struct now *now,
	const struct account *a, struct policy *out);

/* "practice stj requires totp", for logs and audit; "" when it is met. In a static buffer. */
const char *policy_why(const struct policy *p);

/* Factors as a practice counts them: a recovery code stands in for a code of any other kind. */
uint32_t policy_counted(uint32_t factors);

/* Until when user IDs go on without an e-mail address there: the earlier of the two; 0: for good. */
uint64_t policy_migrate(const struct conf *conf, const struct practice *p);

/* Which of the practice's factors a sign-in by the service never asks for. At the workstation what is
 * missing is asked for as well, unless the program can ask one thing only. */
uint32_t policy_missing(const struct service *s, const struct practice *p);

/* "password, totp" out of bits; "" for none. In a static buffer. */
const char *policy_names(uint32_t factors);

/* What a practice can ask for, as bits. */
uint32_t policy_requirable(void);

/* Factors as bits, from "password,totp" or "none". False when it is neither. */
bool policy_parse(const char *text, uint32_t *out);

#endif
