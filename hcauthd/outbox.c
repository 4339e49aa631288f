/* SPDX-License-Identifier: Apache-2.0 */
/* The courier's conversation. What must hold: nothing is open while it sends; a message leaves the outbox
 * only in the commit that its "sent" led to; a code that nobody can use any more is wiped from the record,
 * and never sent; one that was given up does not stay for ever. */
#include "outbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "outbox_text.h"
#include "store/store.h"

struct look {
	struct conv *c;
	enum channel channel;
	struct now now;
	struct queued next; /* .number: after which to look, then what was found */
	bool found, stale; /* stale: some have codes that are not good any more, or are to go */
};

/* A code without minutes is good for longer than a message is tried. */
static bool code_expired(const struct queued *q, uint64_t now)
{
	const struct message *m = &q->message;

	return *m->code && m->minutes > 0 && now >= q->made + (uint64_t)m->minutes * 60;
}

/* What does not open (message_next) too, at once. */
static bool is_forgotten(const struct queued *q, uint64_t now)
{
	return q->dead && now >= q->due + OUTBOX_DEAD_S;
}

static void die_letter(struct queued *q, const struct now *now, const char *why)
{
	q->dead = true;
	q->due = now->unix_s; /* since when */
	if (*q->message.code && q->message.minutes == 0)
		q->message.minutes = 1; /* it had a code, and can't be tried again without */
	wipe(q->message.code, sizeof q->message.code);
	snprintf(q->error, sizeof q->error, "%s", why);
	log_warn("outbox: message %llu: given up after %u tries: %s", (unsigned long long)q->number,
		q->tries, why);
}

/* Reads only: most looks find nothing. */
static int look(struct txn *t, void *arg)
{
	struct look *l = arg;
	uint64_t number = 0, after = l->next.number, now = l->now.unix_s;
	struct queued q;
	int r;

	l->found = l->stale = false;
	while ((r = message_next(t, l->c->seal, &number, &q)) == 0) {
		l->stale |= is_forgotten(&q, now);
		if (q.dead || q.message.channel != l->channel)
			continue;
		if (code_expired(&q, now))
			l->stale = true;
		else if (!l->found && number > after && q.due <= now) {
			l->next = q;
			l->found = true;
		}
	}
	wipe(&q, sizeof q);
	return r == -ENOENT ? 0 : r;
}

static int end_stale(struct txn *t, void *arg)
{
	struct look *l = arg;
	uint64_t number = 0;
	struct queued q;
	int r;

	while ((r = message_next(t, l->c->seal, &number, &q)) == 0) {
		if (q.made == 0)
			log_err("outbox: message %llu: dropped: %s", (unsigned long long)number,
				q.error);
		if (is_forgotten(&q, l->now.unix_s) && (r = message_drop(t, number)) < 0)
			return r;
		if (q.dead || !code_expired(&q, l->now.unix_s))
			continue;
		die_letter(&q, &l->now, "the code in it is not good any more");
		if ((r = message_save(t, l->c->seal, &q)) < 0)
			return r;
	}
	wipe(&q, sizeof q);
	return r == -ENOENT ? 0 : r;
}

static void find_next(struct look *l)
{
	l->c->now(&l->now);
	int r = store_read(l->c->store, look, l);

	if (r == 0 && l->stale)
		r = store_update(l->c->store, NEED_ALWAYS, end_stale, l);
	if (r < 0)
		die("outbox: %s", strerror(-r));
}

struct result {
	struct conv *c;
	uint64_t number;
	struct now now;
	enum { SENT = 1, LATER, NEVER } what;
	char reason[sizeof((struct queued *)0)->error];
};

static void read_result(const struct secret *answer, struct result *out)
{
	const char *text = answer->text, *why = strchr(text, ' ');

	out->what = strcmp(text, "sent") == 0     ? SENT
		: strncmp(text, "never ", 6) == 0 ? NEVER
						  : LATER;
	visible(why ? why + 1 : "the courier gave no reason", out->reason, sizeof out->reason);
}

static void put_off(struct queued *q, const struct result *s)
{
	uint64_t wait = OUTBOX_WAIT_S;

	for (uint32_t i = 1; i < q->tries && wait < OUTBOX_WAIT_MAX_S; i++)
		wait *= 2;
	q->due = s->now.unix_s + (wait < OUTBOX_WAIT_MAX_S ? wait : OUTBOX_WAIT_MAX_S);
	snprintf(q->error, sizeof q->error, "%s", s->reason);
}

static int commit_result(struct txn *t, void *arg)
{
	struct result *s = arg;
	struct queued q;
	int r = message_load(t, s->c->seal, s->number, &q);

	if (r < 0)
		return r == -ENOENT ? 0 : r; /* root has dropped it meanwhile */
	if (s->what == SENT)
		return message_drop(t, s->number);
	q.tries++;
	if (s->what == NEVER || s->now.unix_s >= q.made + OUTBOX_WHOLE_S ||
		code_expired(&q, s->now.unix_s))
		die_letter(&q, &s->now, s->reason);
	else
		put_off(&q, s);
	r = message_save(t, s->c->seal, &q);
	wipe(&q, sizeof q);
	return r;
}

/* Not by tell(): a flag in the packet, or a setting, may silence that. Only what is in the message itself makes it one
 * that can't be told; what this machine lacks just now does not. */
static bool tell_message(struct conv *c, const struct queued *q)
{
	char text[OUTBOX_TEXT_MAX];
	const struct tell t = { .level = TELL_INFO, .text = text };
	int r = outbox_put(q, text, sizeof text);

	if (r == 0)
		c->io.tell(c->io.arg, &t);
	wipe(text, sizeof text);
	if (r == -ENOMEM)
		die("outbox: message %llu: %s", (unsigned long long)q->number, strerror(ENOMEM));
	return r == 0;
}

static void have_sent(struct conv *c, const struct queued *q)
{
	struct result s = {
		.c = c, .number = q->number, .what = NEVER, .reason = "it holds what no message may"
	};
	SECRET(answer);

	if (tell_message(c, q)) {
		ask(c, USE_OTHER, true, "Result: ", &answer);
		read_result(&answer, &s);
	}
	c->now(&s.now);
	int r = store_update(c->store, NEED_ALWAYS, commit_result, &s);
	if (r < 0)
		die("outbox: message %llu: %s", (unsigned long long)q->number, strerror(-r));
}

void flow_courier(struct conv *c, enum channel channel, struct outcome *out)
{
	struct look l = { .c = c, .channel = channel };
	struct now begin;

	c->now(&begin);
	find_next(&l);
	for (int n = 0; l.found && n < COURIER_MESSAGES_MAX &&
		l.now.boot_ms < begin.boot_ms + COURIER_WHOLE_MS;
		n++) {
		have_sent(c, &l.next);
		find_next(&l);
	}
	wipe(&l.next, sizeof l.next);
	out->status = l.found ? COURIER_MORE : COURIER_NO_MORE;
	out->result = GRANTED;
}
