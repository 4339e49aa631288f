/* SPDX-License-Identifier: Apache-2.0 */
/* A person's YubiKeys: listed, renamed, removed. What must hold: who changes them has just proved who they
 * are, and is told; none is taken away without which there is somewhere where they could not sign in; nothing
 * secret is listed or audited. */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "enrol_second.h"
#include "factor.h"
#include "list.h"
#include "log.h"
#include "message.h"
#include "shift.h"
#include "store/store.h"
#include "text.h"
#include "when.h"
#include "yubikey_change.h"

/* --- the commit --- */

int yubikey_refuse(struct yubikey_change *ch, enum status status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(ch->why, sizeof ch->why, format, ap);
	va_end(ap);
	ch->status = status;
	return -ECANCELED;
}

bool yubikeys_named(const struct yubikeys *keys, const char *name)
{
	for (size_t i = 0; i < keys->n; i++)
		if (strcasecmp(keys->key[i].name, name) == 0)
			return true;
	return false;
}

static int change_txn(struct txn *t, void *arg)
{
	struct yubikey_change *ch = arg;
	struct person now = *ch->who;
	char public[PUBLIC_TEXT], detail[sizeof public + 16];
	YUBIKEYS(keys);
	int r;

	if ((r = person_refresh(t, &now)) < 0)
		return r;
	if (!person_active(&now))
		return -EACCES;
	if ((r = yubikeys_load(t, ch->c, &now.owner, &keys)) < 0)
		return r;
	size_t before = keys.n;
	if ((r = ch->make(t, ch, &keys)) < 0 ||
		(r = yubikeys_save(t, ch->c, &now.owner, &keys)) < 0 ||
		(keys.n < before && (r = shift_end(t, &now.owner)) < 0))
		return r;
	snprintf(detail, sizeof detail, "yubikey %s", public_text(&ch->key, public));
	if ((r = audit(t, ch->c, &ch->now, ch->event, &now, detail)) < 0)
		return r;
	return message_tell_changed(t, ch->c, &ch->now, &now, TEXT_TOLD_YUBIKEYS);
}

enum status yubikey_commit(struct yubikey_change *ch)
{
	ch->c->now(&ch->now);
	int r = store_update(ch->c->store, NEED_SPACE, change_txn, ch);

	if (r == -ECANCELED) {
		tell(ch->c, TELL_ERROR, "%s", ch->why);
		return ch->status;
	}
	if (r < 0 && r != -EACCES && r != -ENOENT && r != -ESTALE)
		die("store: a YubiKey could not be changed: %s", strerror(-r));
	if (r < 0)
		tell(ch->c, TELL_ERROR, "%s", r == -ESTALE ? TEXT_RESET : TEXT_DISABLED);
	else
		message_wake();
	return r < 0 ? STATUS_REFUSED : STATUS_DONE;
}

/* --- remove and rename --- */

static struct yubikey *find(struct yubikeys *keys, const char *word)
{
	struct yubikey by;

	for (size_t i = 0; i < keys->n; i++)
		if (strcasecmp(keys->key[i].name, word) == 0)
			return &keys->key[i];
	if (!public_read(word, &by))
		return NULL;
	for (size_t i = 0; i < keys->n; i++)
		if (same_public(&by, &keys->key[i]))
			return &keys->key[i];
	return NULL;
}

static int make_removed(struct txn *t, struct yubikey_change *ch, struct yubikeys *keys)
{
	struct yubikey *k = find(keys, ch->word);
	bool spare = true;
	int r;

	if (!k)
		return yubikey_refuse(ch, STATUS_NO_SUCH, "%s", TEXT_YUBIKEY_NONE);
	if (keys->n == 1 &&
		(r = second_spare(t, ch->c, &ch->now, ch->who, FACTOR_YUBIKEY, &spare)) < 0)
		return r;
	if (!spare)
		return yubikey_refuse(ch, STATUS_REFUSED, "%s", TEXT_YUBIKEY_LAST);
	ch->key = *k;
	keys->n--;
	memmove(k, k + 1, (size_t)(keys->key + keys->n - k) * sizeof *k);
	return 0;
}

static int make_renamed(struct txn *t, struct yubikey_change *ch, struct yubikeys *keys)
{
	struct yubikey *k = find(keys, ch->word);

	(void)t;
	if (!k)
		return yubikey_refuse(ch, STATUS_NO_SUCH, "%s", TEXT_YUBIKEY_NONE);
	if (strcasecmp(k->name, ch->name) != 0 && yubikeys_named(keys, ch->name))
		return yubikey_refuse(ch, STATUS_EXISTS, "%s", TEXT_YUBIKEY_NAMED);
	snprintf(k->name, sizeof k->name, "%s", ch->name);
	ch->key = *k;
	return 0;
}

static enum status change(struct conv *c, struct person *who, const struct words *w)
{
	bool rename = strcmp(w->verb, "yubikey rename") == 0;
	struct yubikey_change ch = { .c = c,
		.who = who,
		.make = rename ? make_renamed : make_removed,
		.event = rename ? AUDIT_CREDENTIAL_SET : AUDIT_CREDENTIAL_REMOVED,
		.word = w->word[0],
		.name = rename ? w->word[1] : NULL };
	char shown[4 * YUBIKEY_NAME_MAX + 1];

	if (rename && !people_name_good(ch.name, YUBIKEY_NAME_MAX)) {
		tell(c, TELL_ERROR, TEXT_YUBIKEY_NAME, (unsigned)YUBIKEY_NAME_MAX);
		return STATUS_REFUSED;
	}
	if (!self_proved(c, who))
		return STATUS_REFUSED;
	enum status s = yubikey_commit(&ch);
	if (s == STATUS_DONE)
		tell(c, TELL_INFO, rename ? TEXT_YUBIKEY_RENAMED : TEXT_YUBIKEY_REMOVED,
			visible(ch.key.name, shown, sizeof shown));
	wipe(&ch.key, sizeof ch.key);
	return s;
}

/* --- the list --- */

struct listing {
	const struct conv *c;
	const struct person *who;
	struct yubikeys *keys;
};

static int load(struct txn *t, void *arg)
{
	struct listing *l = arg;

	return yubikeys_load(t, l->c, &l->who->owner, l->keys);
}

static enum status list_keys(struct conv *c, const struct person *who, bool json)
{
	YUBIKEYS(keys);
	struct listing of = { .c = c, .who = who, .keys = &keys };
	struct list l;
	int r = store_read(c->store, load, &of);

	if (r < 0)
		die("store: YubiKeys: %s", strerror(-r));
	list_begin(&l, c, json);
	l.none = TEXT_YUBIKEYS_NONE;
	for (size_t i = 0; i < keys.n; i++) {
		const struct yubikey *k = &keys.key[i];
		char public[PUBLIC_TEXT], used[WHEN_TEXT];
		const char *id = public_text(k, public);

		list_row(&l,
			json_pack("{s:s,s:s,s:o,s:o}", "name", k->name, "public_id", id, "added",
				json_time(k->added), "last_used", json_time(k->used)),
			"%-32s %-11s %s", id, when_used(k->used, used), k->name);
	}
	list_end(&l);
	return STATUS_DONE;
}

enum status yubikey_command(struct conv *c, const struct words *w)
{
	struct person who;

	if (!self_caller(c, &who))
		return STATUS_NOT_ALLOWED;
	if (strcmp(w->verb, "yubikey") == 0)
		return list_keys(c, &who, w->json);
	return change(c, &who, w);
}
