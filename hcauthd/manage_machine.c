/* SPDX-License-Identifier: Apache-2.0 */
/* Unlocking, and the state of the machine. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "factor.h"
#include "list.h"
#include "log.h"
#include "manage.h"
#include "message.h"
#include "publish.h"
#include "scope.h"
#include "shift.h"
#include "store/store.h"

struct unlocking {
	struct conv *c;
	const struct words *w;
	struct now now;
	struct attempt attempt; /* a manager's */
};

/* Whom the caller may see; for root also a person without an account. */
static int find(struct txn *t, const struct words *w, struct person *out)
{
	char name[SIGN_IN_NAME_MAX + 1];
	int r = scope_person(t, w, w->word[0], out);

	if (r == -ENOENT && w->scope->root && name_normal(w->word[0], name))
		r = person_by_name(t, name, out);
	return r;
}

static int clear(struct txn *t, const struct id *owner, unsigned factor)
{
	int r = lockout_clear(t, owner, factor, SOURCE_LOCAL);

	return r < 0 ? r : lockout_clear(t, owner, factor, SOURCE_NETWORK);
}

/* Each unlock is as many more guesses: a manager has a few, then one a quarter of an hour; root takes the count away. */
static int count_unlock(struct txn *t, struct unlocking *u, const struct person *who)
{
	if (u->w->scope->root)
		return clear(t, &who->owner, FACTOR_UNLOCK);

	int r = lockout_count(
		t, &who->owner, FACTOR_UNLOCK, SOURCE_LOCAL, NEVER_OFF, &u->now, &u->attempt);
	return r < 0 ? r : u->attempt.allowed ? 0 : -EBUSY;
}

static int unlock(struct txn *t, void *arg)
{
	static const unsigned besides[] = { FACTOR_CODE, FACTOR_RESET, FACTOR_CODE_RECOVER };
	struct unlocking *u = arg;
	struct person who;
	int r = find(t, u->w, &who);

	if (r == 0)
		r = count_unlock(t, u, &who);
	for (unsigned id = FACTOR_PASSWORD; r == 0 && id <= FACTOR_LAST; id++)
		r = clear(t, &who.owner, id);
	for (size_t i = 0; r == 0 && i < sizeof besides / sizeof *besides; i++)
		r = clear(t, &who.owner, besides[i]);
	if (r < 0 || (r = shift_end(t, &who.owner)) < 0)
		return r; /* a PIN that was locked ended it */
	return audit(t, u->c, &u->now, AUDIT_UNLOCKED, &who, "");
}

enum status manage_unlock(struct conv *c, const struct words *w)
{
	struct unlocking u = { .c = c, .w = w };
	char what[300], shown[300];

	snprintf(what, sizeof what, "person %s", w->word[0]);
	c->now(&u.now);
	int r = scope_update(c, w, NEED_ALWAYS, unlock, &u);
	if (r == -EBUSY) {
		tell(c, TELL_ERROR,
			"%s has been unlocked many times: wait %u seconds, then try again. If they have forgotten "
			"their PIN or password, they can choose another: Enter twice at the prompt.",
			visible(w->word[0], shown, sizeof shown), (unsigned)u.attempt.wait_s);
		return STATUS_REFUSED;
	}
	enum status s = manage_result(c, r, what);
	if (s == STATUS_DONE)
		tell(c, TELL_INFO, "%s may try again now.",
			visible(w->word[0], shown, sizeof shown));
	return s;
}

struct counts {
	struct conv *c;
	int identities, accounts, practices, sessions, waiting, dead;
	uint64_t directory;
	struct audit_state audit;
};

static int rows(struct txn *t, enum table table)
{
	struct key at = { .len = 0 };
	struct bytes row;
	int n = 0;

	while (txn_next(t, table, "", 0, &at, &row) == 0)
		n++;
	return n;
}

static int count_messages(struct txn *t, struct counts *n)
{
	uint64_t number = 0;
	struct queued q;
	int r;

	n->waiting = n->dead = 0;
	while ((r = message_next(t, n->c->seal, &number, &q)) == 0)
		*(q.dead ? &n->dead : &n->waiting) += 1;
	wipe(&q, sizeof q);
	return r == -ENOENT ? 0 : r;
}

static int count_all(struct txn *t, void *arg)
{
	struct counts *n = arg;
	int r;

	n->identities = rows(t, TABLE_IDENTITY);
	n->accounts = rows(t, TABLE_ACCOUNT);
	n->practices = rows(t, TABLE_PRACTICE);
	n->sessions = rows(t, TABLE_SESSION);
	if ((r = count_messages(t, n)) < 0 || (r = meta_u64(t, "directory", 0, &n->directory)) < 0)
		return r;
	return audit_check(t, n->c->seal, &n->audit);
}

static const char *way(bool is)
{
	return is ? "can be sent" : "no way to send any";
}

/* That the store is open and the daemon answers is said by there being an answer. */
static void tell_verdict(const struct counts *n, bool current)
{
	struct conv *c = n->c;

	tell(c, TELL_INFO, "%s",
		n->audit.broken ? "Sign-in works, but the audit was tampered with: hcauth audit"
			: current
			? "Sign-in works: the store is open, the directory is current."
			: "The directory is not current: who is new, or has left, is not known to this machine as such yet. The log of hcauthd says why.");
	if (n->audit.broken && !current)
		tell(c, TELL_INFO, "%s", "The directory is not current, either.");
	tell(c, TELL_INFO,
		"E-mail: %s. Text messages: %s. In the outbox: %d waiting, %d given up.%s",
		way(message_can(c->conf, CHANNEL_EMAIL)), way(message_can(c->conf, CHANNEL_SMS)),
		n->waiting, n->dead, n->dead ? " To see why: hcauth outbox" : "");
}

enum status manage_status(struct conv *c, const struct words *w)
{
	struct counts n = { .c = c };

	int r = store_read(c->store, count_all, &n);
	if (r < 0)
		return manage_result(c, r, "status");
	bool current = publish_is_current(c->store, c->conf, c->directory);
	json_t *object = json_pack("{s:s,s:i,s:i,s:i,s:i,s:I,s:s,s:I,s:I,s:b,s:b,s:b,s:b,s:i,s:i}",
		"version", HC_VERSION, "identities", n.identities, "accounts", n.accounts,
		"practices", n.practices, "sessions", n.sessions, "audit_records",
		(json_int_t)n.audit.records, "audit_chain", n.audit.broken ? "broken" : "good",
		"shared_login_signs", (json_int_t)n.audit.signs, "directory_generation",
		(json_int_t)n.directory, "directory_published", current, "sign_in_works", current,
		"email", message_can(c->conf, CHANNEL_EMAIL), "sms",
		message_can(c->conf, CHANNEL_SMS), "outbox_waiting", n.waiting, "outbox_dead",
		n.dead);
	if (n.audit.broken)
		json_object_set_new(
			object, "audit_broken_at", json_integer((json_int_t)n.audit.broken));
	if (!w->json)
		tell_verdict(&n, current);
	show_object(c, w->json, object);
	return n.audit.broken ? STATUS_REFUSED : STATUS_DONE;
}
