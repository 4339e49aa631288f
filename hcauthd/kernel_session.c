/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_session.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "name.h"

enum { FIELD_SESSION = 4, FIELD_STARTED = 20 }; /* proc(5), from the state on */

/* What follows the name in /proc/PID/stat: "S 1 2 3 ...". The name may hold anything, brackets too. */
static bool read_stat(pid_t pid, char out[1024])
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, out, 1023);
	close(fd);
	if (n <= 0)
		return false;
	out[n] = 0;
	const char *name_end = strrchr(out, ')');
	if (!name_end || name_end[1] != ' ')
		return false;
	memmove(out, name_end + 2, strlen(name_end + 2) + 1);
	return true;
}

/* The nth field, from 1. */
static bool field(const char *stat, unsigned n, uint64_t *out)
{
	char text[24];

	for (; n > 1; n--) {
		stat = strchr(stat, ' ');
		if (!stat)
			return false;
		stat++;
	}
	size_t len = strcspn(stat, " \n");
	if (len == 0 || len >= sizeof text)
		return false;
	memcpy(text, stat, len);
	text[len] = 0;
	return parse_u64(text, 1, UINT64_MAX, out);
}

bool kernel_session(pid_t pid, struct kernel_session *out)
{
	char stat[1024];
	uint64_t leader, started;

	if (pid <= 0 || !read_stat(pid, stat) || !field(stat, FIELD_SESSION, &leader) ||
		leader > INT32_MAX || !read_stat((pid_t)leader, stat) ||
		!field(stat, FIELD_STARTED, &started))
		return false;
	*out = (struct kernel_session){ .leader = (pid_t)leader, .started = started };
	return true;
}
