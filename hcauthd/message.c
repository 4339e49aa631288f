/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a message exists if and only if what it tells was committed; its row is sealed, bound
 * to its number; only places that were checked when they were taken stand in "to". */
#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "codec.h"
#include "log.h"
#include "paths.h"
#include "seal.h"
#include "store/store.h"

enum { VERSION = 1, PLAIN_MAX = 2048 };

static bool saved; /* by this process: whether there is anything to wake the courier for */

bool message_can(const struct conf *conf, enum channel channel)
{
	return channel == CHANNEL_EMAIL ? conf->sendmail[0] && conf->from[0] : conf->sms[0] != 0;
}

static size_t message_put(uint8_t out[PLAIN_MAX], const struct message *m)
{
	struct writer w = writer_of(out, PLAIN_MAX);

	put_u8(&w, 1, (uint8_t)m->channel);
	put_text(&w, 2, m->to);
	put_text(&w, 3, m->template);
	put_text(&w, 4, m->name);
	put_text(&w, 5, m->practice);
	put_text(&w, 6, m->code);
	put_text(&w, 7, m->what);
	put_u32(&w, 8, m->minutes);
	put_bytes(&w, 9, &m->owner, sizeof m->owner);
	return w.bad ? 0 : w.len;
}

static int message_get(const uint8_t *p, size_t len, struct message *out)
{
	struct reader r = reader_of(p, len);
	struct field f = { .tag = 0 };
	struct message v = { .channel = 0 };
	unsigned n = 0;

	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: v.channel = field_u8(&r, &f); break;
		case 2: field_copy(&r, &f, v.to, sizeof v.to); break;
		case 3: field_copy(&r, &f, v.template, sizeof v.template); break;
		case 4: field_copy(&r, &f, v.name, sizeof v.name); break;
		case 5: field_copy(&r, &f, v.practice, sizeof v.practice); break;
		case 6: field_copy(&r, &f, v.code, sizeof v.code); break;
		case 7: field_copy(&r, &f, v.what, sizeof v.what); break;
		case 8: v.minutes = field_u32(&r, &f); break;
		case 9: field_bytes(&r, &f, &v.owner, sizeof v.owner); break;
		}
	}
	/* those of the first version end before the owner, and are nobody's */
	bool good = !r.bad && n == f.tag && (n == 8 || n == 9) && v.channel >= CHANNEL_EMAIL &&
		v.channel <= CHANNEL_SMS;
	if (good)
		*out = v;
	wipe(&v, sizeof v);
	return good ? 0 : -EUCLEAN;
}

int message_save(struct txn *t, const struct seal *s, const struct queued *q)
{
	uint8_t plain[PLAIN_MAX], sealed[PLAIN_MAX + SEAL_OVERHEAD], row[sizeof sealed + 256],
		key[NUMBER_KEY];
	struct writer w = writer_of(row, sizeof row);
	size_t len = message_put(plain, &q->message);

	if (len == 0)
		return -EMSGSIZE;
	number_key(q->number, key);
	seal_close(s, SEAL_OUTBOX, key, sizeof key, plain, len, sealed);
	wipe(plain, sizeof plain);
	put_byte(&w, VERSION);
	put_u64(&w, 1, q->made);
	put_u64(&w, 2, q->due);
	put_u32(&w, 3, q->tries);
	put_u8(&w, 4, q->dead);
	put_text(&w, 5, q->error);
	put_bytes(&w, 6, sealed, len + SEAL_OVERHEAD);
	saved = true;
	return w.bad ? -EMSGSIZE : txn_put(t, TABLE_OUTBOX, key, sizeof key, row, w.len);
}

static int queued_get(const struct seal *s, const uint8_t key[NUMBER_KEY], const struct bytes *row,
	struct queued *out)
{
	uint8_t plain[PLAIN_MAX];
	struct reader r = reader_of(row->p, row->len);
	struct field f = { .tag = 0 };
	struct queued v = { .number = number_get(key, NUMBER_KEY) };
	unsigned n = 0;

	if (take_u8(&r) != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: v.made = field_u64(&r, &f); break;
		case 2: v.due = field_u64(&r, &f); break;
		case 3: v.tries = field_u32(&r, &f); break;
		case 4: v.dead = field_bool(&r, &f); break;
		case 5: field_copy(&r, &f, v.error, sizeof v.error); break;
		}
	}
	if (r.bad || n != 6 || f.tag != 6 || f.len < SEAL_OVERHEAD ||
		f.len > PLAIN_MAX + SEAL_OVERHEAD)
		return -EUCLEAN;
	int q = seal_open(s, SEAL_OUTBOX, key, NUMBER_KEY, f.p, f.len, plain);
	if (q == 0)
		q = message_get(plain, f.len - SEAL_OVERHEAD, &v.message);
	wipe(plain, sizeof plain);
	if (q == 0)
		*out = v;
	wipe(&v, sizeof v);
	return q;
}

int message_next(struct txn *t, const struct seal *s, uint64_t *number, struct queued *out)
{
	uint8_t key[NUMBER_KEY];
	struct bytes row;
	int r = txn_next_number(t, TABLE_OUTBOX, number, &row);

	if (r < 0)
		return r;
	number_key(*number, key);
	if (queued_get(s, key, &row, out) < 0)
		*out = (struct queued){ .number = *number, .dead = true, .error = "damaged" };
	return 0;
}

int message_load(struct txn *t, const struct seal *s, uint64_t number, struct queued *out)
{
	uint8_t key[NUMBER_KEY];
	struct bytes row;

	number_key(number, key);
	int r = txn_get(t, TABLE_OUTBOX, key, sizeof key, &row);
	return r < 0 ? r : queued_get(s, key, &row, out);
}

int message_drop(struct txn *t, uint64_t number)
{
	uint8_t key[NUMBER_KEY];

	number_key(number, key);
	return txn_del(t, TABLE_OUTBOX, key, sizeof key);
}

int message_queue(
	struct txn *t, const struct conv *c, const struct now *now, const struct message *m)
{
	struct queued q = { .made = now->unix_s, .due = now->unix_s };
	int r;

	if (!*m->to || !message_can(c->conf, m->channel))
		return 0;
	if ((r = meta_u64(t, "outbox", 0, &q.number)) < 0 ||
		(r = meta_set_u64(t, "outbox", ++q.number)) < 0)
		return r;
	q.message = *m;
	r = message_save(t, c->seal, &q);
	wipe(&q, sizeof q);
	return r;
}

int message_for(struct txn *t, const struct person *p, enum channel channel, const char *to,
	const char *template, struct message *m)
{
	struct account a = p->account;
	struct practice practice;
	int r = 0;

	*m = (struct message){ .channel = channel, .owner = p->owner };
	snprintf(m->to, sizeof m->to, "%s", to);
	snprintf(m->template, sizeof m->template, "%s", template);
	snprintf(m->name, sizeof m->name, "%.*s", PERSON_NAME_MAX,
		p->has_identity   ? p->identity.name
			: *a.name ? a.name
				  : a.userid);
	if (p->has_identity && !id_is_none(&p->identity.account))
		r = account_load(t, &p->identity.account, &a);
	if (r == 0 && *a.practice && (r = practice_load(t, a.practice, &practice)) == 0)
		memcpy(m->practice, practice.name, sizeof m->practice);
	return r == -ENOENT ? 0 : r;
}

static int tell_changed(struct txn *t, const struct conv *c, const struct now *now,
	const struct person *p, enum channel channel, const char *what)
{
	struct message m;
	int r = message_for(t, p, channel,
		channel == CHANNEL_EMAIL ? p->identity.email : p->identity.mobile, "changed", &m);

	if (r < 0)
		return r;
	snprintf(m.what, sizeof m.what, "%s", what);
	return message_queue(t, c, now, &m);
}

int message_tell_changed(struct txn *t, const struct conv *c, const struct now *now,
	const struct person *p, const char *what)
{
	int r = 0;

	if (!p->has_identity)
		return 0;
	if (p->identity.email_verified)
		r = tell_changed(t, c, now, p, CHANNEL_EMAIL, what);
	if (r == 0 && p->identity.mobile_verified)
		r = tell_changed(t, c, now, p, CHANNEL_SMS, what);
	return r;
}

void message_wake(void)
{
	const struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = HC_COURIER_SOCKET };
	int fd = saved ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;

	if (fd < 0)
		return;
	(void)sendto(
		fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof to);
	close(fd);
}
