/* SPDX-License-Identifier: Apache-2.0 */
/* Files that others have written, read as a whole and within bounds. */
#include "read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char *read_plain(int fd, size_t max, size_t *len)
{
	struct stat st;
	ssize_t got = 1;

	if (fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	char *bytes = malloc(max + 1);
	*len = 0;
	while (bytes && *len <= max && got > 0) { /* files of /proc say that they have no size */
		got = read(fd, bytes + *len, max + 1 - *len);
		if (got > 0)
			*len += (size_t)got;
	}
	if (bytes && got >= 0 && *len <= max) {
		bytes[*len] = 0;
		return bytes;
	}
	if (bytes && got >= 0)
		errno = EFBIG;
	free(bytes); /* which leaves errno */
	return NULL;
}

char *read_file(const char *root, const char *path, size_t max, size_t *len)
{
	char full[PATH_MAX];

	if (snprintf(full, sizeof full, "%s%s", root, path) >= (int)sizeof full) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	int fd = open(full, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	char *bytes = read_plain(fd, max, len);
	int e = errno;
	close(fd);
	errno = e;
	return bytes;
}
