/* SPDX-License-Identifier: Apache-2.0 */
/* Who comes on an errand. What must hold: their uid can say that one thing and nothing else, neither sign in
 * nor any other command; and but for root, nobody else can say it. */
#include "flow.h"

#include <string.h>

#include "outbox.h"
#include "outbox_text.h"

/* "courier email", "courier sms" */
static bool is_courier(const struct conv *c, enum channel *channel)
{
	struct reader args = c->hello.args;
	const char *word = next_text(&args);

	if (c->hello.purpose != PURPOSE_COMMAND || !word || strcmp(word, "courier") != 0)
		return false;
	word = next_text(&args);
	return word && args.left == 0 && !args.bad && channel_named(word, channel);
}

/* "request", which flow_command() hears. */
static bool is_request(const struct conv *c)
{
	struct reader args = c->hello.args;
	const char *word = next_text(&args);

	return c->hello.purpose == PURPOSE_COMMAND && word && strcmp(word, "request") == 0 &&
		args.left == 0 && !args.bad;
}

bool flow_errand(struct conv *c, struct outcome *out)
{
	enum channel channel;

	if (is_courier(c, &channel) && (c->errand == ERRAND_COURIER || c->peer == 0)) {
		flow_courier(c, channel, out);
		return true;
	}
	if (c->errand == ERRAND_NEWCOMER && is_request(c))
		return false;
	return c->errand != ERRAND_NONE; /* *out is a refusal */
}
