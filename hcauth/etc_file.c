/* SPDX-License-Identifier: Apache-2.0 */
/* Files of /etc, replaced. What must hold, wherever it is cut short: under its name stands the old file or the new
 * one, whole, with owner and mode; what is left of a run that was killed is of no name that anything reads, and the next
 * run removes it. */
#include "etc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hcauth.h"
#include "read_file.h"

enum { FILE_MAX = 256 * 1024 };

static bool fit(const char *path, const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		complain("%s is a symbolic link. Edit what it points to by hand.", path);
	else if (!S_ISREG(st->st_mode))
		complain("%s is not a plain file.", path);
	else if (st->st_nlink != 1)
		complain("%s has a second name (a hard link). Edit it by hand.", path);
	else if (st->st_uid != 0 || st->st_mode & 022)
		complain("%s can be written by others than root: that must be mended first.", path);
	else
		return true;
	return false;
}

bool etc_read(const char *path, struct etc_file *f)
{
	*f = (struct etc_file){ .path = path, .mode = 0644 };
	if (lstat(path, &f->st) < 0) {
		if (errno == ENOENT)
			return true;
		complain("%s can't be looked at: %s.", path, strerror(errno));
		return false;
	}
	if (!fit(path, &f->st))
		return false;
	f->bytes = read_file("", path, FILE_MAX, &f->len);
	if (!f->bytes)
		complain("%s can't be read: %s.", path, strerror(errno));
	f->there = f->bytes != NULL;
	f->uid = f->st.st_uid;
	f->gid = f->st.st_gid;
	f->mode = f->st.st_mode & 07777;
	return f->there;
}

void etc_drop(struct etc_file *f)
{
	free(f->bytes);
	*f = (struct etc_file){ .path = f->path };
}

static bool folder_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	return slash && snprintf(out, PATH_MAX, "%.*s", (int)(slash - path), path) < PATH_MAX;
}

/* Beside it, where nothing looks: pam.d goes by whole names, sshd_config.d by "*.conf". */
static bool name_new(const char *path, char out[PATH_MAX])
{
	char folder[PATH_MAX];

	return folder_of(path, folder) &&
		snprintf(out, PATH_MAX, "%s/.%s.hcauth-new", folder, strrchr(path, '/') + 1) <
		PATH_MAX;
}

bool etc_flush_folder(const char *path)
{
	char folder[PATH_MAX];
	int fd = folder_of(path, folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool done = fd >= 0 && fsync(fd) == 0;

	if (!done)
		complain("%s can't be written to disk: %s.", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

static bool write_whole(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_new(const struct etc_file *f, const char *name, const char *bytes, size_t len)
{
	(void)unlink(name); /* of a run that was killed */
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool done = fd >= 0 && write_whole(fd, bytes, len) && fchown(fd, f->uid, f->gid) == 0 &&
		fchmod(fd, f->mode) == 0 && fsync(fd) == 0;

	if (!done)
		complain("%s can't be written: %s.", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

static bool is_unchanged(const struct etc_file *f)
{
	struct stat st;

	if (lstat(f->path, &st) < 0)
		return errno == ENOENT && !f->there;
	return f->there && st.st_ino == f->st.st_ino && st.st_size == f->st.st_size &&
		st.st_mtim.tv_sec == f->st.st_mtim.tv_sec &&
		st.st_mtim.tv_nsec == f->st.st_mtim.tv_nsec;
}

static bool put(const struct etc_file *f, const char *bytes, size_t len)
{
	char name[PATH_MAX];
	bool done = false;

	if (!name_new(f->path, name) || !write_new(f, name, bytes, len))
		return false;
	if (!is_unchanged(f))
		complain("%s has been changed by somebody else just now. Try again.", f->path);
	else if (rename(name, f->path) < 0)
		complain("%s can't be replaced: %s.", f->path, strerror(errno));
	else
		done = true;
	if (!done)
		(void)unlink(name);
	return done && etc_flush_folder(f->path);
}

bool etc_write(struct etc_file *f, const char *bytes, size_t len)
{
	struct etc_file now;

	if (!put(f, bytes, len) || !etc_read(f->path, &now))
		return false;
	etc_drop(f);
	*f = now;
	return true;
}

void etc_clean(const char *path)
{
	char name[PATH_MAX];

	if (name_new(path, name))
		(void)unlink(name);
}

bool etc_remove(const char *path)
{
	etc_clean(path);
	if (unlink(path) == 0)
		return etc_flush_folder(path);
	if (errno == ENOENT)
		return true;
	complain("%s can't be removed: %s.", path, strerror(errno));
	return false;
}
