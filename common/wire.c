/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to packets and back. What must hold: a decoder accepts nothing that its encoder could not
 * have written, and leaves its output alone otherwise. */
#include "wire.h"

enum {
	T_VERSION = 1,
	T_PURPOSE,
	T_SERVICE,
	T_NAME,
	T_TTY,
	T_RHOST,
	T_RUSER,
	T_RUID,
	T_FLAGS,
	T_HAVE,
	T_HELLO_TICKET,
	T_ARGS,
	T_SSH_AUTH, /* since version 2; absent when empty */
};
enum { T_USE = 1, T_ECHO, T_ASK_TEXT };
enum { T_ANSWER = 1 };
enum { T_DATA = 1 };
enum { T_LEVEL = 1, T_TELL_TEXT };
enum { T_RESULT = 1, T_USER, T_UID, T_STATUS, T_TICKET, T_ENV };

static size_t done(const struct writer *w)
{
	return w->bad ? 0 : w->len;
}

static struct writer begin(uint8_t *out, enum msg_kind kind)
{
	struct writer w = writer_of(out, WIRE_MAX);

	put_byte(&w, (uint8_t)kind);
	return w;
}

static bool is_list(const struct field *f)
{
	struct reader items = reader_of(f->p, f->len);

	while (next_text(&items))
		;
	return !items.bad;
}

size_t hello_put(
	uint8_t out[WIRE_MAX], const struct hello *h, const char *const *args, size_t nargs)
{
	struct writer w = begin(out, MSG_HELLO);

	put_u16(&w, T_VERSION, h->version);
	put_u8(&w, T_PURPOSE, (uint8_t)h->purpose);
	put_text(&w, T_SERVICE, h->service);
	put_text(&w, T_NAME, h->name);
	put_text(&w, T_TTY, h->tty);
	put_text(&w, T_RHOST, h->rhost);
	put_text(&w, T_RUSER, h->ruser);
	put_u32(&w, T_RUID, h->ruid);
	put_u32(&w, T_FLAGS, h->flags);
	put_text(&w, T_HAVE, h->have);
	put_text(&w, T_HELLO_TICKET, h->ticket);
	put_list(&w, T_ARGS, args, nargs);
	if (h->ssh_auth && *h->ssh_auth)
		put_text(&w, T_SSH_AUTH, h->ssh_auth);
	return done(&w);
}

/* The version before has no ssh_auth. */
static bool version_fits(const struct hello *h)
{
	return h->version == WIRE_VERSION || (h->version == WIRE_VERSION_BEFORE && !*h->ssh_auth);
}

bool hello_get(const uint8_t *p, size_t len, struct hello *out)
{
	struct hello h = { .service = "",
		.name = "",
		.tty = "",
		.rhost = "",
		.ruser = "",
		.ruid = UINT32_MAX,
		.have = "",
		.ticket = "",
		.ssh_auth = "" };
	struct reader r = reader_of(p, len);
	struct field f = { .tag = 0 };

	if (take_u8(&r) != MSG_HELLO)
		return false;
	while (next_field(&r, &f)) {
		switch (f.tag) {
		case T_VERSION: h.version = field_u16(&r, &f); break;
		case T_PURPOSE: h.purpose = field_u8(&r, &f); break;
		case T_SERVICE: h.service = field_text(&r, &f); break;
		case T_NAME: h.name = field_text(&r, &f); break;
		case T_TTY: h.tty = field_text(&r, &f); break;
		case T_RHOST: h.rhost = field_text(&r, &f); break;
		case T_RUSER: h.ruser = field_text(&r, &f); break;
		case T_RUID: h.ruid = field_u32(&r, &f); break;
		case T_FLAGS: h.flags = field_u32(&r, &f); break;
		case T_HAVE: h.have = field_text(&r, &f); break;
		case T_HELLO_TICKET: h.ticket = field_text(&r, &f); break;
		case T_ARGS:
			h.args = reader_of(f.p, f.len);
			r.bad |= !is_list(&f);
			break;
		case T_SSH_AUTH:
			h.ssh_auth = field_text(&r, &f);
			r.bad |= f.len < 2 || f.len > WIRE_SSH_AUTH_MAX + 1;
			break;
		default: return false;
		}
	}
	if (r.bad || h.purpose == 0 || !version_fits(&h))
		return false;
	*out = h;
	return true;
}

size_t ask_put(uint8_t out[WIRE_MAX], const struct ask *a)
{
	struct writer w = begin(out, MSG_ASK);

	put_u8(&w, T_USE, (uint8_t)a->use);
	put_u8(&w, T_ECHO, a->echo);
	put_text(&w, T_ASK_TEXT, a->text);
	return done(&w);
}

bool ask_get(const uint8_t *p, size_t len, struct ask *out)
{
	struct ask a = { .text = NULL };
	struct reader r = reader_of(p, len);
	struct field f = { .tag = 0 };
	uint8_t echo = 2;

	if (take_u8(&r) != MSG_ASK)
		return false;
	while (next_field(&r, &f)) {
		switch (f.tag) {
		case T_USE: a.use = field_u8(&r, &f); break;
		case T_ECHO: echo = field_u8(&r, &f); break;
		case T_ASK_TEXT: a.text = field_text(&r, &f); break;
		default: return false;
		}
	}
	if (r.bad || a.use < USE_PASSWORD || a.use > USE_DATA || echo > 1 || !a.text)
		return false;
	a.echo = echo == 1;
	if (a.echo && (a.use == USE_PASSWORD || a.use == USE_NEW_PASSWORD))
		return false; /* nobody, not even a false daemon, gets a password shown on a screen */
	*out = a;
	return true;
}

size_t answer_put(uint8_t out[WIRE_MAX], const struct secret *s)
{
	struct writer w = begin(out, MSG_ANSWER);

	put_text(&w, T_ANSWER, s->text);
	return done(&w);
}

bool answer_get(const uint8_t *p, size_t len, struct secret *out)
{
	struct reader r = reader_of(p, len);
	struct field f = { .tag = 0 };
	struct field end = { .tag = T_ANSWER };

	if (take_u8(&r) != MSG_ANSWER || !next_field(&r, &f) || f.tag != T_ANSWER ||
		next_field(&r, &end))
		return false;

	const char *text = field_text(&r, &f);
	if (r.bad || f.len > sizeof out->text)
		return false;
	memcpy(out->text, text, f.len);
	out->len = f.len - 1;
	return true;
}

size_t data_put(uint8_t out[WIRE_MAX], const struct data *d)
{
	struct writer w = begin(out, MSG_DATA);

	if (d->len > sizeof d->bytes)
		return 0;
	put_bytes(&w, T_DATA, d->bytes, d->len);
	return done(&w);
}

bool data_get(const uint8_t *p, size_t len, struct data *out)
{
	struct reader r = reader_of(p, len);
	struct field f = { .tag = 0 };
	struct field end = { .tag = T_DATA };

	if (take_u8(&r) != MSG_DATA || !next_field(&r, &f) || f.tag != T_DATA ||
		next_field(&r, &end) || r.bad || f.len > sizeof out->bytes)
		return false;
	memcpy(out->bytes, f.p, f.len);
	out->len = f.len;
	return true;
}

size_t tell_put(uint8_t out[WIRE_MAX], const struct tell *t)
{
	struct writer w = begin(out, MSG_TELL);

	put_u8(&w, T_LEVEL, (uint8_t)t->level);
	put_text(&w, T_TELL_TEXT, t->text);
	return done(&w);
}

bool tell_get(const uint8_t *p, size_t len, struct tell *out)
{
	struct tell t = { .text = NULL };
	struct reader r = reader_of(p, len);
	struct field f = { .tag = 0 };

	if (take_u8(&r) != MSG_TELL)
		return false;
	while (next_field(&r, &f)) {
		switch (f.tag) {
		case T_LEVEL: t.level = field_u8(&r, &f); break;
		case T_TELL_TEXT: t.text = field_text(&r, &f); break;
		default: return false;
		}
	}
	if (r.bad || t.level < TELL_INFO || t.level > TELL_ERROR || !t.text)
		return false;
	*out = t;
	return true;
}

size_t wait_put(uint8_t out[WIRE_MAX])
{
	struct writer w = begin(out, MSG_WAIT);

	return done(&w);
}

size_t verdict_put(
	uint8_t out[WIRE_MAX], const struct verdict_msg *v, const char *const *env, size_t nenv)
{
	struct writer w = begin(out, MSG_VERDICT);

	put_u8(&w, T_RESULT, (uint8_t)v->result);
	put_text(&w, T_USER, v->user);
	put_u32(&w, T_UID, v->uid);
	put_u8(&w, T_STATUS, v->status);
	put_text(&w, T_TICKET, v->ticket);
	put_list(&w, T_ENV, env, nenv);
	return done(&w);
}

bool verdict_get(const uint8_t *p, size_t len, struct verdict_msg *out)
{
	struct verdict_msg v = { .result = REFUSED, .user = "", .uid = UINT32_MAX, .ticket = "" };
	struct reader r = reader_of(p, len);
	struct field f = { .tag = 0 };
	uint8_t result = UINT8_MAX;

	if (take_u8(&r) != MSG_VERDICT)
		return false;
	while (next_field(&r, &f)) {
		switch (f.tag) {
		case T_RESULT: result = field_u8(&r, &f); break;
		case T_USER: v.user = field_text(&r, &f); break;
		case T_UID: v.uid = field_u32(&r, &f); break;
		case T_STATUS: v.status = field_u8(&r, &f); break;
		case T_TICKET: v.ticket = field_text(&r, &f); break;
		case T_ENV:
			v.env = reader_of(f.p, f.len);
			r.bad |= !is_list(&f);
			break;
		default: return false;
		}
	}
	if (r.bad || result > UNAVAILABLE)
		return false;
	v.result = result;
	*out = v;
	return true;
}
