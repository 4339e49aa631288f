/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_SENDING_H
#define HCAUTH_TEST_SENDING_H

#include "outbox.h"
#include "world.h"

/* A machine that sends messages, and the courier that fetches them. */

#define MOBILE "+441632960001"
#define COURIER(w, channel, ...) courier(w, channel, (const char *const[]){ __VA_ARGS__, NULL })

struct world sending_world(void);

/* In its own transaction: to ADA or MOBILE, and of template "changed", unless m says else. */
void queue(struct world *w, struct message m);

/* hcauth courier CHANNEL, as the courier. */
struct talk *courier(struct world *w, const char *channel, const char *const *answers);

/* Whether the outbox has that message. */
bool there(struct world *w, uint64_t number, struct queued *out);

/* The first line that was told, which must be a message. */
struct queued told(const struct talk *t);

#endif
