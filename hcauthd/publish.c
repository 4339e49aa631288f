/* SPDX-License-Identifier: Apache-2.0 */
/* From the store to the directory. What must hold: the writer's lock is taken before the store is read,
 * so that of two publishers the later reads the newer state; a linked account's user ID is nobody's
 * name, but for the sign-in that has made it so (userid.h); whoever is switched off still has a row, so that it is we who refuse them. */
#include "publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "dir_write.h"
#include "leave.h"
#include "local.h"
#include "log.h"
#include "people.h"
#include "ssh_key.h"
#include "store/store.h"
#include "userid.h"

static void file_of(const char *folder, const char *name, char *out, size_t size)
{
	snprintf(out, size, "%s/%s", folder, name);
}

/* The groups of all accounts, gathered while the users are written. */
struct group {
	char name[USER_NAME_MAX + 1];
	uint32_t gid;
	char *members; /* each with its NUL */
	size_t len;
};

struct image {
	struct dir_writer *w;
	const struct conf *conf;
	uint64_t version;
	struct group *group;
	size_t ngroups;
};

static void *grow(void *p, size_t n)
{
	void *q = realloc(p, n);

	if (!q)
		die("publish: no memory");
	return q;
}

static struct group *group_of(struct txn *t, struct image *im, const char *name)
{
	char key[USER_NAME_MAX + 8];
	uint32_t local;
	uint64_t gid;

	for (size_t i = 0; i < im->ngroups; i++)
		if (strcmp(im->group[i].name, name) == 0)
			return &im->group[i];
	snprintf(key, sizeof key, "group.%s", name);
	if (local_group(name, &local))
		gid = local;
	else if (meta_u64(t, key, 0, &gid) < 0)
		return NULL;
	if (gid < UID_FLOOR || gid > UINT32_MAX)
		return NULL; /* a local group that has gone, or has become the system's */
	im->group = grow(im->group, (im->ngroups + 1) * sizeof *im->group);

	struct group *g = &im->group[im->ngroups++];
	*g = (struct group){ .gid = (uint32_t)gid };
	memcpy(g->name, name, strlen(name) + 1);
	return g;
}

static void add_member(struct group *g, const char *user)
{
	size_t n = strlen(user) + 1;

	g->members = grow(g->members, g->len + n);
	memcpy(g->members + g->len, user, n);
	g->len += n;
}

static const char *gecos_of(struct txn *t, const struct account *a, struct identity *who)
{
	if (id_is_none(&a->identity) || identity_load(t, &a->identity, who) < 0)
		return a->userid;
	for (char *p = who->name; *p; p++)
		if (*p == ',') /* GECOS has its own fields */
			*p = ' ';
	return who->name;
}

/* The account's user in *u; the texts live in home and who. */
static void user_of(struct txn *t, const struct image *im, const struct account *a, char home[128],
	struct identity *who, struct dir_user *u)
{
	snprintf(home, 128, "%s/%s", im->conf->home, a->user);
	*u = (struct dir_user){ .name = a->user,
		.gecos = a->existing ? "" : gecos_of(t, a, who),
		.home = a->existing ? "" : home,
		.shell = a->existing ? "" : im->conf->shell,
		.uid = a->uid,
		.gid = a->gid,
		.flags = a->existing ? DIR_EXISTING : 0 };
}

static int skip(int r, const char *what)
{
	if (r != -EINVAL && r != -EEXIST && r != -E2BIG)
		return r;
	log_err("publish: %s can not be published: %s", what, strerror(-r));
	return 0;
}

/* The keys of whoever may sign in, and of nobody else. */
static int add_keys(struct txn *t, struct image *im, const struct account *a)
{
	static struct ssh_key key[SSH_KEYS_MAX]; /* large; one conversation a process */
	char texts[SSH_KEYS_MAX * SSH_TEXT_MAX];
	struct identity who;
	size_t n = 0, len = 0;
	int r = id_is_none(&a->identity) ? 0 : ssh_keys_of(t, &a->identity, key, &n);

	if (r < 0 || n == 0 || a->state != STATE_ACTIVE)
		return r;
	if ((r = identity_load(t, &a->identity, &who)) < 0 || who.state != STATE_ACTIVE)
		return r;
	for (size_t i = 0; i < n; i++) {
		ssh_key_text(&key[i], texts + len);
		len += strlen(texts + len) + 1;
	}
	return skip(dir_add_keys(im->w, a->user, texts, len), a->user);
}

static int add_account(struct txn *t, struct image *im, const struct account *a)
{
	char home[128];
	struct identity who;
	struct dir_user u;
	uint32_t gid[ACCOUNT_GROUPS_MAX];
	size_t n = 0;
	int r;

	/* A user of the machine's own outlives what we know of them: without a row they would be let in by
	 * whoever comes after us. */
	if (account_is_purged(a) && !a->existing)
		return 0;
	user_of(t, im, a, home, &who, &u);
	for (size_t i = 0; i < a->ngroups; i++) {
		struct group *g = group_of(t, im, a->group[i]);

		if (g) {
			gid[n++] = g->gid;
			add_member(g, a->user);
		}
	}
	if ((r = skip(dir_add_user(im->w, &u, gid, n), a->user)) < 0 ||
		(r = add_keys(t, im, a)) < 0)
		return r;
	if (!a->existing) {
		const struct dir_group own = { .name = a->user, .gid = a->gid };

		if ((r = skip(dir_add_group(im->w, &own), a->user)) < 0)
			return r;
	}
	char name[SIGN_IN_NAME_MAX + 1];
	bool known = id_is_none(&a->identity) || userid_kept(t, &a->id);
	if (known && !account_is_purged(a) && name_normal(a->userid, name))
		r = skip(dir_add_name(im->w, name, &u), name);
	return r;
}

static int add_accounts(struct txn *t, struct image *im)
{
	struct key at = { .len = 0 };
	struct account a;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_ACCOUNT, "", 0, &at, &row)) == 0)
		if ((r = account_get(row.p, row.len, &a)) < 0 || (r = add_account(t, im, &a)) < 0)
			return r;
	return r == -ENOENT ? 0 : r;
}

/* An address of two people has a marker without a user, once. */
static int add_email(struct txn *t, struct image *im, const char *email, const struct id *identity)
{
	struct person p[2];
	struct identity who;
	struct dir_user u;
	char home[128];
	size_t n;
	int r = people_by_address(t, email, p, &n);

	if (r == -ENOENT) /* who had it has left */
		return 0;
	if (r < 0 || (n == 1 && !p[0].has_account) || !id_equal(identity, &p[0].owner))
		return r;
	if (n == 1)
		user_of(t, im, &p[0].account, home, &who, &u);
	return skip(dir_add_name(im->w, email, n == 1 ? &u : NULL), email);
}

static int add_emails(struct txn *t, struct image *im)
{
	struct key at = { .len = 0 };
	struct identity id;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_IDENTITY, "", 0, &at, &row)) == 0)
		if ((r = identity_get(row.p, row.len, &id)) < 0 ||
			(r = add_email(t, im, id.email, &id.id)) < 0)
			return r;
	return r == -ENOENT ? 0 : r;
}

/* What is published depends on the store's generation and on three settings: when either has changed, it
 * is another version. FNV-1a over the settings, in the bits that no generation reaches. */
static uint64_t version_of(const struct conf *conf, uint64_t generation)
{
	const char *const texts[] = { conf->list_users ? "yes" : "no", conf->home, conf->shell };
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (const char *p = texts[i];; p++) {
			hash = (hash ^ (unsigned char)*p) * 16777619U;
			if (!*p)
				break;
		}
	return (uint64_t)(hash >> 16) << 48 | (generation & 0xffffffffffffULL);
}

static int read_version(struct txn *t, void *arg)
{
	struct image *im = arg;
	uint64_t generation;
	int r = meta_u64(t, "directory", 0, &generation);

	im->version = version_of(im->conf, generation);
	return r;
}

static int write_image(struct txn *t, void *arg)
{
	struct image *im = arg;
	int r;

	if ((r = read_version(t, im)) < 0 || (r = add_accounts(t, im)) < 0 ||
		(r = add_emails(t, im)) < 0)
		return r;
	for (size_t i = 0; r == 0 && i < im->ngroups; i++) {
		const struct dir_group g = { .name = im->group[i].name,
			.gid = im->group[i].gid,
			.members = (const uint8_t *)im->group[i].members,
			.members_len = im->group[i].len };

		r = skip(dir_add_group(im->w, &g), g.name);
	}
	return r;
}

static int publish(struct store *s, const struct conf *conf, const char *folder)
{
	struct image im = { .conf = conf };
	int r = dir_write_begin(folder, conf->list_users, &im.w);

	if (r < 0)
		return r;
	r = store_read(s, write_image, &im);
	if (r == 0)
		r = dir_write_finish(im.w, im.version);
	else
		dir_write_drop(im.w);
	for (size_t i = 0; i < im.ngroups; i++)
		free(im.group[i].members);
	free(im.group);
	return r;
}

bool publish_is_current(struct store *s, const struct conf *conf, const char *folder)
{
	struct image im = { .conf = conf };
	uint64_t there;
	char path[512];

	if (store_read(s, read_version, &im) < 0)
		return false;
	file_of(folder, "public.cdb", path, sizeof path);
	if (dir_generation(path, &there) < 0 || there != im.version)
		return false;
	file_of(folder, "private.cdb", path, sizeof path);
	return dir_generation(path, &there) == 0 && there == im.version;
}

int publish_if_behind(struct store *s, const struct conf *conf, const char *folder)
{
	return publish_is_current(s, conf, folder) ? 0 : publish(s, conf, folder);
}
