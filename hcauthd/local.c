/* SPDX-License-Identifier: Apache-2.0 */
#include "local.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

static FILE *open_file(const char *name)
{
	FILE *f = fopen(name, "re");

	if (!f)
		die("%s: %m", name);
	return f;
}

bool local_user(const char *name, uint32_t *uid, uint32_t *gid)
{
	FILE *f = open_file("/etc/passwd");
	bool found = false;

	for (struct passwd *p; !found && (p = fgetpwent(f));) {
		found = strcmp(p->pw_name, name) == 0;
		if (found) {
			*uid = p->pw_uid;
			*gid = p->pw_gid;
		}
	}
	fclose(f);
	return found;
}

bool local_group(const char *name, uint32_t *gid)
{
	FILE *f = open_file("/etc/group");
	bool found = false;

	for (struct group *g; !found && (g = fgetgrent(f));) {
		found = strcmp(g->gr_name, name) == 0;
		if (found)
			*gid = g->gr_gid;
	}
	fclose(f);
	return found;
}

bool local_id(uint32_t id)
{
	FILE *f = open_file("/etc/passwd");
	bool found = false;

	for (struct passwd *p; !found && (p = fgetpwent(f));)
		found = p->pw_uid == id || p->pw_gid == id;
	fclose(f);
	f = open_file("/etc/group");
	for (struct group *g; !found && (g = fgetgrent(f));)
		found = g->gr_gid == id;
	fclose(f);
	return found;
}
