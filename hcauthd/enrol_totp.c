/* SPDX-License-Identifier: Apache-2.0 */
/* The authenticator app: its secret as a QR code and as text. What must hold: a secret counts only after a
 * code of it was typed; until then the one in use goes on; whoever is cut off sees the same one again. */
#include <errno.h>
#include <oath.h>
#include <qrencode.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enrol_step.h"
#include "log.h"
#include "store/store.h"
#include "text.h"

static void put_secret(const struct totp *v, char out[64], const char *between)
{
	char *base32 = NULL;
	size_t len = 0, at = 0;

	if (oath_base32_encode((const char *)v->secret, v->len, &base32, &len) != OATH_OK)
		die("totp: no memory");
	for (size_t i = 0; i < len && base32[i] != '='; i++) {
		if (i > 0 && i % 4 == 0 && *between)
			out[at++] = *between;
		out[at++] = base32[i];
	}
	out[at] = 0;
	wipe(base32, len);
	free(base32);
}

/* A square of half blocks: each character is two modules, one above the other, light ones drawn (a dark
 * terminal is the rule), with a margin of two. "" when it would not fit into one message. */
static void draw(const QRcode *q, char *out, size_t size)
{
	static const char *const glyph[] = { " ", "\xe2\x96\x80", "\xe2\x96\x84", "\xe2\x96\x88" };
	const int margin = 2;
	size_t at = 0;

	for (int y = -margin; y < q->width + margin; y += 2) {
		for (int x = -margin; x < q->width + margin; x++) {
			unsigned light = 0;

			for (int half = 0; half < 2; half++) {
				int row = y + half;
				bool in = x >= 0 && x < q->width && row >= 0 && row < q->width;

				if (row < q->width + margin &&
					!(in && q->data[row * q->width + x] & 1))
					light |= 1u << half;
			}
			size_t n = strlen(glyph[light]);
			if (at + n + 2 > size) {
				out[0] = 0;
				return;
			}
			memcpy(out + at, glyph[light], n);
			at += n;
		}
		out[at++] = '\n';
	}
	out[at - 1] = 0;
}

/* otpauth://totp/LABEL?secret=BASE32&issuer=NAME, as authenticator apps read it. */
static void uri_of(
	const struct conv *c, const char *label, const struct totp *v, char *out, size_t size)
{
	char secret[64], escaped[3 * SIGN_IN_NAME_MAX + 1], issuer[3 * sizeof c->conf->issuer];
	const char *in[] = { label, c->conf->issuer };
	char *to[] = { escaped, issuer };

	for (unsigned k = 0; k < 2; k++) {
		size_t at = 0;
		for (const char *p = in[k]; *p; p++)
			if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
				(*p >= '0' && *p <= '9') || strchr("-._~@", *p))
				to[k][at++] = *p;
			else
				at += (size_t)snprintf(to[k] + at, 4, "%%%02X", (unsigned char)*p);
		to[k][at] = 0;
	}
	put_secret(v, secret, "");
	snprintf(out, size, "otpauth://totp/%s?secret=%s&issuer=%s", escaped, secret, issuer);
	wipe(secret, sizeof secret);
}

static void show_totp(struct conv *c, const struct person *p, const struct totp *v)
{
	const char *label = p->has_identity ? p->identity.email : p->account.userid;
	char uri[1024], secret[64], square[WIRE_TEXT_MAX];

	uri_of(c, label, v, uri, sizeof uri);
	QRcode *q = QRcode_encodeString8bit(uri, 0, QR_ECLEVEL_L);
	if (q) {
		draw(q, square, sizeof square);
		wipe(q->data, (size_t)q->width * (size_t)q->width);
		QRcode_free(q);
	}
	put_secret(v, secret, " ");
	if (c->service->tell_prompts) { /* it has no room for the square, and letters of any width */
		tell(c, TELL_INFO, "%s", TEXT_TOTP_ADVICE_TYPED);
		tell(c, TELL_INFO, TEXT_TOTP_SECRET_TYPED, label, secret);
	} else {
		if (q && square[0]) {
			tell(c, TELL_INFO, "%s", TEXT_TOTP_ADVICE);
			tell(c, TELL_INFO, "%s", square);
		}
		tell(c, TELL_INFO, TEXT_TOTP_SECRET, label, secret);
	}
	wipe(uri, sizeof uri);
	wipe(secret, sizeof secret);
	wipe(square, sizeof square);
}

/* A secret that no code has confirmed stands in a row of its own: the one in use goes on until then. */
static int pending_load(
	struct txn *t, const struct conv *c, const struct person *p, struct totp *out)
{
	CREDENTIAL(cred);
	int r = credential_get(t, c->seal, &p->owner, FACTOR_TOTP_NEW, &cred);

	if (r == 0 && cred.len != out->len)
		r = -EUCLEAN;
	if (r == 0)
		memcpy(out->secret, cred.plain, out->len);
	return r;
}

static int write_pending(struct txn *t, struct step *s)
{
	CREDENTIAL(cred);

	memcpy(cred.plain, s->totp->secret, s->totp->len);
	cred.len = s->totp->len;
	return credential_put(t, s->c->seal, &s->p->owner, FACTOR_TOTP_NEW, &cred);
}

static int write_totp(struct txn *t, struct step *s)
{
	int r = totp_save(t, s->c, &s->p->owner, s->totp);

	if (r == 0)
		r = credential_del(t, &s->p->owner, FACTOR_TOTP_NEW);
	if (r == 0)
		r = lockout_clear(t, &s->p->owner, FACTOR_TOTP, SOURCE_LOCAL);
	return r < 0 ? r : lockout_clear(t, &s->p->owner, FACTOR_TOTP, SOURCE_NETWORK);
}

static int load_pending(struct txn *t, void *arg)
{
	struct step *s = arg;

	return pending_load(t, s->c, s->p, s->totp);
}

bool enrol_totp(struct conv *c, const struct person *p, bool again)
{
	struct totp v = { .len = TOTP_NEW };
	struct step s = { .c = c, .p = p, .totp = &v };
	bool ok = false;

	int r = again ? -ENOENT : store_read(c->store, load_pending, &s);
	if (r < 0 && r != -ENOENT)
		die("store: an app's secret");
	if (r < 0) {
		randombytes_buf(v.secret, v.len);
		s.write = write_pending;
		if (!step_commit(&s))
			return false;
	}
	show_totp(c, p, &v);
	s.write = write_totp;
	s.factor = FACTOR_TOTP;
	for (unsigned i = 0; i < ENROL_TRIES && !ok; i++) {
		SECRET(code);

		if (!ask_filled(c, USE_CODE, true, TEXT_APP_CODE, TEXT_HINT_ANSWER, &code))
			break;
		c->now(&s.now);
		v.last_step = totp_step(&v, code.text, s.now.unix_s);
		v.active = v.last_step > 0;
		if (!v.active)
			tell(c, TELL_ERROR, i + 1 < ENROL_TRIES ? TEXT_TOTP_WRONG : TEXT_GIVE_UP);
		else if (!(ok = step_commit(&s)))
			break;
		if (!ok)
			v.last_step = 0;
	}
	wipe(&v, sizeof v);
	return ok;
}
