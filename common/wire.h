/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_WIRE_H
#define HCAUTH_WIRE_H

#include "codec.h"
#include "wipe.h"

/* The protocol between a terminal (pam_hcauth, hcauth) and hcauth-talk, over SOCK_SEQPACKET: one packet
 * is one message, at most WIRE_MAX bytes, its first byte the kind, then fields (codec.h).
 *
 *	terminal                     hcauth-talk
 *	HELLO            ->
 *	                 <-          ASK | TELL | WAIT       (any number, any order)
 *	ANSWER | DATA    ->                                  (one for each ASK)
 *	                 <-          VERDICT                 (once, the last)
 *
 * The daemon drives; nothing here names a factor. An unknown, repeated or unordered field, a wrong
 * length, a kind that is not due, or an empty packet ends the conversation: a hang-up is a refusal. */

enum {
	WIRE_VERSION = 2,
	WIRE_VERSION_BEFORE = 1, /* without ssh_auth: of a program that holds the old module */
	WIRE_MAX = 4096, /* bytes in a packet */
	WIRE_ASKS_MAX = 32, /* in one conversation; those for data do not count */
	WIRE_DATA_MAX = 64 * 1024 * 1024, /* bytes of data in one conversation */
	WIRE_TEXT_MAX = 4000, /* bytes of text in an ASK or TELL, with the NUL */
	WIRE_SSH_AUTH_MAX =
		2048, /* of hello.ssh_auth: one key of any sane size, or several small ones */
};

enum msg_kind {
	MSG_HELLO = 1,
	MSG_ASK = 2,
	MSG_ANSWER = 3,
	MSG_TELL = 4,
	MSG_WAIT = 5,
	MSG_VERDICT = 6,
	MSG_DATA = 7,
};

enum purpose {
	PURPOSE_AUTH = 1, /* sign in */
	PURPOSE_ACCOUNT = 2, /* may this user be in now? asks nothing */
	PURPOSE_OPEN = 3, /* a session begins: root only */
	PURPOSE_CLOSE = 4, /* and ends: root only */
	PURPOSE_PASSWORD = 5, /* passwd(1): change password or PIN */
	PURPOSE_COMMAND = 16, /* the hcauth command: args says what */
};

enum hello_flag {
	HELLO_CHOOSER = 1, /* the program honours a changed PAM_USER: offer the accounts */
	HELLO_SILENT = 2, /* PAM_SILENT: tell nothing */
};

/* All texts are "" when absent. They point into the packet. */
struct hello {
	uint16_t version;
	enum purpose purpose;
	const char *service; /* PAM_SERVICE */
	const char *name; /* as typed */
	const char *tty;
	const char *rhost;
	const char *ruser;
	uint32_t ruid; /* the caller's real uid; believed from root only */
	uint32_t flags; /* enum hello_flag */
	const char *have; /* what earlier modules have proved, comma separated */
	const char *ticket; /* from the verdict of an earlier phase */
	struct reader args; /* next_text(): the words of a command */
	const char *ssh_auth; /* SSH_AUTH_INFO_0: what sshd itself has proved, a line each */
};

/* What an answer is for: about the PAM item that it fills, never about a factor. USE_DATA is for no person:
 * the next piece of a file that the command was given, an empty one after the last; its answer is DATA. */
enum ask_use {
	USE_PASSWORD = 1,
	USE_NEW_PASSWORD = 2,
	USE_CODE = 3,
	USE_OTHER = 4,
	USE_DATA = 5,
};

struct ask {
	enum ask_use use;
	bool echo;
	const char *text;
};

/* A piece of a file: any bytes. */
struct data {
	size_t len;
	uint8_t bytes[WIRE_TEXT_MAX];
};

enum tell_level { TELL_INFO = 1, TELL_ERROR = 2 };

struct tell {
	enum tell_level level;
	const char *text;
};

/* Refusal is the zero value. */
enum verdict {
	REFUSED = 0,
	GRANTED = 1,
	UNKNOWN = 2, /* not one of ours */
	DISABLED = 3, /* the person or the account is switched off */
	UNAVAILABLE = 4, /* could not decide: busy, damaged, no space */
};

struct verdict_msg {
	enum verdict result;
	const char *user; /* the system user; "" where none */
	uint32_t uid; /* UINT32_MAX where none */
	uint8_t status; /* a command's exit code */
	const char *ticket;
	struct reader env; /* next_text(): NAME=value */
};

/* Encoders return the packet's length, 0 when it does not fit in WIRE_MAX bytes. */
size_t hello_put(
	uint8_t out[WIRE_MAX], const struct hello *h, const char *const *args, size_t nargs);
size_t ask_put(uint8_t out[WIRE_MAX], const struct ask *a);
size_t answer_put(uint8_t out[WIRE_MAX], const struct secret *s);
size_t data_put(uint8_t out[WIRE_MAX], const struct data *d);
size_t tell_put(uint8_t out[WIRE_MAX], const struct tell *t);
size_t wait_put(uint8_t out[WIRE_MAX]);
size_t verdict_put(
	uint8_t out[WIRE_MAX], const struct verdict_msg *v, const char *const *env, size_t nenv);

/* Decoders take a whole packet; false when it is not exactly such a message. out is untouched then. */
bool hello_get(const uint8_t *p, size_t len, struct hello *out);
bool ask_get(const uint8_t *p, size_t len, struct ask *out);
bool answer_get(
	const uint8_t *p, size_t len, struct secret *out); /* over ANSWER_MAX: false, never cut */
bool data_get(const uint8_t *p, size_t len, struct data *out); /* over WIRE_TEXT_MAX: false */
bool tell_get(const uint8_t *p, size_t len, struct tell *out);
bool verdict_get(const uint8_t *p, size_t len, struct verdict_msg *out);

#endif
