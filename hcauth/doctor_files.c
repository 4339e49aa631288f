/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth's own files. What must hold: what only the daemon or only root may read or write is theirs alone. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "doctor.h"
#include "paths.h"

enum owner_is { OWNER_ROOT, OWNER_DAEMON };

static const struct place {
	const char *path;
	mode_t type, mode; /* mode: what it may have at most */
	enum owner_is owner;
	bool needed;
} places[] = {
	{ HC_CONF_DIR, S_IFDIR, 0755, OWNER_ROOT, true },
	{ HC_CONF_FILE, S_IFREG, 0644, OWNER_ROOT, false },
	{ HC_KEY_FILE, S_IFREG, 0600, OWNER_DAEMON, false },
	{ HC_KEY_SEALED, S_IFREG, 0600, OWNER_ROOT, false },
	{ HC_STATE_DIR, S_IFDIR, 0755, OWNER_ROOT, true },
	{ HC_STORE_DIR, S_IFDIR, 0700, OWNER_DAEMON, true },
	{ HC_GUARD_DIR, S_IFDIR, 0700, OWNER_DAEMON, true },
	{ HC_DIRECTORY_DIR, S_IFDIR, 0755, OWNER_DAEMON, true },
	{ HC_PUBLIC_FILE, S_IFREG, 0644, OWNER_DAEMON, true },
	{ HC_PRIVATE_FILE, S_IFREG, 0600, OWNER_DAEMON, true },
	{ HC_ROOT_SOCKET, S_IFSOCK, 0600, OWNER_ROOT, true },
	{ HC_USER_SOCKET, S_IFSOCK, 0666, OWNER_ROOT, true },
	{ HC_TALK, S_IFREG, 0755, OWNER_ROOT, true },
	{ HC_PAM_DIR "/pam_hcauth.so", S_IFREG, 0755, OWNER_ROOT, false },
	{ HC_LIB_DIR "/libnss_hcauth.so.2", S_IFREG, 0755, OWNER_ROOT, false },
};

static bool daemon_uid(const struct doctor *d, uid_t *out)
{
	char full[4096];
	struct passwd *pw = NULL;

	snprintf(full, sizeof full, "%s/etc/passwd", d->root);
	FILE *f = fopen(full, "re");
	while (f && (pw = fgetpwent(f)) && strcmp(pw->pw_name, HC_DAEMON_USER) != 0)
		;
	if (pw)
		*out = pw->pw_uid;
	if (f)
		fclose(f);
	return pw != NULL;
}

static void look_at_place(struct doctor *d, const struct place *p, uid_t daemon)
{
	uid_t owner = p->owner == OWNER_DAEMON ? daemon : 0;
	char full[4096];
	struct stat st;

	snprintf(full, sizeof full, "%s%s", d->root, p->path);
	/* the libraries may be symbolic links of a package's: root's all the way */
	if ((p->type == S_IFREG && !p->needed ? stat(full, &st) : lstat(full, &st)) < 0) {
		if (p->needed)
			found(d,
				(struct found){
					WRONG, "file-missing", p->path, MEND_NOT, NULL, NULL },
				"It is not there: %s.", strerror(errno));
		return;
	}
	if ((st.st_mode & S_IFMT) != p->type) {
		found(d, (struct found){ WRONG, "file-kind", p->path, MEND_NOT, NULL, NULL },
			"It is something else than it must be: a link, perhaps, or a folder.");
		return;
	}
	if (st.st_uid == owner && !(st.st_mode & 07777 & ~p->mode))
		return;
	char *line = doctor_text(d, "chown %s %s && chmod %04o %s",
		p->owner == OWNER_DAEMON ? HC_DAEMON_USER : "root", p->path, p->mode, p->path);
	found(d, (struct found){ WRONG, "file-mode", p->path, MEND_RUN, NULL, line },
		"It is uid %u's with mode %04o, and must be uid %u's with %04o at most.",
		(unsigned)st.st_uid, st.st_mode & 07777, (unsigned)owner, p->mode);
	free(line);
}

/* A file system that other machines write to, or that has no locks of the kernel's. */
static void look_at_disk(struct doctor *d, const char *path)
{
	enum { NFS = 0x6969, SMB = 0x517B, CEPH = 0x00C36400, AFS = 0x5346414F };
	const unsigned long cifs = 0xFF534D42, smb2 = 0xFE534D42;
	char full[4096];
	struct statfs fs;

	snprintf(full, sizeof full, "%s%s", d->root, path);
	if (statfs(full, &fs) < 0)
		return;
	unsigned long type = (unsigned long)fs.f_type & 0xFFFFFFFFUL;
	if (type == NFS || type == SMB || type == CEPH || type == AFS || type == cifs ||
		type == smb2)
		found(d, (struct found){ WRONG, "on-network", path, MEND_NOT, NULL, NULL },
			"It is on a network file system: others can read it, and the database's locks do not hold. Put it on a disk of this machine.");
}

void look_at_files(struct doctor *d)
{
	uid_t daemon = 0;

	if (!daemon_uid(d, &daemon)) {
		found(d,
			(struct found){ WRONG, "no-daemon-user", HC_DAEMON_USER, MEND_RUN, NULL,
				"useradd --system --user-group --home-dir /var/lib/hcauthd --no-create-home --shell /usr/sbin/nologin hcauthd" },
			"There is no user of that name for hcauthd to run as.");
		return;
	}
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		look_at_place(d, &places[i], daemon);
	look_at_disk(d, HC_STATE_DIR);
	look_at_disk(d, HC_CONF_DIR);
}
