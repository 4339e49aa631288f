/* SPDX-License-Identifier: Apache-2.0 */
/* Whose user a name is. What must hold: root and local people are never ours, whatever the directory
 * says, so that pam_unix lets them in when hcauth is broken; ours are never taken for somebody else's
 * while the directory can be read; and when it can't, only a name in the local file is let past, never
 * what NSS says (NSS asks the same directory, and other databases that may know our people). */
#include "who.h"

#include <errno.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>

#include "dir_read.h"

#ifndef HC_PASSWD_FILE
#define HC_PASSWD_FILE "/etc/passwd"
#define HC_SHADOW_FILE "/etc/shadow"
#endif

enum {
	ROW_SIZE = 8192, /* a user's row: texts that fit in a line of passwd */
	LINE_SIZE = 16384, /* a longer line of passwd or shadow is an error, hence a refusal */
};

/* What NSS says. An error is nobody: that only leads to refusals. */
static void ask_nss(const char *name, struct who *out)
{
	char line[LINE_SIZE];
	struct passwd user, *found = NULL;

	if (getpwnam_r(name, &user, line, sizeof line, &found) != 0 || !found)
		return;

	out->uid = user.pw_uid;
	if (strlen(user.pw_name) < sizeof out->name)
		memcpy(out->name, user.pw_name, strlen(user.pw_name) + 1);
}

static bool find_local(const char *name, struct who *out)
{
	char line[LINE_SIZE];
	struct passwd user, *entry = NULL;
	bool found = false;
	FILE *f = fopen(HC_PASSWD_FILE, "re");

	if (!f)
		return false;
	while (!found && fgetpwent_r(f, &user, line, sizeof line, &entry) == 0)
		found = strcmp(user.pw_name, name) == 0;
	if (found)
		out->uid = user.pw_uid;
	fclose(f);
	return found;
}

bool hash_usable(const char *name)
{
	char line[LINE_SIZE];
	struct spwd user, *entry = NULL;
	bool found = false;
	FILE *f = fopen(HC_SHADOW_FILE, "re");

	if (!f)
		return false;
	while (!found && fgetspent_r(f, &user, line, sizeof line, &entry) == 0)
		found = strcmp(user.sp_namp, name) == 0;

	bool usable = found && user.sp_pwdp[0] != '!' && user.sp_pwdp[0] != '*';
	explicit_bzero(line, sizeof line);
	fclose(f);
	return usable;
}

enum owner owner_of(const char *name, struct who *out)
{
	uint8_t buf[ROW_SIZE];
	struct dir_user row;
	int r = dir_find_user(name, buf, sizeof buf, &row);

	*out = (struct who){ .uid = UINT32_MAX };
	if (r < 0 && r != -ENOENT) {
		out->error = r;
		return find_local(name, out) ? OWNER_LOCAL : OWNER_UNSURE;
	}

	ask_nss(name, out);
	if (out->uid < UID_FLOOR)
		return OWNER_OTHER;
	if (r == -ENOENT)
		return out->uid == UINT32_MAX ? OWNER_NOBODY : OWNER_OTHER;

	/* Local files win: a user that NSS has found before ours, under the same name, is not ours. Not
	 * so a managed local user whose uid was changed under us: that is for the verdict to refuse. */
	bool managed = (row.flags & DIR_EXISTING) && strcmp(out->name, row.name) == 0;
	if (out->uid != UINT32_MAX && out->uid != row.uid && !managed)
		return OWNER_OTHER;
	if (out->uid != row.uid)
		*out = (struct who){ .uid = UINT32_MAX };
	return OWNER_OURS;
}
