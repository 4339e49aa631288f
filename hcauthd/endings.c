/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions that are to be ended. The daemon has no right to signal anybody: root's "hcauth end-sessions"
 * asks which uids, ends them, and says so. What must hold: no uid is named but that of an account which
 * has left or is switched off at that moment; a row goes when its sessions are said to have ended. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "codec.h"
#include "leave.h"
#include "log.h"
#include "manage.h"

enum { VERSION = 1, AT_ONCE = 24 /* asks in a conversation: 32 at most */ };

int ending_add(struct txn *t, const struct now *now, const struct account *a)
{
	uint8_t key[4], row[64];
	struct writer w = writer_of(row, sizeof row);

	number_put(key, a->uid, sizeof key);
	put_byte(&w, VERSION);
	put_bytes(&w, 1, &a->id, sizeof a->id);
	put_u64(&w, 2, now->unix_s);
	return txn_put(t, TABLE_ENDING, key, sizeof key, row, w.len);
}

struct ending {
	struct conv *c;
	struct key at;
	uint32_t uid;
	struct person who;
	struct now now;
	bool failed; /* some go on */
};

static bool uid_of(const struct key *k, uint32_t *out)
{
	*out = (uint32_t)number_get(k->bytes, sizeof *out);
	return k->len == sizeof *out;
}

/* Whose sessions may be ended: never root's or the system's, whatever stands in the row. */
static int look(struct txn *t, struct ending *e, bool *may)
{
	int r = person_by_uid(t, e->uid, &e->who);

	*may = r == 0 && e->uid >= UID_FLOOR && e->who.has_account &&
		e->who.account.uid == e->uid && !person_active(&e->who);
	return r == -ENOENT ? 0 : r;
}

/* The next one that may be ended. What can't be told of one holds up no other. */
static int find_next(struct txn *t, void *arg)
{
	struct ending *e = arg;
	struct bytes row;
	bool may;
	int r;

	while ((r = txn_next(t, TABLE_ENDING, "", 0, &e->at, &row)) == 0) {
		if (!uid_of(&e->at, &e->uid))
			return -EUCLEAN;
		if ((r = look(t, e, &may)) < 0) {
			log_err("end-sessions: uid %u: %s", (unsigned)e->uid, strerror(-r));
			e->failed = true;
		}
		if (may)
			return 0;
	}
	return r;
}

static int ended(struct txn *t, void *arg)
{
	struct ending *e = arg;
	uint8_t key[4];
	int r;

	number_put(key, e->uid, sizeof key);
	if ((r = txn_del(t, TABLE_ENDING, key, sizeof key)) < 0)
		return r == -ENOENT ? 0 : r; /* somebody else has, and said so */
	if ((r = person_by_uid(t, e->uid, &e->who)) < 0 ||
		(r = drop_rows(t, TABLE_SESSION, &e->who.account.id, ID_BYTES)) < 0)
		return r;
	return audit(t, e->c, &e->now, AUDIT_SESSIONS_ENDED, &e->who, "");
}

/* Those of people who may be in again are not to be ended after all. In doubt a row stays. */
static int drop_others(struct txn *t, void *arg)
{
	struct ending e = { .at = { .len = 0 } };
	struct bytes row;
	int r;

	(void)arg;
	while ((r = txn_next(t, TABLE_ENDING, "", 0, &e.at, &row)) == 0) {
		bool may = false;

		if (uid_of(&e.at, &e.uid) && look(t, &e, &may) < 0)
			continue;
		if (!may && (r = txn_del(t, TABLE_ENDING, e.at.bytes, e.at.len)) < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

enum status manage_endings(struct conv *c, const struct words *w)
{
	struct ending e = { .c = c };
	int r = store_update(c->store, NEED_ALWAYS, drop_others, &e);

	(void)w;
	for (unsigned i = 0; r == 0 && i < AT_ONCE; i++) {
		char text[32];
		struct secret answer = { .len = 0 };

		if ((r = store_read(c->store, find_next, &e)) < 0)
			break;
		snprintf(text, sizeof text, "end %u", (unsigned)e.uid);
		ask(c, USE_OTHER, true, text, &answer);
		c->now(&e.now);
		if (strcmp(answer.text, "ended") == 0)
			r = store_update(c->store, NEED_ALWAYS, ended, &e);
		else
			e.failed = true;
	}
	if (r < 0 && r != -ENOENT)
		die("store: sessions to be ended: %s", strerror(-r));
	return e.failed ? STATUS_REFUSED : STATUS_DONE;
}
