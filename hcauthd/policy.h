/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_POLICY_H
#define HCAUTH_POLICY_H

#include "conv.h"
#include "record.h"

/* A practice's policy, upon the machine's. What must hold: it adds to what the machine asks and takes
 * away what the machine allows, never the other way round; so no value of a practice's record, however
 * it got there, makes anything laxer than the settings do. */

/* Until when user IDs go on without an e-mail address there: the earlier of the two; 0: for good. */
uint64_t policy_migrate(const struct conf *conf, const struct practice *p);

/* Which of the practice's factors a sign-in by the service never asks for. At the workstation what is
 * missing is asked for as well, unless the program can ask one thing only. */
uint32_t policy_missing(const struct service *s, const struct practice *p);

/* "password, totp" out of bits; "" for none. In a static buffer. */
const char *policy_names(uint32_t factors);

/* Factors as bits, from "password,totp" or "none". False when it is neither. */
bool policy_parse(const char *text, uint32_t *out);

#endif
