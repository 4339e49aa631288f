/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the directory inside other people's programs, root's among them, from files that belong to an
 * unprivileged user. What must hold, whatever the file has become: no read outside a buffer, no wait, no
 * loop without end, no descriptor left behind, and never the row of somebody else. So: no mapping (a file
 * that shrinks under one kills the program); a short read is damage, and so the file's own end is the bound
 * of every position and length in it; and what is no file is not asked what it is, since pread(2) refuses a
 * FIFO, a socket, a folder and a terminal, and only root could put another device there.
 *
 * A hit is three preads: the table's pointer, the first slots, the record. A collision costs no more as
 * long as the row is among the SLOTS read at once (tables are half empty); beyond those, and where a table
 * wraps round to its first slot, one pread more each; one more too for a key with the very same hash, and
 * one for what is left of a record longer than CHUNK. */
#include "dir_read.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "codec.h"
#include "name.h"
#include "paths.h"

enum {
	TABLES = 256, /* the file begins with a pointer to each of them */
	PAIR = 8, /* bytes of a pointer, of a slot, of a record's lengths: two numbers */
	SLOTS = 16, /* in one read: enough for 99 of 100 keys of such tables */
	SLOTS_MAX =
		4096, /* to look at: the longest search was 89 for 100,000 users, 250 for a million */
	CHUNK = 1024,
	QUESTION_MAX = 1 + SIGN_IN_NAME_MAX,
	SUM_FIELD = 7,
	ANOTHER_KEY = 1,
	NOBODY = 65534,
	NOBODY_16 = 65535, /* -1 in 16 bits */
};

struct search {
	int fd;
	char key[QUESTION_MAX + 1]; /* kind and key */
	size_t klen;
	uint32_t hash;
	uint8_t *buf;
	size_t room;
	size_t len; /* of the answer */
};

static uint32_t hash(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint32_t h = 5381;

	for (size_t i = 0; i < n; i++)
		h = (h * 33) ^ p[i];
	return h;
}

/* cdb's numbers are little-endian. */
static uint32_t take_number(struct reader *r)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++)
		v |= (uint32_t)take_u8(r) << 8 * i;
	return v;
}

static int read_at(const struct search *s, uint64_t at, void *buf, size_t n)
{
	ssize_t got = pread(s->fd, buf, n, (off_t)at);

	if (got < 0)
		return -errno;
	return (size_t)got == n ? 0 : -EBADMSG;
}

/* The row in the buffer: its first field is the question, its last the sum. */
static int check_row(struct search *s, size_t len)
{
	struct reader r = reader_of(s->buf, len);
	struct field f = { .tag = 0 };
	bool asked =
		next_field(&r, &f) && f.tag == DIR_T_KEY && strcmp(field_text(&r, &f), s->key) == 0;

	while (next_field(&r, &f))
		;
	if (!asked || r.bad || f.tag != DIR_T_SUM)
		return -EBADMSG;

	uint32_t sum = field_u32(&r, &f);
	if (r.bad || sum != hash(s->buf, len - SUM_FIELD))
		return -EBADMSG;
	s->len = len - SUM_FIELD;
	return 0;
}

static int read_record(struct search *s, uint32_t pos)
{
	uint8_t chunk[CHUNK];
	ssize_t got = pread(s->fd, chunk, sizeof chunk, pos);

	if (got < 0)
		return -errno;

	struct reader c = reader_of(chunk, (size_t)got);
	uint32_t klen = take_number(&c), len = take_number(&c);
	const uint8_t *key = klen <= QUESTION_MAX ? take_bytes(&c, klen) : NULL;
	if (!key || hash(key, klen) != s->hash)
		return -EBADMSG;
	if (klen != s->klen || memcmp(key, s->key, klen) != 0)
		return ANOTHER_KEY;
	if (len == 0 || len > DIR_ROW_MAX)
		return -EBADMSG;
	if (len > s->room)
		return -ERANGE;

	size_t here = len < c.left ? len : c.left;
	memcpy(s->buf, take_bytes(&c, here), here);
	if (here < len) {
		int r = read_at(s, (uint64_t)pos + sizeof chunk, s->buf + here, len - here);
		if (r < 0)
			return r;
	}
	return check_row(s, len);
}

static int search_slots(struct search *s, const uint8_t *slots, size_t n)
{
	struct reader c = reader_of(slots, n * PAIR);

	for (size_t i = 0; i < n; i++) {
		uint32_t h = take_number(&c), pos = take_number(&c);

		if (pos == 0)
			return -ENOENT;
		if (h != s->hash)
			continue;

		int r = read_record(s, pos);
		if (r != ANOTHER_KEY)
			return r;
	}
	return ANOTHER_KEY;
}

static int search_file(struct search *s)
{
	uint8_t raw[SLOTS * PAIR];
	int r = read_at(s, (s->hash % TABLES) * PAIR, raw, PAIR);

	if (r < 0)
		return r;

	struct reader c = reader_of(raw, PAIR);
	uint32_t table = take_number(&c), slots = take_number(&c);
	if (table < TABLES * PAIR)
		return -EBADMSG;
	if (slots == 0)
		return -ENOENT;

	uint32_t at = (s->hash >> 8) % slots;
	for (uint32_t seen = 0, n; seen < slots && seen < SLOTS_MAX; seen += n) {
		n = slots - at < SLOTS ? slots - at : SLOTS;
		r = read_at(s, table + (uint64_t)at * PAIR, raw, n * PAIR);
		if (r == 0)
			r = search_slots(s, raw, n);
		if (r != ANOTHER_KEY)
			return r;
		at = (at + n) % slots;
	}
	return -EBADMSG; /* a sound table has an empty slot */
}

static int search_path(struct search *s, const char *path)
{
	/* O_NONBLOCK: a FIFO in the file's place must not hold the program up. */
	s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (s->fd < 0)
		return errno == ENOENT ? -ENXIO : -errno;

	int r = search_file(s);
	close(s->fd);
	return r;
}

int dir_find(
	const char *path, enum dir_kind kind, const char *key, void *buf, size_t size, size_t *len)
{
	struct search s = { .klen = 1 + strnlen(key, QUESTION_MAX), .buf = buf, .room = size };
	int state;

	if (s.klen > QUESTION_MAX)
		return -ENOENT;
	s.key[0] = (char)kind;
	memcpy(s.key + 1, key, s.klen - 1);
	s.hash = hash(s.key, s.klen);

	/* A thread that is cancelled in between would leave the descriptor open. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	int r = search_path(&s, path);
	pthread_setcancelstate(state, NULL);
	if (r == 0)
		*len = s.len;
	return r;
}

static bool id_allowed(uint32_t id)
{
	return id >= UID_FLOOR && id != NOBODY && id != NOBODY_16 && id != UINT32_MAX;
}

/* Whether text can stand between two colons of a passwd line. */
static bool fits_line(const char *text)
{
	for (const uint8_t *p = (const uint8_t *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f || *p == ':')
			return false;
	return true;
}

static bool user_sound(const struct dir_user *u)
{
	if (u->flags & ~(DIR_EXISTING | DIR_SHARED))
		return false; /* unknown ones may change what the row means */
	if (u->flags & DIR_SHARED)
		return u->uid == UINT32_MAX && u->gid == UINT32_MAX;
	if (!name_is_user(u->name) || !id_allowed(u->uid))
		return false;
	if (u->flags & DIR_EXISTING)
		return u->gid == UINT32_MAX;
	return id_allowed(u->gid) && fits_line(u->gecos) && fits_line(u->home) &&
		fits_line(u->shell) && u->home[0] == '/' && u->shell[0] == '/';
}

int dir_user(const void *row, size_t len, struct dir_user *out)
{
	struct reader r = reader_of(row, len);
	struct field f = { .tag = 0 };
	struct dir_user u = { "", "", "", "", UINT32_MAX, UINT32_MAX, 0 };

	while (next_field(&r, &f)) {
		switch (f.tag) {
		case DIR_T_NAME: u.name = field_text(&r, &f); break;
		case DIR_T_UID: u.uid = field_u32(&r, &f); break;
		case DIR_T_GID: u.gid = field_u32(&r, &f); break;
		case DIR_T_GECOS: u.gecos = field_text(&r, &f); break;
		case DIR_T_HOME: u.home = field_text(&r, &f); break;
		case DIR_T_SHELL: u.shell = field_text(&r, &f); break;
		case DIR_T_FLAGS: u.flags = field_u8(&r, &f); break;
		}
	}
	if (r.bad || !user_sound(&u))
		return -EBADMSG;
	*out = u;
	return 0;
}

int dir_group(const void *row, size_t len, struct dir_group *out)
{
	struct reader r = reader_of(row, len);
	struct field f = { .tag = 0 };
	struct dir_group g = { .name = "", .gid = UINT32_MAX };

	while (next_field(&r, &f)) {
		switch (f.tag) {
		case DIR_T_NAME: g.name = field_text(&r, &f); break;
		case DIR_T_GID: g.gid = field_u32(&r, &f); break;
		case DIR_T_MEMBERS:
			g.members = f.p;
			g.members_len = f.len;
			break;
		}
	}
	if (r.bad || !name_is_user(g.name) || !id_allowed(g.gid))
		return -EBADMSG;

	struct reader members = reader_of(g.members, g.members_len);
	while (next_text(&members))
		;
	if (members.bad)
		return -EBADMSG;
	*out = g;
	return 0;
}

uint32_t dir_gid(const uint8_t *gids, size_t i)
{
	const uint8_t *p = gids + 4 * i;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int dir_gids(const void *row, size_t len, const uint8_t **gids, size_t *n)
{
	struct reader r = reader_of(row, len);
	struct field f = { .tag = 0 };

	while (next_field(&r, &f) && f.tag != DIR_T_GIDS)
		;
	if (r.bad || f.tag != DIR_T_GIDS || f.len % 4 != 0 || f.len / 4 > DIR_GIDS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < f.len / 4; i++)
		if (!id_allowed(dir_gid(f.p, i)))
			return -EBADMSG;
	*gids = f.p;
	*n = f.len / 4;
	return 0;
}

int dir_keys(const void *row, size_t len, struct reader *out)
{
	struct reader r = reader_of(row, len);
	struct field f = { .tag = 0 };
	const char *key;

	while (next_field(&r, &f) && f.tag != DIR_T_KEYS)
		;
	if (r.bad || f.tag != DIR_T_KEYS)
		return -EBADMSG;

	struct reader keys = reader_of(f.p, f.len);
	while ((key = next_text(&keys)))
		if (!*key || !fits_line(key))
			return -EBADMSG;
	if (keys.bad)
		return -EBADMSG;
	*out = reader_of(f.p, f.len);
	return 0;
}

const char *dir_listed(const void *row, size_t len)
{
	struct reader r = reader_of(row, len);
	struct field f = { .tag = 0 };

	while (next_field(&r, &f)) {
		if (f.tag != DIR_T_NAME)
			continue;

		const char *name = field_text(&r, &f);
		return name_is_user(name) ? name : NULL;
	}
	return NULL;
}

int dir_find_sign_in(const char *name, void *buf, size_t size, struct dir_user *out)
{
	char normal[SIGN_IN_NAME_MAX + 1];
	size_t len;

	if (!name_normal(name, normal) || !(name_is_email(normal) || name_is_userid(normal)))
		return -ENOENT;

	int r = dir_find(HC_PRIVATE_FILE, DIR_NAME, normal, buf, size, &len);
	if (r == -EACCES)
		return -ENOENT; /* plain users can't ask who has which address */
	return r < 0 ? r : dir_user(buf, len, out);
}

int dir_find_user(const char *name, void *buf, size_t size, struct dir_user *out)
{
	struct dir_user u;
	size_t len;
	int r = -ENOENT;

	if (name_is_user(name))
		r = dir_find(HC_PUBLIC_FILE, DIR_USER, name, buf, size, &len);
	if (r == -ENOENT)
		return dir_find_sign_in(name, buf, size, out);
	if (r < 0 || (r = dir_user(buf, len, &u)) < 0)
		return r;
	if (strcmp(u.name, name) != 0)
		return -EBADMSG;
	*out = u;
	return 0;
}
