/* SPDX-License-Identifier: Apache-2.0 */
/* The store on LMDB. What must hold:
 *
 * - A commit that was acknowledged is never lost, whoever is killed when. LMDB (0.9.24 to 0.9.31) breaks
 *   that by itself: it tells the first opener, who sets the transaction number, from later ones by a
 *   lock, and one who waits for it doesn't notice that its holder was killed before the number was set.
 *   So opening and closing happen under a flock of our own.
 * - Nobody waits for ever. LMDB's locks are robust mutexes; a process killed between letting go of one
 *   and waking the next leaves the next asleep. So writing happens under the same flock, which the
 *   kernel hands on itself, and LMDB's mutexes are never waited for: readers get their slot, and dead
 *   readers are cleared, while opening.
 * - The flock is on the folder itself, which nobody can delete and make anew beside us.
 * - After a failed sync nothing is written any more by this process: the kernel forgets the pages that it
 *   could not write, and the next sync would say that all is well.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmdb_env.h"
#include "patience.h"
#include "place.h"

enum { OPEN_SECONDS = 10 };

struct store {
	MDB_env *env;
	MDB_dbi rows;
	int folder; /* locked while opening, writing and closing */
	int data; /* locked, shared, as long as the store is open */
	bool broken;
	void (*committed)(void *arg);
	void *committed_arg;
};

struct txn {
	MDB_txn *t;
	MDB_dbi rows;
};

static bool
	opened; /* LMDB's locks break when a process opens its files twice; a fork inherits it */

/* Reads nothing but what says that this is a store of ours. */
static int schema_read(struct store *s)
{
	MDB_txn *t;
	int r = error_of(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t));

	if (r < 0)
		return r;
	if ((r = error_of(mdb_dbi_open(t, NULL, 0, &s->rows))) == 0)
		r = schema_check(t, s->rows);
	mdb_txn_abort(t); /* this process keeps its reader's slot */
	return r;
}

static int open_locked(struct store *s, const char *folder)
{
	struct stat st;
	int r;

	if ((r = s->data = place_file(s->folder, STORE_DATA, O_RDONLY, geteuid())) < 0)
		return r;
	if (fstat(s->data, &st) < 0)
		return -errno;
	if (st.st_size == 0) /* LMDB would take it for a new one */
		return -EUCLEAN;
	if ((r = lock_file_keep(s->folder, s->data)) < 0)
		return r;
	if (flock(s->data, LOCK_SH) < 0)
		return -errno;
	if ((r = error_of(env_open(&s->env, folder, 0))) < 0)
		return r;
	if ((r = error_of(mdb_reader_check(s->env, &(int){ 0 }))) < 0)
		return r;
	return schema_read(s);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->env) {
		(void)flock(s->folder, LOCK_EX); /* interrupted by a handler: as if killed here */
		mdb_env_close(s->env);
	}
	if (s->data >= 0)
		close(s->data);
	close(s->folder);
	free(s);
	opened = false;
}

int store_open(const char *folder, struct store **out)
{
	if (opened)
		return -EALREADY;

	struct patience p;
	int fd = place_folder(folder, geteuid());
	if (fd < 0)
		return fd;
	struct store *s = calloc(1, sizeof *s);
	if (!s) {
		close(fd);
		return -ENOMEM;
	}
	s->folder = fd;
	s->data = -1;
	opened = true;
	patience_begin(&p, OPEN_SECONDS);
	int r = flock(fd, LOCK_EX) < 0 ? -errno : open_locked(s, folder);
	if (r == 0) {
		(void)flock(fd, LOCK_UN); /* can't fail on a lock that is held */
		*out = s;
	} else {
		store_close(s);
	}
	patience_end(&p);
	return r;
}

/* r, after writing. After EIO nothing is tried again. */
static int written(struct store *s, int r)
{
	if (r == -EIO || r == -EUCLEAN)
		s->broken = true;
	return write_error(s->folder, r);
}

static int update(struct store *s, enum need need, int (*fn)(struct txn *, void *), void *arg)
{
	struct txn t = { .rows = s->rows };
	int r = written(s, reserve_keep(s->env, s->rows, s->folder));

	if (r < 0 && (need != NEED_ALWAYS || s->broken))
		return r;
	if ((r = error_of(mdb_txn_begin(s->env, NULL, 0, &t.t))) < 0)
		return r;
	if ((r = fn(&t, arg)) == 0)
		return written(s, error_of(mdb_txn_commit(t.t)));
	mdb_txn_abort(t.t);
	return r;
}

int store_update(struct store *s, enum need need, int (*fn)(struct txn *, void *), void *arg)
{
	if (s->broken)
		return -EIO;
	if (flock(s->folder, LOCK_EX) < 0)
		return -errno;

	int r = update(s, need, fn, arg);
	(void)flock(s->folder, LOCK_UN); /* can't fail on a lock that is held */
	if (r == 0 && s->committed)
		s->committed(s->committed_arg);
	return r;
}

void store_on_commit(struct store *s, void (*fn)(void *arg), void *arg)
{
	s->committed = fn;
	s->committed_arg = arg;
}

int store_read(struct store *s, int (*fn)(struct txn *, void *), void *arg)
{
	struct txn t = { .rows = s->rows };
	int r = error_of(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t.t));

	if (r < 0)
		return r;
	r = fn(&t, arg);
	mdb_txn_abort(t.t);
	return r;
}

uint64_t store_serial(struct store *s)
{
	MDB_envinfo info;

	(void)mdb_env_info(s->env, &info); /* fails without an environment only */
	return info.me_last_txnid;
}

/* A table's letter, then the key. */
struct row_key {
	uint8_t bytes[1 + KEY_MAX];
};

static bool row_key(struct row_key *row, MDB_val *k, enum table table, const void *key, size_t len)
{
	if (len > KEY_MAX)
		return false;
	row->bytes[0] = (uint8_t)table;
	if (len > 0)
		memcpy(row->bytes + 1, key, len);
	*k = (MDB_val){ 1 + len, row->bytes };
	return true;
}

int txn_get(struct txn *t, enum table table, const void *key, size_t len, struct bytes *out)
{
	struct row_key row;
	MDB_val k, v;

	if (len == 0 || !row_key(&row, &k, table, key, len))
		return -EINVAL;

	int r = error_of(mdb_get(t->t, t->rows, &k, &v));
	if (r < 0)
		return r;
	if (v.mv_size > VALUE_MAX)
		return -EUCLEAN;
	*out = (struct bytes){ v.mv_data, v.mv_size };
	return 0;
}

int txn_put(struct txn *t, enum table table, const void *key, size_t len, const void *value,
	size_t vlen)
{
	struct row_key row;
	MDB_val k, v = { vlen, (void *)value };

	if (len == 0 || vlen > VALUE_MAX || !row_key(&row, &k, table, key, len))
		return -EINVAL;
	return error_of(mdb_put(t->t, t->rows, &k, &v, 0));
}

int txn_del(struct txn *t, enum table table, const void *key, size_t len)
{
	struct row_key row;
	MDB_val k;

	if (len == 0 || !row_key(&row, &k, table, key, len))
		return -EINVAL;
	return error_of(mdb_del(t->t, t->rows, &k, NULL));
}

/* The first row from *k on; the one after it, if *k itself is there and after is set. */
static int seek(struct txn *t, bool after, MDB_val *k, MDB_val *v)
{
	MDB_cursor *c;
	MDB_val from = *k;
	int rc = mdb_cursor_open(t->t, t->rows, &c);

	if (rc != 0)
		return error_of(rc);
	rc = mdb_cursor_get(c, k, v, MDB_SET_RANGE);
	if (rc == 0 && after && k->mv_size == from.mv_size &&
		memcmp(k->mv_data, from.mv_data, from.mv_size) == 0)
		rc = mdb_cursor_get(c, k, v, MDB_NEXT);
	mdb_cursor_close(c);
	return error_of(rc);
}

int txn_next(struct txn *t, enum table table, const void *prefix, size_t plen, struct key *at,
	struct bytes *value)
{
	struct row_key row, first;
	MDB_val k, v, p;

	if (!row_key(&first, &p, table, prefix, plen))
		return -EINVAL;
	k = p;
	if (at->len > 0 && !row_key(&row, &k, table, at->bytes, at->len))
		return -EINVAL;

	int r = seek(t, at->len > 0, &k, &v);
	if (r < 0)
		return r;
	if (k.mv_size < p.mv_size || memcmp(k.mv_data, p.mv_data, p.mv_size) != 0)
		return -ENOENT;
	if (k.mv_size < 2 || k.mv_size > 1 + KEY_MAX || v.mv_size > VALUE_MAX)
		return -EUCLEAN;
	at->len = k.mv_size - 1;
	memcpy(at->bytes, (const uint8_t *)k.mv_data + 1, at->len);
	*value = (struct bytes){ v.mv_data, v.mv_size };
	return 0;
}
