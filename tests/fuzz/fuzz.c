/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets share; and the checks of tests/check.h, for those that hold conversations in a world. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

enum { SLOTS = 4 };

static char folder[64];
static pid_t owner;
static int slots[SLOTS] = { -1, -1, -1, -1 };

void fuzz_holds(bool v, const char *what, const char *file, int line)
{
	if (v)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

uint8_t fuzz_byte(struct fuzz_input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->p++;
}

const char *fuzz_text(struct fuzz_input *in, char end, char *out, size_t size)
{
	size_t n = 0;

	while (in->left > 0) {
		char c = (char)fuzz_byte(in);

		if (c == end)
			break;
		if (c && n < size - 1)
			out[n++] = c;
	}
	out[n] = 0;
	return out;
}

char *fuzz_rest(const struct fuzz_input *in)
{
	char *text = malloc(in->left + 1);

	HOLDS(text != NULL);
	if (in->left > 0)
		memcpy(text, in->p, in->left);
	text[in->left] = 0;
	return text;
}

int fuzz_file(unsigned slot, const void *p, size_t len)
{
	int *fd = &slots[slot];

	if (*fd < 0)
		*fd = memfd_create("fuzz", MFD_CLOEXEC);
	HOLDS(*fd >= 0);
	HOLDS(ftruncate(*fd, 0) == 0);
	HOLDS(pwrite(*fd, p, len, 0) == (ssize_t)len);
	HOLDS(lseek(*fd, 0, SEEK_SET) == 0);
	return *fd;
}

const char *fuzz_file_path(unsigned slot)
{
	static char path[SLOTS][32];

	snprintf(path[slot], sizeof path[slot], "/proc/self/fd/%d", slots[slot]);
	return path[slot];
}

ssize_t __real_write(int fd, const void *p, size_t len);
ssize_t __wrap_write(int fd, const void *p, size_t len);

/* What is logged of thousands of inputs a second is nobody's. */
ssize_t __wrap_write(int fd, const void *p, size_t len)
{
	return fd == STDERR_FILENO ? (ssize_t)len : __real_write(fd, p, len);
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static void drop_folder(void)
{
	if (getpid() == owner)
		nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS);
}

void fuzz_folder(void)
{
	const char *in = getenv("HC_FUZZ_FOLDER"); /* which whoever has set it takes away */

	snprintf(folder, sizeof folder, "%s/hcauth-fuzz-XXXXXX", in ? in : "/dev/shm");
	HOLDS(mkdtemp(folder) != NULL);
	HOLDS(chdir(folder) == 0);
	owner = getpid();
	if (!in)
		HOLDS(atexit(drop_folder) == 0);
}

const char *test_folder(void)
{
	return folder;
}

_Noreturn void check_fail(const char *file, int line, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	abort();
}

void check_true(const char *file, int line, const char *what, bool v)
{
	fuzz_holds(v, what, file, line);
}

void check_int(const char *file, int line, const char *what, long long a, long long b)
{
	if (a != b)
		check_fail(file, line, "%s: %lld and %lld\n", what, a, b);
}

void check_text(const char *file, int line, const char *what, const char *a, const char *b)
{
	if (strcmp(a, b) != 0)
		check_fail(file, line, "%s: \"%s\" and \"%s\"\n", what, a, b);
}
