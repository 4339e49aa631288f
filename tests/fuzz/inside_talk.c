/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth-talk's own file, all but how it narrows itself and opens what a conversation has. */
#include "inside_step.h"

int talk_main(int argc, char **argv);
#define main talk_main
#include "talk.c" /* NOLINT */
#undef main

static const struct now *here;

static void world_time(struct now *out)
{
	*out = *here;
}

void talk_hold(struct conv *c, const struct now *now)
{
	static struct packet hello;
	static unsigned asks;
	struct outcome out = { .result = REFUSED, .uid = UINT32_MAX };

	here = now;
	c->io = (struct io){ .ask = io_ask,
		.tell = io_tell,
		.data = io_data,
		.busy = io_busy,
		.proved = io_proved,
		.arg = &asks };
	c->now = world_time;
	hear_hello(c, &hello);
	c->service = conf_service(c->conf, c->hello.service);
	int r = userid_expire(c->store, now);
	if (r < 0)
		log_err("user IDs: %s", strerror(-r));
	hold(c, &out);
	banner_end(c);
	send_verdict(&out);
}
