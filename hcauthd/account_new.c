/* SPDX-License-Identifier: Apache-2.0 */
/* A new account. What must hold: a system user belongs to one account for ever; a name or uid that the
 * machine has already is never taken, nor one below the floor; a uid is never given twice. */
#include "account_new.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "local.h"
#include "log.h"
#include "manage.h"
#include "pick.h"
#include "store/store.h"
#include "text.h"

/* --- the words --- */

/* hcauth's own users: whoever had one of these names would be them. */
static bool is_reserved(const char *name, char why[WHY_MAX])
{
	static const char *const reserved[] = { "newcomer", "hcauthd", "hcauth-courier" };

	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcmp(name, reserved[i]) == 0) {
			snprintf(why, WHY_MAX, "%s is a user of hcauth's own: choose another name.",
				name);
			return true;
		}
	return false;
}

static bool take_userid(struct account_new *a, const struct account_words *in, char why[WHY_MAX])
{
	uint32_t uid, gid;

	if (!name_normal(in->userid, a->name) || !name_is_userid(a->name)) {
		snprintf(why, WHY_MAX,
			"A user ID has a letter first, then letters, digits, - and _, as in HC012345.");
		return false;
	}
	if (strlen(in->userid) > USERID_MAX || strlen(a->name) > USERID_MAX) {
		snprintf(why, WHY_MAX, "A user ID has %d bytes at most.", USERID_MAX);
		return false;
	}
	if (is_reserved(a->name, why))
		return false;
	memcpy(a->account.userid, in->userid, strlen(in->userid) + 1); /* shown as it was written */
	if ((!in->user || strcmp(a->name, in->user) != 0) && local_user(a->name, &uid, &gid)) {
		snprintf(why, WHY_MAX,
			"This machine has a user %s, who would sign in instead: choose another user ID.",
			a->name);
		return false;
	}
	return true;
}

static bool take_existing(struct account *n, uint32_t uid, uint32_t gid, char why[WHY_MAX])
{
	if (uid < UID_FLOOR || gid < UID_FLOOR) {
		snprintf(why, WHY_MAX,
			"%s is one of the system's own users: hcauth signs nobody in as that.",
			n->user);
		return false;
	}
	n->uid = uid;
	n->gid = gid;
	return true;
}

/* A manager names users of their practice alone: what is free today may be a service's tomorrow. */
static bool may_name(const struct account_new *a, const char *user, char why[WHY_MAX])
{
	if (is_reserved(user, why))
		return false;
	if (a->c->peer == 0 || is_user_of(user, a->account.practice))
		return true;
	snprintf(why, WHY_MAX, "A system user of your practice ends in -%.*s.", PICK_PRACTICE_MAX,
		a->account.practice);
	return false;
}

static bool take_user(struct account_new *a, const struct account_words *in, char why[WHY_MAX])
{
	struct account *n = &a->account;
	uint32_t uid, gid;

	if (!name_is_user(in->user)) {
		snprintf(why, WHY_MAX,
			"A system user's name is a to z first, then digits, - and _ too, %d at most.",
			USER_NAME_MAX);
		return false;
	}
	if (!may_name(a, in->user, why))
		return false;
	memcpy(n->user, in->user, strlen(in->user) + 1);
	n->existing = in->existing;
	bool there = local_user(n->user, &uid, &gid);
	if (there && in->existing)
		return take_existing(n, uid, gid, why);
	if (there)
		snprintf(why, WHY_MAX,
			"This machine has a user %s already. To use that one: hcauth account add --existing.",
			n->user);
	else if (in->existing)
		snprintf(why, WHY_MAX,
			"This machine has no user %s in /etc/passwd. Leave out --existing to make one.",
			n->user);
	else if (local_group(n->user, &gid))
		snprintf(why, WHY_MAX,
			"This machine has a group %s already: choose another name for the user.",
			n->user);
	else
		return true;
	return false;
}

/* A group of ours, or a local one that is not the system's. */
static bool take_group(struct account_new *a, const char *name, char why[WHY_MAX])
{
	struct account *n = &a->account;
	uint32_t gid = 0;

	if (is_reserved(name, why))
		return false;
	if (local_group(name, &gid) && gid < UID_FLOOR) {
		snprintf(why, WHY_MAX,
			"%s is a group of the system itself (gid %u): hcauth gives nobody that. "
			"Use a group with a gid of %u or more.",
			name, gid, (unsigned)UID_FLOOR);
		return false;
	}
	a->group_gid[n->ngroups] = gid;
	memcpy(n->group[n->ngroups++], name, strlen(name) + 1);
	return true;
}

/* "a,b" */
static bool take_groups(struct account_new *a, const char *text, char why[WHY_MAX])
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, ",");
		char name[USER_NAME_MAX + 1] = "";

		if (len <= USER_NAME_MAX)
			memcpy(name, p, len);
		if (!name_is_user(name) || a->account.ngroups == ACCOUNT_GROUPS_MAX) {
			snprintf(why, WHY_MAX,
				"--groups takes up to %d names with commas between: a to z, digits, - and _.",
				ACCOUNT_GROUPS_MAX);
			return false;
		}
		if (!take_group(a, name, why))
			return false;
		p += len + (p[len] == ',');
	}
	return true;
}

bool account_new_take(struct account_new *a, const struct account_words *in, char why[WHY_MAX])
{
	a->pick_userid = !in->userid;
	a->pick_user = !in->user;
	a->account.id = id_new();
	a->account.state = STATE_ACTIVE;
	return (!in->userid || take_userid(a, in, why)) && (!in->user || take_user(a, in, why)) &&
		(!in->groups || take_groups(a, in->groups, why));
}

/* --- the transaction --- */

/* The next uid of our range that is free on this machine, and was never an account's: also not that of a
 * user whom the machine had and has no more. */
static int next_uid(struct txn *t, const struct conf *conf, uint32_t *out)
{
	uint64_t uid;
	int r = meta_u64(t, "uid", conf->uid_min, &uid);

	if (r < 0)
		return r;
	if (uid < conf->uid_min)
		uid = conf->uid_min;
	while (uid <= conf->uid_max && (uid_taken(t, (uid_t)uid) || local_id((uint32_t)uid)))
		uid++;
	if (uid > conf->uid_max)
		return -ERANGE;
	*out = (uint32_t)uid;
	return meta_set_u64(t, "uid", uid + 1);
}

static int group_gid(struct txn *t, const struct conf *conf, const char *name, uint32_t *gid)
{
	char key[USER_NAME_MAX + 8];
	uint64_t known;

	snprintf(key, sizeof key, "group.%s", name);
	int r = meta_u64(t, key, 0, &known);
	if (r < 0)
		return r;
	if (known == 0) {
		if ((r = next_uid(t, conf, gid)) < 0)
			return r;
		return meta_set_u64(t, key, *gid);
	}
	*gid = (uint32_t)known;
	return 0;
}

static int claim(struct txn *t, struct account_new *a)
{
	struct account *n = &a->account;
	int r;

	a->problem = "a user ID of that name";
	if ((r = name_claim(t, a->name, NAME_USERID, &n->id)) < 0)
		return r;
	a->problem = "a system user of that name with hcauth";
	if (strcmp(a->name, n->user) != 0) {
		if ((r = name_claim(t, n->user, NAME_USER, &n->id)) < 0)
			return r;
	} else {
		const struct name_row user = { .kind = NAME_USER, .id = n->id };
		uint8_t buf[RECORD_MAX];

		if ((r = txn_put(t, TABLE_NAME, n->user, strlen(n->user), buf,
			     name_row_put(buf, &user))) < 0)
			return r;
	}
	a->problem = "a group of that name with hcauth";
	char key[USER_NAME_MAX + 8];
	uint64_t gid;
	snprintf(key, sizeof key, "group.%s", n->user);
	if ((r = meta_u64(t, key, 0, &gid)) < 0 || (!n->existing && gid != 0))
		return r < 0 ? r : -EEXIST;
	return 0;
}

/* The gids of the groups that are ours. A user's own group is theirs alone. */
static int take_gids(struct txn *t, struct account_new *a)
{
	struct name_row row;

	for (size_t i = 0; i < a->account.ngroups; i++) {
		uint32_t gid = a->group_gid[i];
		int r;

		if (gid != 0)
			continue;
		a->problem = "a user of the name of that group, whose own it is,";
		r = name_find(t, a->account.group[i], &row);
		if (r == 0 && row.kind == NAME_USER)
			return -EEXIST;
		if (r < 0 && r != -ENOENT)
			return r;
		if ((r = group_gid(t, a->c->conf, a->account.group[i], &gid)) < 0)
			return r;
	}
	return 0;
}

static bool has_group(const struct account *a, const char *group)
{
	for (size_t i = 0; i < a->ngroups; i++)
		if (strcmp(a->group[i], group) == 0)
			return true;
	return false;
}

/* Whether an account of the practice has that group. 0 or -ENOENT. */
static int group_of_practice(struct txn *t, const char *practice, const char *group)
{
	struct key at = { .len = 0 };
	struct account a;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_ACCOUNT, "", 0, &at, &row)) == 0)
		if ((r = account_get(row.p, row.len, &a)) < 0 ||
			(a.state != STATE_LEFT && strcmp(a.practice, practice) == 0 &&
				has_group(&a, group)))
			return r;
	return r;
}

/* Whoever may not make groups gets only those of ours that others of the practice have. */
static int know_groups(struct txn *t, struct account_new *a)
{
	a->problem = "group of that name at this practice";
	for (size_t i = 0; a->known_groups && i < a->account.ngroups; i++) {
		int r = group_of_practice(t, a->account.practice, a->account.group[i]);

		if (r < 0)
			return r;
		if (a->group_gid[i] != 0)
			return -ENOENT;
	}
	return 0;
}

/* Whose the account is: of two who share the address, who has the name. */
static int find_identity(struct txn *t, struct account_new *a, struct identity *out)
{
	struct person who[2];
	size_t n, named = 0;
	int r;

	a->problem = "identity of that address";
	if (!name_is_email(a->email)) { /* for those alone whom the address does not name */
		if ((r = identity_by_word(t, a->email, out)) < 0)
			return r;
		return address_is_shared(t, out) ? 0 : -ENOENT;
	}
	if ((r = people_by_address(t, a->email, who, &n)) < 0)
		return r;
	a->problem = "person of that address and name";
	for (size_t i = 0; i < n; i++) {
		if (a->shared_name && strcmp(who[i].identity.name, a->shared_name) != 0)
			continue;
		*out = who[i].identity;
		named++;
	}
	return named == 1 ? 0 : named == 0 ? -ENOENT : -ENOTUNIQ;
}

static int link_identity(struct txn *t, struct account_new *a)
{
	struct identity who;
	int r = find_identity(t, a, &who);

	if (r < 0)
		return r;
	if (who.state == STATE_LEFT) {
		a->problem = "The person of that address";
		return -ESHUTDOWN;
	}
	a->account.identity = who.id;
	if ((r = member_add(t, &who.id, &a->account.id)) < 0 ||
		(r = account_save(t, &a->account)) < 0)
		return r;
	return address_allowed(t, &who);
}

static int take_uid(struct txn *t, struct account_new *a)
{
	struct account *n = &a->account;
	int r;

	if (!n->existing) {
		if ((r = next_uid(t, a->c->conf, &n->uid)) < 0)
			return r;
		n->gid = n->uid;
	}
	a->problem = "a system user of that uid with hcauth";
	return uid_claim(t, n->uid, &n->id);
}

int account_new_add(struct txn *t, struct account_new *a)
{
	struct account *n = &a->account;
	struct practice practice;
	int r;

	a->problem = manage_practice_word(n->practice, a->no_practice);
	if ((r = practice_load(t, n->practice, &practice)) < 0 ||
		(a->pick_userid && (r = pick_userid(t, n->practice, n->userid, a->name)) < 0) ||
		(a->pick_user && (r = pick_user(t, a->person, n->practice, n->user)) < 0) ||
		(r = know_groups(t, a)) < 0 || (r = claim(t, a)) < 0 || (r = take_uid(t, a)) < 0 ||
		(r = take_gids(t, a)) < 0)
		return r;
	n->created = a->now.unix_s;
	if (*a->email)
		r = link_identity(t, a);
	else
		r = activation_make(t, a->c, &n->id, &a->now, ACTIVATION_S, a->code);
	if (r < 0 || (r = account_save(t, n)) < 0 || (r = directory_changed(t)) < 0)
		return r;

	struct person p = account_new_person(a);
	return audit(t, a->c, &a->now, a->event, &p, a->detail);
}

struct person account_new_person(const struct account_new *a)
{
	return (struct person){
		.owner = a->account.id, .known = true, .has_account = true, .account = a->account
	};
}

void account_new_why(const struct account_new *a, int r, char why[WHY_MAX])
{
	switch (r) {
	case -ENOENT: snprintf(why, WHY_MAX, "There is no %s.", a->problem); return;
	case -EEXIST: snprintf(why, WHY_MAX, "There is %s already.", a->problem); return;
	case -ESHUTDOWN: snprintf(why, WHY_MAX, TEXT_HAS_LEFT, a->problem); return;
	case -ERANGE:
		snprintf(why, WHY_MAX,
			"All uids from %u to %u are used up: widen uids in hcauthd.conf.",
			a->c->conf->uid_min, a->c->conf->uid_max);
		return;
	case -ENOTUNIQ:
		snprintf(why, WHY_MAX,
			"Two people share this address. Say which by --name \"FULL NAME\", or name the person "
			"by one of their user IDs.");
		return;
	case -EPERM:
		snprintf(why, WHY_MAX,
			"Two people share this address, which that practice, or another of theirs, "
			"does not allow. See: hcauth help practice set");
		return;
	}
	die("store: a new account: %s", strerror(-r));
}
