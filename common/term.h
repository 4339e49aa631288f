/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TERM_H
#define HCAUTH_TERM_H

#include "packet.h"

/* The dumb terminal: shows what the daemon asks and tells, and passes the answers back. */

struct term {
	/* Asks a person. The text is shown as it is. 0 and *out, or -errno, which hangs up. */
	int (*ask)(void *arg, const struct ask *a, struct secret *out);
	/* Shows a message. 0 or -errno, which hangs up. */
	int (*tell)(void *arg, const struct tell *t);
	void *arg;
	/* The next piece of a file, empty after the last. NULL: there is none, and to ask for one is -EPROTO. */
	int (*data)(void *arg, struct data *out);
	int64_t patience_ms; /* how long the daemon may be silent; WAIT starts it anew */
};

/* Holds one conversation over fd: sends h and args, then serves ASK, TELL and WAIT until the VERDICT,
 * which is returned in *out and points into *p. 0, or -errno without a verdict: -ETIMEDOUT, -ECONNRESET
 * (hung up: a refusal), -EPROTO (not our protocol, more than WIRE_ASKS_MAX asks), or what ask and tell
 * returned. *p is wiped before each return but a verdict's. */
int term_run(int fd, const struct hello *h, const char *const *args, size_t nargs,
	const struct term *t, struct packet *p, struct verdict_msg *out);

/* What a command says of itself before its words: nobody's name, for the kernel says whose it is. */
struct hello command_hello(const char *tty);

#endif
