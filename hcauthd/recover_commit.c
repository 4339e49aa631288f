/* SPDX-License-Identifier: Apache-2.0 */
/* The commits of a recovery. What must hold: each looks once more whether the person is still whom the codes
 * were sent to; the row tells what was proved, by whom, where and when; a new password or PIN is written by
 * the commit that spends the text message code and takes the row away. Nothing is chosen anew that was not
 * there before: else a PIN would come of a reset, or of two messages alone. */
#include "recover_step.h"

#include <errno.h>
#include <string.h>

#include "codec.h"
#include "elapsed.h"
#include "log.h"
#include "seal.h"
#include "sms.h"
#include "store/store.h"

enum {
	VERSION = 1,
	RIGHT_S =
		600, /* what stood when it was asked for stands for the rest of the conversation */
};

/* --- the row --- */

static int load(struct txn *t, const struct recovering *w, struct progress *out)
{
	uint8_t key[ID_BYTES + 1];
	struct field f = { .tag = 0 };
	struct progress v = { .what = 0 };
	struct bytes row;
	unsigned n = 0;

	memcpy(key, w->p->owner.bytes, ID_BYTES);
	key[ID_BYTES] = (uint8_t)conv_source(w->c);
	*out = v;
	int got = txn_get(t, TABLE_RECOVERY, key, sizeof key, &row);
	if (got < 0)
		return got == -ENOENT ? 0 : got;
	struct reader r = reader_of(row.p, row.len);
	if (take_u8(&r) != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: v.what = field_u8(&r, &f); break;
		case 2: field_bytes(&r, &f, v.proved, sizeof v.proved); break;
		case 3: v.second = field_bool(&r, &f); break;
		case 4: v.since_ms = field_u64(&r, &f); break;
		case 5: field_bytes(&r, &f, v.boot, sizeof v.boot); break;
		}
	}
	if (r.bad || n != 5 || f.tag != 5)
		return -EUCLEAN;
	*out = v;
	return 0;
}

static int save(struct txn *t, const struct recovering *w, const struct progress *v)
{
	uint8_t key[ID_BYTES + 1], row[128];
	struct writer out = writer_of(row, sizeof row);

	memcpy(key, w->p->owner.bytes, ID_BYTES);
	key[ID_BYTES] = (uint8_t)conv_source(w->c);
	put_byte(&out, VERSION);
	put_u8(&out, 1, v->what);
	put_bytes(&out, 2, v->proved, sizeof v->proved);
	put_u8(&out, 3, v->second);
	put_u64(&out, 4, v->since_ms);
	put_bytes(&out, 5, v->boot, sizeof v->boot);
	return txn_put(t, TABLE_RECOVERY, key, sizeof key, row, out.len);
}

/* Whatever was begun, on both sides. */
static int forget(struct txn *t, const struct id *owner)
{
	uint8_t key[ID_BYTES + 1];
	int r;

	memcpy(key, owner->bytes, ID_BYTES);
	for (enum source s = SOURCE_LOCAL; s <= SOURCE_NETWORK; s++) {
		key[ID_BYTES] = (uint8_t)s;
		r = txn_del(t, TABLE_RECOVERY, key, sizeof key);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	r = code_withdraw(t, owner, CODE_RECOVER_EMAIL);
	return r < 0 ? r : code_withdraw(t, owner, CODE_RECOVER_SMS);
}

/* What the e-mail's code has proved: that address, for whoever is at this place. */
static void proved_here(const struct recovering *w, uint8_t out[HASH_BYTES])
{
	const char *where = w->c->local ? "" : w->c->hello.rhost;
	uint8_t place[HASH_BYTES], in[HASH_BYTES + SIGN_IN_NAME_MAX + 1];
	size_t n = strlen(w->email.to);

	seal_hash(w->c->seal, SEAL_CODE, where, strlen(where), place);
	memcpy(in, place, sizeof place);
	memcpy(in + sizeof place, w->email.to, n);
	seal_hash(w->c->seal, SEAL_CODE, in, sizeof place + n, out);
}

static bool stands(const struct recovering *w, const struct progress *v, uint32_t seconds)
{
	uint8_t here[HASH_BYTES];

	proved_here(w, here);
	return v->what == w->what && memcmp(v->proved, here, sizeof here) == 0 &&
		elapsed_ms(v->boot, v->since_ms, &w->now) < (uint64_t)seconds * 1000;
}

/* --- the commits --- */

static bool practice_has_network(struct txn *t, const struct account *a)
{
	struct practice p;

	return a->state == STATE_ACTIVE && practice_load(t, a->practice, &p) == 0 && !p.no_network;
}

/* Whether there is anything of p's that they could sign in to from where they are. */
static bool leads_anywhere(struct txn *t, const struct conv *c, const struct person *p)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one thread a process */
	bool any = false;
	size_t n;

	if (c->local)
		return true;
	if (p->chose)
		return practice_has_network(t, &p->account);
	if (identity_accounts(t, &p->identity.id, all, IDENTITY_ACCOUNTS_MAX, &n) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		any |= practice_has_network(t, &all[i]);
	return any;
}

/* Whether p has what is to be chosen anew, and two channels to prove themselves by. */
static bool reachable(
	struct txn *t, const struct conv *c, const struct person *p, enum factor_id what)
{
	return p->has_identity && leads_anywhere(t, c, p) && person_active(p) &&
		p->identity.email_verified > 0 && p->identity.mobile_verified > 0 &&
		*p->identity.mobile && credential_exists(t, &p->owner, what);
}

/* A mailbox that two people have proves neither of them: then it takes a second factor for a PIN, too. */
static bool needs_second(struct txn *t, const struct person *p, enum factor_id what)
{
	return what == FACTOR_PASSWORD || (p->has_identity && address_is_shared(t, &p->identity));
}

int recover_look(struct txn *t, void *arg)
{
	struct recovering *w = arg;
	int r = load(t, w, &w->at);

	if (r == 0)
		r = sms_settle(t, w->c, &w->now, w->p);
	w->needs_second = needs_second(t, w->p, w->what);
	if (reachable(t, w->c, w->p, w->what)) {
		w->email.to = w->p->identity.email;
		w->mobile.to = w->p->identity.mobile;
	}
	if (r == 0 && !stands(w, &w->at, CODE_EMAIL_S))
		w->at = (struct progress){ .what = 0 };
	return r;
}

/* The person as they are now: -EACCES when it is not whom the codes were sent to. */
static int refresh(struct txn *t, const struct recovering *w, struct person *out)
{
	int r;

	*out = *w->p;
	if ((r = person_refresh(t, out)) < 0 || (r = sms_settle(t, w->c, &w->now, out)) < 0)
		return r;
	if (!reachable(t, w->c, out, w->what) || strcmp(out->identity.email, w->email.to) != 0 ||
		strcmp(out->identity.mobile, w->mobile.to) != 0)
		return -EACCES;
	return 0;
}

int recover_email(struct txn *t, void *arg)
{
	struct recovering *w = arg;
	struct progress v = { .what = (uint8_t)w->what, .since_ms = w->now.boot_ms };
	struct person now;
	int r;

	if ((r = refresh(t, w, &now)) < 0 || (r = code_spend(t, w->c, &w->now, &w->email)) < 0)
		return r;
	memcpy(v.boot, w->now.boot, sizeof v.boot);
	proved_here(w, v.proved);
	return save(t, w, &v);
}

/* The second factor, counted, compared and spent as in a sign-in. */
int recover_second(struct txn *t, void *arg)
{
	struct recovering *w = arg;
	struct progress v;
	struct person now;
	int r;

	w->ok = false;
	if ((r = refresh(t, w, &now)) < 0 || (r = load(t, w, &v)) < 0)
		return r;
	if (!stands(w, &v, CODE_EMAIL_S + RIGHT_S))
		return -EACCES;
	if ((r = w->given->factor->close(t, w->c, &now, w->given, &w->now, &w->ok)) < 0)
		return r;
	if (!w->ok)
		return audit(t, w->c, &w->now, AUDIT_REFUSED, &now, "recovery: code wrong");
	if ((r = lockout_clear(t, &now.owner, w->given->factor->id, conv_source(w->c))) < 0)
		return r;
	v.second = true;
	return save(t, w, &v);
}

/* A new password ends what was begun under the old one, but for this conversation. */
static int end_others(struct txn *t, struct recovering *w, struct person *now)
{
	if (w->what == FACTOR_PASSWORD)
		now->identity.resets++;
	w->resets = now->identity.resets;
	return identity_save(t, &now->identity);
}

int recover_set(struct txn *t, void *arg)
{
	struct recovering *w = arg;
	struct progress v;
	struct person now;
	int r;

	if ((r = refresh(t, w, &now)) < 0 || (r = load(t, w, &v)) < 0)
		return r;
	if (!stands(w, &v, CODE_EMAIL_S + RIGHT_S) || (needs_second(t, &now, w->what) && !v.second))
		return -EACCES;
	if ((r = code_spend(t, w->c, &w->now, &w->mobile)) < 0 || (r = forget(t, &now.owner)) < 0 ||
		(r = enrol_write(t, w->c, &now, w->chosen)) < 0 ||
		(r = end_others(t, w, &now)) < 0 ||
		(r = audit(t, w->c, &w->now, AUDIT_RECOVERED, &now, factor_of(w->what)->name)) < 0)
		return r;
	return message_tell_changed(t, w->c, &w->now, &now, enrol_what(w->what));
}

bool recover_commit(struct recovering *w, int (*fn)(struct txn *, void *))
{
	w->c->now(&w->now);
	int r = store_update(w->c->store, NEED_ALWAYS, fn, w);
	if (r < 0 && r != -EACCES && r != -ENOENT && r != -ESTALE && r != -EAGAIN)
		die("store: a recovery: %s", strerror(-r));
	return r == 0;
}
