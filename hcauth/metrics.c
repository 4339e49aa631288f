/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth metrics": what the daemon tells, on standard output or into a file. What must hold: whoever reads
 * the file finds one whole scrape, or that the daemon did not answer. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hcauth.h"
#include "verbs.h"

static const char down[] = "# HELP hcauth_up Whether the daemon answers.\n"
			   "# TYPE hcauth_up gauge\nhcauth_up 0\n";

static int scrape(void)
{
	const struct beside nothing = { .data = -1 };

	return talk_daemon((const char *[]){ "metrics" }, 1, &nothing);
}

/* What a scrape prints, into fd; that there was none if it failed. */
static int scrape_into(int fd)
{
	int out = dup(STDOUT_FILENO), status;

	if (out < 0 || fflush(stdout) != 0 || dup2(fd, STDOUT_FILENO) < 0)
		return STATUS_REFUSED;
	status = scrape();
	bool written = fflush(stdout) == 0;
	if (written && status != STATUS_DONE)
		written = ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
			write(fd, down, strlen(down)) == (ssize_t)strlen(down);
	bool back = dup2(out, STDOUT_FILENO) >= 0;
	close(out);
	if (written && back && fchmod(fd, 0644) == 0)
		return status;
	complain("The file can't be written: %s.", strerror(errno));
	return -1;
}

static int into_file(const char *path)
{
	char making[PATH_MAX];
	int n = snprintf(making, sizeof making, "%s.new", path);

	if (n < 0 || (size_t)n >= sizeof making) {
		complain("The file's name is too long.");
		return STATUS_REFUSED;
	}
	(void)unlink(making); /* of one that was killed */
	int fd = open(making, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		complain("%s can't be made: %s.", making, strerror(errno));
		return STATUS_REFUSED;
	}
	int status = scrape_into(fd);
	close(fd);
	if (status >= 0 && rename(making, path) == 0)
		return status;
	if (status >= 0)
		complain("%s can't be replaced: %s.", path, strerror(errno));
	(void)unlink(making);
	return STATUS_REFUSED;
}

int cmd_metrics(const char *const *words, size_t n)
{
	static const char option[] = "--textfile";
	const size_t len = strlen(option);

	if (n == 1)
		return scrape();
	if (n == 3 && strcmp(words[1], option) == 0 && *words[2])
		return into_file(words[2]);
	if (n == 2 && strncmp(words[1], option, len) == 0 && words[1][len] == '=' &&
		words[1][len + 1])
		return into_file(words[1] + len + 1);
	complain("Try: hcauth help metrics");
	return STATUS_USAGE;
}
