/* SPDX-License-Identifier: Apache-2.0 */
/* Flips bits of a store's file, one at a time: flip_store [FLIPS]. After each, a process reads all rows and
 * writes one. What must hold: it ends, well, with an error or by a signal, and never hangs; and no sealed
 * row that opens says anything but what was sealed for its key. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "seal.h"
#include "store/store.h"

enum {
	ROWS = 200,
	PLAIN = 100,
	SEALED = PLAIN + SEAL_OVERHEAD,
	PAGE = 4096,
	HANG_S = 20,
	WRONG = 3, /* exit status: a row opened and said something else */
};

static char folder[] = "/tmp/hcauth-flip-XXXXXX", path[64];
static struct seal *seal;
static uint8_t *image; /* the good file */
static size_t size;
static size_t *live, nlive; /* pages that hold something */

_Noreturn static void fail(const char *what, long a)
{
	printf("not ok - %s: %ld\n", what, a);
	exit(1);
}

static void plain_of(uint32_t row, uint8_t out[PLAIN])
{
	for (size_t i = 0; i < PLAIN; i++)
		out[i] = (uint8_t)(row * 7 + i);
}

static int rows_put(struct txn *t, void *arg)
{
	uint8_t plain[PLAIN], sealed[SEALED];
	int r = 0;

	(void)arg;
	for (uint32_t i = 0; i < ROWS && r == 0; i++) {
		plain_of(i, plain);
		seal_close(seal, SEAL_CREDENTIAL, &i, sizeof i, plain, PLAIN, sealed);
		r = txn_put(t, TABLE_CREDENTIAL, &i, sizeof i, sealed, SEALED);
	}
	return r;
}

/* 0 when the row opens and is right. */
static int row_check(uint32_t row, const struct bytes *v)
{
	uint8_t plain[PLAIN], out[PLAIN];

	if (v->len != SEALED ||
		seal_open(seal, SEAL_CREDENTIAL, &row, sizeof row, v->p, v->len, out) < 0)
		return -EKEYREJECTED;
	plain_of(row, plain);
	if (memcmp(plain, out, PLAIN) != 0)
		_exit(WRONG);
	return 0;
}

static int rows_check(struct txn *t, void *arg)
{
	struct key at = { .len = 0 };
	struct bytes v;
	size_t n = 0;
	int r, worst = 0;

	(void)arg;
	for (uint32_t i = 0; i < ROWS; i++)
		if ((r = txn_get(t, TABLE_CREDENTIAL, &i, sizeof i, &v)) < 0 ||
			(r = row_check(i, &v)) < 0)
			worst = r;
	while ((r = txn_next(t, TABLE_CREDENTIAL, NULL, 0, &at, &v)) == 0 && n++ <= 10 * ROWS)
		;
	return worst < 0 ? worst : r == -ENOENT && n == ROWS ? 0 : -EUCLEAN;
}

static int row_write(struct txn *t, void *arg)
{
	return txn_put(t, TABLE_AUDIT, "row", 3, arg, PLAIN);
}

/* 0: nothing was noticed, 1: an error was. */
static int use(void)
{
	uint8_t text[PLAIN] = { 0 };
	struct store *s;

	if (store_open(folder, &s) < 0)
		return 1;
	int a = store_read(s, rows_check, NULL);
	int b = store_update(s, NEED_ALWAYS, row_write, text);
	store_close(s);
	return a < 0 || b < 0;
}

static int use_in_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		fail("fork", errno);
	if (pid == 0) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(nowhere, STDERR_FILENO); /* LMDB says what it found when it gives up */
		alarm(HANG_S);
		_exit(use());
	}
	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid", errno);
	return status;
}

static uint8_t *file_read(size_t *n)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		fail("the file", errno);
	uint8_t *p = malloc((size_t)st.st_size);
	if (!p || read(fd, p, (size_t)st.st_size) != st.st_size)
		fail("the file", errno);
	close(fd);
	*n = (size_t)st.st_size;
	return p;
}

/* Makes the file what it was. A flipped page number can have made it as large as the map, all but empty. */
static void file_mend(void)
{
	size_t n;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		fail("mending", errno);
	uint8_t *now = file_read(&n);
	for (size_t at = 0; at < size; at += PAGE)
		if (memcmp(now + at, image + at, PAGE) != 0)
			if (pwrite(fd, image + at, PAGE, (off_t)at) != PAGE)
				fail("mending", errno);
	close(fd);
	free(now);
}

static void bit_flip(void)
{
	size_t at = live[(size_t)rand() % nlive] * PAGE + (size_t)rand() % PAGE;
	uint8_t byte = image[at] ^ (uint8_t)(1 << rand() % 8);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, &byte, 1, (off_t)at) != 1)
		fail("flipping", errno);
	close(fd);
}

static void set_up(void)
{
	static const uint8_t key[KEY_BYTES] = { 1 };
	struct store *s;
	size_t empty;

	if (!mkdtemp(folder) || store_create(folder) < 0 || !(seal = seal_of(key)))
		fail("set-up", errno);
	snprintf(path, sizeof path, "%s/data.mdb", folder);
	uint8_t *before = file_read(&empty);
	if (store_open(folder, &s) < 0)
		fail("set-up", 0);
	for (int i = 0; i < 3; i++)
		if (store_update(s, NEED_SPACE, rows_put, NULL) < 0)
			fail("set-up", i);
	store_close(s);
	image = file_read(&size);
	live = calloc(size / PAGE, sizeof *live);
	for (size_t i = 0; live && i < size / PAGE; i++)
		if ((i + 1) * PAGE > empty ||
			memcmp(image + i * PAGE, before + i * PAGE, PAGE) != 0)
			live[nlive++] = i;
	free(before);
	if (nlive < 10 || use_in_child() != 0)
		fail("the store is not well from the start", (long)nlive);
	file_mend();
}

int main(int argc, char **argv)
{
	long flips = argc > 1 ? strtol(argv[1], NULL, 10) : 1000, ends[4] = { 0 };
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	srand((unsigned)time(NULL));
	set_up();
	for (long i = 0; i < flips; i++) {
		bit_flip();
		int status = use_in_child();

		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
			fail("it hangs, at flip", i);
		if (WIFEXITED(status) && WEXITSTATUS(status) == WRONG)
			fail("a damaged row opened, at flip", i);
		ends[WIFSIGNALED(status) ? 2 : WEXITSTATUS(status) != 0]++;
		file_mend();
	}
	if (use_in_child() != 0)
		fail("the mended store is not well", 0);
	unlink(path);
	snprintf(path, sizeof path, "%s/lock.mdb", folder);
	unlink(path);
	rmdir(folder);
	seal_free(seal);
	printf("ok - sf08_flipped_bits: %ld flips: %ld harmless, %ld noticed, %ld ended the process\n",
		flips, ends[0], ends[1], ends[2]);
	return ends[1] == 0; /* nothing noticed: the test looked at nothing */
}
