/* SPDX-License-Identifier: Apache-2.0 */
/* Publishes the directory. What must hold: a reader sees the files of before or the new ones, whole; what
 * is live is on the disk; of two writers the one with the newer state is last; nothing that the reader
 * would refuse is written. So: one lock from before the store is read until the end; new files under other
 * names, synced before they are renamed; every row is read back through dir_read.c's parsers.
 *
 * The lock is a file that nobody else can open: any local user may open the folder, and could hold a flock
 * of the folder itself for ever. The private file goes first: should the second rename fail, the public
 * file keeps its old generation, by which the next conversation notices. */
#include "dir_write.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec.h"
#include "name.h"

enum {
	MEMBERS_MAX = 65000 /* the largest field less what else is in the row */,
	KEY_SIZE = 260,
	NUMBER_SIZE = sizeof "4294967295"
};

static const struct target {
	const char *live, *fresh;
	mode_t mode;
} targets[] = { { "private.cdb", "private.new", 0600 }, { "public.cdb", "public.new", 0644 } };

enum { PRIVATE, PUBLIC, FILES };

/* Hashes of the keys that a file has, in open addressing: cdb_make_exists() looks through a share of all
 * keys, so it is asked only where the hash has been before. 0 is an empty place. */
struct seen {
	uint32_t *hashes;
	size_t used, size; /* a power of two */
};

struct dir_writer {
	int r; /* the first error that isn't the entry's own fault */
	int folder, lock, fd[FILES];
	struct cdb_make cdb[FILES];
	struct seen seen[FILES];
	bool started[FILES];
	bool list;
	uint32_t users_listed, groups_listed;
	size_t unlisted;
	struct writer row;
	char key[KEY_SIZE];
	uint8_t bytes[DIR_ROW_MAX];
};

static int sys(int result)
{
	return result < 0 ? -errno : result;
}

static void row_begin(struct dir_writer *w, enum dir_kind kind, const char *key)
{
	snprintf(w->key, sizeof w->key, "%c%s", kind, key);
	w->row = writer_of(w->bytes, sizeof w->bytes);
	put_text(&w->row, DIR_T_KEY, w->key);
}

static uint32_t seen_hash(const char *key)
{
	const uint32_t h = cdb_hash(key, (unsigned)strlen(key));

	return h ? h : 1;
}

/* Where the hash stands, or would. */
static uint32_t *seen_place(const struct seen *s, uint32_t hash)
{
	/* by the upper half of the product: the lower bits of cdb_hash are alike */
	size_t at = (size_t)((hash * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (s->size - 1);

	while (s->hashes[at] != 0 && s->hashes[at] != hash)
		at = (at + 1) & (s->size - 1);
	return &s->hashes[at];
}

static int seen_add(struct seen *s, uint32_t hash)
{
	if (2 * s->used >= s->size) {
		struct seen more = { .used = s->used, .size = s->size > 0 ? 2 * s->size : 4096 };

		more.hashes = calloc(more.size, sizeof *more.hashes);
		if (!more.hashes)
			return -ENOMEM;
		for (size_t i = 0; i < s->size; i++)
			if (s->hashes[i] != 0)
				*seen_place(&more, s->hashes[i]) = s->hashes[i];
		free(s->hashes);
		*s = more;
	}

	uint32_t *place = seen_place(s, hash);
	s->used += *place == 0;
	*place = hash;
	return 0;
}

static int row_end(struct dir_writer *w, int file)
{
	put_u32(&w->row, DIR_T_SUM, cdb_hash(w->bytes, (unsigned)w->row.len));

	const unsigned klen = (unsigned)strlen(w->key), len = (unsigned)w->row.len;
	int r = w->row.bad ? -EMSGSIZE
			   : sys(cdb_make_add(&w->cdb[file], w->key, klen, w->bytes, len));
	if (r == 0)
		r = seen_add(&w->seen[file], seen_hash(w->key));
	if (r < 0)
		w->r = r;
	return r;
}

/* Whether the file has no such row yet; -EEXIST if it has. */
static int key_free(struct dir_writer *w, int file, enum dir_kind kind, const char *key)
{
	const struct seen *seen = &w->seen[file];

	row_begin(w, kind, key);
	if (seen->size == 0 || *seen_place(seen, seen_hash(w->key)) == 0)
		return 0;

	int found = sys(cdb_make_exists(&w->cdb[file], w->key, (unsigned)strlen(w->key)));
	if (found < 0)
		w->r = found;
	return found > 0 ? -EEXIST : found;
}

static const char *decimal(uint32_t n, char text[NUMBER_SIZE])
{
	snprintf(text, NUMBER_SIZE, "%u", n);
	return text;
}

/* Marker rows have nothing but their flag. */
static int row_user(
	struct dir_writer *w, enum dir_kind kind, const char *key, const struct dir_user *u)
{
	struct dir_user got;

	row_begin(w, kind, key);
	if (!(u->flags & DIR_SHARED)) {
		put_text(&w->row, DIR_T_NAME, u->name);
		put_u32(&w->row, DIR_T_UID, u->uid);
	}
	if (!(u->flags & (DIR_SHARED | DIR_EXISTING))) {
		put_u32(&w->row, DIR_T_GID, u->gid);
		put_text(&w->row, DIR_T_GECOS, u->gecos);
		put_text(&w->row, DIR_T_HOME, u->home);
		put_text(&w->row, DIR_T_SHELL, u->shell);
	}
	put_u8(&w->row, DIR_T_FLAGS, u->flags);
	return w->row.bad || dir_user(w->bytes, w->row.len, &got) < 0 ? -EINVAL : 0;
}

static int row_member(struct dir_writer *w, const char *name, const uint32_t *gids, size_t n)
{
	uint8_t packed[4 * DIR_GIDS_MAX];
	const uint8_t *got;

	for (size_t i = 0; i < 4 * n; i++)
		packed[i] = (uint8_t)(gids[i / 4] >> (24 - 8 * (i % 4)));
	row_begin(w, DIR_MEMBER, name);
	put_bytes(&w->row, DIR_T_GIDS, packed, 4 * n);
	return w->row.bad || dir_gids(w->bytes, w->row.len, &got, &n) < 0 ? -EINVAL : 0;
}

static int add_listed(struct dir_writer *w, enum dir_kind kind, uint32_t *n, const char *name)
{
	char index[NUMBER_SIZE];

	if (!w->list)
		return 0;
	row_begin(w, kind, decimal((*n)++, index));
	put_text(&w->row, DIR_T_NAME, name);
	return row_end(w, PUBLIC);
}

int dir_add_user(struct dir_writer *w, const struct dir_user *u, const uint32_t *gids, size_t n)
{
	char uid[NUMBER_SIZE];
	int r = w->r < 0 ? w->r : u->flags & DIR_SHARED ? -EINVAL : n > DIR_GIDS_MAX ? -E2BIG : 0;

	if (r == 0 && (r = key_free(w, PUBLIC, DIR_USER, u->name)) == 0 &&
		(r = key_free(w, PUBLIC, DIR_UID, decimal(u->uid, uid))) == 0 &&
		(r = row_user(w, DIR_UID, uid, u)) == 0 && /* first whether both rows can be */
		(r = row_member(w, u->name, gids, n)) == 0 && (r = row_end(w, PUBLIC)) == 0 &&
		(r = row_user(w, DIR_UID, uid, u)) == 0 && (r = row_end(w, PUBLIC)) == 0 &&
		(r = row_user(w, DIR_USER, u->name, u)) == 0)
		r = row_end(w, PUBLIC);
	if (r == 0 && !(u->flags & DIR_EXISTING)) /* /etc/passwd lists the machine's own */
		r = add_listed(w, DIR_LIST_USER, &w->users_listed, u->name);
	return r;
}

/* Bytes of the member list that fit a row, whole names only. */
static size_t members_fit(struct dir_writer *w, const struct dir_group *g)
{
	struct reader members = reader_of(g->members, g->members_len);
	size_t fit = 0;

	while (next_text(&members)) {
		if (g->members_len - members.left <= MEMBERS_MAX)
			fit = g->members_len - members.left;
		else
			w->unlisted++;
	}
	return fit;
}

static int row_group(struct dir_writer *w, enum dir_kind kind, const char *key,
	const struct dir_group *g, size_t members_len)
{
	struct dir_group got;

	row_begin(w, kind, key);
	put_text(&w->row, DIR_T_NAME, g->name);
	put_u32(&w->row, DIR_T_GID, g->gid);
	put_bytes(&w->row, DIR_T_MEMBERS, g->members, members_len);
	return w->row.bad || dir_group(w->bytes, w->row.len, &got) < 0 ? -EINVAL : 0;
}

int dir_add_group(struct dir_writer *w, const struct dir_group *g)
{
	char gid[NUMBER_SIZE];
	size_t len = members_fit(w, g);
	int r = w->r;

	if (r == 0 && (r = key_free(w, PUBLIC, DIR_GROUP, g->name)) == 0 &&
		(r = key_free(w, PUBLIC, DIR_GID, decimal(g->gid, gid))) == 0 &&
		(r = row_group(w, DIR_GID, gid, g, len)) == 0 && (r = row_end(w, PUBLIC)) == 0 &&
		(r = row_group(w, DIR_GROUP, g->name, g, len)) == 0 &&
		(r = row_end(w, PUBLIC)) == 0)
		r = add_listed(w, DIR_LIST_GROUP, &w->groups_listed, g->name);
	return r;
}

size_t dir_write_unlisted(const struct dir_writer *w)
{
	return w->unlisted;
}

int dir_add_keys(struct dir_writer *w, const char *user, const void *texts, size_t len)
{
	struct reader got;
	int r = w->r;

	if (r < 0 || (r = key_free(w, PRIVATE, DIR_KEYS, user)) < 0)
		return r;
	put_bytes(&w->row, DIR_T_KEYS, texts, len);
	if (w->row.bad || dir_keys(w->bytes, w->row.len, &got) < 0)
		return -EINVAL;
	return row_end(w, PRIVATE);
}

int dir_add_name(struct dir_writer *w, const char *name, const struct dir_user *u)
{
	static const struct dir_user shared = { .flags = DIR_SHARED };
	char normal[SIGN_IN_NAME_MAX + 1];
	int r;

	if (w->r < 0)
		return w->r;
	if (!name_normal(name, normal) || strcmp(name, normal) != 0)
		return -EINVAL;
	if ((r = key_free(w, PRIVATE, DIR_NAME, name)) == 0 &&
		(r = row_user(w, DIR_NAME, name, u ? u : &shared)) == 0)
		r = row_end(w, PRIVATE);
	return r;
}

static int start_file(struct dir_writer *w, int i)
{
	int r;

	if (unlinkat(w->folder, targets[i].fresh, 0) < 0 && errno != ENOENT)
		return -errno;
	/* made 0600, so that no reader holds it open before it is whole */
	w->fd[i] = r = sys(openat(w->folder, targets[i].fresh,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (r < 0 || (r = sys(cdb_make_start(&w->cdb[i], w->fd[i]))) < 0)
		return r;
	w->started[i] = true;
	return 0;
}

int dir_write_begin(const char *folder, bool list, struct dir_writer **out)
{
	struct dir_writer *w = malloc(sizeof *w);
	int r;

	if (!w)
		return -ENOMEM;
	*w = (struct dir_writer){ .list = list, .lock = -1, .fd = { -1, -1 } };
	if ((r = w->folder = sys(open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))) >=
			0 &&
		(r = w->lock = sys(openat(w->folder, "lock",
			 O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600))) >= 0 &&
		(r = sys(flock(w->lock, LOCK_EX))) == 0 && (r = start_file(w, PRIVATE)) == 0)
		r = start_file(w, PUBLIC);
	if (r < 0) {
		dir_write_drop(w);
		return r;
	}
	*out = w;
	return 0;
}

static int end_file(struct dir_writer *w, int i, uint64_t generation)
{
	int r;

	row_begin(w, DIR_GENERATION, "");
	put_u64(&w->row, DIR_T_GENERATION, generation);
	if ((r = row_end(w, i)) < 0)
		return r;
	w->started[i] = false;
	if ((r = sys(cdb_make_finish(&w->cdb[i]))) == 0 &&
		(r = sys(fchmod(w->fd[i], targets[i].mode))) == 0)
		r = sys(fsync(w->fd[i]));
	return r;
}

static int go_live(struct dir_writer *w, int i)
{
	return sys(renameat(w->folder, targets[i].fresh, w->folder, targets[i].live));
}

int dir_write_finish(struct dir_writer *w, uint64_t generation)
{
	int r;

	if ((r = w->r) == 0 && (r = end_file(w, PRIVATE, generation)) == 0 &&
		(r = end_file(w, PUBLIC, generation)) == 0 && (r = go_live(w, PRIVATE)) == 0 &&
		(r = go_live(w, PUBLIC)) == 0)
		r = sys(fsync(w->folder));
	dir_write_drop(w);
	return r;
}

void dir_write_drop(struct dir_writer *w)
{
	for (int i = 0; i < FILES; i++) {
		if (w->started[i])
			(void)cdb_make_finish(&w->cdb[i]); /* for its memory: the file goes */
		free(w->seen[i].hashes);
		if (w->fd[i] < 0)
			continue;
		close(w->fd[i]);
		(void)unlinkat(w->folder, targets[i].fresh, 0); /* gone already when renamed */
	}
	if (w->lock >= 0)
		close(w->lock);
	if (w->folder >= 0)
		close(w->folder);
	free(w);
}

int dir_generation(const char *path, uint64_t *out)
{
	uint8_t row[64];
	size_t len;
	int r = dir_find(path, DIR_GENERATION, "", row, sizeof row, &len);

	if (r < 0)
		return r;

	struct reader body = reader_of(row, len);
	struct field f = { .tag = 0 };
	while (next_field(&body, &f) && f.tag != DIR_T_GENERATION)
		;
	uint64_t generation = field_u64(&body, &f);
	if (body.bad || f.tag != DIR_T_GENERATION)
		return -EBADMSG;
	*out = generation;
	return 0;
}
