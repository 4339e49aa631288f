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

/* Hears who comes on an errand (errand.h). True: it was one, or a user who may say nothing else, and *out
 * is what it came to. Before any other flow. */
bool flow_errand(struct conv *c, struct outcome *out);

/* Who the uid is. False: nobody of ours. */
bool self_of(struct conv *c, uid_t uid, struct person *out);

/* The same for who has called a command; false is said. */
bool self_caller(struct conv *c, struct person *out);

/* Whether who has just proved, by the rule of the service, that it is they. Says so if not. *who is as the
 * proof left them: they may have chosen a new password on the way. */
bool self_proved(struct conv *c, struct person *who);

/* Whether hello.name is one that the peer may speak of: root any, others their own. */
bool speaks_of_self(struct conv *c);

/* A command's words, parsed: positional ones, and the options that it takes. */
enum { WORDS_MAX = 24, SCOPE_MAX = 16 };

enum option {
	/* with a value */
	OPT_NAME,
	OPT_PRACTICE,
	OPT_IDENTITY,
	OPT_USER,
	OPT_GROUPS,
	OPT_EMAIL,
	OPT_MOBILE,
	OPT_USERID,
	OPT_REQUIRE,
	OPT_HOURS,
	OPT_NETWORK,
	OPT_SHARED,
	OPT_MIGRATE,
	OPT_MANAGER,
	OPT_NOT_MANAGER,
	OPT_SINCE,
	OPT_DAYS,
	OPT_LETTER,
	OPT_NAMES,
	OPT_ROLLOUT,
	OPT_ASK,
	OPT_BREAK_GLASS,
	OPT_SERVICE,
	OPT_RHOST,
	/* without */
	OPT_JSON,
	OPT_EXISTING,
	OPT_SEND,
	OPT_END_SESSIONS,
	OPT_FORCE,
	OPT_SIGNS,
	OPT_DRY_RUN,
	OPTIONS,
};

/* What a caller may see and change: root everything, a manager the accounts of their own practices. */
struct scope {
	bool root;
	struct person who; /* the caller, if they are one of ours */
	size_t n; /* practices that they manage */
	char practice[SCOPE_MAX][PRACTICE_ID_MAX + 1];
};

struct words {
	const char *verb; /* "practice add" */
	size_t n;
	const char *word[WORDS_MAX]; /* after the verb */
	const char *option[OPTIONS]; /* NULL: not given; "" for one without a value */
	bool json; /* OPT_JSON was */
	struct scope *scope;
};

/* Whether the caller may see and change the practice's accounts. */
bool in_scope(const struct words *w, const char *practice);

/* A command: its words are counted and its options are those that it takes. */
typedef enum status (*command_fn)(struct conv *c, const struct words *w);

enum status self_command(struct conv *c, const struct words *w);
enum status self_second(struct conv *c, const struct words *w);
enum status self_status(struct conv *c, const struct words *w);
enum status self_address(struct conv *c, const struct words *w);
enum status ssh_keys_command(struct conv *c, const struct words *w);
enum status manage_practice(struct conv *c, const struct words *w);
enum status manage_identity(struct conv *c, const struct words *w);
enum status manage_share(struct conv *c, const struct words *w);
enum status manage_account(struct conv *c, const struct words *w);
enum status manage_unlock(struct conv *c, const struct words *w);
enum status manage_status(struct conv *c, const struct words *w);
enum status manage_audit(struct conv *c, const struct words *w);
enum status audit_verify_command(struct conv *c, const struct words *w);
enum status manage_leave(struct conv *c, const struct words *w);
enum status manage_endings(struct conv *c, const struct words *w);
enum status manage_purge(struct conv *c, const struct words *w);
enum status manage_review(struct conv *c, const struct words *w);
enum status rollout_command(struct conv *c, const struct words *w);
enum status manage_attest(struct conv *c, const struct words *w);
enum status manage_doctor(struct conv *c, const struct words *w);

#endif
