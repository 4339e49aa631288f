/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth import" and "hcauth yubikey import": the file is read by this process, as its caller, and handed over piece by piece; the
 * daemon never learns its name. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hcauth.h"
#include "verbs.h"
#include "wire.h"

enum { WORDS = 5 }; /* import FILE --letter FILE --dry-run */

static int usage(const char *say, const char *verb)
{
	if (say)
		complain("%s", say);
	complain("Try: hcauth help %s", verb);
	return STATUS_USAGE;
}

static int open_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0) {
		complain("%s can't be read: %s.", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		complain("%s is not a file.", path);
	} else if (st.st_size > WIRE_DATA_MAX) {
		complain("%s is too long: %d MiB at most. Divide it.", path,
			WIRE_DATA_MAX / 1024 / 1024);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The words without the file's name, which goes to *file. False when there is not exactly one. */
static bool take_file(const char **words, size_t *n, const char **file)
{
	size_t kept = 1;

	*file = NULL;
	for (size_t i = 1; i < *n; i++) {
		if (strncmp(words[i], "--", 2) == 0)
			words[kept++] = words[i];
		else if (*file)
			return false;
		else
			*file = words[i];
	}
	*n = kept;
	return *file != NULL;
}

int cmd_import(const char *const *words, size_t n)
{
	const char *own[WORDS + 2], *file, *letter = NULL;
	struct beside beside = { .data = -1 };

	if (n > WORDS)
		return usage("There are too many words.", "import");
	memcpy(own, words, n * sizeof *own);
	int letters = letter_take(own, &n, &letter);
	if (letters < 0 || !take_file(own, &n, &file))
		return usage(NULL, "import");
	if (letters) { /* that letters are wanted is all that the daemon is told */
		own[n++] = "--letter";
		own[n++] = "tell";
	}
	beside.data = open_file(file);
	if (beside.data < 0)
		return STATUS_REFUSED;
	beside.letter = letter;
	int status = talk_daemon(own, n, &beside);
	close(beside.data);
	return status;
}

int cmd_yubikey_import(const char *const *words, size_t n)
{
	struct beside beside = { .data = -1 };

	if (n != 3)
		return usage("It takes one file.", "yubikey import");
	beside.data = open_file(words[2]);
	if (beside.data < 0)
		return STATUS_REFUSED;
	int status = talk_daemon(words, 2, &beside);
	close(beside.data);
	return status;
}
