/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the guard is never ahead of the database it belongs to, so it is written after the
 * commit, and only upwards. It is not synced: a power cut leaves an older guard, which is only less strict.
 * But it is overwritten in place, in one write within one sector, and its making is synced, so that a power
 * cut leaves a whole one: a torn guard would keep everybody out. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "codec.h"
#include "place.h"
#include "store/store.h"

#define FILE_NAME "serial"
#define FRESH_NAME "serial.fresh"

enum { MAGIC = 8, SERIAL = 8, SUM = 16, RECORD = MAGIC + SERIAL + SUM };

static const char magic[] = "hcguard1";

static void record_of(uint64_t serial, uint8_t out[RECORD])
{
	memcpy(out, magic, MAGIC);
	number_put(out + MAGIC, serial, SERIAL);
	/* against torn writes, not against people: no key */
	(void)crypto_generichash(out + MAGIC + SERIAL, SUM, out, MAGIC + SERIAL, NULL, 0);
}

static int record_read(int fd, uint64_t *serial)
{
	uint8_t found[RECORD + 1], right[RECORD];
	ssize_t n = pread(fd, found, sizeof found, 0);

	if (n < 0)
		return -errno;
	if (n != RECORD)
		return -EUCLEAN;
	uint64_t v = number_get(found + MAGIC, SERIAL);
	record_of(v, right);
	if (memcmp(found, right, RECORD) != 0)
		return -EUCLEAN;
	*serial = v;
	return 0;
}

static int record_write(int fd, uint64_t serial)
{
	uint8_t record[RECORD];

	record_of(serial, record);
	ssize_t n = pwrite(fd, record, sizeof record, 0);
	return n == RECORD ? 0 : n < 0 ? -errno : -ENOSPC;
}

/* Puts a new guard in place, whole, of owner's. */
static int guard_make(int folder, uint64_t serial, const struct stat *owner)
{
	int r, fd;

	if (unlinkat(folder, FRESH_NAME, 0) < 0 && errno != ENOENT)
		return -errno;
	if ((r = fd = place_new(folder, FRESH_NAME)) < 0)
		return r;
	if ((r = record_write(fd, serial)) == 0 &&
		((owner->st_uid != geteuid() && fchown(fd, owner->st_uid, owner->st_gid) < 0) ||
			fsync(fd) < 0 || renameat(folder, FRESH_NAME, folder, FILE_NAME) < 0 ||
			fsync(folder) < 0))
		r = -errno;
	close(fd);
	return r;
}

/* The guard's descriptor, locked; made with serial if there is none. Everybody locks the folder. */
static int guard_open(const char *path, uint64_t serial, int *folder)
{
	struct stat st;
	int r, d = place_folder(path, geteuid());

	if (d < 0)
		return d;
	if (flock(d, LOCK_EX) < 0 || fstat(d, &st) < 0)
		r = -errno;
	else if ((r = place_file(d, FILE_NAME, O_RDWR, geteuid())) == -ENOENT &&
		(r = guard_make(d, serial, &st)) == 0)
		r = place_file(d, FILE_NAME, O_RDWR, geteuid());
	if (r < 0)
		close(d);
	else
		*folder = d;
	return r;
}

int guard_check(const char *folder, struct store *s)
{
	uint64_t seen;
	int d, fd = guard_open(folder, store_serial(s), &d);

	if (fd < 0)
		return fd;
	int r = record_read(fd, &seen);
	close(fd);
	close(d);
	return r < 0 ? r : seen > store_serial(s) ? -ESTALE : 0;
}

/* Whether fd was written within the last second, and not in the future of a clock set back. */
static bool fresh(int fd)
{
	struct stat st;
	struct timespec now;

	if (fstat(fd, &st) < 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age = (int64_t)(now.tv_sec - st.st_mtim.tv_sec) * 1000000000 +
		(now.tv_nsec - st.st_mtim.tv_nsec);
	return age >= 0 && age < 1000000000;
}

int guard_note(const char *folder, uint64_t serial)
{
	uint64_t seen;
	int r, d, fd = guard_open(folder, serial, &d);

	if (fd < 0)
		return fd;
	if ((r = record_read(fd, &seen)) == 0 && serial > seen && !fresh(fd))
		r = record_write(fd, serial);
	close(fd);
	close(d);
	return r;
}

int guard_accept(const char *folder, uint64_t serial)
{
	struct stat st;
	int r, d = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (d < 0)
		return errno == ELOOP || errno == ENOTDIR ? -EPERM : -errno;
	if (fstat(d, &st) < 0)
		r = -errno;
	else if ((st.st_mode & 07777) != 0700 || (geteuid() != 0 && st.st_uid != geteuid()))
		r = -EPERM;
	else if (flock(d, LOCK_EX) < 0)
		r = -errno;
	else
		r = guard_make(d, serial, &st);
	close(d);
	return r;
}
