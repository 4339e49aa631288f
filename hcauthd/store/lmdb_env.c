/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the store. What must hold:
 *
 * - Nobody uses a lock file that another no longer sees: whoever has the store open holds a shared flock
 *   on data.mdb, and a lock file that is missing or foreign is only made anew when nobody holds one.
 * - A full disk is no way past a counter. RESERVE bytes inside data.mdb are free at first and filled up
 *   again while the disk has room; what may wait leaves RESERVE_MIN of them to what may not. (Where the
 *   file system copies what is overwritten, as btrfs and ZFS do, this needs room on the disk still.)
 * - A store appears whole or not at all, and only when it is asked for.
 */
#include "lmdb_env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "place.h"
#include "store.h"

#define MAP_BYTES ((size_t)16 << 30) /* sparse; the same in all processes, never changed */
#define LOCK "lock.mdb"
#define FRESH "fresh.mdb" /* a store that store_create has not finished */

enum {
	READERS = 1024, /* above the limit on conversations */
	LOCK_BYTES =
		(READERS + 64) * 64, /* of LMDB's lock file: a line of cache each, and a head */
	RESERVE = 4 << 20,
	RESERVE_MIN = 1 << 20,
	DISK_MIN = 2 * RESERVE, /* room on the disk below which the reserve isn't filled up */
};

_Static_assert(sizeof(size_t) == 8, "the map takes a 64-bit address space");

static const char reserve_key[] = "\0reserve"; /* no table has this letter */
static const uint8_t schema_key[] = { TABLE_META, 's', 'c', 'h', 'e', 'm', 'a' };
static const uint8_t schema[4] = { 0, 0, 0, STORE_SCHEMA };

int error_of(int rc)
{
	switch (rc) {
	case 0: return 0;
	case EDQUOT:
	case MDB_MAP_FULL: return -ENOSPC;
	case MDB_NOTFOUND: return -ENOENT;
	case MDB_TXN_FULL: return -E2BIG;
	case MDB_READERS_FULL: return -EBUSY;
	case MDB_BAD_VALSIZE: return -EINVAL;
	case MDB_BAD_TXN: return -ECANCELED; /* something in it failed, and fn went on */
	default: return rc > 0 ? -rc : -EUCLEAN;
	}
}

static int schema_put(MDB_txn *t, MDB_dbi rows)
{
	MDB_val k = { sizeof schema_key, (void *)schema_key };
	MDB_val v = { sizeof schema, (void *)schema };

	return mdb_put(t, rows, &k, &v, 0);
}

int schema_check(MDB_txn *t, MDB_dbi rows)
{
	MDB_val k = { sizeof schema_key, (void *)schema_key }, v;

	if (mdb_get(t, rows, &k, &v) != 0 || v.mv_size != sizeof schema)
		return -EUCLEAN;
	int order = memcmp(v.mv_data, schema, sizeof schema);
	return order == 0 ? 0 : order > 0 ? -ENOTSUP : -EUCLEAN;
}

static bool disk_low(int folder, uint64_t min)
{
	struct statvfs disk;

	return fstatvfs(folder, &disk) < 0 || (uint64_t)disk.f_bavail * disk.f_frsize < min;
}

int write_error(int folder, int r)
{
	return r == -EIO && disk_low(folder, RESERVE_MIN) ? -ENOSPC : r;
}

/* Runs one write transaction of the store's own. */
static int rows_change(MDB_env *env, MDB_dbi *rows, int (*change)(MDB_txn *, MDB_dbi))
{
	MDB_txn *t;
	int rc = mdb_txn_begin(env, NULL, 0, &t);

	if (rc != 0)
		return rc;
	if ((rc = mdb_dbi_open(t, NULL, 0, rows)) == 0 && (rc = change(t, *rows)) == 0)
		return mdb_txn_commit(t);
	mdb_txn_abort(t);
	return rc;
}

static int reserve_put(MDB_txn *t, MDB_dbi rows)
{
	MDB_val k = { sizeof reserve_key, (char *)reserve_key }, v = { RESERVE, NULL };
	uint8_t seed[randombytes_SEEDBYTES];
	int rc = mdb_put(t, rows, &k, &v, MDB_NOOVERWRITE | MDB_RESERVE);

	if (rc == MDB_KEYEXIST)
		return 0; /* killed before reserve_free */
	if (rc != 0)
		return rc;
	/* Nothing that a file system could leave out. By one seed: libsodium would ask the kernel for each 256 bytes. */
	randombytes_buf(seed, sizeof seed);
	randombytes_buf_deterministic(v.mv_data, RESERVE, seed);
	return 0;
}

static int reserve_free(MDB_txn *t, MDB_dbi rows)
{
	MDB_val k = { sizeof reserve_key, (char *)reserve_key };

	return mdb_del(t, rows, &k, NULL);
}

static int reserve_make(MDB_env *env, MDB_dbi *rows)
{
	int rc = rows_change(env, rows, reserve_put);

	return rc != 0 ? rc : rows_change(env, rows, reserve_free);
}

/* Adds up the lists of free pages; only a reading transaction may look at them. */
static int free_pages(MDB_txn *t, size_t *pages)
{
	MDB_cursor *c;
	MDB_val k, v;
	size_t n;
	int rc = mdb_cursor_open(t, 0 /* LMDB's own table */, &c);

	if (rc != 0)
		return rc;
	*pages = 0;
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) {
		if (v.mv_size < sizeof n) {
			rc = MDB_CORRUPTED;
			break;
		}
		memcpy(&n, v.mv_data, sizeof n);
		*pages += n;
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int reserve_keep(MDB_env *env, MDB_dbi rows, int folder)
{
	MDB_txn *t;
	MDB_stat st;
	size_t pages;
	int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &t);

	if (rc != 0)
		return error_of(rc);
	rc = free_pages(t, &pages);
	mdb_txn_abort(t);
	if (rc != 0 || (rc = mdb_env_stat(env, &st)) != 0)
		return error_of(rc);
	if (pages >= RESERVE_MIN / st.ms_psize)
		return 0;
	return disk_low(folder, DISK_MIN) ? -ENOSPC : error_of(reserve_make(env, &rows));
}

int lock_file_keep(int folder, int data)
{
	int fd = place_file(folder, LOCK, O_RDWR, geteuid());

	if (fd == -EPERM || fd == -ENOENT) {
		if (flock(data, LOCK_EX | LOCK_NB) < 0) /* somebody uses the one that was here */
			return errno == EWOULDBLOCK ? -EBUSY : -errno;
		if (fd == -EPERM && unlinkat(folder, LOCK, 0) < 0)
			return -errno;
		fd = place_new(folder, LOCK);
	}
	if (fd < 0)
		return fd;

	int r = -posix_fallocate(fd, 0, LOCK_BYTES);
	close(fd);
	return r;
}

int env_open(MDB_env **env, const char *path, unsigned flags)
{
	int rc = mdb_env_create(env);

	if (rc != 0)
		return rc;
	if ((rc = mdb_env_set_mapsize(*env, MAP_BYTES)) == 0 &&
		(rc = mdb_env_set_maxreaders(*env, READERS)) == 0 &&
		(rc = mdb_env_open(*env, path, flags, 0600)) == 0)
		return 0;
	mdb_env_close(*env);
	*env = NULL;
	return rc;
}

/* Fills an empty file of ours with a store. */
static int fresh_fill(const char *path)
{
	MDB_env *env;
	MDB_dbi rows;
	int rc = env_open(&env, path, MDB_NOSUBDIR | MDB_NOLOCK);

	if (rc != 0)
		return error_of(rc);
	if ((rc = reserve_make(env, &rows)) == 0) /* usable from the next commit but one on */
		rc = rows_change(env, &rows, schema_put);
	mdb_env_close(env);
	return error_of(rc);
}

/* Under another name until it is whole, so that a killed one is neither found nor in the way. */
static int create(int folder, const char *path)
{
	int r, fd;

	if (faccessat(folder, STORE_DATA, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	if (unlinkat(folder, FRESH, 0) < 0 && errno != ENOENT)
		return -errno;
	if ((r = fd = place_new(folder, FRESH)) < 0)
		return r;
	if ((r = lock_file_keep(folder, fd)) == 0 && (r = fresh_fill(path)) == 0 &&
		(renameat(folder, FRESH, folder, STORE_DATA) < 0 || fsync(folder) < 0))
		r = -errno;
	r = write_error(folder, r);
	if (r < 0)
		(void)unlinkat(folder, FRESH, 0); /* else the next one does it */
	close(fd);
	return r;
}

int store_create(const char *folder)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/" FRESH, folder);
	int r, fd = place_folder(folder, geteuid());

	if (fd < 0)
		return fd;
	if (n < 0 || (size_t)n >= sizeof path)
		r = -ENAMETOOLONG;
	else if (flock(fd, LOCK_EX) < 0)
		r = -errno;
	else
		r = create(fd, path);
	close(fd);
	return r;
}
