/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold when user_become() returns: the courier's uid and gid, real, effective and saved, and no
 * way back to root's. Not PR_SET_NO_NEW_PRIVS: Postfix queues mail through a program that is setgid, exim
 * through one that is setuid, and with it they can't. */
#include "user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "paths.h"

enum { GROUPS_MAX = 64 };

/* The files themselves: nobody in hcauth asks NSS about hcauth. */
static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		die("%s: %m", path);
	return f;
}

static void find_user(uid_t *uid, gid_t *gid)
{
	FILE *f = open_file(HC_PASSWD_FILE);
	bool found = false;

	for (struct passwd *p; !found && (p = fgetpwent(f));) {
		found = strcmp(p->pw_name, HC_COURIER_USER) == 0;
		*uid = p->pw_uid;
		*gid = p->pw_gid;
	}
	fclose(f);
	if (!found)
		die("%s: no such user in %s (systemd-sysusers makes it)", HC_COURIER_USER,
			HC_PASSWD_FILE);
	if (*uid == 0 || *gid == 0)
		die("%s: is root in %s", HC_COURIER_USER, HC_PASSWD_FILE);
}

static size_t find_groups(gid_t own, gid_t out[GROUPS_MAX])
{
	FILE *f = open_file("/etc/group");
	size_t n = 0;

	out[n++] = own;
	for (struct group *g; n < GROUPS_MAX && (g = fgetgrent(f));)
		for (char **m = g->gr_mem; *m; m++)
			if (strcmp(*m, HC_COURIER_USER) == 0 && g->gr_gid != 0 && n < GROUPS_MAX)
				out[n++] = g->gr_gid;
	fclose(f);
	return n;
}

static void make_folder(uid_t uid, gid_t gid)
{
	struct stat st;

	if (mkdir(HC_COURIER_RUN_DIR, 0755) == 0) {
		if (chown(HC_COURIER_RUN_DIR, uid, gid) < 0 || chmod(HC_COURIER_RUN_DIR, 0755) < 0)
			die("%s: %m", HC_COURIER_RUN_DIR);
	} else if (errno != EEXIST) {
		die("%s: %m", HC_COURIER_RUN_DIR);
	}
	if (lstat(HC_COURIER_RUN_DIR, &st) < 0)
		die("%s: %m", HC_COURIER_RUN_DIR);
	if (!S_ISDIR(st.st_mode) || st.st_uid != uid || (st.st_mode & 022))
		die("%s: must be a folder of %s's that nobody else may write to",
			HC_COURIER_RUN_DIR, HC_COURIER_USER);
}

static void drop(uid_t uid, gid_t gid)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	gid_t groups[GROUPS_MAX];
	size_t n = find_groups(gid, groups);

	make_folder(uid, gid);
	if (setrlimit(RLIMIT_MEMLOCK, &all) < 0)
		log_warn("start: RLIMIT_MEMLOCK can't be raised, codes may be swapped: %m");
	if (setgroups(n, groups) < 0 || setresgid(gid, gid, gid) < 0 ||
		setresuid(uid, uid, uid) < 0)
		die("%s: can't become this user: %m", HC_COURIER_USER);
}

void user_become(void)
{
	const struct rlimit none = { 0, 0 };
	uid_t uid = 0, r, e, s;
	gid_t gid = 0;

	find_user(&uid, &gid);
	if (geteuid() == 0)
		drop(uid, gid);
	if (getresuid(&r, &e, &s) < 0 || r != uid || e != uid || s != uid)
		die("start: only root and %s can start this", HC_COURIER_USER);
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		die("start: still root, or could be again");
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		die("start: can't forbid core dumps: %m");
}
