/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth purge. What must hold: what is left of a person who has gone for good is a practice's own record
 * (user ID, system user, uid), which nobody else is ever given; the audit's bodies about them are emptied
 * and the chain still holds; nobody who has not left loses anything. */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "leave.h"
#include "manage.h"
#include "message.h"

enum { AT_ONCE = 64 };

/* An identity or an account whose time is over. */
struct gone {
	bool is_account;
	struct id id;
	struct account account;
	uint64_t erased;
};

struct purging {
	struct conv *c;
	struct now now;
	bool dry_run;
	struct gone gone[AT_ONCE + IDENTITY_ACCOUNTS_MAX];
	size_t n;
	size_t people, accounts; /* in all */
	uint64_t erased;
};

static bool is_due(const struct purging *p, enum state state, uint64_t left)
{
	return state == STATE_LEFT && left > 0 && left + p->c->conf->retention_s <= p->now.unix_s;
}

static bool has(const struct purging *p, const struct id *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (id_equal(&p->gone[i].id, id))
			return true;
	return false;
}

static int find_people(struct txn *t, struct purging *p)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	struct key at = { .len = 0 };
	struct identity who;
	struct bytes row;
	size_t n;
	int r;

	while ((r = txn_next(t, TABLE_IDENTITY, "", 0, &at, &row)) == 0 && p->n < AT_ONCE) {
		bool stays = false;

		if ((r = identity_get(row.p, row.len, &who)) < 0 ||
			(r = identity_accounts(t, &who.id, all, IDENTITY_ACCOUNTS_MAX, &n)) < 0)
			return r;
		for (size_t i = 0; i < n; i++)
			stays |= all[i].state != STATE_LEFT;
		if (stays || !is_due(p, who.state, who.left))
			continue;
		p->gone[p->n++] = (struct gone){ .id = who.id };
		for (size_t i = 0; i < n; i++)
			p->gone[p->n++] = (struct gone){
				.is_account = true, .id = all[i].id, .account = all[i]
			};
	}
	return r == -ENOENT ? 0 : r;
}

static int find_accounts(struct txn *t, struct purging *p)
{
	struct key at = { .len = 0 };
	struct account a;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_ACCOUNT, "", 0, &at, &row)) == 0 && p->n < AT_ONCE) {
		if ((r = account_get(row.p, row.len, &a)) < 0)
			return r;
		if (is_due(p, a.state, a.left) && !has(p, &a.id))
			p->gone[p->n++] =
				(struct gone){ .is_account = true, .id = a.id, .account = a };
	}
	return r == -ENOENT ? 0 : r;
}

/* --- deleting --- */

/* Counters, codes, and the sums of tries that were held up. */
static int drop_owned(struct txn *t, const struct conv *c, const struct id *owner)
{
	char hex[2 * ID_BYTES + 1], name[48];
	int r;

	sodium_bin2hex(hex, sizeof hex, owner->bytes, ID_BYTES);
	snprintf(name, sizeof name, "held.%s.", hex);
	if ((r = drop_messages(t, c, owner, false)) < 0 || (r = drop_ways_in(t, c, owner)) < 0 ||
		(r = drop_rows(t, TABLE_LOCKOUT, owner, sizeof *owner)) < 0)
		return r;
	return drop_rows(t, TABLE_META, name, strlen(name));
}

/* It may have become another's since they left. */
static int free_address(struct txn *t, const struct identity *who)
{
	int r = address_release(t, who);

	return r == -ENOENT ? 0 : r;
}

static int drop_identity(struct txn *t, struct purging *p, const struct id *id)
{
	struct identity who;
	int r;

	if ((r = identity_load(t, id, &who)) < 0 || (r = free_address(t, &who)) < 0 ||
		(r = drop_owned(t, p->c, id)) < 0 ||
		(r = drop_rows(t, TABLE_MEMBER, id, sizeof *id)) < 0)
		return r;
	return txn_del(t, TABLE_IDENTITY, id, sizeof *id);
}

/* What stays: which user ID and system user it was, where, and its uid. */
static int bury_account(struct txn *t, struct purging *p, struct gone *g)
{
	const struct account *a = &g->account;
	struct id member[2] = { a->identity, a->id };
	struct account stone = { .id = a->id,
		.uid = a->uid,
		.gid = a->gid,
		.existing = a->existing,
		.state = STATE_LEFT,
		.created = a->created };
	int r;

	memcpy(stone.userid, a->userid, sizeof stone.userid);
	memcpy(stone.practice, a->practice, sizeof stone.practice);
	memcpy(stone.user, a->user, sizeof stone.user);
	if (!id_is_none(&a->identity) &&
		(r = txn_del(t, TABLE_MEMBER, member, sizeof member)) < 0 && r != -ENOENT)
		return r;
	if ((r = drop_owned(t, p->c, &a->id)) < 0 ||
		(r = drop_rows(t, TABLE_SESSION, &a->id, sizeof a->id)) < 0)
		return r;
	g->account = stone;
	return account_save(t, &stone);
}

/* --- the audit --- */

static bool is_about(const struct gone *g, const struct audit_row *a)
{
	return id_equal(&a->owner, &g->id) ||
		(g->is_account && strcmp(a->account, g->account.userid) == 0 &&
			strcmp(a->practice, g->account.practice) == 0);
}

/* One walk for all of them. What can't be read is left to "audit verify". */
static int erase_bodies(struct txn *t, struct purging *p)
{
	struct audit_row a;
	uint64_t last;
	int r = meta_u64(t, "audit", 0, &last);

	for (uint64_t n = 1; r == 0 && n <= last; n++) {
		if (audit_load(t, n, &a) < 0 || a.erased || a.event == AUDIT_ERASED)
			continue;
		for (size_t i = 0; i < p->n; i++)
			if (is_about(&p->gone[i], &a)) {
				p->gone[i].erased++;
				r = audit_erase(t, n);
				break;
			}
	}
	return r;
}

static int write_audit(struct txn *t, const struct purging *p, const struct gone *g)
{
	static const struct id nobody;
	const struct person who = {
		.owner = nobody, .known = true, .has_account = true, .account = g->account
	};
	char detail[64];

	audit_erased_detail(g->erased, detail, sizeof detail);
	return audit(t, p->c, &p->now, AUDIT_ERASED, g->is_account ? &who : NULL, detail);
}

static int purge(struct txn *t, void *arg)
{
	struct purging *p = arg;
	int r;

	p->n = 0;
	if ((r = find_people(t, p)) < 0 || (r = find_accounts(t, p)) < 0 || p->n == 0 || p->dry_run)
		return r;
	if ((r = erase_bodies(t, p)) < 0)
		return r;
	for (size_t i = 0; r == 0 && i < p->n; i++) {
		struct gone *g = &p->gone[i];

		r = g->is_account ? bury_account(t, p, g) : drop_identity(t, p, &g->id);
		if (r == 0)
			r = write_audit(t, p, g);
	}
	return r < 0 ? r : directory_changed(t);
}

static void sum_up(struct purging *p)
{
	for (size_t i = 0; i < p->n; i++) {
		p->people += !p->gone[i].is_account;
		p->accounts += p->gone[i].is_account;
		p->erased += p->gone[i].erased;
	}
}

enum status manage_purge(struct conv *c, const struct words *w)
{
	static struct purging p; /* large; one conversation a process */
	int r;

	p = (struct purging){ .c = c, .dry_run = w->option[OPT_DRY_RUN] != NULL };
	c->now(&p.now);
	do {
		r = p.dry_run ? store_read(c->store, purge, &p)
			      : store_update(c->store, NEED_SPACE, purge, &p);
		if (r == 0)
			sum_up(&p);
	} while (r == 0 && p.n >= AT_ONCE && !p.dry_run);
	if (r < 0)
		return manage_result(c, r, "purge");
	if (p.dry_run)
		tell(c, TELL_INFO, "Due: %zu people and %zu accounts%s.", p.people, p.accounts,
			p.n >= AT_ONCE ? ", or more" : "");
	else
		tell(c, TELL_INFO,
			"Deleted what was kept about %zu people and %zu accounts; %" PRIu64
			" audit records were emptied.",
			p.people, p.accounts, p.erased);
	return STATUS_DONE;
}
