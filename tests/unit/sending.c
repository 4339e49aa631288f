/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "outbox_text.h"
#include "store/store.h"

struct queueing {
	struct conv *c;
	struct message m;
};

static int queue_one(struct txn *t, void *arg)
{
	struct queueing *q = arg;
	struct now now;

	q->c->now(&now);
	return message_queue(t, q->c, &now, &q->m);
}

static void queue_in(struct conv *c, void *arg)
{
	struct queueing *q = arg;

	q->c = c;
	CHECK_INT(store_update(c->store, NEED_ALWAYS, queue_one, q), 0);
}

void queue(struct world *w, struct message m)
{
	struct queueing q = { .m = m };

	if (!*q.m.to)
		snprintf(q.m.to, sizeof q.m.to, "%s", m.channel == CHANNEL_SMS ? MOBILE : ADA);
	if (!*q.m.template)
		snprintf(q.m.template, sizeof q.m.template, "changed");
	in_conversation(w, queue_in, &q, sizeof q);
}

struct world sending_world(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	with_messages(&w);
	return w;
}

struct talk *courier(struct world *w, const char *channel, const char *const *answers)
{
	struct talk *t;

	w->peer = 990;
	w->errand = ERRAND_COURIER;
	t = command(w, (const char *const[]){ "courier", channel, NULL }, answers);
	w->peer = 0;
	w->errand = ERRAND_NONE;
	return t;
}

struct peek {
	const struct seal *seal;
	struct queued q;
};

static int peek(struct txn *t, void *arg)
{
	struct peek *p = arg;

	return message_load(t, p->seal, p->q.number, &p->q);
}

bool there(struct world *w, uint64_t number, struct queued *out)
{
	struct peek p = { .seal = world_seal(w), .q = { .number = number } };
	int r = in_store(w, peek, &p, sizeof p);

	CHECK(r == 0 || r == -ENOENT);
	*out = p.q;
	return r == 0;
}

struct queued told(const struct talk *t)
{
	struct queued q = { .number = 0 };
	char line[4000];

	snprintf(line, sizeof line, "%.*s", (int)strcspn(t->seen, "\n"), t->seen);
	CHECK(outbox_get(line, &q));
	return q;
}
