/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CALL_H
#define HCAUTH_CALL_H

#include <security/pam_modules.h>
#include <stdbool.h>

#include "conv.h"
#include "packet.h"

enum { ITEM_MAX = 255 }; /* bytes of a PAM item that are sent: more than any true one has */

/* How a phase ended: the daemon's verdict, or what kept it from giving one. */
enum end {
	END_REFUSED = REFUSED,
	END_GRANTED = GRANTED,
	END_NOT_OURS = UNKNOWN,
	END_DISABLED = DISABLED,
	END_UNAVAILABLE = UNAVAILABLE,
	END_CANCELLED, /* the program's conversation failed */
	END_MISCONFIGURED, /* an argument in pam.d that is not understood */
};

struct options {
	bool chooser, canonical, use_first_pass, try_first_pass;
	char have[ITEM_MAX + 1];
};

struct call {
	pam_handle_t *pamh;
	enum purpose purpose;
	int flags;
	bool ours;
	struct options opt;
	char name[ITEM_MAX + 1]; /* as typed */
	char ticket[ITEM_MAX + 1];
	struct conv conv;
	struct packet packet; /* the verdict's texts point into it */
	struct verdict_msg said;
};

/* False, and one line in the log, when a word is not an argument of this module. */
bool call_options(struct call *c, int argc, const char **argv);

/* A PAM item, "" when absent. Cut, never dropped: a remote host that is too long must not look like none. */
const char *call_item(pam_handle_t *pamh, int which, char out[ITEM_MAX + 1]);

/* One line for what is wrong with hcauth, not with what a person did; r is -errno. */
void call_complain(const struct call *c, const char *what, int r);

/* Whether the daemon takes connections. */
enum end call_probe(const struct call *c);

/* Holds the conversation. The daemon's verdict is in c->said as well. */
enum end call_talk(struct call *c);

#endif
