/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth import google-authenticator", "import oath" and "import yubico". What must hold: all of it is one
 * transaction, or nothing; what somebody has with hcauth is never replaced, and nobody is given what another user
 * chose; a code that may have been used with the other program is used; each person whom it gives something is
 * told, in the same transaction. */
#include "import_second.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "local.h"
#include "log.h"
#include "manage.h"
#include "message.h"
#include "store/store.h"
#include "text.h"
#include "yubikey_change.h"

enum { STEP_S = 30 };

static const struct kind {
	const char *verb;
	void (*read)(struct arrivals *v, const struct import_part *part);
	const char *one, *many; /* what is imported */
	const char *factor; /* in the audit */
} kinds[] = {
	{ "import google-authenticator", import_google, "app is", "apps are", "totp" },
	{ "import oath", import_oath, "app is", "apps are", "totp" },
	{ "import yubico", import_yubico, "YubiKey is", "YubiKeys are", "yubikey" },
};

struct importing {
	struct arrivals v;
	const struct kind *kind;
	bool dry;
	size_t nwrong, wrongs; /* of the file itself */
	size_t count[FATE_LEFT_OUT + 1];
};

/* --- one of them --- */

/* What keeps one out. In a file of many it is an error; of all homes, those that are not hcauth's are none. */
static int keep_out(struct importing *i, struct arrival *a, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int keep_out(struct importing *i, struct arrival *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->why, sizeof a->why, format, ap);
	va_end(ap);
	a->fate = FATE_LEFT_OUT;
	if (!*a->of)
		import_wrong(&i->v.im, a->line, "%s", a->why);
	return 0;
}

static int put_app(struct txn *t, struct importing *i, struct arrival *a, const struct person *p)
{
	struct totp totp = a->totp, there = { .active = false };
	uint64_t shown = i->v.now.unix_s / STEP_S + 1; /* the last step that was good until now */
	int r = totp_load(t, i->v.c, &p->owner, &there);

	if (r == 0 && there.active) {
		bool same = there.len == totp.len &&
			sodium_memcmp(there.secret, totp.secret, totp.len) == 0;

		wipe(&there, sizeof there);
		wipe(&totp, sizeof totp);
		a->fate = FATE_THERE;
		return same ? 0
			    : keep_out(i, a, "%s has another app with hcauth: it stays", a->name);
	}
	if (totp.last_step < shown)
		totp.last_step = shown;
	a->fate = FATE_PUT;
	if (r == 0 || r == -ENOENT)
		r = totp_save(t, i->v.c, &p->owner, &totp);
	wipe(&there, sizeof there);
	wipe(&totp, sizeof totp);
	return r < 0 ? r : credential_del(t, &p->owner, FACTOR_TOTP_NEW);
}

/* A key that is in no pool is unknown, or an earlier line has it. */
static int miss_key(struct importing *i, struct arrival *a)
{
	char public[PUBLIC_TEXT];

	a->fate = FATE_LEFT_OUT;
	for (const struct arrival *b = i->v.a; b < a; b++)
		if (b->fate == FATE_PUT && same_public(&b->key, &a->key)) {
			import_wrong(&i->v.im, a->line, "line %u gives %s to %s already", b->line,
				public_text(&a->key, public), b->name);
			return 0;
		}
	snprintf(a->why, sizeof a->why,
		"its secrets are not known here: hcauth yubikey import, or the person adds it");
	return 0;
}

static int put_key(struct txn *t, struct importing *i, struct arrival *a, const struct person *p)
{
	struct yubikey key = a->key;
	YUBIKEYS(keys);
	int r = yubikeys_load(t, i->v.c, &p->owner, &keys);

	for (size_t k = 0; r == 0 && k < keys.n; k++)
		if (same_public(&keys.key[k], &key)) {
			a->fate = FATE_THERE;
			return 0;
		}
	if (r < 0)
		return r;
	if (keys.n == YUBIKEYS_MAX)
		return keep_out(i, a, "%s has %d YubiKeys already", a->name, YUBIKEYS_MAX);
	if ((r = pool_get(t, i->v.c->seal, &key)) < 0)
		return r == -ENOENT ? miss_key(i, a) : r;
	yubikey_pick_name(&keys, key.name);
	key.counter = 0;
	key.added = i->v.now.unix_s;
	key.used = 0;
	keys.key[keys.n++] = key;
	wipe(&key, sizeof key);
	a->fate = FATE_PUT;
	if ((r = yubikeys_save(t, i->v.c, &p->owner, &keys)) < 0)
		return r;
	return pool_del(t, &a->key);
}

/* What follows from its being there. One message for all the keys of a line. */
static int settle(
	struct txn *t, struct importing *i, const struct arrival *a, const struct person *p)
{
	const struct arrival *before = a > i->v.a ? a - 1 : NULL;
	bool app = a->key.npublic == 0;
	unsigned factor = app ? FACTOR_TOTP : FACTOR_YUBIKEY;
	char public[PUBLIC_TEXT], detail[sizeof public + 40];
	int r;

	snprintf(detail, sizeof detail, "%s%s%s, imported", i->kind->factor, app ? "" : " ",
		app ? "" : public_text(&a->key, public));
	if ((r = lockout_clear(t, &p->owner, factor, SOURCE_LOCAL)) < 0 ||
		(r = lockout_clear(t, &p->owner, factor, SOURCE_NETWORK)) < 0 ||
		(r = audit(t, i->v.c, &i->v.now, AUDIT_CREDENTIAL_SET, p, detail)) < 0)
		return r;
	if (before && before->fate == FATE_PUT && id_equal(&before->owner, &a->owner))
		return 0;
	return message_tell_changed(
		t, i->v.c, &i->v.now, p, app ? TEXT_TOLD_TAKEN_OVER : TEXT_TOLD_YUBIKEYS);
}

/* The other program knew the machine's own users by these names; hcauth may know somebody else by one, of
 * whom a user ID was made before there was such a user. */
static bool is_other(const struct arrival *a, const struct person *p)
{
	uint32_t uid, gid;

	return local_user(a->name, &uid, &gid) && (!p->has_account || p->account.uid != uid);
}

static int put_one(struct txn *t, struct importing *i, struct arrival *a)
{
	struct person p;
	int r = person_by_name(t, a->name, &p);

	a->fate = FATE_NONE;
	a->why[0] = 0;
	if (r == -ENOENT)
		return keep_out(i, a, "nobody signs in with hcauth as %s", a->name);
	if (r < 0)
		return r;
	if (is_other(a, &p))
		return keep_out(
			i, a, "the machine's own user %s is another than hcauth's", a->name);
	if (!person_active(&p))
		return keep_out(i, a, "%s is switched off, or has left", a->name);
	a->owner = p.owner;
	r = a->key.npublic == 0 ? put_app(t, i, a, &p) : put_key(t, i, a, &p);
	return r == 0 && a->fate == FATE_PUT ? settle(t, i, a, &p) : r;
}

/* --- the transaction --- */

static int import_txn(struct txn *t, void *arg)
{
	struct importing *i = arg;
	struct arrivals *v = &i->v;
	char detail[64];
	int r = 0;

	v->im.nwrong = i->nwrong;
	v->im.wrongs = i->wrongs;
	memset(i->count, 0, sizeof i->count);
	for (size_t k = 0; r == 0 && k < v->n; k++) {
		struct arrival *a = &v->a[k];

		v->im.part = a->part;
		memcpy(v->im.of, a->of, sizeof a->of);
		r = put_one(t, i, a);
		i->count[a->fate]++;
	}
	if (r < 0 || v->im.wrongs > 0 || i->dry)
		return r < 0 ? r : -ECANCELED;
	snprintf(detail, sizeof detail, "%s=%zu", i->kind->factor, i->count[FATE_PUT]);
	return audit(t, v->c, &v->now, AUDIT_IMPORTED, NULL, detail);
}

/* --- the file, and the report --- */

static bool read_parts(struct importing *i, char *text, size_t len)
{
	struct arrivals *v = &i->v;
	struct import_part part;
	int r = 0;

	if (memchr(text, 0, len)) {
		import_wrong(&v->im, 1, "there is a zero byte in it: this is no text");
		return false;
	}
	while ((r = import_part_next(&text, &len, &part)) > 0) {
		char kept = part.text[part.len];

		v->im.part++;
		memcpy(v->im.of, part.of, sizeof part.of);
		part.text[part.len] = 0;
		i->kind->read(v, &part);
		part.text[part.len] = kept;
	}
	if (r < 0)
		import_wrong(&v->im, 1, "this is not what the command hcauth hands over");
	else if (v->n == 0 && v->im.wrongs == 0)
		import_wrong(&v->im, 1, "there is nothing to import");
	return v->im.wrongs == 0;
}

static void tell_one(struct conv *c, const struct arrival *a)
{
	char public[PUBLIC_TEXT], what[PUBLIC_TEXT + 10] = "app";
	const char *then = a->fate == FATE_THERE ? " is there already" : "";

	if (a->key.npublic > 0)
		snprintf(what, sizeof what, "YubiKey %s", public_text(&a->key, public));
	if (a->fate == FATE_LEFT_OUT)
		tell(c, TELL_INFO, "%s%sline %u: left out: %s: %s", a->of, *a->of ? ", " : "",
			a->line, what, a->why);
	else
		tell(c, TELL_INFO, "%s%sline %u: %s: %s%s%s", a->of, *a->of ? ", " : "", a->line,
			a->name, what, then, a->note);
}

static enum status report(struct importing *i)
{
	struct conv *c = i->v.c;
	size_t put = i->count[FATE_PUT];

	for (size_t k = 0; k < i->v.n; k++)
		tell_one(c, &i->v.a[k]);
	if (i->dry)
		tell(c, TELL_INFO, "%zu would be imported. Nothing was changed.", put);
	else
		tell(c, TELL_INFO, "%zu %s imported.", put,
			put == 1 ? i->kind->one : i->kind->many);
	if (put > 0 && !i->dry && i->v.a[0].key.npublic == 0)
		tell(c, TELL_INFO,
			"Codes of the next minute are refused, as they may have been used. Who had codes "
			"of 8 digits gets 12 recovery codes at the next full sign-in, or by hcauth codes. "
			"Delete the file once the old module is out of /etc/pam.d: its secrets are these.");
	return put > 0 || i->count[FATE_THERE] > 0 ? STATUS_DONE : STATUS_REFUSED;
}

static enum status import_all(struct importing *i)
{
	struct import *im = &i->v.im;

	i->nwrong = im->nwrong;
	i->wrongs = im->wrongs;
	int r = store_update(i->v.c->store, NEED_SPACE, import_txn, i);
	if (r < 0 && r != -ECANCELED)
		return manage_result(i->v.c, r, "import");
	if (im->wrongs > 0) {
		import_tell_wrong(im);
		return STATUS_REFUSED;
	}
	if (r == 0)
		message_wake();
	return report(i);
}

enum status import_second(struct conv *c, const struct words *w)
{
	struct importing i = { .v = { .c = c, .im = { .c = c } },
		.dry = w->option[OPT_DRY_RUN] != NULL };
	size_t len;

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		if (strcmp(w->verb, kinds[k].verb) == 0)
			i.kind = &kinds[k];
	i.v.im.wrong = calloc(IMPORT_WRONG_MAX, sizeof *i.v.im.wrong);
	if (!i.v.im.wrong || !i.kind)
		die("import: no memory");
	c->now(&i.v.now);
	char *text = import_collect(c, &len);
	(void)read_parts(&i, text, len); /* what is wrong is told with the rest */
	import_free(text, len);
	enum status s = import_all(&i);
	if (i.v.n > 0)
		wipe(i.v.a, i.v.n * sizeof *i.v.a);
	free(i.v.a);
	free(i.v.im.wrong);
	return s;
}
