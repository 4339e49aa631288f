/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up what the listener doesn't need. What must hold when confine_drop() returns: no uid, gid or
 * group of root's, and no way back to one, in this process or what it starts. */
#include "confine.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "paths.h"

enum { DESCRIPTORS = 256 }; /* the listener holds a dozen, a conversation the same */

void confine_limits(void)
{
	const struct rlimit none = { 0, 0 };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit files;

	if (prctl(PR_SET_DUMPABLE, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		die("start: can't forbid core dumps: %m");
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		die("start: RLIMIT_NOFILE: %m");
	files.rlim_cur = files.rlim_max < DESCRIPTORS ? files.rlim_max : DESCRIPTORS;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		die("start: RLIMIT_NOFILE: %m");
	if (geteuid() == 0 && setrlimit(RLIMIT_MEMLOCK, &all) < 0)
		log_warn(
			"start: RLIMIT_MEMLOCK can't be raised, conversations may not be able to lock "
			"their memory: %m");
}

/* /etc/passwd itself: nobody in hcauth asks NSS about hcauth. */
static bool find_user(const char *name, uid_t *uid, gid_t *gid)
{
	FILE *f = fopen("/etc/passwd", "re");
	bool found = false;

	if (!f)
		die("/etc/passwd: %m");
	for (struct passwd *p; !found && (p = fgetpwent(f)) != NULL;) {
		found = strcmp(p->pw_name, name) == 0;
		*uid = p->pw_uid;
		*gid = p->pw_gid;
	}
	fclose(f);
	return found;
}

static void become_daemon_user(void)
{
	uid_t uid = 0;
	gid_t gid = 0;

	if (!find_user(HC_DAEMON_USER, &uid, &gid))
		die("%s: no such user in /etc/passwd (systemd-sysusers makes it)", HC_DAEMON_USER);
	if (uid == 0 || gid == 0)
		die("%s: is root in /etc/passwd", HC_DAEMON_USER);
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		die("%s: can't become this user: %m", HC_DAEMON_USER);
}

void confine_drop(void)
{
	uid_t r, e, s;

	if (geteuid() == 0)
		become_daemon_user();
	if (getresuid(&r, &e, &s) < 0 || r == 0 || r != e || r != s || setuid(0) == 0 ||
		seteuid(0) == 0 || setgid(0) == 0)
		die("start: still root, or could be again");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		die("start: can't give up privileges for good: %m");
}
