/* SPDX-License-Identifier: Apache-2.0 */
/* Unix passwords. What must hold: whoever signs in with hcauth and has a Unix password that works is named, as that is a
 * way round; hashes themselves are never kept or shown. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <shadow.h>
#include <stdlib.h>
#include <string.h>

#include "dir_read.h"
#include "doctor.h"
#include "doctor_people.h"
#include "name.h"
#include "paths.h"

enum { USERS_MAX = 20000 };

/* Where a row is damaged nobody can say who is hcauth's: that is not taken for nobody. */
static bool find_row(
	struct doctor *d, enum dir_kind kind, const char *key, char *row, size_t size, size_t *len)
{
	char path[4096];
	int r = snprintf(path, sizeof path, "%s%s", d->root, HC_PUBLIC_FILE) < (int)sizeof path
		? dir_find(path, kind, key, row, size, len)
		: -ENAMETOOLONG;

	if (r < 0 && r != -ENOENT)
		found(d,
			(struct found){ WRONG, "directory-unread", HC_PUBLIC_FILE, MEND_RUN, NULL,
				"rm " HC_PUBLIC_FILE " && systemctl restart hcauthd" },
			"It can't be read: %s. Who is hcauth's is not known, so what was said of users, sudo and sshd may be wrong.",
			strerror(-r));
	return r == 0;
}

/* In a static buffer: a row of the directory is copied there. */
bool is_hcauths(struct doctor *d, const char *name, struct dir_user *out)
{
	static char row[8192];
	size_t len;

	return name_is_user(name) && find_row(d, DIR_USER, name, row, sizeof row, &len) &&
		dir_user(row, len, out) == 0;
}

static FILE *open_file(const struct doctor *d, const char *path)
{
	char full[4096];

	if (snprintf(full, sizeof full, "%s%s", d->root, path) >= (int)sizeof full)
		return NULL;
	return fopen(full, "re");
}

bool is_hcauths_uid(struct doctor *d, uint32_t uid)
{
	char row[8192], key[16];
	size_t len;

	snprintf(key, sizeof key, "%" PRIu32, uid);
	return find_row(d, DIR_UID, key, row, sizeof row, &len);
}

static bool is_group(const struct group *gr, const char *name)
{
	if (name[0] == '#')
		return gr->gr_gid == strtoul(name + 1, NULL, 10);
	return strcmp(gr->gr_name, name) == 0;
}

/* Whether it is the first group of a user of the machine's own whom hcauth looks after. */
static bool is_first_group(struct doctor *d, gid_t gid)
{
	FILE *f = open_file(d, "/etc/passwd");
	struct passwd *pw;
	struct dir_user u;
	bool ours = false;

	while (f && !ours && (pw = fgetpwent(f)))
		ours = pw->pw_gid == gid && is_hcauths(d, pw->pw_name, &u);
	if (f)
		fclose(f);
	return ours;
}

bool group_has_ours(struct doctor *d, const char *group)
{
	FILE *f = open_file(d, "/etc/group");
	struct group *gr = NULL;
	struct dir_user u;
	char row[8192];
	bool ours = false, by_gid = group[0] == '#';
	size_t len;

	while (f && (gr = fgetgrent(f)) && !is_group(gr, group))
		;
	for (size_t i = 0; gr && gr->gr_mem[i] && !ours; i++)
		ours = is_hcauths(d, gr->gr_mem[i], &u);
	ours = ours || (gr && is_first_group(d, gr->gr_gid));
	if (f)
		fclose(f);
	return ours ||
		((by_gid || name_is_user(group)) &&
			find_row(d, by_gid ? DIR_GID : DIR_GROUP, group + by_gid, row, sizeof row,
				&len));
}

static void add_hashed(struct doctor *d, const char *name)
{
	size_t n = 0;

	while (d->hashed && d->hashed[n])
		n++;
	char **more = realloc(d->hashed, (n + 2) * sizeof *more);
	if (more) {
		d->hashed = more;
		more[n] = strdup(name);
		more[n + 1] = NULL;
	}
	if (!more || !more[n])
		d->memory_out = true;
}

/* A hash that crypt(3) can come to: "!" and "*" in front are none, and locked. */
static bool is_usable(const char *hash)
{
	return *hash && *hash != '!' && *hash != '*';
}

static void look_at_person(struct doctor *d, const char *name, const char *hash)
{
	struct dir_user u;

	if (!is_hcauths(d, name, &u))
		return;
	if (is_usable(hash) || !*hash)
		add_hashed(d, name);
	if (u.flags & DIR_EXISTING) {
		if (!is_usable(hash) && *hash)
			return;
		char *line = doctor_text(d, "usermod --lock %s", name);
		found(d,
			(struct found){
				WRONG, "unix-password", name, MEND_RUN, "/etc/shadow", line },
			"Signs in with hcauth, and has a Unix password that works%s: where pam_unix decides, it needs no code.",
			*hash ? "" : " and is empty");
		free(line);
		return;
	}
	char *line = doctor_text(d, "sed -i '/^%s:/d' /etc/shadow", name);
	found(d,
		(struct found){ is_usable(hash) || !*hash ? WRONG : MIND, "shadow-row", name,
			MEND_RUN, "/etc/shadow", line },
		"hcauth provides this user, but /etc/shadow has a line for it%s.",
		is_usable(hash) || !*hash ? ", with a password that works" : "");
	free(line);
}

static bool local_names(struct doctor *d)
{
	FILE *f = open_file(d, "/etc/passwd");
	struct passwd *pw;
	struct dir_user u;

	if (!f)
		return false;
	for (int n = 0; n < USERS_MAX && (pw = fgetpwent(f)); n++) {
		if (strchr(pw->pw_name, '@'))
			found(d,
				(struct found){ MIND, "address-as-user", pw->pw_name, MEND_NOT,
					"/etc/passwd", NULL },
				"A local user whose name is like an e-mail address: local names win, so whoever has that address can't sign in with it.");
		if (is_hcauths(d, pw->pw_name, &u) && !(u.flags & DIR_EXISTING))
			found(d,
				(struct found){ WRONG, "name-taken", pw->pw_name, MEND_NOT,
					"/etc/passwd", NULL },
				"hcauth provides this user, but /etc/passwd has one of that name, which wins: hcauth is not asked about it.");
	}
	fclose(f);
	return true;
}

void look_at_users(struct doctor *d)
{
	FILE *f = open_file(d, "/etc/shadow");
	struct spwd *sp;
	bool way_in = false;

	if (!f || !local_names(d)) {
		found(d, (struct found){ WRONG, "no-users", "/etc/shadow", MEND_NOT, NULL, NULL },
			"The machine's users can't be read.");
		if (f)
			fclose(f);
		return;
	}
	for (int n = 0; n < USERS_MAX && (sp = fgetspent(f)); n++) {
		const char *hash = sp->sp_pwdp ? sp->sp_pwdp : "*";
		struct dir_user u;

		if (!*hash) {
			d->hashed_empty = true;
			if (!is_hcauths(d, sp->sp_namp, &u)) {
				char *line = doctor_text(d, "passwd --lock %s", sp->sp_namp);
				found(d,
					(struct found){ MIND, "empty-password", sp->sp_namp,
						MEND_RUN, "/etc/shadow", line },
					"A local user with an empty password.");
				free(line);
			}
		}
		way_in |= is_usable(hash) && !is_hcauths(d, sp->sp_namp, &u);
		look_at_person(d, sp->sp_namp, hash);
	}
	fclose(f);
	if (!way_in)
		found(d, (struct found){ MIND, "no-way-in", "root", MEND_RUN, NULL, "passwd root" },
			"No local user has a password: should hcauth fail, nobody gets in.");
	if (!d->hashed)
		found(d,
			(struct found){
				FINE, "no-unix-passwords", "/etc/shadow", MEND_NOT, NULL, NULL },
			"Nobody who signs in with hcauth has a Unix password.");
}
