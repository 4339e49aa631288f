/* SPDX-License-Identifier: Apache-2.0 */
/* dir_make FOLDER: publishes the directory that standard input describes, one entry a line:
 *
 *	list                                            users and groups are listed
 *	user NAME UID GID HOME SHELL GID,GID… GECOS     "-" for no groups
 *	existing NAME UID GID,GID…
 *	group NAME GID MEMBER,MEMBER…                   "-" for no members
 *	name NAME USER                                  "-" for a name that two people share
 *
 * Exit status 1 and a line on standard error for what can't be published. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dir_write.h"
#include "name.h"

enum { USERS_MAX = 100, LINE_SIZE = 1024, IDS_MAX = 64 };

static struct dir_user users[USERS_MAX];
static size_t nusers;

static _Noreturn void fail(const char *what, int r)
{
	fprintf(stderr, "dir_make: %s: %s\n", what, strerror(-r));
	exit(1);
}

static const char *word(char **rest)
{
	const char *w = strsep(rest, " ");

	return w ? w : "";
}

static uint32_t number(const char *text)
{
	uint64_t v;

	if (!parse_u64(text, 0, UINT32_MAX, &v))
		fail(text, -EINVAL);
	return (uint32_t)v;
}

static size_t numbers(char *text, uint32_t *out)
{
	size_t n = 0;

	if (strcmp(text, "-") == 0)
		return 0;
	while (text && n < IDS_MAX)
		out[n++] = number(strsep(&text, ","));
	return n;
}

static int add_user(struct dir_writer *w, char *rest, bool existing)
{
	uint32_t gids[IDS_MAX];
	struct dir_user *u = &users[nusers];

	if (nusers == USERS_MAX)
		return -E2BIG;
	u->name = word(&rest);
	u->uid = number(word(&rest));
	u->gecos = u->home = u->shell = "";
	u->flags = existing ? DIR_EXISTING : 0;
	if (!existing) {
		u->gid = number(word(&rest));
		u->home = word(&rest);
		u->shell = word(&rest);
	}
	size_t n = numbers(strdup(word(&rest)), gids);
	if (rest)
		u->gecos = rest;
	nusers++;
	return dir_add_user(w, u, gids, n);
}

static int add_group(struct dir_writer *w, char *rest)
{
	struct dir_group g = { .name = word(&rest), .gid = number(word(&rest)) };
	char *members = strdup(word(&rest));

	if (strcmp(members, "-") != 0) {
		g.members = (const uint8_t *)members;
		g.members_len = strlen(members) + 1;
		for (char *p = members; *p; p++)
			if (*p == ',')
				*p = 0;
	}
	return dir_add_group(w, &g);
}

static int add_name(struct dir_writer *w, char *rest)
{
	const char *name = word(&rest), *user = word(&rest);

	if (strcmp(user, "-") == 0)
		return dir_add_name(w, name, NULL);
	for (size_t i = 0; i < nusers; i++)
		if (strcmp(users[i].name, user) == 0)
			return dir_add_name(w, name, &users[i]);
	return -ENOENT;
}

static int add_line(struct dir_writer *w, char *line)
{
	const char *kind = word(&line);

	if (strcmp(kind, "user") == 0)
		return add_user(w, line, false);
	if (strcmp(kind, "existing") == 0)
		return add_user(w, line, true);
	if (strcmp(kind, "group") == 0)
		return add_group(w, line);
	if (strcmp(kind, "name") == 0)
		return add_name(w, line);
	return -EINVAL;
}

int main(int argc, char **argv)
{
	static char line[LINE_SIZE];
	struct dir_writer *w = NULL;
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: dir_make FOLDER <DESCRIPTION\n");
		return 2;
	}
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;

		bool list = strcmp(line, "list") == 0;
		if (!w && (r = dir_write_begin(argv[1], list, &w)) < 0)
			fail(argv[1], r);
		if (!list && (r = add_line(w, strdup(line))) < 0)
			fail(line, r);
	}
	if (!w)
		fail("standard input", -EINVAL);
	r = dir_write_finish(w, 1);
	if (r < 0)
		fail(argv[1], r);
	return 0;
}
