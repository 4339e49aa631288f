/* SPDX-License-Identifier: Apache-2.0 */
/* The wire, on both sides. The first byte says which decoder hears the rest; or it is a daemon's part of a
 * conversation, packets of a length in two bytes each, which a terminal serves. What must hold: a message that
 * was understood, written anew, is understood as the same; what a decoder refuses leaves its output alone; a
 * terminal says that somebody was let in only when its last packet was such a verdict, shows no password that
 * is typed, and is asked no more often than the protocol allows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "term.h"
#include "wire.h"

enum { TEXTS_MAX = 64 };

/* The texts of a list, for an encoder; false when there are too many for this. */
static bool texts_of(struct reader items, const char *out[TEXTS_MAX], size_t *n)
{
	const char *s;

	for (*n = 0; (s = next_text(&items)); (*n)++) {
		if (*n == TEXTS_MAX)
			return false;
		out[*n] = s;
	}
	HOLDS(!items.bad);
	return true;
}

static bool same_list(const struct reader *a, const struct reader *b)
{
	return a->left == b->left && (a->left == 0 || memcmp(a->p, b->p, a->left) == 0);
}

static bool same_hello(const struct hello *a, const struct hello *b)
{
	return a->version == b->version && a->purpose == b->purpose &&
		strcmp(a->service, b->service) == 0 && strcmp(a->name, b->name) == 0 &&
		strcmp(a->tty, b->tty) == 0 && strcmp(a->rhost, b->rhost) == 0 &&
		strcmp(a->ruser, b->ruser) == 0 && a->ruid == b->ruid && a->flags == b->flags &&
		strcmp(a->have, b->have) == 0 && strcmp(a->ticket, b->ticket) == 0 &&
		same_list(&a->args, &b->args) && strcmp(a->ssh_auth, b->ssh_auth) == 0;
}

static void try_hello(const uint8_t *p, size_t len)
{
	uint8_t again[WIRE_MAX];
	const char *args[TEXTS_MAX];
	struct hello a = { .ruid = 7 }, b;
	size_t n;

	if (!hello_get(p, len, &a)) {
		HOLDS(a.ruid == 7 && a.version == 0 && !a.name);
		return;
	}
	HOLDS(strlen(a.ssh_auth) <= WIRE_SSH_AUTH_MAX);
	if (!texts_of(a.args, args, &n))
		return;
	size_t made = hello_put(again, &a, args, n);
	if (made == 0) /* what was left out fills the packet */
		return;
	HOLDS(hello_get(again, made, &b) && same_hello(&a, &b));
	HOLDS(made >= len && (made > len || memcmp(p, again, len) == 0));
}

static void try_verdict(const uint8_t *p, size_t len)
{
	uint8_t again[WIRE_MAX];
	const char *env[TEXTS_MAX];
	struct verdict_msg a = { .status = 9 }, b;
	size_t n;

	if (!verdict_get(p, len, &a)) {
		HOLDS(a.status == 9 && a.result == REFUSED && !a.user);
		return;
	}
	HOLDS(a.result <= UNAVAILABLE);
	if (!texts_of(a.env, env, &n))
		return;
	size_t made = verdict_put(again, &a, env, n);
	if (made == 0)
		return;
	HOLDS(verdict_get(again, made, &b) && b.result == a.result && b.uid == a.uid &&
		b.status == a.status && strcmp(a.user, b.user) == 0 &&
		strcmp(a.ticket, b.ticket) == 0 && same_list(&a.env, &b.env));
	HOLDS(made >= len && (made > len || memcmp(p, again, len) == 0));
}

/* What was understood has one form only. */
static void same_bytes(const uint8_t *p, size_t len, const uint8_t *again, size_t made)
{
	HOLDS(made == len && memcmp(p, again, len) == 0);
}

static void try_ask(const uint8_t *p, size_t len)
{
	uint8_t again[WIRE_MAX];
	struct ask a = { .use = 0 };

	if (!ask_get(p, len, &a)) {
		HOLDS(a.use == 0 && !a.text);
		return;
	}
	HOLDS(!a.echo || (a.use != USE_PASSWORD && a.use != USE_NEW_PASSWORD));
	same_bytes(p, len, again, ask_put(again, &a));
}

static void try_answer(const uint8_t *p, size_t len)
{
	uint8_t again[WIRE_MAX];
	struct secret s = { .len = 1 };

	if (!answer_get(p, len, &s)) {
		HOLDS(s.len == 1);
		return;
	}
	HOLDS(s.len <= ANSWER_MAX && strlen(s.text) == s.len);
	same_bytes(p, len, again, answer_put(again, &s));
}

static void try_data(const uint8_t *p, size_t len)
{
	uint8_t again[WIRE_MAX];
	static struct data d;

	d.len = 1;
	if (!data_get(p, len, &d)) {
		HOLDS(d.len == 1);
		return;
	}
	same_bytes(p, len, again, data_put(again, &d));
}

static void try_tell(const uint8_t *p, size_t len)
{
	uint8_t again[WIRE_MAX];
	struct tell t = { .level = 0 };

	if (!tell_get(p, len, &t)) {
		HOLDS(t.level == 0 && !t.text);
		return;
	}
	same_bytes(p, len, again, tell_put(again, &t));
}

/* --- a terminal --- */

static struct {
	struct fuzz_input in;
	uint8_t last[WIRE_MAX];
	size_t last_len;
	unsigned sent, asks;
} peer;

ssize_t __wrap_send(int fd, const void *p, size_t len, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags);
int __wrap_poll(void *fds, unsigned long n, int timeout);

/* The terminal's own packets are what a daemon understands. */
ssize_t __wrap_send(int fd, const void *p, size_t len, int flags)
{
	struct secret s;
	struct hello h;
	static struct data d;

	(void)fd;
	(void)flags;
	HOLDS(len > 0 && len <= WIRE_MAX);
	HOLDS(peer.sent++ == 0 ? hello_get(p, len, &h)
			       : answer_get(p, len, &s) || data_get(p, len, &d));
	return (ssize_t)len;
}

/* The next packet; 0xffff for a length is one that came cut, 0xfffe one that does not come in time. */
ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags)
{
	size_t len = (size_t)fuzz_byte(&peer.in) << 8;

	(void)fd;
	(void)flags;
	len |= fuzz_byte(&peer.in);
	m->msg_flags = len == 0xffff ? MSG_TRUNC : 0;
	if (len == 0xfffe) {
		errno = ECONNREFUSED;
		return -1;
	}
	if (len > peer.in.left)
		len = peer.in.left;
	if (len > m->msg_iov->iov_len) {
		len = m->msg_iov->iov_len;
		m->msg_flags = MSG_TRUNC;
	}
	memcpy(m->msg_iov->iov_base, peer.in.p, len);
	memcpy(peer.last, peer.in.p, len);
	peer.last_len = len;
	peer.in.p += len;
	peer.in.left -= len;
	return (ssize_t)len;
}

int __wrap_poll(void *fds, unsigned long n, int timeout)
{
	(void)fds;
	(void)n;
	(void)timeout;
	return 1;
}

static int person(void *arg, const struct ask *a, struct secret *out)
{
	(void)arg;
	HOLDS(a->text && (!a->echo || a->use > USE_NEW_PASSWORD));
	HOLDS(++peer.asks <= WIRE_ASKS_MAX);
	out->len = strlen(a->text) % 7;
	memset(out->text, 'x', out->len);
	out->text[out->len] = 0;
	return a->text[0] == '!' ? -ECANCELED : 0;
}

static int screen(void *arg, const struct tell *t)
{
	(void)arg;
	HOLDS(t->level == TELL_INFO || t->level == TELL_ERROR);
	return strcmp(t->text, "!") == 0 ? -ECANCELED : 0;
}

static int file(void *arg, struct data *out)
{
	(void)arg;
	out->len = sizeof out->bytes;
	memset(out->bytes, 'f', out->len);
	return 0;
}

static void try_terminal(struct fuzz_input in)
{
	static struct packet p;
	uint8_t how = fuzz_byte(&in);
	const struct hello h = command_hello(how & 2 ? "tty1" : "");
	const struct term t = {
		.ask = person, .tell = screen, .data = how & 1 ? file : NULL, .patience_ms = 1000
	};
	static char word[WIRE_MAX + 1];
	const char *const words[] = { "practice", word };
	struct verdict_msg v = { .result = REFUSED };

	memset(word, 'w', how & 4 ? WIRE_MAX : 3);
	word[how & 4 ? WIRE_MAX : 3] = 0;
	memset(&peer, 0, sizeof peer);
	peer.in = in;
	int r = term_run(3, &h, words, 2, &t, &p, &v);
	HOLDS(r <= 0);
	if (r == 0)
		HOLDS(peer.last_len > 0 && peer.last[0] == MSG_VERDICT);
	else
		HOLDS(v.result == REFUSED && p.len == 0);
}

void fuzz_one(const uint8_t *p, size_t len)
{
	static void (*const decoders[])(const uint8_t *, size_t) = { try_hello, try_ask, try_answer,
		try_tell, try_verdict, try_data };
	struct fuzz_input in = { p, len };
	uint8_t which = fuzz_byte(&in) % (sizeof decoders / sizeof *decoders + 1);

	if (which == sizeof decoders / sizeof *decoders) {
		try_terminal(in);
		return;
	}
	if (in.left > WIRE_MAX) /* no packet is longer */
		return;
	uint8_t *exact = malloc(in.left + (in.left == 0)); /* what is read behind it is seen */
	HOLDS(exact != NULL);
	if (in.left > 0)
		memcpy(exact, in.p, in.left);
	decoders[which](exact, in.left);
	free(exact);
}
