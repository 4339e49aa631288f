/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CONV_H
#define HCAUTH_CONV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf.h"
#include "errand.h"
#include "lockout.h"
#include "pwhash.h"
#include "record.h"
#include "wire.h"

struct seal;
struct store;

/* A conversation: one person, one peer, one flow. */

struct io {
	/* Asks and waits for the answer. Returns only with one: whoever hangs up ends the process. */
	void (*ask)(void *arg, const struct ask *a, struct secret *out);
	void (*tell)(void *arg, const struct tell *t);
	/* The next piece of the file that the command was given; empty after the last. */
	void (*data)(void *arg, struct data *out);
	void (*busy)(void *arg); /* still working: the terminal's patience starts anew */
	void (*proved)(void *arg); /* it is who they say: they may take their time from now on */
	/* Tells whoever follows this person (trace.h). NULL: nobody may. */
	void (*trace)(void *arg, const char *line);
	void *arg;
};

enum { TICKET_TEXT = 48, ENV_MAX = 3, ENV_TEXT = 288 };

/* What a flow has come to; all zero is a refusal. */
struct outcome {
	enum verdict result;
	char user[USER_NAME_MAX + 1];
	uint32_t uid;
	uint8_t status; /* a command's exit code */
	char ticket[TICKET_TEXT];
	char env[ENV_MAX][ENV_TEXT];
	size_t nenv;
};

/* What was told and is not shown yet, where prompts are told (banner.h). */
enum {
	BANNER_MAX = 700
}; /* lightdm's packets have 1024 bytes, a name among them: more hangs its greeter */
struct banner {
	enum tell_level level;
	bool asked; /* anything, in this conversation */
	size_t len;
	char text[BANNER_MAX + 1];
};

struct conv {
	struct io io;
	const struct conf *conf;
	const struct service *service;
	struct store *store;
	const struct seal *seal;
	struct slots slots;
	struct hello hello;
	uid_t peer; /* by SO_PEERCRED */
	enum errand errand; /* the peer's, by that uid */
	pid_t peer_pid; /* the same; 0 when it is in a namespace that we can't see */
	bool local; /* DESIGN: a service marked local, and no remote host; in doubt false */
	bool traced; /* trace.h */
	bool in_shift; /* the PIN alone is asked for (shift.h) */
	void (*now)(struct now *out);
	struct banner banner;
	const char *directory; /* folder of the published files */
	char become[USER_NAME_MAX +
		1]; /* hcauth switch: the system user that its caller asks for */
	const char *roles; /* file of the addresses that are a desk's */
	uint8_t *
		behind; /* while enrolling: of the activation code, what enrol_look() takes; NULL */
};

/* One prompt, one answer, which may be empty. */
void ask(struct conv *c, enum ask_use use, bool echo, const char *text, struct secret *out);

/* One prompt that an empty answer does not end: then hint is told and the prompt repeated, twice. False
 * after that: there is nobody at the terminal. A service with one prompt is asked once. */
bool ask_filled(struct conv *c, enum ask_use use, bool echo, const char *text, const char *hint,
	struct secret *out);

/* What a password is asked for with: "Password: " as it is where programs match on it. */
const char *password_prompt(const struct conv *c);

/* Whether an answer is yes, or no: in English, or in the machine's language. */
bool answer_yes(const struct secret *answer);
bool answer_no(const struct secret *answer);

/* Whether an answer is word ("yes", in lower case) or its first letter, of any case. */
bool answer_is(const struct secret *answer, const char *word);

void tell(struct conv *c, enum tell_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether the peer is one of root's own programs (login, sshd, greeters), started by nobody in particular,
 * and shows all that it is told: there, and nowhere else, more is asked than who one is. */
bool conv_is_open(const struct conv *c);

static inline enum source conv_source(const struct conv *c)
{
	return c->local ? SOURCE_LOCAL : SOURCE_NETWORK;
}

#endif
