/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth ssh-keys add FILE", whose file is read as its caller, and "hcauth authorized-keys USER", which sshd
 * runs (AuthorizedKeysCommand) as hcauthd's user: to others they are not shown, as the same key under two
 * names tells that these are one person. What must hold: keys are printed for the very user that sshd has found
 * under that name, never for another of the same name; without the daemon; and no key at all when anything is
 * in doubt. */
#include "hcauth.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec.h"
#include "dir_read.h"
#include "name.h"
#include "paths.h"
#include "verbs.h"

enum {
	LINE_MAX_BYTES = 3000, /* what fits into a HELLO; the longest key is half of it */
	WORDS_MAX = 4, /* ssh-keys add FILE, and NULL */
};

static const char usage[] = "Try: hcauth help ssh-keys add";

/* The whole file, as a text. False is said. */
static int read_line(const char *path, char out[LINE_MAX_BYTES + 1])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0 && len <= LINE_MAX_BYTES) {
		n = read(fd, out + len, LINE_MAX_BYTES + 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		complain("%s can't be read: %s.", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return 0;
	if (len > LINE_MAX_BYTES || memchr(out, 0, len)) {
		complain("%s is not one public key.", path);
		return 0;
	}
	out[len] = 0;
	return 1;
}

int cmd_ssh_keys_add(const char *const *words, size_t n)
{
	const struct beside beside = { .data = -1 };
	char line[LINE_MAX_BYTES + 1];
	const char *own[WORDS_MAX] = { "ssh-keys", "add", "--", line };

	if (n > 3 || (n == 3 && strncmp(words[2], "--", 2) == 0)) {
		complain("%s", usage);
		return STATUS_USAGE;
	}
	if (n == 2)
		return talk_daemon(own, 2, &beside);
	if (!read_line(words[2], line))
		return STATUS_REFUSED;
	return talk_daemon(own, 4, &beside);
}

/* Whether the user of that name is, for this machine, the one whom the directory means: a local user of the
 * same name, made later, is somebody else. */
static int is_same_user(const char *name)
{
	uint8_t buf[8192];
	struct dir_user u;
	size_t len;
	const struct passwd *here;

	if (!name_is_user(name) ||
		dir_find(HC_PUBLIC_FILE, DIR_USER, name, buf, sizeof buf, &len) < 0 ||
		dir_user(buf, len, &u) < 0 || strcmp(u.name, name) != 0)
		return 0;
	here = getpwnam(name); /* as sshd has asked */
	return here && here->pw_uid == u.uid;
}

int cmd_authorized_keys(const char *const *words, size_t n)
{
	static uint8_t buf[DIR_ROW_MAX];
	struct reader keys;
	const char *key;
	size_t len;

	if (n != 2) {
		complain("Try: hcauth help authorized-keys");
		return STATUS_USAGE;
	}
	int r = dir_find(HC_PRIVATE_FILE, DIR_KEYS, words[1], buf, sizeof buf, &len);
	if (r == -EACCES) {
		complain(
			"Only root and hcauthd may read the keys: AuthorizedKeysCommandUser hcauthd");
		return STATUS_NOT_ALLOWED;
	}
	if (r < 0 || !is_same_user(words[1]) || dir_keys(buf, len, &keys) < 0)
		return STATUS_DONE; /* none: sshd goes on to its own files, and to the next method */
	while ((key = next_text(&keys)))
		printf("%s\n", key);
	return STATUS_DONE;
}
