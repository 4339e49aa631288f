/* SPDX-License-Identifier: Apache-2.0 */
/* A recovery that takes its time. What must hold: it does not lead back to a prompt that the terminal's
 * patience would end before the answer; what was chosen stands all the same. */
#include "recover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "recover_world.h"
#include "store/store.h"
#include "text.h"

/* A conversation in which every look at the clock finds it some seconds on. */
struct slow {
	unsigned step_s, asks;
	bool answered;
	char told[4000];
	struct conv *c;
};

static struct now clock_now;
static unsigned clock_step;

static void slow_now(struct now *out)
{
	clock_now.boot_ms += (uint64_t)clock_step * 1000;
	clock_now.unix_s += clock_step;
	*out = clock_now;
}

struct last {
	const struct conv *c;
	enum channel channel;
	char code[32];
};

static int find_last(struct txn *t, void *arg)
{
	struct last *l = arg;
	struct queued q;
	uint64_t number = 0;
	int r;

	while ((r = message_next(t, l->c->seal, &number, &q)) == 0)
		if (q.message.channel == l->channel)
			memcpy(l->code, q.message.code, sizeof l->code);
	return r == -ENOENT ? 0 : r;
}

static void slow_ask(void *arg, const struct ask *a, struct secret *out)
{
	static const char *const answers[] = { FORGOTTEN, "mail", "sms", NEW_PIN, NEW_PIN,
		NEW_PIN };
	struct slow *s = arg;
	struct last l = { .c = s->c, .channel = s->asks == 3 ? CHANNEL_EMAIL : CHANNEL_SMS };

	(void)a;
	CHECK(s->asks < sizeof answers / sizeof *answers);
	snprintf(l.code, sizeof l.code, "%s", answers[s->asks]);
	if (s->asks == 3 || s->asks == 4)
		CHECK_INT(store_read(s->c->store, find_last, &l), 0);
	s->asks++;
	out->len = strlen(l.code);
	memcpy(out->text, l.code, out->len + 1);
}

static void slow_tell(void *arg, const struct tell *t)
{
	struct slow *s = arg;

	snprintf(s->told, sizeof s->told, "%s", t->text);
}

static int find_ada(struct txn *t, void *arg)
{
	return person_by_name(t, ADA, arg);
}

static void hold_slowly(struct conv *c, void *arg)
{
	struct slow *s = arg;
	struct person ada;
	SECRET(pin);

	s->c = c;
	c->service = conf_service(c->conf, "kiosk");
	c->now(&clock_now);
	clock_step = s->step_s;
	c->now = slow_now;
	c->io.ask = slow_ask;
	c->io.tell = slow_tell;
	c->io.arg = s;
	CHECK_INT(store_read(c->store, find_ada, &ada), 0);
	s->answered = recover_ask(c, &ada, FACTOR_PIN, TEXT_PIN, &pin);
}

TEST(a_quick_recovery_leads_back_to_the_prompt)
{
	struct world w = ada_with_channels();
	struct slow s = { .step_s = 5 };

	in_conversation(&w, hold_slowly, &s, sizeof s);
	CHECK(s.answered);
	CHECK_INT(s.asks, 8);
	CHECK_TEXT(s.told, TEXT_RECOVER_PIN_SET);
}

TEST(a_slow_recovery_ends_with_the_advice_to_sign_in_again)
{
	struct world w = ada_with_channels();
	struct slow s = { .step_s = 15 };

	in_conversation(&w, hold_slowly, &s, sizeof s);
	CHECK(!s.answered);
	CHECK_INT(s.asks, 7);
	CHECK_TEXT(s.told, TEXT_RECOVER_LATER);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, NEW_PIN));
}
