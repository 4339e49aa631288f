/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth ssh-keys": a person's own public keys. What must hold: whoever adds or removes one has just proved
 * who they are; the person is told, and the directory has it before they are answered. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "flow.h"
#include "list.h"
#include "log.h"
#include "message.h"
#include "ssh_key.h"
#include "store/store.h"
#include "text.h"
#include "when.h"

struct keys {
	struct conv *c;
	struct person *who;
	struct now now;
	struct ssh_key key[SSH_KEYS_MAX];
	size_t n;
	struct ssh_key changed;
	const char *word; /* which is to be removed; NULL: one is added */
};

static int load(struct txn *t, void *arg)
{
	struct keys *k = arg;

	return ssh_keys_of(t, &k->who->owner, k->key, &k->n);
}

/* In the transaction of a change: the person as they are now, and their keys. */
static int load_now(struct txn *t, struct keys *k, struct person *now)
{
	int r;

	*now = *k->who;
	if ((r = person_refresh(t, now)) < 0)
		return r;
	return person_active(now) ? ssh_keys_of(t, &now->owner, k->key, &k->n) : -EACCES;
}

static int note(struct txn *t, struct keys *k, struct person *now, enum audit_event event)
{
	char detail[SSH_PRINT_MAX + 16], print[SSH_PRINT_MAX];
	int r;

	ssh_key_print(&k->changed, print);
	snprintf(detail, sizeof detail, "ssh key %s", print);
	if ((r = directory_changed(t)) < 0 ||
		(r = message_tell_changed(t, k->c, &k->now, now, TEXT_TOLD_KEYS)) < 0)
		return r;
	return audit(t, k->c, &k->now, event, now, detail);
}

static int add_txn(struct txn *t, void *arg)
{
	struct keys *k = arg;
	struct person now;
	int r = load_now(t, k, &now);

	if (r < 0)
		return r;
	for (size_t i = 0; i < k->n; i++)
		if (memcmp(k->key[i].hash, k->changed.hash, SSH_KEY_HASH) == 0)
			return -EEXIST;
	if (k->n == SSH_KEYS_MAX)
		return -E2BIG;
	k->changed.added = k->now.unix_s;
	r = ssh_key_save(t, k->c->seal, &now.owner, &k->changed);
	return r < 0 ? r : note(t, k, &now, AUDIT_CREDENTIAL_SET);
}

/* A number as the list has it, or a name. */
static int find(struct keys *k)
{
	uint64_t number;
	size_t found = 0;

	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->key[i].name, k->word) == 0) {
			k->changed = k->key[i];
			found++;
		}
	if (found == 0 && parse_u64(k->word, 1, k->n, &number)) {
		k->changed = k->key[number - 1];
		found = 1;
	}
	return found == 1 ? 0 : found == 0 ? -ENOENT : -ENOTUNIQ;
}

static int find_txn(struct txn *t, void *arg)
{
	int r = load(t, arg);

	return r < 0 ? r : find(arg);
}

static int remove_txn(struct txn *t, void *arg)
{
	struct keys *k = arg;
	struct person now;
	int r = load_now(t, k, &now);

	if (r < 0 || (r = ssh_key_del(t, &now.owner, k->changed.hash)) < 0)
		return r;
	return note(t, k, &now, AUDIT_CREDENTIAL_REMOVED);
}

static enum status say_result(struct keys *k, int r)
{
	char print[SSH_PRINT_MAX];

	switch (-r) {
	case 0:
		ssh_key_print(&k->changed, print);
		if (k->word)
			tell(k->c, TELL_INFO, TEXT_KEY_REMOVED, k->changed.name, print);
		else
			tell(k->c, TELL_INFO, TEXT_KEY_ADDED, k->changed.name, print);
		return STATUS_DONE;
	case EEXIST: tell(k->c, TELL_ERROR, "%s", TEXT_KEY_THERE); return STATUS_EXISTS;
	case E2BIG: tell(k->c, TELL_ERROR, TEXT_KEYS_FULL, SSH_KEYS_MAX); return STATUS_REFUSED;
	case ENOENT: tell(k->c, TELL_ERROR, "%s", TEXT_KEY_NO_SUCH); return STATUS_NO_SUCH;
	case ENOTUNIQ: tell(k->c, TELL_ERROR, "%s", TEXT_KEY_TWO); return STATUS_REFUSED;
	case EACCES: tell(k->c, TELL_ERROR, "%s", TEXT_DISABLED); return STATUS_REFUSED;
	case ESTALE: tell(k->c, TELL_ERROR, "%s", TEXT_RESET); return STATUS_REFUSED;
	}
	die("store: an ssh key could not be changed: %s", strerror(-r));
}

/* The line that the command has read from a file, or one that is pasted. */
static const char *take_line(struct conv *c, const char *line, struct ssh_key *out)
{
	SECRET(answer);

	if (!line) {
		if (!ask_filled(c, USE_OTHER, true, TEXT_KEY_LINE, TEXT_KEY_HINT, &answer))
			return TEXT_KEY_STOPPED;
		line = answer.text;
	}
	return ssh_key_parse(line, out);
}

static enum status add(struct keys *k, const char *line)
{
	const char *problem = line ? take_line(k->c, line, &k->changed) : NULL;

	if (!problem && !self_proved(k->c, k->who))
		return STATUS_REFUSED;
	if (!problem && !line)
		problem = take_line(k->c, NULL, &k->changed);
	if (problem) {
		tell(k->c, TELL_ERROR, "%s", problem);
		return STATUS_REFUSED;
	}
	k->c->now(&k->now);
	return say_result(k, store_update(k->c->store, NEED_SPACE, add_txn, k));
}

/* Which one is settled before the proof: the numbers of a list that has changed meanwhile mean another. */
static enum status drop(struct keys *k, const char *word)
{
	k->word = word;
	int r = store_read(k->c->store, find_txn, k);

	if (r == 0 && !self_proved(k->c, k->who))
		return STATUS_REFUSED;
	k->c->now(&k->now);
	if (r == 0)
		r = store_update(k->c->store, NEED_ALWAYS, remove_txn, k);
	return say_result(k, r);
}

static enum status list_keys(struct keys *k, bool json)
{
	struct list l;
	int r = store_read(k->c->store, load, k);

	if (r < 0)
		die("store: ssh keys: %s", strerror(-r));
	list_begin(&l, k->c, json);
	l.none = TEXT_KEYS_NONE;
	for (size_t i = 0; i < k->n; i++) {
		char type[SSH_PRINT_MAX], print[SSH_PRINT_MAX], used[WHEN_TEXT];

		ssh_key_type(&k->key[i], type);
		ssh_key_print(&k->key[i], print);
		list_row(&l,
			json_pack("{s:i,s:s,s:s,s:s,s:o,s:o}", "number", (int)i + 1, "name",
				k->key[i].name, "type", type, "fingerprint", print, "added",
				json_time(k->key[i].added), "last_used", json_time(k->key[i].used)),
			"%2zu  %-11s %-20s %s  %s", i + 1, when_used(k->key[i].used, used), type,
			print, k->key[i].name);
	}
	list_end(&l);
	return STATUS_DONE;
}

enum status ssh_keys_command(struct conv *c, const struct words *w)
{
	static struct keys k; /* large; one conversation a process */
	struct person who;

	if (!self_caller(c, &who))
		return STATUS_NOT_ALLOWED;
	k = (struct keys){ .c = c, .who = &who };
	if (strcmp(w->verb, "ssh-keys") == 0)
		return list_keys(&k, w->json);
	if (!who.has_identity) {
		tell(c, TELL_ERROR, "%s", TEXT_ADDRESS_USERID);
		return STATUS_REFUSED;
	}
	return strcmp(w->verb, "ssh-keys add") == 0 ? add(&k, w->n ? w->word[0] : NULL)
						    : drop(&k, w->word[0]);
}
