/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: what is answered is what the files say now: each look begins with a stat, and a file
 * that was changed or replaced is read anew. */
#include "local.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "paths.h"

struct entry {
	char *name;
	uint32_t uid, gid; /* a group's uid is not set */
};

/* One of the files, as it was last read: an import asks thousands of times. */
struct table {
	const char *file;
	bool groups;
	struct stat read;
	struct entry *entry;
	size_t n;
};

static struct table users = { .file = HC_PASSWD_FILE };
static struct table groups = { .file = "/etc/group", .groups = true };

static void add(struct table *t, const char *name, uint32_t uid, uint32_t gid)
{
	if ((t->n & (t->n - 1)) == 0) { /* full at each power of two */
		size_t room = t->n ? 2 * t->n : 1;

		t->entry = realloc(t->entry, room * sizeof *t->entry);
	}
	char *copy = strdup(name);
	if (!t->entry || !copy)
		die("%s: no memory", t->file);
	t->entry[t->n++] = (struct entry){ .name = copy, .uid = uid, .gid = gid };
}

static void drop(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->entry[i].name);
	free(t->entry);
	t->entry = NULL;
	t->n = 0;
}

static bool as_read(const struct table *t, const struct stat *st)
{
	return st->st_ino == t->read.st_ino && st->st_dev == t->read.st_dev &&
		st->st_size == t->read.st_size && st->st_ctim.tv_sec == t->read.st_ctim.tv_sec &&
		st->st_ctim.tv_nsec == t->read.st_ctim.tv_nsec;
}

static const struct table *current(struct table *t)
{
	struct stat st;

	if (t->entry) {
		if (stat(t->file, &st) == 0 && as_read(t, &st))
			return t;
		drop(t);
	}
	FILE *f = fopen(t->file, "re");
	if (!f || fstat(fileno(f), &t->read) < 0)
		die("%s: %m", t->file);
	if (t->groups)
		for (struct group *g; (g = fgetgrent(f));)
			add(t, g->gr_name, 0, g->gr_gid);
	else
		for (struct passwd *p; (p = fgetpwent(f));)
			add(t, p->pw_name, p->pw_uid, p->pw_gid);
	fclose(f);
	return t;
}

static const struct entry *find(struct table *in, const char *name)
{
	const struct table *t = current(in);

	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->entry[i].name, name) == 0)
			return &t->entry[i];
	return NULL;
}

bool local_user(const char *name, uint32_t *uid, uint32_t *gid)
{
	const struct entry *e = find(&users, name);

	if (e) {
		*uid = e->uid;
		*gid = e->gid;
	}
	return e != NULL;
}

bool local_group(const char *name, uint32_t *gid)
{
	const struct entry *e = find(&groups, name);

	if (e)
		*gid = e->gid;
	return e != NULL;
}

bool local_id(uint32_t id)
{
	const struct table *t = current(&users);

	for (size_t i = 0; i < t->n; i++)
		if (t->entry[i].uid == id || t->entry[i].gid == id)
			return true;
	t = current(&groups);
	for (size_t i = 0; i < t->n; i++)
		if (t->entry[i].gid == id)
			return true;
	return false;
}
