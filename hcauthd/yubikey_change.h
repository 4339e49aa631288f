/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_YUBIKEY_CHANGE_H
#define HCAUTH_YUBIKEY_CHANGE_H

#include "audit.h"
#include "flow.h"
#include "yubikey.h"

/* What people change about their YubiKeys: one commit, audited and told to them. */

struct yubikey_change {
	struct conv *c;
	const struct person *who;
	/* Changes *keys, and key (the one concerned). -ECANCELED: it can't be, as why says. */
	int (*make)(struct txn *t, struct yubikey_change *ch, struct yubikeys *keys);
	enum audit_event event;
	struct yubikey key;
	const char *word; /* the key that was named, by its name or public identity */
	const char *name; /* the new one; NULL: none was given */
	bool pooled; /* key is one of those imported */
	enum status status; /* if it can't be */
	char why[160];
	struct now now;
};

/* Not done: why is told. */
enum status yubikey_commit(struct yubikey_change *ch);

int yubikey_refuse(struct yubikey_change *ch, enum status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether one of them is called that. */
bool yubikeys_named(const struct yubikeys *keys, const char *name);

/* "YubiKey", "YubiKey 2" and so on: one that none of them has. */
void yubikey_pick_name(const struct yubikeys *keys, char out[YUBIKEY_NAME_MAX + 1]);

/* yubikey, yubikey remove and rename; yubikey add and new; yubikey import, pool and drop. */
enum status yubikey_command(struct conv *c, const struct words *w);
enum status yubikey_add(struct conv *c, const struct words *w);
enum status yubikey_import(struct conv *c, const struct words *w);
enum status yubikey_pool(struct conv *c, const struct words *w);

#endif
