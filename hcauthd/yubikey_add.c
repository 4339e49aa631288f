/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth yubikey add" and "new". What must hold: a key becomes somebody's only by two OTPs of its own, the
 * second newer than the first, which are spent by that; secrets are typed unseen, or made here and shown
 * once; of those imported the key is taken away in the same commit. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "log.h"
#include "store/store.h"
#include "text.h"
#include "yubikey_change.h"

enum {
	TRIES = 3,
	CUSTOMER = 0xff, /* "vv": Yubico gives no key a public identity that begins so */
	NEW_PUBLIC = 6,
};

struct adding {
	struct yubikey_change change;
	struct otp otp[2];
	uint32_t counter;
};

/* --- what the key types --- */

/* An OTP, of the key as far as it is known: any, that of the one before, or that of the one just made. And
 * another than the one before. */
static bool ask_otp(struct conv *c, const char *prompt, const struct yubikey *of,
	const struct otp *before, struct otp *out)
{
	for (unsigned i = 0; i < TRIES; i++) {
		SECRET(answer);

		if (!ask_filled(c, USE_CODE, false, prompt, TEXT_YUBIKEY_HINT, &answer))
			return false;
		if (!otp_read(answer.text, out))
			tell(c, TELL_ERROR, "%s", TEXT_YUBIKEY_NO_OTP);
		else if (of && !otp_is_of(out, of))
			tell(c, TELL_ERROR, "%s", TEXT_YUBIKEY_OTHER);
		else if (before && memcmp(out->block, before->block, sizeof out->block) == 0)
			tell(c, TELL_ERROR, "%s", TEXT_YUBIKEY_SAME);
		else
			return true;
	}
	tell(c, TELL_ERROR, "%s", TEXT_GIVE_UP);
	return false;
}

static bool ask_both(struct adding *a, bool made)
{
	struct conv *c = a->change.c;
	struct yubikey *k = &a->change.key;

	if (!ask_otp(c, made ? TEXT_YUBIKEY_TOUCH_LONG : TEXT_YUBIKEY_TOUCH, made ? k : NULL, NULL,
		    &a->otp[0]))
		return false;
	k->npublic = a->otp[0].npublic;
	memcpy(k->public, a->otp[0].public, sizeof k->public);
	return ask_otp(c, TEXT_YUBIKEY_AGAIN, k, &a->otp[0], &a->otp[1]);
}

/* --- what it was programmed with --- */

struct looking {
	const struct conv *c;
	const struct person *who;
	struct yubikey *key;
	size_t n;
	bool pooled, mine;
	char name[YUBIKEY_NAME_MAX + 1];
};

static int look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	YUBIKEYS(keys);
	int r = yubikeys_load(t, l->c, &l->who->owner, &keys);

	if (r < 0)
		return r;
	l->n = keys.n;
	for (size_t i = 0; l->key && i < keys.n; i++) {
		const struct yubikey *k = &keys.key[i];

		if (!same_public(k, l->key))
			continue;
		l->mine = true;
		memcpy(l->name, k->name, sizeof l->name);
	}
	r = l->key ? pool_get(t, l->c->seal, l->key) : -ENOENT;
	l->pooled = r == 0;
	return r == -ENOENT ? 0 : r;
}

static bool ask_hex(struct conv *c, const char *prompt, uint8_t *out, size_t n)
{
	for (unsigned i = 0; i < TRIES; i++) {
		SECRET(answer);

		if (!ask_filled(c, USE_OTHER, false, prompt, TEXT_HINT_ANSWER, &answer))
			return false;
		if (hex_read(answer.text, out, n))
			return true;
		tell(c, TELL_ERROR, TEXT_YUBIKEY_DIGITS, (unsigned)(2 * n));
	}
	tell(c, TELL_ERROR, "%s", TEXT_GIVE_UP);
	return false;
}

static bool find_secrets(struct adding *a)
{
	struct yubikey_change *ch = &a->change;
	struct looking l = { .c = ch->c, .who = ch->who, .key = &ch->key };

	if (store_read(ch->c->store, look, &l) < 0)
		die("store: whose YubiKey");
	ch->pooled = l.pooled;
	if (l.mine) {
		char shown[4 * YUBIKEY_NAME_MAX + 1];

		tell(ch->c, TELL_ERROR, TEXT_YUBIKEY_YOURS, visible(l.name, shown, sizeof shown));
		return false;
	}
	if (l.pooled)
		return true;
	tell(ch->c, TELL_INFO, "%s", TEXT_YUBIKEY_UNKNOWN);
	return ask_hex(ch->c, TEXT_YUBIKEY_PRIVATE, ch->key.private, sizeof ch->key.private) &&
		ask_hex(ch->c, TEXT_YUBIKEY_SECRET, ch->key.aes, sizeof ch->key.aes);
}

static void make_secrets(struct conv *c, struct yubikey *k)
{
	char public[PUBLIC_TEXT], private[2 * PRIVATE_SIZE + 1], aes[2 * AES_SIZE + 1];

	k->npublic = NEW_PUBLIC;
	randombytes_buf(k->public, NEW_PUBLIC);
	k->public[0] = CUSTOMER;
	randombytes_buf(k->private, sizeof k->private);
	randombytes_buf(k->aes, sizeof k->aes);
	public_text(k, public);
	sodium_bin2hex(private, sizeof private, k->private, sizeof k->private);
	sodium_bin2hex(aes, sizeof aes, k->aes, sizeof k->aes);
	tell(c, TELL_INFO, TEXT_YUBIKEY_PROGRAM, public, private, aes, public);
	wipe(private, sizeof private);
	wipe(aes, sizeof aes);
}

/* --- the commit --- */

void yubikey_pick_name(const struct yubikeys *keys, char out[YUBIKEY_NAME_MAX + 1])
{
	snprintf(out, YUBIKEY_NAME_MAX + 1, "YubiKey");
	for (unsigned i = 2; yubikeys_named(keys, out); i++)
		snprintf(out, YUBIKEY_NAME_MAX + 1, "YubiKey %u", i);
}

/* -ENOENT: it is not there any more, or another one is. */
static int take_from_pool(struct txn *t, const struct yubikey_change *ch)
{
	struct yubikey still = ch->key;
	int r = pool_get(t, ch->c->seal, &still);

	if (r == 0 && !same_secrets(&still, &ch->key))
		r = -ENOENT;
	wipe(&still, sizeof still);
	return r < 0 ? r : pool_del(t, &ch->key);
}

static int make_added(struct txn *t, struct yubikey_change *ch, struct yubikeys *keys)
{
	const struct adding *a = (const struct adding *)ch;
	struct yubikey *k = &ch->key;
	int r = 0;

	if (keys->n == YUBIKEYS_MAX)
		return yubikey_refuse(
			ch, STATUS_REFUSED, TEXT_YUBIKEY_FULL, (unsigned)YUBIKEYS_MAX);
	for (size_t i = 0; i < keys->n; i++)
		if (otp_is_of(&a->otp[1], &keys->key[i]))
			return yubikey_refuse(ch, STATUS_REFUSED, "%s", TEXT_MEANWHILE);
	if (ch->name && yubikeys_named(keys, ch->name))
		return yubikey_refuse(ch, STATUS_EXISTS, "%s", TEXT_YUBIKEY_NAMED);
	if (ch->pooled && (r = take_from_pool(t, ch)) == -ENOENT)
		return yubikey_refuse(ch, STATUS_REFUSED, "%s", TEXT_MEANWHILE);
	if (r < 0)
		return r;
	if (ch->name)
		snprintf(k->name, sizeof k->name, "%s", ch->name);
	else
		yubikey_pick_name(keys, k->name);
	k->counter = a->counter;
	k->added = ch->now.unix_s;
	keys->key[keys->n++] = *k;
	if ((r = lockout_clear(t, &ch->who->owner, FACTOR_YUBIKEY, SOURCE_LOCAL)) < 0)
		return r;
	return lockout_clear(t, &ch->who->owner, FACTOR_YUBIKEY, SOURCE_NETWORK);
}

static bool has_room(struct conv *c, const struct person *who)
{
	struct looking l = { .c = c, .who = who };

	if (store_read(c->store, look, &l) < 0)
		die("store: YubiKeys");
	if (l.n == YUBIKEYS_MAX)
		tell(c, TELL_ERROR, TEXT_YUBIKEY_FULL, (unsigned)YUBIKEYS_MAX);
	return l.n < YUBIKEYS_MAX;
}

static enum status add(struct adding *a, bool made)
{
	struct yubikey_change *ch = &a->change;
	struct conv *c = ch->c;
	char shown[4 * YUBIKEY_NAME_MAX + 1];

	if (made)
		make_secrets(c, &ch->key);
	if (!ask_both(a, made) || (!made && !find_secrets(a)))
		return STATUS_REFUSED;
	uint32_t first = otp_counter(&a->otp[0], &ch->key);
	a->counter = otp_counter(&a->otp[1], &ch->key);
	if (first == 0 || a->counter <= first) {
		tell(c, TELL_ERROR, "%s", TEXT_YUBIKEY_WRONG);
		return STATUS_REFUSED;
	}
	enum status s = yubikey_commit(ch);
	if (s != STATUS_DONE)
		return s;
	tell(c, TELL_INFO, TEXT_YUBIKEY_ADDED, visible(ch->key.name, shown, sizeof shown));
	tell(c, TELL_INFO, "%s",
		asks_for_yubikeys(c->conf) ? TEXT_YUBIKEY_USED : TEXT_YUBIKEY_UNUSED);
	return s;
}

enum status yubikey_add(struct conv *c, const struct words *w)
{
	struct person who;
	struct adding a = { .change = { .c = c,
				    .who = &who,
				    .make = make_added,
				    .event = AUDIT_CREDENTIAL_SET,
				    .name = w->n > 0 ? w->word[0] : NULL } };

	if (!self_caller(c, &who))
		return STATUS_NOT_ALLOWED;
	if (a.change.name && !people_name_good(a.change.name, YUBIKEY_NAME_MAX)) {
		tell(c, TELL_ERROR, TEXT_YUBIKEY_NAME, (unsigned)YUBIKEY_NAME_MAX);
		return STATUS_REFUSED;
	}
	if (!self_proved(c, &who) || !has_room(c, &who))
		return STATUS_REFUSED;
	c->io.proved(c->io.arg);
	enum status s = add(&a, strcmp(w->verb, "yubikey new") == 0);
	wipe(&a, sizeof a);
	return s;
}
