/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth import google-authenticator", "import oath" and "import yubico": root's hands. What must hold: a
 * home's file is taken as that of the home's user alone, and only if no other could have written it; one
 * that is wrong, and nothing at all is handed over. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hcauth.h"
#include "import_parts.h"
#include "name.h"
#include "paths.h"
#include "verbs.h"
#include "wire.h"

enum { FEW = 64, HOME_FILE_MAX = 64 * 1024 };

static const struct kind {
	const char *name; /* the second word */
	const char *folder, *file; /* in a home; NULL: there is none */
	mode_t not ; /* of such a file */
	bool one; /* a file is one person's: whose, --user says */
} kinds[] = {
	{ "google-authenticator", NULL, ".google_authenticator", 077, true },
	{ "oath", NULL, NULL, 0, false },
	{ "yubico", ".yubico", "authorized_yubikeys", 022, false },
};

struct said {
	const struct kind *kind;
	bool dry, homes;
	const char *user;
	const char *word[FEW]; /* the file, or users */
	size_t n;
};

static bool take_words(const char *const *words, size_t n, struct said *s)
{
	for (size_t i = 2; i < n; i++) {
		const char *w = words[i];

		if (strcmp(w, "--dry-run") == 0)
			s->dry = true;
		else if (strcmp(w, "--homes") == 0)
			s->homes = true;
		else if (strcmp(w, "--user") == 0 && !s->user && i + 1 < n)
			s->user = words[++i];
		else if (strncmp(w, "--user=", 7) == 0 && !s->user)
			s->user = w + 7;
		else if (strncmp(w, "--", 2) == 0 || s->n == FEW)
			return false;
		else
			s->word[s->n++] = w;
	}
	if (s->homes)
		return s->kind->file && !s->user;
	return s->n == 1 && (s->user != NULL) == s->kind->one;
}

/* --- homes --- */

static bool is_named(const struct said *s, const char *user)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->word[i], user) == 0)
			return true;
	return s->n == 0;
}

/* The folder of the home that the file is in. -ENOENT: there is none. */
static int open_folder(const struct kind *k, const char *home)
{
	int d = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (d < 0 || !k->folder)
		return d < 0 ? -errno : d;
	int r = openat(d, k->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r < 0)
		r = -errno;
	close(d);
	return r;
}

static void take_home(struct parts *p, const struct said *s, const struct passwd *user)
{
	const struct file_rule rule = {
		.owner = user->pw_uid, .not = s->kind->not, .most = HOME_FILE_MAX
	};
	char shown[512], *text = NULL;
	size_t len = 0;

	snprintf(shown, sizeof shown, "%s/%s%s%s", user->pw_dir,
		s->kind->folder ? s->kind->folder : "", s->kind->folder ? "/" : "", s->kind->file);
	int d = open_folder(s->kind, user->pw_dir);
	if (d == -ENOENT)
		return;
	if (d < 0) {
		complain("%s: %s.", shown, strerror(-d));
		p->bad = true;
		return;
	}
	int r = file_read(d, s->kind->file, shown, &rule, &text, &len);
	if (r == 1)
		parts_add(p, user->pw_name, text, len);
	p->bad |= r < 0;
	file_free(text, len);
	close(d);
}

/* Of the machine's own users: hcauth's have had no other program. */
static void take_homes(struct parts *p, const struct said *s)
{
	FILE *f = fopen(HC_PASSWD_FILE, "re");
	size_t found = 0;

	if (!f) {
		complain("%s can't be read: %s.", HC_PASSWD_FILE, strerror(errno));
		p->bad = true;
		return;
	}
	for (struct passwd *u; (u = fgetpwent(f));)
		if (u->pw_uid >= UID_FLOOR && u->pw_uid < 65534 && name_is_user(u->pw_name) &&
			is_named(s, u->pw_name)) {
			found++;
			take_home(p, s, u);
		}
	fclose(f);
	if (s->n > 0 && found != s->n) {
		complain("%zu of these %zu are users of this machine, with a uid of %d or more.",
			found, s->n, UID_FLOOR);
		p->bad = true;
	}
}

/* --- one file --- */

static void take_file(struct parts *p, const struct said *s)
{
	struct file_rule rule = { .owner = (uid_t)-1, .most = WIRE_DATA_MAX };

	if (s->user) {
		const struct passwd *u = getpwnam(s->user);

		if (!u || !name_is_user(s->user)) {
			complain("This machine has no user %s.", s->user);
			p->bad = true;
			return;
		}
		rule = (struct file_rule){
			.owner = u->pw_uid, .not = s->kind->not, .most = HOME_FILE_MAX
		};
	}
	parts_add_file(p, s->user ? s->user : "-", s->word[0], &rule);
}

int cmd_import_second(const char *const *words, size_t n)
{
	struct said s = { .homes = false };
	const char *own[3] = { words[0], words[1], "--dry-run" };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(words[1], kinds[i].name) == 0)
			s.kind = &kinds[i];
	if (!s.kind || !take_words(words, n, &s)) {
		complain("Try: hcauth help import %s", words[1]);
		return STATUS_USAGE;
	}
	if (geteuid() != 0) {
		complain("Only root may do this. Try: sudo hcauth import %s", words[1]);
		return STATUS_NOT_ALLOWED;
	}
	struct parts p = parts_new();
	if (s.homes)
		take_homes(&p, &s);
	else
		take_file(&p, &s);
	if (p.bad)
		complain("Nothing was imported.");
	else if (p.len == 0)
		complain("There is no such file in these homes.");
	if (p.bad || p.len == 0) {
		close(p.fd);
		return STATUS_REFUSED;
	}
	return parts_send(&p, own, s.dry ? 3 : 2, NULL);
}
