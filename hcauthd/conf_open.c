/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the settings file; libc only, since the listener does it. What must hold: nobody but root (or
 * who runs the program by hand) can have chosen a byte of it; all checks are on the open descriptor. */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is wrong with an open file; NULL if nothing. */
static const char *objection(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "does not belong to root (chown root)";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "may be written by others than its owner (chmod go-w)";
	if (st->st_size > CONF_BYTES_MAX)
		return "is larger than 256 KiB";
	return NULL;
}

int conf_open(const char *file, char error[CONF_ERROR_MAX])
{
	/* O_NONBLOCK: a FIFO must not hold up the daemon; it is refused below. */
	int fd = open(file, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP) {
		snprintf(error, CONF_ERROR_MAX, "%s: is a symbolic link; name the file itself",
			file);
		return -1;
	}

	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0) {
		snprintf(error, CONF_ERROR_MAX, "%s: %m", file);
		if (fd >= 0)
			close(fd);
		return -1;
	}

	const char *wrong = objection(&st);
	if (wrong) {
		snprintf(error, CONF_ERROR_MAX, "%s: %s", file, wrong);
		close(fd);
		return -1;
	}
	return fd;
}
