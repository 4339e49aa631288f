/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth metrics": what the daemon tells, on standard output or into a file. What must hold: whoever reads
 * the file finds one whole scrape, or that the daemon did not answer, however many are made at a time; its
 * folder may be somebody else's, who leads root to no other. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
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

/* What a scrape prints, into memory; that there was none if it failed. False: an error, in errno. */
static bool scrape_into(int fd, int *status)
{
	int out = dup(STDOUT_FILENO);

	if (out < 0 || fflush(stdout) != 0 || dup2(fd, STDOUT_FILENO) < 0)
		return false;
	*status = scrape();
	bool written = fflush(stdout) == 0;
	if (written && *status != STATUS_DONE)
		written = ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
			write(fd, down, strlen(down)) == (ssize_t)strlen(down);
	bool back = dup2(out, STDOUT_FILENO) >= 0;
	close(out);
	return written && back;
}

static bool copy(int from, int to)
{
	struct stat st;
	off_t at = 0;

	if (fstat(from, &st) < 0)
		return false;
	while (at < st.st_size)
		if (sendfile(to, from, &at, (size_t)(st.st_size - at)) <= 0)
			return false;
	return fchmod(to, 0644) == 0;
}

/* Under a name of its own first. False: an error, in errno. */
static bool place(int folder, const char *name, int scraped)
{
	char making[NAME_MAX + 1];
	int n = snprintf(making, sizeof making, "%s.%d", name, (int)getpid());

	if (n < 0 || (size_t)n >= sizeof making) {
		errno = ENAMETOOLONG;
		return false;
	}
	(void)unlinkat(folder, making, 0); /* of one that was killed */
	int fd = openat(folder, making, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool done = copy(scraped, fd) && renameat(folder, making, folder, name) == 0;
	int e = errno;
	close(fd);
	if (!done)
		(void)unlinkat(folder, making, 0);
	errno = e;
	return done;
}

/* The folder of path, opened once: what is looked up in it stays in it. */
static int open_folder(const char *path, const char **name)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	int n = !slash ? snprintf(folder, sizeof folder, ".")
		       : snprintf(folder, sizeof folder, "%.*s",
				 slash == path ? 1 : (int)(slash - path), path);
	if (n < 0 || (size_t)n >= sizeof folder) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int into_file(const char *path)
{
	int status = STATUS_REFUSED, scraped = memfd_create("hcauth", MFD_CLOEXEC);
	const char *name;
	int folder = open_folder(path, &name);

	if (folder < 0)
		complain("The folder of %s can't be opened: %s.", path,
			errno == ENOTDIR || errno == ELOOP ? "it is a symbolic link, or no folder"
							   : strerror(errno));
	else if (scraped < 0 || !scrape_into(scraped, &status) || !place(folder, name, scraped)) {
		complain("%s can't be written: %s.", path, strerror(errno));
		status = STATUS_REFUSED;
	}
	if (scraped >= 0)
		close(scraped);
	if (folder >= 0)
		close(folder);
	return folder < 0 ? STATUS_REFUSED : status;
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
