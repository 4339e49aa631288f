/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_DELIVER_H
#define HCAUTH_DELIVER_H

#include "wipe.h"

struct conf;
struct queued;

/* Sends one message, and says what became of it as outbox.h wants it: "sent", "later ..." or "never ...".
 * folders: where templates are, the first that has one wins, up to NULL. */
void deliver(const struct conf *conf, const char *const *folders, const struct queued *q,
	struct secret *answer);

#endif
