/* SPDX-License-Identifier: Apache-2.0 */
/* The name service switch's side of the directory. What must hold: no answer unless the row is sound and
 * answers the question; nothing of the caller's is touched unless the answer is whole (its buffer apart);
 * errno stays as it was; nothing is printed, waited for, locked or kept, so that it works in a signal-ridden
 * program, after fork, in a chroot, with the daemon down. The one exception is the place in the two lists,
 * which getpwent(3) has no other way to remember.
 *
 * The row is copied into the caller's buffer and read there; the last two bytes of the buffer hold the
 * password field, always "*". */
#include "nss_hcauth.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "dir_read.h"
#include "name.h"
#include "paths.h"

enum {
	STAR = sizeof "*",
	NUMBER_SIZE = sizeof "4294967295",
	LISTED_SIZE = 128, /* of a row that holds an index and a name */
	MEMBER_SIZE = 4 * DIR_GIDS_MAX + 64,
};

/* For hcauth doctor, which reads it in the file. */
static const char version[] __attribute__((used)) = "hcauth-version " HC_VERSION;

static enum nss_status answer(int r, int old_errno, int *errnop)
{
	errno = old_errno;
	switch (r) {
	case 0: return NSS_STATUS_SUCCESS;
	case -ENOENT: *errnop = ENOENT; return NSS_STATUS_NOTFOUND;
	case -ERANGE: *errnop = ERANGE; return NSS_STATUS_TRYAGAIN;
	case -ENXIO: *errnop = ENOENT; return NSS_STATUS_UNAVAIL; /* before "hcauth init" */
	default: *errnop = -r; return NSS_STATUS_UNAVAIL;
	}
}

/* The end of a list is no error: whoever reads until NULL (lightdm) looks at errno then. */
static enum nss_status answer_listed(int r, int old_errno, int *errnop)
{
	enum nss_status status = answer(r, old_errno, errnop);

	if (r == -ENOENT)
		*errnop = old_errno;
	return status;
}

static size_t room(size_t size)
{
	return size > STAR ? size - STAR : 0;
}

/* Of rows read into our own buffer, which are never larger than it: the caller must not try again. */
static int own_buffer(int r)
{
	return r == -ERANGE ? -EBADMSG : r;
}

/* The machine's own user, of which the directory knows name and uid only. */
static int read_passwd(const char *name, uid_t uid, char *buf, size_t size, struct passwd *out)
{
	struct passwd pw, *found = NULL;
	int r, state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	FILE *f = fopen("/etc/passwd", "re");
	if (f) {
		while ((r = fgetpwent_r(f, &pw, buf, size, &found)) == 0 &&
			strcmp(pw.pw_name, name) != 0)
			;
		fclose(f);
	} else {
		r = EIO;
	}
	pthread_setcancelstate(state, NULL);
	if (r != 0)
		return -r;
	if (pw.pw_uid != uid)
		return -ENOENT;
	*out = pw;
	return 0;
}

static int fill_user(const struct dir_user *u, char *buf, size_t size, struct passwd *out)
{
	char *star = buf + room(size);
	struct passwd pw = { .pw_name = (char *)u->name,
		.pw_uid = u->uid,
		.pw_gid = u->gid,
		.pw_gecos = (char *)u->gecos,
		.pw_dir = (char *)u->home,
		.pw_shell = (char *)u->shell };

	if (u->flags & DIR_SHARED)
		return -ENOENT; /* two people's name: nobody by itself */
	if (u->flags & DIR_EXISTING) {
		char name[USER_NAME_MAX + 1]; /* u's own is in buf */

		memcpy(name, u->name, strlen(u->name) + 1);
		int r = read_passwd(name, u->uid, buf, room(size), &pw);
		if (r < 0)
			return r;
	}
	pw.pw_passwd = memcpy(star, "*", STAR);
	*out = pw;
	return 0;
}

enum nss_status _nss_hcauth_getpwnam_r(
	const char *name, struct passwd *out, char *buf, size_t size, int *errnop)
{
	int old_errno = errno;
	struct dir_user u;
	int r = dir_find_user(name, buf, room(size), &u);

	if (r == 0)
		r = fill_user(&u, buf, size, out);
	return answer(r, old_errno, errnop);
}

enum nss_status _nss_hcauth_getpwuid_r(
	uid_t uid, struct passwd *out, char *buf, size_t size, int *errnop)
{
	int old_errno = errno;
	char key[NUMBER_SIZE];
	struct dir_user u;
	size_t len;
	int r = -ENOENT;

	snprintf(key, sizeof key, "%u", uid);
	if (uid >= UID_FLOOR)
		r = dir_find(HC_PUBLIC_FILE, DIR_UID, key, buf, room(size), &len);
	if (r == 0 && (r = dir_user(buf, len, &u)) == 0)
		r = u.uid == uid ? fill_user(&u, buf, size, out) : -EBADMSG;
	return answer(r, old_errno, errnop);
}

/* The row is the first len bytes of buf; the array of members comes after it. */
static int fill_group(
	const struct dir_group *g, size_t len, char *buf, size_t size, struct group *out)
{
	struct reader items = reader_of(g->members, g->members_len);
	size_t n = 0, gap = -((uintptr_t)buf + len) % alignof(char *);

	while (next_text(&items))
		n++;
	if (gap > room(size) - len || n + 1 > (room(size) - len - gap) / sizeof(char *))
		return -ERANGE;

	char **members = (char **)(void *)(buf + len + gap);
	items = reader_of(g->members, g->members_len);
	for (size_t i = 0; i <= n; i++)
		members[i] = (char *)next_text(&items); /* NULL at the end */
	*out = (struct group){ .gr_name = (char *)g->name,
		.gr_passwd = memcpy(buf + room(size), "*", STAR),
		.gr_gid = g->gid,
		.gr_mem = members };
	return 0;
}

static int find_group(const char *name, char *buf, size_t size, struct group *out)
{
	struct dir_group g;
	size_t len;
	int r = -ENOENT;

	if (name_is_user(name))
		r = dir_find(HC_PUBLIC_FILE, DIR_GROUP, name, buf, room(size), &len);
	if (r == 0 && (r = dir_group(buf, len, &g)) == 0)
		r = strcmp(g.name, name) == 0 ? fill_group(&g, len, buf, size, out) : -EBADMSG;
	return r;
}

enum nss_status _nss_hcauth_getgrnam_r(
	const char *name, struct group *out, char *buf, size_t size, int *errnop)
{
	int old_errno = errno;

	return answer(find_group(name, buf, size, out), old_errno, errnop);
}

enum nss_status _nss_hcauth_getgrgid_r(
	gid_t gid, struct group *out, char *buf, size_t size, int *errnop)
{
	int old_errno = errno;
	char key[NUMBER_SIZE];
	struct dir_group g;
	size_t len;
	int r = -ENOENT;

	snprintf(key, sizeof key, "%u", gid);
	if (gid >= UID_FLOOR)
		r = dir_find(HC_PUBLIC_FILE, DIR_GID, key, buf, room(size), &len);
	if (r == 0 && (r = dir_group(buf, len, &g)) == 0)
		r = g.gid == gid ? fill_group(&g, len, buf, size, out) : -EBADMSG;
	return answer(r, old_errno, errnop);
}

/* The member row of a user by any name. */
static int find_member(const char *name, uint8_t *row, size_t size, size_t *len)
{
	char user[USER_NAME_MAX + 1];
	struct dir_user u;
	int r = -ENOENT;

	if (name_is_user(name))
		r = dir_find(HC_PUBLIC_FILE, DIR_MEMBER, name, row, size, len);
	if (r != -ENOENT)
		return r;
	if ((r = dir_find_sign_in(name, row, size, &u)) < 0)
		return r;
	if (u.flags & DIR_SHARED)
		return -ENOENT;
	memcpy(user, u.name, strlen(u.name) + 1);
	return dir_find(HC_PUBLIC_FILE, DIR_MEMBER, user, row, size, len);
}

struct groups {
	long int *start, *size, limit;
	gid_t **list;
};

/* 0 also when the caller's limit leaves no more room. */
static int add_gid(struct groups *g, gid_t gid)
{
	if (*g->start == *g->size) {
		long int more = *g->size > 0 ? 2 * *g->size : 16;

		if (g->limit > 0 && more > g->limit)
			more = g->limit;
		if (more <= *g->size)
			return 0;

		gid_t *list = realloc(*g->list, (size_t)more * sizeof *list);
		if (!list)
			return -ENOMEM;
		*g->list = list;
		*g->size = more;
	}
	(*g->list)[(*g->start)++] = gid;
	return 0;
}

enum nss_status _nss_hcauth_initgroups_dyn(const char *user, gid_t group, long int *start,
	long int *size, gid_t **groups, long int limit, int *errnop)
{
	int old_errno = errno;
	struct groups g = { .start = start, .size = size, .limit = limit, .list = groups };
	uint8_t row[MEMBER_SIZE];
	const uint8_t *gids;
	size_t len, n;
	int r = own_buffer(find_member(user, row, sizeof row, &len));

	if (r == 0)
		r = dir_gids(row, len, &gids, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (dir_gid(gids, i) != group)
			r = add_gid(&g, dir_gid(gids, i));
	return answer(r, old_errno, errnop);
}

static _Atomic uint32_t next_user, next_group;

static int listed(enum dir_kind kind, uint32_t at, char name[USER_NAME_MAX + 1])
{
	char key[NUMBER_SIZE];
	uint8_t row[LISTED_SIZE];
	size_t len;

	snprintf(key, sizeof key, "%u", at);
	int r = own_buffer(dir_find(HC_PUBLIC_FILE, kind, key, row, sizeof row, &len));
	if (r < 0)
		return r;

	const char *text = dir_listed(row, len);
	if (!text)
		return -EBADMSG;
	memcpy(name, text, strlen(text) + 1);
	return 0;
}

enum nss_status _nss_hcauth_setpwent(int stayopen)
{
	(void)stayopen; /* nothing is ever open */
	next_user = 0;
	return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_hcauth_endpwent(void)
{
	next_user = 0;
	return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_hcauth_getpwent_r(struct passwd *out, char *buf, size_t size, int *errnop)
{
	int old_errno = errno;
	char name[USER_NAME_MAX + 1];
	struct dir_user u;
	size_t len;
	uint32_t at = next_user;
	int r;

	/* A listed user who has just gone is passed over. */
	while ((r = listed(DIR_LIST_USER, at, name)) == 0) {
		r = dir_find(HC_PUBLIC_FILE, DIR_USER, name, buf, room(size), &len);
		if (r == 0 && (r = dir_user(buf, len, &u)) == 0)
			r = fill_user(&u, buf, size, out);
		if (r != -ENOENT)
			break;
		at++;
	}
	next_user = r == 0 ? at + 1 : at;
	return answer_listed(r, old_errno, errnop);
}

enum nss_status _nss_hcauth_setgrent(int stayopen)
{
	(void)stayopen;
	next_group = 0;
	return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_hcauth_endgrent(void)
{
	next_group = 0;
	return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_hcauth_getgrent_r(struct group *out, char *buf, size_t size, int *errnop)
{
	int old_errno = errno;
	char name[USER_NAME_MAX + 1];
	uint32_t at = next_group;
	int r;

	while ((r = listed(DIR_LIST_GROUP, at, name)) == 0 &&
		(r = find_group(name, buf, size, out)) == -ENOENT)
		at++;
	next_group = r == 0 ? at + 1 : at;
	return answer_listed(r, old_errno, errnop);
}
