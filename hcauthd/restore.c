/* SPDX-License-Identifier: Apache-2.0 */
/* A backup becomes a store. What must hold: all of it, in one transaction, or nothing; a code from an app
 * that may have been used since is not good again; no uid that may have been given to somebody since is given to
 * another; the directory of whatever was here before is not taken for this store's. */
#include "restore.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "factor.h"
#include "log.h"
#include "people.h"
#include "when.h"
#include "wrap.h"

static bool readable(const struct backup_row *row)
{
	static union {
		struct identity identity;
		struct account account;
		struct practice practice;
	} v; /* large; one thread a process */

	switch (row->table) {
	case TABLE_IDENTITY: return identity_get(row->value, row->value_len, &v.identity) == 0;
	case TABLE_ACCOUNT: return account_get(row->value, row->value_len, &v.account) == 0;
	case TABLE_PRACTICE: return practice_get(row->value, row->value_len, &v.practice) == 0;
	default: return true;
	}
}

static int count_row(const struct backup_row *row, void *arg)
{
	struct restoring *v = arg;

	v->people += row->table == TABLE_IDENTITY;
	v->accounts += row->table == TABLE_ACCOUNT;
	v->unreadable += !readable(row);
	return 0;
}

int restore_look(struct restoring *v)
{
	v->people = v->accounts = v->unreadable = 0;
	return backup_read(v->fd, v->backup, v->c->seal, count_row, v);
}

struct putting {
	struct restoring *v;
	struct txn *t;
};

static int put_row(const struct backup_row *row, void *arg)
{
	struct putting *p = arg;

	(void)count_row(row, p->v);
	return txn_put(p->t, row->table, row->key, row->key_len, row->value, row->value_len);
}

/* --- what has to be otherwise than it was --- */

/* All steps of an app whose codes are or were good count as used. */
static int use_steps(struct txn *t, const struct restoring *v)
{
	uint64_t step = totp_last_good(v->now.unix_s);
	struct key at = { .len = 0 };
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_CREDENTIAL, "", 0, &at, &row)) == 0) {
		struct totp app;
		struct id owner;

		if (at.len != ID_BYTES + 1 || at.bytes[ID_BYTES] != FACTOR_TOTP)
			continue;
		memcpy(owner.bytes, at.bytes, ID_BYTES);
		r = totp_load(t, v->c, &owner, &app);
		if (r == -EUCLEAN || r == -EKEYREJECTED)
			continue; /* it was good for nothing where it comes from */
		if (r == 0 && app.last_step < step) {
			app.last_step = step;
			r = totp_save(t, v->c, &owner, &app);
		}
		wipe(&app, sizeof app);
		if (r < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

static int leave_gap(struct txn *t)
{
	uint64_t uid;
	int r = meta_u64(t, "uid", 0, &uid);

	return r < 0 || uid == 0 ? r : meta_set_u64(t, "uid", uid + RESTORE_UID_GAP);
}

/* What stands published here may bear any number: by this one it is behind. */
static int outdate_directory(struct txn *t)
{
	uint64_t generation;
	int r = meta_u64(t, "directory", 0, &generation);

	return r < 0 ? r
		     : meta_set_u64(t, "directory", generation + 1 + randombytes_uniform(1U << 30));
}

static int write_audit(struct txn *t, const struct restoring *v)
{
	char detail[120], when[WHEN_TEXT], program[4 * BACKUP_PROGRAM];

	snprintf(detail, sizeof detail, "backup of %s, made by hcauth %s",
		when_text(v->backup->made, WHEN_MINUTE, when),
		visible(v->backup->program, program, sizeof program));
	return audit(t, v->c, &v->now, AUDIT_RESTORED, NULL, detail);
}

int restore_all(struct txn *t, void *restoring)
{
	struct restoring *v = restoring;
	struct putting p = { .v = v, .t = t };
	int r;

	v->people = v->accounts = v->unreadable = 0;
	if ((r = backup_read(v->fd, v->backup, v->c->seal, put_row, &p)) < 0)
		return r;
	if (v->unreadable > 0 && strcmp(v->backup->program, HC_VERSION) != 0)
		return -ENOTSUP;
	if ((r = use_steps(t, v)) < 0 || (r = leave_gap(t)) < 0 || (r = outdate_directory(t)) < 0 ||
		(r = write_audit(t, v)) < 0 ||
		(r = wrap_put(t, WRAP_RECOVERY, v->backup->wrapped)) < 0)
		return r;
	return wrap_machine(t, WRAP_MACHINE, v->c->seal, v->key);
}
