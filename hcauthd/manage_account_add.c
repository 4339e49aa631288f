/* SPDX-License-Identifier: Apache-2.0 */
/* Adding an account. What must hold: a system user belongs to one account for ever; a name or uid that
 * the machine has already is never taken, nor one below the floor; a uid is never given twice. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "factor.h"
#include "local.h"
#include "manage.h"
#include "store/store.h"
#include "token.h"

struct adding {
	struct conv *c;
	const char *email; /* "" : a legacy account */
	const char *person; /* their full name, where two share that address */
	char name[SIGN_IN_NAME_MAX + 1]; /* the user ID in normal form */
	struct account account;
	uint32_t group_gid[ACCOUNT_GROUPS_MAX]; /* a local group's; 0: one of ours */
	struct now now;
	char code[TOKEN_TEXT];
	const char *problem; /* what -ENOENT or -EEXIST is about */
};

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

static int claim(struct txn *t, struct adding *a)
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
static int take_gids(struct txn *t, struct adding *a)
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

/* Whose the account is: of two who share the address, who has the name. */
static int find_identity(struct txn *t, struct adding *a, struct identity *out)
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
		if (a->person && strcmp(who[i].identity.name, a->person) != 0)
			continue;
		*out = who[i].identity;
		named++;
	}
	return named == 1 ? 0 : named == 0 ? -ENOENT : -ENOTUNIQ;
}

static int link_identity(struct txn *t, struct adding *a)
{
	struct identity who;
	int r = find_identity(t, a, &who);

	if (r < 0)
		return r;
	a->account.identity = who.id;
	if ((r = member_add(t, &who.id, &a->account.id)) < 0 ||
		(r = account_save(t, &a->account)) < 0)
		return r;
	return address_allowed(t, &who);
}

static int add(struct txn *t, void *arg)
{
	struct adding *a = arg;
	struct account *n = &a->account;
	struct practice practice;
	int r;

	a->problem = "practice of that ID";
	if ((r = practice_load(t, n->practice, &practice)) < 0 || (r = claim(t, a)) < 0)
		return r;
	if (!n->existing) {
		if ((r = next_uid(t, a->c->conf, &n->uid)) < 0)
			return r;
		n->gid = n->uid;
	}
	a->problem = "a system user of that uid with hcauth";
	if ((r = uid_claim(t, n->uid, &n->id)) < 0)
		return r;
	if ((r = take_gids(t, a)) < 0)
		return r;
	if (*a->email)
		r = link_identity(t, a);
	else
		r = activation_make(t, a->c, &n->id, &a->now, ACTIVATION_S, a->code);
	if (r < 0 || (r = account_save(t, n)) < 0 || (r = directory_changed(t)) < 0)
		return r;

	struct person p = { .owner = n->id, .known = true, .has_account = true, .account = *n };
	return audit(t, a->c, &a->now, AUDIT_ACCOUNT_ADDED, &p, n->existing ? "existing" : "");
}

/* "a,b": each a group of ours, or a local one that is not the system's. */
static bool take_groups(struct conv *c, const char *text, struct adding *a)
{
	struct account *n = &a->account;

	for (const char *p = text; *p;) {
		size_t len = strcspn(p, ",");
		char name[USER_NAME_MAX + 1];

		if (len == 0 || len > USER_NAME_MAX || n->ngroups == ACCOUNT_GROUPS_MAX)
			goto bad;
		memcpy(name, p, len);
		name[len] = 0;
		if (!name_is_user(name))
			goto bad;
		if (local_group(name, &a->group_gid[n->ngroups]) &&
			a->group_gid[n->ngroups] < UID_FLOOR) {
			tell(c, TELL_ERROR,
				"%s is a group of the system itself (gid %u): hcauth gives nobody that. "
				"Use a group with a gid of %u or more.",
				name, a->group_gid[n->ngroups], UID_FLOOR);
			return false;
		}
		memcpy(n->group[n->ngroups++], name, len + 1);
		p += len + (p[len] == ',');
	}
	return true;
bad:
	tell(c, TELL_ERROR,
		"--groups takes up to %d names with commas between: a to z, digits, - and _.",
		ACCOUNT_GROUPS_MAX);
	return false;
}

static bool take_user(struct conv *c, const struct words *w, struct account *n)
{
	uint32_t uid, gid;

	if (!name_is_user(w->option[OPT_USER])) {
		tell(c, TELL_ERROR,
			"A system user's name is a to z first, then digits, - and _ too, %d at most.",
			USER_NAME_MAX);
		return false;
	}
	memcpy(n->user, w->option[OPT_USER], strlen(w->option[OPT_USER]) + 1);
	n->existing = w->option[OPT_EXISTING] != NULL;
	if (local_user(w->option[OPT_USER], &uid, &gid)) {
		if (!w->option[OPT_EXISTING]) {
			tell(c, TELL_ERROR,
				"This machine has a user %s already. To use that one, add --existing.",
				w->option[OPT_USER]);
			return false;
		}
		if (uid < UID_FLOOR || gid < UID_FLOOR) {
			tell(c, TELL_ERROR,
				"%s is one of the system's own users: hcauth signs nobody in as that.",
				w->option[OPT_USER]);
			return false;
		}
		n->uid = uid;
		n->gid = gid;
		return true;
	}
	if (w->option[OPT_EXISTING])
		tell(c, TELL_ERROR,
			"This machine has no user %s in /etc/passwd. Leave out --existing to make one.",
			w->option[OPT_USER]);
	else if (local_group(w->option[OPT_USER], &gid))
		tell(c, TELL_ERROR,
			"This machine has a group %s already: choose another name for the user.",
			w->option[OPT_USER]);
	else
		return true;
	return false;
}

enum status account_add(struct conv *c, const struct words *w)
{
	struct adding a = { .c = c, .email = "", .problem = "" };
	char email[SIGN_IN_NAME_MAX + 1] = "", practice[SIGN_IN_NAME_MAX + 1];

	if (!w->option[OPT_PRACTICE] || !w->option[OPT_USER] ||
		(w->option[OPT_NAME] && !w->option[OPT_IDENTITY]))
		return STATUS_USAGE;
	if (!name_normal(w->word[0], a.name) || name_is_email(a.name)) {
		tell(c, TELL_ERROR, "A user ID is one word of letters and digits, without @.");
		return STATUS_REFUSED;
	}
	memcpy(a.account.userid, w->word[0], strlen(w->word[0]) + 1); /* shown as it was written */
	uint32_t uid, gid;
	if (strcmp(a.name, w->option[OPT_USER]) != 0 && local_user(a.name, &uid, &gid)) {
		tell(c, TELL_ERROR,
			"This machine has a user %s, who would sign in instead: choose another user ID.",
			a.name);
		return STATUS_REFUSED;
	}
	if (!name_normal(w->option[OPT_PRACTICE], practice) || strlen(practice) > PRACTICE_ID_MAX)
		return manage_result(c, -ENOENT, "practice of that ID");
	if (w->option[OPT_IDENTITY] && !name_normal(w->option[OPT_IDENTITY], email))
		return manage_result(c, -ENOENT, "identity of that address");
	if (!take_user(c, w, &a.account) ||
		(w->option[OPT_GROUPS] && !take_groups(c, w->option[OPT_GROUPS], &a)))
		return STATUS_REFUSED;
	memcpy(a.account.practice, practice, strlen(practice) + 1);
	a.email = email;
	a.person = w->option[OPT_NAME];
	a.account.id = id_new();
	a.account.state = STATE_ACTIVE;
	c->now(&a.now);
	a.account.created = a.now.unix_s;
	int r = store_update(c->store, NEED_SPACE, add, &a);
	if (r == -ENOTUNIQ || r == -EPERM) {
		tell(c, TELL_ERROR, "%s",
			r == -EPERM
				? "Two people share this address, which that practice, or another of theirs, "
				  "does not allow. See: hcauth help practice set"
				: "Two people share this address. Say which by --name \"FULL NAME\", or name the person "
				  "by one of their user IDs.");
		return STATUS_REFUSED;
	}
	if (r == -ERANGE) {
		tell(c, TELL_ERROR,
			"All uids from %u to %u are used up: widen uids in hcauthd.conf.",
			c->conf->uid_min, c->conf->uid_max);
		return STATUS_REFUSED;
	}
	enum status s = manage_result(c, r, a.problem);
	if (s == STATUS_DONE)
		tell(c, TELL_INFO, "Account %s is system user %s, uid %u.", a.account.userid,
			a.account.user, a.account.uid);
	if (s == STATUS_DONE && !*email) {
		tell(c, TELL_INFO,
			"Give this activation code to the person alone; it is typed in place of the "
			"password at the first sign-in, within 14 days:");
		tell(c, TELL_INFO, "%s", a.code);
	}
	return s;
}
