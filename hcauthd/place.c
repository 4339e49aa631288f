/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: what is looked at is what is used, so owner, kind and mode are read from the open
 * descriptor, never from the name; and opening never blocks (a FIFO) nor follows a link. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAFE = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/* fd, if it is of that kind, mode and owner. */
static int checked(int fd, mode_t kind, mode_t mode, uid_t owner)
{
	struct stat st;

	if (fd <
		0) /* a link, what isn't a folder, and what another keeps from us, say so themselves */
		return errno == ELOOP || errno == ENOTDIR || errno == EACCES ? -EPERM : -errno;
	if (fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == kind && (st.st_mode & 07777) == mode &&
		st.st_uid == owner)
		return fd;
	close(fd);
	return -EPERM;
}

int place_folder(const char *path, uid_t owner)
{
	return checked(open(path, O_RDONLY | O_DIRECTORY | SAFE), S_IFDIR, 0700, owner);
}

int place_file(int folder, const char *name, int access, uid_t owner)
{
	return checked(openat(folder, name, access | SAFE), S_IFREG, 0600, owner);
}

int place_new(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | SAFE, 0600);

	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0600) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

int place_write(int fd, const void *p, size_t n)
{
	const uint8_t *at = p;

	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			at += done;
			n -= (size_t)done;
		}
	}
	return 0;
}
