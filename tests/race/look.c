/* SPDX-License-Identifier: Apache-2.0 */
#include "race/look.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "factor.h"
#include "init.h"
#include "local.h"
#include "message.h"
#include "paths.h"
#include "people.h"
#include "store/store.h"

struct request {
	char what; /* 'm'essage, 'r'eset, 'c'ounts, 's'essions, 't'ables, 'a'udit */
	char email[64];
	uint64_t from;
};

struct looking {
	const struct seal *seal;
	const struct request *ask;
	void *out;
};

static int asking = -1;

/* --- the child --- */

static int find_sms(struct txn *t, void *arg)
{
	static uint64_t number; /* of the last message that was looked at */
	struct looking *l = arg;
	struct queued q;
	int r;

	while ((r = message_next(t, l->seal, &number, &q)) == 0)
		if (q.message.channel == CHANNEL_SMS && *q.message.code)
			memcpy(l->out, q.message.code, sizeof q.message.code);
	return r == -ENOENT ? 0 : r;
}

static int make_reset(struct txn *t, void *arg)
{
	struct looking *l = arg;
	const struct conv c = { .seal = l->seal };
	struct person who;
	struct now now;
	int r = person_by_name(t, l->ask->email, &who);

	clock_read(&now);
	return r < 0 ? r : reset_make(t, &c, &who.identity.id, &now, 86400, l->out);
}

static int find_counts(struct txn *t, void *arg)
{
	static const struct now now;
	struct looking *l = arg;
	struct counts *out = l->out;
	struct person who;
	struct attempt a;
	int r = person_by_name(t, l->ask->email, &who);

	for (unsigned f = 0; r == 0 && f < 32; f++)
		for (enum source s = SOURCE_LOCAL; r == 0 && s <= SOURCE_NETWORK; s++) {
			r = lockout_look(t, &who.owner, f, s, 0, &now, &a);
			out->of[f][s] = r == 0 ? a.failures : 0;
		}
	return r;
}

static int find_sessions(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct key at = { .len = 0 };
	struct bytes row;
	struct session s;
	struct person who;
	int r = person_by_name(t, l->ask->email, &who);

	while (r == 0 &&
		(r = txn_next(t, TABLE_SESSION, &who.account.id, ID_BYTES, &at, &row)) == 0)
		if ((r = session_get(row.p, row.len, &s)) == 0 && s.factors != 0)
			++*(unsigned *)l->out;
	return r == -ENOENT ? 0 : r;
}

static int find_audit(struct txn *t, void *arg)
{
	static struct audit_row a;
	struct looking *l = arg;
	struct look_audit *out = l->out;
	uint64_t number = l->ask->from;
	struct person who;
	int r = person_by_name(t, l->ask->email, &who);

	while (r == 0 && (r = audit_next(t, &number, &a)) == 0) {
		struct look_row *row = &out->row[out->n];

		if (memcmp(&a.owner, &who.owner, ID_BYTES) != 0 &&
			memcmp(&a.owner, &who.account.id, ID_BYTES) != 0)
			continue;
		if (++out->n > LOOK_ROWS)
			return -EMSGSIZE;
		*row = (struct look_row){ .number = a.number, .event = a.event };
		snprintf(row->tty, sizeof row->tty, "%.15s", a.tty);
		memcpy(row->detail, a.detail, sizeof row->detail);
	}
	return r == -ENOENT ? meta_u64(t, "audit", 0, &out->last) : r;
}

static int find_tables(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct tables *out = l->out;
	struct bytes row;
	int r = 0;

	for (unsigned table = 'a'; r == 0 && table <= 'z'; table++) {
		struct key at = { .len = 0 };

		if (table == TABLE_AUDIT || !strchr("miapnxclstkoqfhewybzv", (int)table))
			continue;
		while ((r = txn_next(t, (enum table)table, "", 0, &at, &row)) == 0)
			out->rows[table]++;
		r = r == -ENOENT ? 0 : r;
		out->all += out->rows[table];
	}
	return r < 0 ? r : meta_u64(t, "audit", 0, &out->audit);
}

static const struct verb {
	char what;
	bool writes;
	int (*fn)(struct txn *t, void *arg);
	size_t size; /* of what comes back */
} verbs[] = {
	{ 'm', false, find_sms, 32 },
	{ 'r', true, make_reset, 32 },
	{ 'c', false, find_counts, sizeof(struct counts) },
	{ 's', false, find_sessions, sizeof(unsigned) },
	{ 't', false, find_tables, sizeof(struct tables) },
	{ 'a', false, find_audit, sizeof(struct look_audit) },
};

static const struct verb *verb_of(char what)
{
	const struct verb *v = verbs;

	while (v->what != what)
		v++;
	return v;
}

static void look(const struct request *ask, const struct verb *v, void *out)
{
	struct looking l = { .ask = ask, .out = out };
	struct store *s;
	struct seal *seal;
	int r = store_open(HC_STORE_DIR, &s);

	if (r < 0 || (r = init_open(s, NULL, HC_KEY_FILE, &seal)) < 0)
		client_fail("the daemon's store can't be opened: %s", strerror(-r));
	l.seal = seal;
	r = v->writes ? store_update(s, NEED_ALWAYS, v->fn, &l) : store_read(s, v->fn, &l);
	if (r < 0)
		client_fail("the daemon's store, '%c', %s: %s", v->what, ask->email, strerror(-r));
	seal_free(seal);
	store_close(s);
}

static _Noreturn void serve(int fd)
{
	static struct look_audit out; /* the largest */
	struct request ask;
	uint32_t uid, gid;

	if (!local_user(HC_DAEMON_USER, &uid, &gid) || setgid(gid) < 0 || setuid(uid) < 0 ||
		prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || sodium_init() < 0)
		client_fail("can't become %s: %s", HC_DAEMON_USER, strerror(errno));
	while (recv(fd, &ask, sizeof ask, MSG_WAITALL) == sizeof ask) {
		const struct verb *v = verb_of(ask.what);

		memset(&out, 0, v->size);
		look(&ask, v, &out);
		for (size_t at = 0; at < v->size;) {
			ssize_t n = write(fd, (char *)&out + at, v->size - at);
			if (n <= 0)
				_exit(0);
			at += (size_t)n;
		}
	}
	_exit(0);
}

void look_start(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		client_fail("socketpair: %s", strerror(errno));
	fflush(stdout);
	switch (fork()) {
	case -1: client_fail("fork: %s", strerror(errno));
	case 0: close(pair[0]); serve(pair[1]);
	}
	close(pair[1]);
	asking = pair[0];
}

/* --- asking it --- */

static void ask_child(char what, const char *email, uint64_t from, void *out)
{
	struct request ask = { .what = what, .from = from };
	size_t size = verb_of(what)->size;

	snprintf(ask.email, sizeof ask.email, "%s", email);
	if (write(asking, &ask, sizeof ask) != sizeof ask ||
		recv(asking, out, size, MSG_WAITALL) != (ssize_t)size)
		client_fail("nobody looks into the daemon's store");
}

void look_sms(char out[32])
{
	ask_child('m', "", 0, out);
	if (!*out)
		client_fail("no text message waits");
}

void look_reset_code(const char *email, char out[32])
{
	ask_child('r', email, 0, out);
}

void look_counts(const char *email, struct counts *out)
{
	ask_child('c', email, 0, out);
}

unsigned look_sessions(const char *email)
{
	unsigned n;

	ask_child('s', email, 0, &n);
	return n;
}

void look_tables(struct tables *out)
{
	ask_child('t', "", 0, out);
}

const struct look_audit *look_audit(const char *email, uint64_t from)
{
	static struct look_audit a;

	ask_child('a', email, from, &a);
	return &a;
}

unsigned look_events(
	const struct look_audit *a, enum audit_event event, const char *part, uint64_t *last)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->n; i++) {
		if (a->row[i].event != event || !strstr(a->row[i].detail, part))
			continue;
		n++;
		if (last)
			*last = a->row[i].number;
	}
	return n;
}
