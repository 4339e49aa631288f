/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's side of wire.h. What must hold: it decides nothing, it ends by itself whatever the
 * daemon does (a bounded number of asks and messages, a deadline on each packet), and an answer is
 * wiped as soon as it is sent. */
#include "term.h"

#include <errno.h>
#include <unistd.h>

/* A list of a million people is told line by line; a loop must end all the same. */
enum { MESSAGES_MAX = 10000000 };

static int ask_person(const struct term *t, const struct ask *a, struct packet *p)
{
	SECRET(given);
	int r = t->ask(t->arg, a, &given);

	if (r == 0)
		p->len = answer_put(p->bytes, &given);
	return r;
}

/* The daemon asks for the end once more than for what there is. */
static int take_data(const struct term *t, struct packet *p, size_t *left)
{
	struct data piece = { .len = 0 };
	int r = t->data ? t->data(t->arg, &piece) : -EPROTO;

	if (r < 0)
		return r;
	if (piece.len > *left)
		return -EFBIG;
	*left -= piece.len;
	p->len = data_put(p->bytes, &piece);
	return 0;
}

/* What may still be asked of the person and of a file. */
struct left {
	int asks;
	size_t data;
};

static int answer(int fd, const struct term *t, struct packet *p, struct left *left)
{
	struct ask a;
	int r;

	if (!ask_get(p->bytes, p->len, &a))
		return -EPROTO;
	if (a.use == USE_DATA)
		r = take_data(t, p, &left->data);
	else
		r = left->asks-- > 0 ? ask_person(t, &a, p) : -EPROTO;
	if (r < 0)
		return r;
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
	struct left left = { .asks = WIRE_ASKS_MAX, .data = WIRE_DATA_MAX };

	for (int n = 0; n < MESSAGES_MAX; n++) {
		int r = packet_recv(fd, p, boot_ms() + t->patience_ms);
		if (r < 0)
			return r;

		switch (p->bytes[0]) {
		case MSG_ASK: r = answer(fd, t, p, &left); break;
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

struct hello command_hello(const char *tty)
{
	return (struct hello){ .version = WIRE_VERSION,
		.purpose = PURPOSE_COMMAND,
		.service = "hcauth",
		.name = "",
		.tty = tty,
		.rhost = "",
		.ruser = "",
		.ruid = getuid(),
		.have = "",
		.ticket = "" };
}
