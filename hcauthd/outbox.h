/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_OUTBOX_H
#define HCAUTH_OUTBOX_H

#include "flow.h"
#include "message.h"

/* The outbox as the courier meets it. Its conversation is the command "courier email" or "courier sms":
 * a message at a time is told as one JSON object, and what became of it is asked for:
 *
 *	sent            the next program has taken it: the message goes out of the outbox
 *	later REASON    it is tried again after a minute, then two, up to an hour; for a day at most
 *	never REASON    it is a dead letter, until root has it tried again or drops it
 *
 * A conversation that ends before the answer leaves the message as it was: at least once, not once. */

enum {
	COURIER_MESSAGES_MAX = 28, /* in one conversation: it has 32 asks */
	COURIER_WHOLE_MS = 480000, /* after that no other is begun: the daemon ends it at 600 s */
	COURIER_NO_MORE = 0, /* the verdict's status: nothing else is due */
	COURIER_MORE = 1,
	OUTBOX_WAIT_S = 60, /* after the first failure; then doubled */
	OUTBOX_WAIT_MAX_S = 3600,
	OUTBOX_WHOLE_S = 86400,
	OUTBOX_DEAD_S = 30 * 86400, /* then one that was given up is dropped */
	OUTBOX_TEXT_MAX = 3500, /* a message as JSON, with its NUL */
};

void flow_courier(struct conv *c, enum channel channel, struct outcome *out);

enum status outbox_command(struct conv *c, const struct words *w);

#endif
