/* SPDX-License-Identifier: Apache-2.0 */
/* queue_message email|sms TO TEMPLATE [NAME [PRACTICE [CODE [WHAT [MINUTES]]]]]: puts a message into the outbox
 * of a private host (tests/host) as the daemon's user, in one commit, and wakes the courier, as hcauth-talk
 * does. What no command could be made to say can be said with it. Prints the number. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "init.h"
#include "local.h"
#include "log.h"
#include "message.h"
#include "name.h"
#include "outbox_text.h"
#include "paths.h"
#include "seal.h"
#include "store/store.h"

struct queueing {
	struct conv c;
	struct now now;
	struct message m;
	uint64_t number;
};

static int queue_one(struct txn *t, void *arg)
{
	struct queueing *q = arg;
	struct queued last;
	int r = message_queue(t, &q->c, &q->now, &q->m);

	while (r == 0 && message_next(t, q->c.seal, &q->number, &last) == 0)
		;
	return r;
}

static void read_arguments(int argc, char **argv, struct message *m)
{
	const struct {
		char *out;
		size_t size;
	} texts[] = { { m->to, sizeof m->to }, { m->template, sizeof m->template },
		{ m->name, sizeof m->name }, { m->practice, sizeof m->practice },
		{ m->code, sizeof m->code }, { m->what, sizeof m->what } };
	uint64_t minutes = 0;

	if (argc < 4 || argc > 9 || !channel_named(argv[1], &m->channel) ||
		(argc == 9 && !parse_u64(argv[8], 0, UINT32_MAX, &minutes)))
		die("usage: queue_message email|sms TO TEMPLATE [NAME [PRACTICE [CODE [WHAT [MINUTES]]]]]");
	for (int i = 2; i < argc && i < 8; i++)
		snprintf(texts[i - 2].out, texts[i - 2].size, "%s", argv[i]);
	m->minutes = (uint32_t)minutes;
}

int main(int argc, char **argv)
{
	static struct conf conf;
	static struct queueing q;
	uint32_t uid, gid;
	struct seal *seal;

	read_arguments(argc, argv, &q.m);
	memcpy(conf.sendmail, "/x", 3);
	memcpy(conf.from, "x@y", 4);
	memcpy(conf.sms, "/x", 3);
	if (!local_user(HC_DAEMON_USER, &uid, &gid) || setgid(gid) < 0 || setuid(uid) < 0)
		die("can't become %s: %m", HC_DAEMON_USER);
	if (sodium_init() < 0 || store_open(HC_STORE_DIR, &q.c.store) < 0 ||
		init_open(q.c.store, NULL, HC_KEY_FILE, &seal) < 0)
		die("the store can't be opened");
	q.c.conf = &conf;
	q.c.seal = seal;
	q.now.unix_s = (uint64_t)time(NULL);
	if (store_update(q.c.store, NEED_SPACE, queue_one, &q) < 0)
		die("not queued");
	message_wake();
	printf("%llu\n", (unsigned long long)q.number);
	return 0;
}
