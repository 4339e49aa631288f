/* SPDX-License-Identifier: Apache-2.0 */
/* TOTP, RFC 6238: HMAC-SHA-1, 30 seconds, 6 digits, one step either side. What must hold: a code works
 * once, and after it none of an earlier step (RFC 6238, 5.2); a wrong guess is counted in the commit
 * that looks at it; the clock's skew is never learnt. */
#include <errno.h>
#include <oath.h>
#include <sodium.h>
#include <string.h>

#include "codec.h"
#include "factor.h"
#include "log.h"
#include "store/store.h"

enum {
	VERSION = 2, /* 1: the secret has 20 bytes */
	STEP_S = 30,
	DIGITS = 6,
	WINDOW = 1
};

static void take_secret(
	struct reader *in, const struct field *f, unsigned version, struct totp *out)
{
	if (version == 1 ? f->len != TOTP_NEW
			 : f->len < TOTP_SECRET_MIN || f->len > TOTP_SECRET_MAX) {
		in->bad = true;
		return;
	}
	out->len = f->len;
	field_bytes(in, f, out->secret, f->len);
}

int totp_load(struct txn *t, const struct conv *c, const struct id *owner, struct totp *out)
{
	CREDENTIAL(cred);
	int r = credential_get(t, c->seal, owner, FACTOR_TOTP, &cred);
	if (r < 0)
		return r;

	struct reader in = reader_of(cred.plain, cred.len);
	struct field f = { .tag = 0 };
	struct totp v = { .active = false };
	unsigned n = 0;

	unsigned version = take_u8(&in);
	if (version < 1 || version > VERSION)
		return -EUCLEAN;
	for (; next_field(&in, &f); n++) {
		switch (f.tag) {
		case 1: take_secret(&in, &f, version, &v); break;
		case 2: v.last_step = field_u64(&in, &f); break;
		case 3: v.active = field_bool(&in, &f); break;
		}
	}
	if (in.bad || n != 3 || f.tag != 3)
		return -EUCLEAN;
	*out = v;
	return 0;
}

int totp_save(struct txn *t, const struct conv *c, const struct id *owner, const struct totp *v)
{
	CREDENTIAL(cred);
	struct writer w = writer_of(cred.plain, sizeof cred.plain);

	put_byte(&w, VERSION);
	put_bytes(&w, 1, v->secret, v->len);
	put_u64(&w, 2, v->last_step);
	put_u8(&w, 3, v->active);
	cred.len = w.len;
	return credential_put(t, c->seal, owner, FACTOR_TOTP, &cred);
}

uint64_t totp_last_good(uint64_t unix_s)
{
	return unix_s / STEP_S + WINDOW;
}

uint64_t totp_step(const struct totp *v, const char *text, uint64_t unix_s)
{
	uint64_t found = 0;

	if (strlen(text) != DIGITS || strspn(text, "0123456789") != DIGITS)
		return 0;
	for (uint64_t step = unix_s / STEP_S - WINDOW; step <= totp_last_good(unix_s); step++) {
		char code[DIGITS + 1];

		if (oath_hotp_generate((const char *)v->secret, v->len, step, DIGITS, false,
			    OATH_HOTP_DYNAMIC_TRUNCATION, code) != OATH_OK)
			return 0;
		if (sodium_memcmp(code, text, DIGITS) == 0 && step > v->last_step && found == 0)
			found = step;
		wipe(code, sizeof code);
	}
	return found;
}

static void take(
	struct conv *c, const struct person *p, const struct secret *answer, struct given *g)
{
	(void)c;
	(void)p;
	g->answer = *answer;
}

static int close_totp(struct txn *t, const struct conv *c, const struct person *p, struct given *g,
	const struct now *now, bool *ok)
{
	struct totp v;

	*ok = false;
	int r = lockout_count(t, &p->owner, FACTOR_TOTP, conv_source(c), 0, now, &g->attempt);
	if (r < 0 || !g->attempt.allowed)
		return r;
	r = totp_load(t, c, &p->owner, &v);
	if (r < 0)
		return r == -ENOENT ? 0 : r;

	uint64_t step = v.active ? totp_step(&v, g->answer.text, now->unix_s) : 0;
	if (step > 0) {
		v.last_step = step;
		r = totp_save(t, c, &p->owner, &v);
		*ok = r == 0;
	}
	wipe(&v, sizeof v);
	return r;
}

const struct factor factor_totp = {
	.id = FACTOR_TOTP,
	.name = "totp",
	.remote = true,
	.quick = true,
	.take = take,
	.close = close_totp,
};
