/* SPDX-License-Identifier: Apache-2.0 */
#include "inside.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "init.h"
#include "local.h"
#include "message.h"
#include "paths.h"
#include "rss.h"
#include "store/store.h"

struct seen {
	uint64_t serial;
	char code[32];
};

static int asking = -1;

struct looking {
	const struct seal *seal;
	struct seen *seen;
};

static int find_code(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct queued q;
	uint64_t number = 0;

	while (message_next(t, l->seal, &number, &q) == 0)
		if (q.message.channel == CHANNEL_SMS && *q.message.code)
			memcpy(l->seen->code, q.message.code, sizeof l->seen->code);
	return 0;
}

static void look(bool codes, struct seen *out)
{
	struct looking l = { .seen = out };
	struct store *s;
	struct seal *seal;

	if (store_open(HC_STORE_DIR, &s) < 0)
		client_fail("the daemon's store can't be opened");
	out->serial = store_serial(s);
	if (codes) {
		if (init_open(s, NULL, HC_KEY_FILE, &seal) < 0)
			client_fail("the machine key does not open the store");
		l.seal = seal;
		if (store_read(s, find_code, &l) < 0)
			client_fail("the outbox can't be read");
		seal_free(seal);
	}
	store_close(s);
}

static _Noreturn void serve(int fd)
{
	uint32_t uid, gid;
	char what;

	if (!local_user(HC_DAEMON_USER, &uid, &gid) || setgid(gid) < 0 || setuid(uid) < 0 ||
		sodium_init() < 0)
		client_fail("can't become %s: %s", HC_DAEMON_USER, strerror(errno));
	while (read(fd, &what, 1) == 1) {
		struct seen seen = { .serial = 0 };

		look(what == 'c', &seen);
		if (write(fd, &seen, sizeof seen) != sizeof seen)
			break;
	}
	_exit(0);
}

void inside_start(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		client_fail("socketpair: %s", strerror(errno));
	switch (fork()) {
	case -1: client_fail("fork: %s", strerror(errno));
	case 0: close(pair[0]); serve(pair[1]);
	}
	close(pair[1]);
	asking = pair[0];
}

static struct seen ask_child(char what)
{
	struct seen seen;

	if (write(asking, &what, 1) != 1 ||
		recv(asking, &seen, sizeof seen, MSG_WAITALL) != sizeof seen)
		client_fail("nobody looks into the daemon's store");
	return seen;
}

uint64_t inside_serial(void)
{
	while (talk_pid() != 0)
		poll(NULL, 0, 1);
	return ask_child('s').serial;
}

void inside_code(char out[32])
{
	memcpy(out, ask_child('c').code, sizeof(struct seen){ 0 }.code);
}
