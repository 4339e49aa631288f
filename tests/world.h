/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_WORLD_H
#define HCAUTH_WORLD_H

#include "audit.h"
#include "conv.h"
#include "dir_read.h"
#include "flow.h"
#include "message.h"

/* A world for one test case: a store in its folder, settings with a cheap hash, a clock that stands
 * still, and a terminal that answers from a script. Each conversation runs in a process of its own, as
 * in production, so a flow may die in it. */

enum { LATER_S = 90 }; /* longer than a ticket lives */

struct world {
	struct conf conf;
	uint8_t key[32];
	char folder[128], roles[160];
	struct now now;
	uid_t peer;
	pid_t peer_pid; /* 0: can't be told */
	enum errand errand; /* of the peer */
	uint32_t ruid;
	const char *tty, *rhost, *have, *ssh_auth;
	char ticket[TICKET_TEXT]; /* of the last sign-in */
	uint32_t flags;
	const char *file; /* what a command hands over; NULL: nothing */
	size_t file_len; /* 0: file is a text */
	const char *
		machine_key; /* a file: the store in folder is one that "hcauth init" made; NULL: key is the data key */
	uid_t daemon; /* whose it is then, and who converses */
	void (*meanwhile)(struct world *root); /* what "@meanwhile" does */
	const struct mishaps *mishaps; /* NULL: none happen */
	const char *(*reply)(const char *prompt); /* what "@reply" says */
};

/* What befalls a conversation's process: begin() in itself, follow() beside it, which waits for its end. It may end
 * anyhow then; that is a hang-up. */
struct mishaps {
	void (*begin)(void);
	int (*follow)(pid_t pid);
};

struct talk {
	struct outcome outcome;
	bool hung_up; /* the script ended before the flow did, or the flow died */
	int exit_status; /* of the process */
	unsigned asks, busy; /* that it was asked, and that the daemon was still at work */
	unsigned asks_proved; /* of them, those before the person had proved who they are */
	bool proved;
	char traced[8000]; /* what whoever follows the person was told, each on a line */
	char seen[24000]; /* what the terminal showed: prompts, messages, each on a line */
};

/* At a time in UTC, "2026-05-04 09:00:00". Services: login is local, sshd is not, both want password and
 * totp; kiosk is local and wants a pin. */
struct world world_at(const char *time);
void clock_add(struct world *w, unsigned seconds);

/* Holds a conversation. The answers end with NULL: then the terminal hangs up. Special ones:
 *	"@totp"        the code of the secret shown last, now
 *	"@totp+1"      of the next step
 *	"@hang-up"     hangs up here
 *	"@disable"     as root, disables the identity ada@example.org, then answers the next
 *	"@reset"       the same with a reset
 *	"@close"       the same with the account HC000007
 *	"@meanwhile"   the same with w->meanwhile
 *	"@reply"       as w->reply() says, to this prompt and all after it
 *	"@later"       takes LATER_S seconds, then answers the next
 *	"@mail"        the code in the last e-mail that was queued, which must be newer than the last answer
 *	"@sms"         the same of the last text message
 * The result is valid until the next call. */
struct talk *converse(struct world *w, enum purpose purpose, const char *service, const char *name,
	const char *const *answers);
#define SIGN_IN(w, service, name, ...)                                                             \
	converse(w, PURPOSE_AUTH, service, name, (const char *const[]){ __VA_ARGS__, NULL })

/* A command: its words, then NULL, then the answers, then NULL. */
struct talk *command(struct world *w, const char *const *words, const char *const *answers);
/* The same, from a program that says it is another. */
struct talk *command_as(
	struct world *w, const char *service, const char *const *words, const char *const *answers);
#define COMMAND(w, ...)                                                                            \
	command(w, (const char *const[]){ __VA_ARGS__, NULL }, (const char *const[]){ NULL })

/* The last line that the terminal was shown. */
const char *last_line(const struct talk *t);
/* The nth recovery code that was shown (1 to 12), in a static buffer. */
const char *shown_code(const char *seen, unsigned n);

/* A practice stj, and ada@example.org with the account HC000001 (system user adae). Returns the
 * activation code, in a static buffer. */
const char *add_ada(struct world *w);

/* The same, signed in once: password ADA_PASSWORD, PIN ADA_PIN, the app's secret in ada_secret, codes in ada_codes.
 * She has skipped what is asked of people about themselves, so for a week nothing of that kind is. */
#define ADA "ada@example.org"
#define ADA_PASSWORD "seven quiet herons"
#define ADA_PIN "73915"
extern char ada_secret[64], ada_seen[24000];
void enrol_ada(struct world *w);

/* The app's code of a base32 secret (spaces allowed) at the world's time plus steps, in a static buffer. */
const char *app_code(const struct world *w, const char *secret, int steps);

/* Runs fn(txn, arg) in a write transaction of the world's store, in a process of its own. */
int in_store(struct world *w, int (*fn)(struct txn *, void *), void *arg, size_t size);
/* Runs fn(conversation, arg) at root's login, in a process of its own: io is to be set by fn if it asks. */
void in_conversation(struct world *w, void (*fn)(struct conv *, void *), void *arg, size_t size);
const struct seal *world_seal(const struct world *w);

/* E-mail and text messages can be sent: before, nothing is queued. */
void with_messages(struct world *w);
/* The nth last message queued on that channel (0: the last), in a static buffer. NULL: there is none. */
const struct message *queued_message(struct world *w, enum channel channel, unsigned back);

/* A process in a new kernel session of its own, which ends with the test: for peer_pid. */
pid_t new_session(void);

/* The number of commits that the world's store has seen. */
uint64_t world_serial(struct world *w);

/* The failures that stand against ada's factor on that side. */
unsigned ada_failures(struct world *w, unsigned factor, enum source source);

/* Looks a key up in the published directory: public.cdb or private.cdb. As dir_find() and dir_user(). */
int published_user(const struct world *w, const char *file, enum dir_kind kind, const char *key,
	struct dir_user *out);

/* A command of ada's own (enrol_ada()), in her session; answers NULL: none. */
struct talk *ada_says(struct world *w, const char *const *words, const char *const *answers);

#endif
