/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a copy is what libpam would read, all but the one service: each file is the real one, by a link to
 * it; and nobody but root can write there. */
#include "trial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "doctor_run.h"
#include "hcauth.h"
#include "pam_stack.h"
#include "paths.h"
#include "setup.h"

#define FOLDER "/run/hcauth-try"
#define BEFORE FOLDER "/before"
#define AFTER FOLDER "/after"
#define PROBE "hcauth-probe"

static const struct owner root = { .uid = 0, .gid = 0 };

void trial_drop(void)
{
	if (is_there(BEFORE))
		(void)folder_drop(BEFORE);
	if (is_there(AFTER))
		(void)folder_drop(AFTER);
	(void)rmdir(FOLDER);
}

static bool put(const char *folder, const char *name, const char *bytes, size_t len)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	(void)unlink(path); /* a link to the real one */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool done = fd >= 0 && write(fd, bytes, len) == (ssize_t)len;

	if (!done)
		complain("%s can't be written: %s.", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

/* The first folder that has a name is the one where libpam takes it from. */
static bool link_all(const char *folder, const char *from)
{
	char real[PATH_MAX], path[PATH_MAX];
	DIR *d = opendir(from);
	const struct dirent *e;
	bool done = true;

	while (d && done && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		done = snprintf(real, sizeof real, "%s/%s", from, e->d_name) < PATH_MAX &&
			snprintf(path, sizeof path, "%s/%s", folder, e->d_name) < PATH_MAX &&
			(symlink(real, path) == 0 || errno == EEXIST);
	}
	if (!done)
		complain("%s can't be copied to %s: %s.", from, folder, strerror(errno));
	if (d)
		closedir(d);
	return done;
}

static bool copy(const char *folder, const char *service, const char *bytes, size_t len)
{
	static const char probe[] = "auth required pam_hcauth.so\naccount required pam_hcauth.so\n";
	bool made, done = folder_make(folder, &root, 0700, &made);

	for (size_t i = 0; done && i < PAM_FOLDERS; i++)
		done = link_all(folder, pam_folders[i]);
	return done && put(folder, PROBE, probe, sizeof probe - 1) &&
		put(folder, service, bytes, len);
}

bool trial_make(const char *service, const char *before, size_t before_len, const char *after,
	size_t after_len)
{
	bool made;

	trial_drop(); /* of a run that was killed */
	return folder_make(FOLDER, &root, 0700, &made) &&
		copy(BEFORE, service, before, before_len) && copy(AFTER, service, after, after_len);
}

bool trial_check(const char *service)
{
	return child_run((const char *const[]){ HC_TRY, "check", BEFORE, AFTER, service, NULL }) ==
		0;
}

bool trial_check_real(const char *service)
{
	int status;
	char *said = run_program(
		(const char *const[]){ HC_TRY, "check", BEFORE, pam_folders[0], service, NULL },
		true, &status);

	if (status != 0)
		complain("In place, it does not do what the copy did.\n%s", said ? said : "");
	free(said);
	return status == 0;
}

bool trial_person(const char *service)
{
	return child_run((const char *const[]){ HC_TRY, "person", AFTER, service, NULL }) == 0;
}
