/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_OUTBOX_TEXT_H
#define HCAUTH_OUTBOX_TEXT_H

#include "message.h"

/* A message between the daemon and the courier, as JSON: {"number", "made", "channel": "email" or "sms",
 * "to", "template", "language", "name", "practice", "code", "what", "minutes"}. */

const char *channel_name(enum channel channel);
bool channel_named(const char *name, enum channel *out);

/* -EINVAL when it holds what no message may (no UTF-8), or does not fit; -ENOMEM. out is to be wiped: there may be a
 * code in it. */
int outbox_put(const struct queued *q, char *out, size_t size);

/* False when text is not exactly such an object: what is missing, unknown or too long is an error. *out has
 * number, made and message. */
bool outbox_get(const char *text, struct queued *out);

/* There may be a code in it. */
void queued_wipe(struct queued *q);

#endif
