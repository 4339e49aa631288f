/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's side of wire.h. What must hold: it decides nothing, it ends by itself whatever the
 * daemon does (a bounded number of asks and messages, a deadline on each packet), and an answer is
 * wiped as soon as it is sent. */
#include "term.h"

#include <errno.h>

enum { MESSAGES_MAX = 100000 }; /* a long list is told line by line; a loop must end all the same */

static int answer(int fd, const struct term *t, struct packet *p)
{
	SECRET(given);
	struct ask a;

	if (!ask_get(p->bytes, p->len, &a))
		return -EPROTO;

	int r = t->ask(t->arg, &a, &given);
	if (r < 0)
		return r;
	p->len = answer_put(p->bytes, &given);
	r = p->len ? packet_send(fd, p, boot_ms() + t->patience_ms) : -EMSGSIZE;
	wipe(p, sizeof *p);
	return r;
}

static int show(const struct term *t, const struct packet *p)
{
	struct tell said;

	if (!tell_get(p->bytes, p->len, &said))
		return -EPROTO;
	return t->tell(t->arg, &said);
}

static int serve(int fd, const struct term *t, struct packet *p, struct verdict_msg *out)
{
	int asks = 0;

	for (int n = 0; n < MESSAGES_MAX; n++) {
		int r = packet_recv(fd, p, boot_ms() + t->patience_ms);
		if (r < 0)
			return r;

		switch (p->bytes[0]) {
		case MSG_ASK: r = asks++ < WIRE_ASKS_MAX ? answer(fd, t, p) : -EPROTO; break;
		case MSG_TELL: r = show(t, p); break;
		case MSG_WAIT: r = p->len == 1 ? 0 : -EPROTO; break;
		case MSG_VERDICT: return verdict_get(p->bytes, p->len, out) ? 0 : -EPROTO;
		default: return -EPROTO;
		}
		if (r < 0)
			return r;
	}
	return -EPROTO;
}

int term_run(int fd, const struct hello *h, const char *const *args, size_t nargs,
	const struct term *t, struct packet *p, struct verdict_msg *out)
{
	int r;

	p->len = hello_put(p->bytes, h, args, nargs);
	if (p->len == 0)
		return -EMSGSIZE;
	r = packet_send(fd, p, boot_ms() + t->patience_ms);
	if (r == 0)
		r = serve(fd, t, p, out);
	if (r < 0)
		wipe(p, sizeof *p);
	return r;
}
