/* SPDX-License-Identifier: Apache-2.0 */
#include "making.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hcauth.h"
#include "paths.h"
#include "verbs.h"

static const struct owner root = { .uid = 0, .gid = 0 };

static bool folder_of(struct making *m, const char *path, const struct owner *who, mode_t mode)
{
	bool made = false;
	bool done = folder_make(path, who, mode, &made);

	if (made) {
		m->folder[m->made].path = path;
		m->folder[m->made++].daemons = who->uid == m->daemon.uid;
	}
	return done;
}

/* Those that this run made. What can't be removed is not this run's alone any more. */
static void drop_folders(struct making *m)
{
	while (m->made > 0) {
		m->made--;
		if (strcmp(m->folder[m->made].path, HC_STATE_DIR) == 0)
			(void)unlink(HC_LOCK_FILE);
		if (m->folder[m->made].daemons)
			(void)folder_drop(m->folder[m->made].path);
		else
			(void)rmdir(m->folder[m->made].path);
	}
}

/* A file that nobody else can open: any local user may open the folder, and could hold a flock on it for ever. */
int lock_state(void)
{
	int fd = open(HC_LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st = { .st_nlink = 0 };

	if (fd < 0)
		return -1;
	int e = flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0 ? errno : 0;
	if (e == 0 &&
		st.st_nlink == 0) /* that of a run that has failed and taken its folders away */
		e = EWOULDBLOCK;
	if (e == 0)
		return fd;
	close(fd);
	errno = e;
	return -1;
}

static bool lock(struct making *m)
{
	m->lock = lock_state();
	if (m->lock >= 0)
		return true;
	if (errno == EWOULDBLOCK)
		complain("Another hcauth init is running, or another such command.");
	else
		complain("%s can't be locked: %s.", HC_LOCK_FILE, strerror(errno));
	return false;
}

bool making_folders(struct making *m)
{
	return folder_of(m, HC_GUARD_DIR, &m->daemon, 0700) &&
		folder_of(m, HC_DIRECTORY_DIR, &m->daemon, 0755);
}

bool drop_unfinished(void)
{
	if (unlink(HC_KEY_NEW) < 0 && errno != ENOENT) {
		complain("%s can't be removed: %s.", HC_KEY_NEW, strerror(errno));
		return false;
	}
	return folder_drop(HC_STORE_NEW);
}

bool making_begin(struct making *m)
{
	*m = (struct making){ .lock = -1 };
	umask(077);
	return owner_of_daemon(&m->daemon) && folder_of(m, HC_CONF_DIR, &root, 0755) &&
		folder_of(m, HC_STATE_DIR, &root, 0755) && lock(m);
}

void making_end(struct making *m, bool done)
{
	if (!done)
		drop_folders(m);
	if (m->lock >= 0)
		close(m->lock);
}

int am_root(void)
{
	if (geteuid() == 0)
		return STATUS_DONE;
	complain("Only root may do this.");
	return STATUS_NOT_ALLOWED;
}

int only_root(const char *what, size_t n)
{
	if (n > 1) {
		complain("\"%s\" takes no arguments. Try: hcauth help %s", what, what);
		return STATUS_USAGE;
	}
	return am_root();
}

void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vdprintf(STDOUT_FILENO, format, ap);
	va_end(ap);
}
