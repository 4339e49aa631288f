/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox as root sees it. What must hold: no code is ever shown; what can be of no use any more is not
 * tried again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "list.h"
#include "log.h"
#include "manage.h"
#include "outbox.h"
#include "outbox_text.h"
#include "store/store.h"

struct showing {
	struct conv *c;
	struct list list;
};

static const char *short_time(json_t *time, char out[24])
{
	snprintf(out, 24, "%s", json_is_string(time) ? json_string_value(time) : "-");
	return out;
}

static void show_row(struct showing *s, const struct queued *q)
{
	const struct message *m = &q->message;
	json_t *made = json_time(q->made), *due = q->dead ? json_null() : json_time(q->due);
	char when[24], then[24];

	short_time(made, when);
	short_time(due, then);
	list_row(&s->list,
		json_pack("{s:I,s:o,s:s,s:s,s:s,s:s,s:s,s:b,s:i,s:o,s:s}", "number",
			(json_int_t)q->number, "made", made, "channel", channel_name(m->channel),
			"to", m->to, "template", m->template, "name", m->name, "practice",
			m->practice, "dead", q->dead, "tries", (int)q->tries, "due", due, "error",
			q->error),
		"%-5llu %s %-5s %-28s %-16s %s %s", (unsigned long long)q->number, when,
		channel_name(m->channel), m->to, m->template,
		q->dead                 ? "given up:"
			: q->tries == 0 ? "waiting"
					: then,
		q->error);
}

static int show_all(struct txn *t, void *arg)
{
	struct showing *s = arg;
	uint64_t number = 0;
	struct queued q;
	int r;

	while ((r = message_next(t, s->c->seal, &number, &q)) == 0)
		show_row(s, &q);
	wipe(&q, sizeof q);
	return r == -ENOENT ? 0 : r;
}

static enum status show_outbox(struct conv *c, const struct words *w)
{
	struct showing s = { .c = c };

	list_begin(&s.list, c, w->json);
	int r = store_read(c->store, show_all, &s);
	list_end(&s.list);
	return manage_result(c, r, "outbox");
}

struct change {
	struct conv *c;
	struct now now;
	uint64_t number;
	bool drop;
};

static int change(struct txn *t, void *arg)
{
	struct change *g = arg;
	struct queued q;

	if (g->drop)
		return message_drop(t, g->number);
	int r = message_load(t, g->c->seal, g->number, &q);
	if (r < 0)
		return r;
	if (q.message.minutes > 0 && !*q.message.code) /* there was one */
		return -EKEYEXPIRED;
	q.dead = false;
	q.tries = 0;
	q.due = g->now.unix_s;
	if (!*q.message.code)
		q.made = q.due; /* else its code would seem to be good for longer */
	r = message_save(t, g->c->seal, &q);
	wipe(&q, sizeof q);
	return r;
}

static enum status change_one(struct conv *c, const struct words *w, bool drop)
{
	struct change g = { .c = c, .drop = drop };
	char what[64];

	snprintf(what, sizeof what, "message %s", w->word[0]);
	if (!parse_u64(w->word[0], 1, INT64_MAX, &g.number))
		return manage_result(c, -ENOENT, what);
	c->now(&g.now);
	int r = store_update(c->store, NEED_ALWAYS, change, &g);
	if (r == -EKEYEXPIRED) {
		tell(c, TELL_ERROR,
			"The code that was in it is not good any more: have another one sent.");
		return STATUS_REFUSED;
	}
	if (r == 0)
		tell(c, TELL_INFO,
			drop ? "Message %s is out of the list. It was not sent."
			     : "Message %s is tried again now. To see what came of it: hcauth outbox",
			w->word[0]);
	return manage_result(c, r, what);
}

enum status outbox_command(struct conv *c, const struct words *w)
{
	if (strcmp(w->verb, "outbox") == 0)
		return show_outbox(c, w);
	return change_one(c, w, strcmp(w->verb, "outbox drop") == 0);
}
