/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: what root reads in a home is a plain file of that home's own user and of nobody else's
 * making, looked at on the open descriptor; nothing is written to a disk; what was read is wiped. */
#include "import_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hcauth.h"
#include "verbs.h"
#include "wipe.h"
#include "wire.h"

struct parts parts_new(void)
{
	struct parts p = { .fd = memfd_create("hcauth", MFD_CLOEXEC) };

	if (p.fd < 0) {
		complain("There is no memory: %s.", strerror(errno));
		p.bad = true;
	}
	return p;
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

void parts_add(struct parts *p, const char *of, const char *text, size_t len)
{
	char head[80];
	int n = snprintf(head, sizeof head, "%s %zu\n", of, len);

	if (p->bad)
		return;
	p->len += (size_t)n + len;
	if (p->len > WIRE_DATA_MAX) {
		complain("That is too much: %d MiB at most.", WIRE_DATA_MAX / 1024 / 1024);
		p->bad = true;
	} else if (!write_all(p->fd, head, (size_t)n) || !write_all(p->fd, text, len)) {
		complain("There is no memory: %s.", strerror(errno));
		p->bad = true;
	}
}

/* NULL: it may be read. */
static const char *problem(const struct stat *st, const struct file_rule *rule)
{
	if (!S_ISREG(st->st_mode))
		return "is not a plain file";
	if (rule->owner != (uid_t)-1 && st->st_uid != rule->owner && st->st_uid != 0)
		return "is somebody else's";
	if (st->st_mode & rule->not )
		return "can be read or changed by others: chmod it, and look whether it was";
	if (rule->owner != (uid_t)-1 && st->st_nlink != 1)
		return "has a second name (a hard link)";
	return (uintmax_t)st->st_size > rule->most ? "is too long" : NULL;
}

/* The whole of it; a file that grows meanwhile is cut at what it had. False: an error, in errno. */
static bool read_whole(int fd, size_t size, char **text, size_t *len)
{
	char *to = malloc(size + 1);
	size_t n = 0;

	if (!to)
		return false;
	for (ssize_t got = 1; n < size && got > 0; n += got > 0 ? (size_t)got : 0) {
		got = read(fd, to + n, size - n);
		if (got < 0) {
			file_free(to, n);
			return false;
		}
	}
	to[n] = 0;
	*text = to;
	*len = n;
	return true;
}

int file_read(int dir, const char *path, const char *shown, const struct file_rule *rule,
	char **text, size_t *len)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct stat st;
	int fd = openat(dir, path, rule->owner != (uid_t)-1 ? flags | O_NOFOLLOW : flags);

	if (fd < 0 && errno == ENOENT)
		return 0;
	const char *why = NULL;
	if (fd < 0 || fstat(fd, &st) < 0)
		why = errno == ELOOP ? "is a symbolic link" : strerror(errno);
	else if (!(why = problem(&st, rule)) && !read_whole(fd, (size_t)st.st_size, text, len))
		why = strerror(errno);
	else if (!why && memchr(*text, 0, *len)) {
		why = "has a zero byte in it: it is no text";
		file_free(*text, *len);
		*text = NULL;
	}
	if (fd >= 0)
		close(fd);
	if (why)
		complain("%s: %s.", shown, why);
	return why ? -1 : 1;
}

void file_free(char *text, size_t len)
{
	if (text)
		wipe(text, len);
	free(text);
}

void parts_add_file(struct parts *p, const char *of, const char *path, const struct file_rule *rule)
{
	char *text = NULL;
	size_t len = 0;
	int r = p->bad ? -1 : file_read(AT_FDCWD, path, path, rule, &text, &len);

	if (r == 0)
		complain("%s: there is no such file.", path);
	if (r == 1)
		parts_add(p, of, text, len);
	p->bad |= r != 1;
	file_free(text, len);
}

int parts_send(struct parts *p, const char *const *words, size_t n, const char *letter)
{
	const struct beside beside = { .data = p->fd, .letter = letter };
	int status = STATUS_REFUSED;

	if (!p->bad && lseek(p->fd, 0, SEEK_SET) == 0)
		status = talk_daemon(words, n, &beside);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	return status;
}
