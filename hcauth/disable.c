/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth disable". What must hold: it needs no daemon, no module and no copy to take hcauth's lines out; what somebody
 * else has written since stays; and each file of its own is whole wherever it is cut short. */
#include "enable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enable_part.h"
#include "hcauth.h"
#include "making.h"
#include "pam_edit.h"
#include "pam_stack.h"
#include "paths.h"
#include "read_file.h"
#include "setup.h"
#include "sshd_part.h"
#include "verbs.h"

int enable_lock(void)
{
	int fd = lock_state();

	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		complain("hcauth is not set up on this machine. Run: hcauth init");
	else if (errno == EWOULDBLOCK)
		complain("Another hcauth enable, disable or init is running.");
	else
		complain("%s can't be locked: %s.", HC_LOCK_FILE, strerror(errno));
	return -1;
}

enum { PAM_FILE_MAX = 256 * 1024 };

struct job {
	bool yes;
	bool shown; /* something would change */
	bool found; /* something was there to take out */
	bool failed; /* something is left to do by hand */
};

static bool carry_out(struct job *j, struct part *p)
{
	j->found |= !part_is_without(p);
	if (j->yes)
		return part_disable(p);
	if (part_is_without(p))
		return true;
	j->shown = true;
	return part_show(p, false);
}

/* --- a service --- */

static bool service(struct job *j, const char *name)
{
	struct part p = { .changed = false };
	struct pam_edit e;
	char path[300];

	snprintf(path, sizeof path, "%s/%s", pam_folders[0], name);
	part_copy(&p, "pam.d-", name);
	if (!etc_read(path, &p.now))
		return false;
	if (!p.now.there)
		return true;
	pam_edit_off(p.now.bytes, p.now.len, &e);
	p.without = e.out;
	p.without_len = e.len;
	bool done = e.result != PAM_EDIT_REFUSED;
	if (done)
		done = carry_out(j, &p);
	else
		complain("%s: %s Take hcauth's lines out by hand. As it was before, it is in %s.",
			path, e.why, p.copy);
	if (p.changed)
		printf("hcauth is out of %s.\n", name);
	part_drop(&p);
	return done;
}

static bool sshd(struct job *j)
{
	struct part p = { .changed = false };
	bool right;

	if (!etc_read(SSHD_FILE, &p.now))
		return false;
	if (!p.now.there && j->yes)
		etc_clean(SSHD_FILE);
	if (!p.now.there)
		return true;
	bool ours =
		p.now.len == strlen(sshd_text) && memcmp(p.now.bytes, sshd_text, p.now.len) == 0;
	if (!ours)
		complain(SSHD_FILE " has been edited. Remove it by hand, then reload sshd.");
	bool done = ours && carry_out(j, &p);
	if (p.changed)
		done = sshd_look(&right) && sshd_reload() && done;
	part_drop(&p);
	return done;
}

/* --- names --- */

/* Whether the service's own file has hcauth's lines. */
static bool is_on(const char *name)
{
	char path[300];
	size_t len;

	if (snprintf(path, sizeof path, "%s/%s", pam_folders[0], name) >= (int)sizeof path)
		return false;
	char *bytes = read_file("", path, PAM_FILE_MAX, &len);
	bool on = bytes && pam_edit_has(bytes, len);
	free(bytes);
	return on;
}

/* Those of names that have hcauth's lines, and were not named. */
static bool others_are_on(char **names, const char *but)
{
	for (size_t i = 0; names[i]; i++)
		if (strcmp(names[i], but) != 0 && is_on(names[i]))
			return true;
	return false;
}

static bool nss(struct job *j)
{
	struct part p;
	struct etc_file copy;
	bool done = true;

	if (!part_nss_off(&p, &copy))
		return false;
	if (!p.now.there)
		return true;
	if (p.without)
		done = carry_out(j, &p);
	else if (j->yes) {
		complain(
			"%s has been edited since hcauth was put in. If \"hcauth\" is still in it, "
			"take it out by hand. As it was before, it is in %s.",
			p.now.path, p.copy);
		done = false;
	}
	etc_drop(&copy);
	part_drop(&p);
	return done;
}

/* --- the command --- */

static void one(struct job *j, const char *name)
{
	j->failed |= !service(j, name);
	if (strcmp(name, "sshd") == 0)
		j->failed |= !sshd(j);
}

static bool has_copy(const char *name)
{
	struct part p;

	part_copy(&p, "pam.d-", name);
	return is_there(p.copy);
}

static void all(struct job *j, char **names)
{
	for (size_t i = 0; names[i]; i++)
		if (is_on(names[i]) || has_copy(names[i]))
			j->failed |= !service(j, names[i]);
	j->failed |= !sshd(j);
	j->failed |= !nss(j);
}

/* The copies' folder stays while one is in it, but not for what a run that was killed has left. */
static void drop_folder(void)
{
	static const char unfinished[] = ".hcauth-new";
	DIR *d = opendir(HC_BEFORE_DIR);
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		size_t len = strlen(e->d_name), end = sizeof unfinished - 1;

		if (len > end && strcmp(e->d_name + len - end, unfinished) == 0)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
	(void)rmdir(HC_BEFORE_DIR);
}

static int disable(struct job *j, const char *name)
{
	char **names = pam_services("");

	if (!names) {
		complain("%s can't be read.", pam_folders[0]);
		return STATUS_REFUSED;
	}
	if (strcmp(name, "--all") == 0) {
		all(j, names);
	} else {
		one(j, name);
		if (!others_are_on(names, name))
			j->failed |= !nss(j);
	}
	pam_services_free(names);
	if (j->yes)
		drop_folder();
	if (j->shown)
		printf("hcauth's people can't sign in by it then.\nNothing has been changed. To do it: "
		       "hcauth disable %s --yes\n",
			name);
	else if (!j->found && !j->failed)
		printf("\"hcauth enable\" has put nothing in there: nothing has been changed.\n");
	return j->failed ? STATUS_REFUSED : STATUS_DONE;
}

int cmd_disable(const char *const *words, size_t n)
{
	struct job j = { .yes = n == 3 && strcmp(words[2], "--yes") == 0 };

	if ((n != 2 && !j.yes) || (!is_service(words[1]) && strcmp(words[1], "--all") != 0)) {
		complain("Usage: hcauth disable SERVICE|--all [--yes]");
		return STATUS_USAGE;
	}
	if (am_root() != STATUS_DONE)
		return STATUS_NOT_ALLOWED;
	int lock = enable_lock();
	if (lock < 0)
		return STATUS_REFUSED;
	int status = disable(&j, words[1]);
	close(lock);
	return status;
}
