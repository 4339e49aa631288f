/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_FLOW_H
#define HCAUTH_FLOW_H

#include "conv.h"
#include "people.h"
#include "verbs.h"

/* The flows: each holds one conversation to its end and says what it came to in *out, which is a
 * refusal until then. */

void flow_sign_in(struct conv *c, struct outcome *out);
void flow_password(struct conv *c, struct outcome *out); /* passwd(1) */
void flow_command(struct conv *c, struct outcome *out); /* the hcauth command: hello.args */

/* Who the uid is. False: nobody of ours. */
bool self_of(struct conv *c, uid_t uid, struct person *out);

/* Whether hello.name is one that the peer may speak of: root any, others their own. */
bool speaks_of_self(struct conv *c);

/* A command's words, parsed: positional ones and options. */
enum { WORDS_MAX = 24 };
struct words {
	const char *verb; /* "practice add" */
	size_t n;
	const char *word[WORDS_MAX]; /* after the verb */
	bool json, existing;
	const char *name, *practice, *identity, *user, *groups;
};

/* Commands for oneself (the peer's own identity) and for administrators. */
enum status self_command(struct conv *c, const struct words *w);
enum status manage_practice(struct conv *c, const struct words *w);
enum status manage_identity(struct conv *c, const struct words *w);
enum status manage_account(struct conv *c, const struct words *w);
enum status manage_unlock(struct conv *c, const struct words *w);
enum status manage_status(struct conv *c, const struct words *w);
enum status manage_audit(struct conv *c, const struct words *w);

#endif
