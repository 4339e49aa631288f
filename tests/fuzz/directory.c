/* SPDX-License-Identifier: Apache-2.0 */
/* The directory's reader and the module for names, on any bytes: a file as it comes, a file that is sound as a
 * cdb, sums and all, whose rows are anything, or a row alone. What must hold: what is answered is an answer to
 * the question, lies in the caller's buffer, could stand in /etc/passwd or /etc/group, and is nobody below
 * the floor of uids; whoever knows the file better (tinycdb) finds the same row. */
#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec.h"
#include "dir_read.h"
#include "fuzz.h"
#include "name.h"
#include "nss_hcauth/nss_hcauth.h"
#include "paths.h"

enum { BUFFER = 4096, KEY_ROOM = 300, ROWS_MAX = 24 };

static const char *const names[] = { "adae", "HC000001", "ada@example.org", "20000", "0", "65534",
	"stj", "" };

static void put_file(const char *path, const void *p, size_t len)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	HOLDS(fd >= 0);
	HOLDS(write(fd, p, len) == (ssize_t)len);
	close(fd);
}

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

/* The machine's own users: Anne. */
FILE *__wrap_fopen(const char *path, const char *mode)
{
	return __real_fopen(strcmp(path, "/etc/passwd") == 0 ? "passwd" : path, mode);
}

static unsigned read_fails; /* the nth, from 1; 0: none */

ssize_t __real_pread(int fd, void *p, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at);

ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at)
{
	if (read_fails == 0 || --read_fails > 0)
		return __real_pread(fd, p, n, at);
	errno = EIO;
	return -1;
}

/* --- what may be answered --- */

static bool allowed(uint32_t id)
{
	return id >= 1000 && id != 65534 && id != 65535 && id != UINT32_MAX;
}

static bool line_part(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f || *s == ':')
			return false;
	return true;
}

static bool inside(const char *s, const char *buf, size_t size)
{
	return s >= buf && s < buf + size &&
		strnlen(s, (size_t)(buf + size - s)) < (size_t)(buf + size - s);
}

static void look_at_user(const struct dir_user *u)
{
	HOLDS(line_part(u->gecos) || u->flags);
	if (u->flags & DIR_SHARED) {
		HOLDS(u->uid == UINT32_MAX && u->gid == UINT32_MAX);
		return;
	}
	HOLDS(name_is_user(u->name) && allowed(u->uid));
	HOLDS(u->flags & DIR_EXISTING ? u->gid == UINT32_MAX : allowed(u->gid));
}

static void look_at_row(const uint8_t *row, size_t len)
{
	struct dir_user u;
	struct dir_group g;
	struct reader keys, members;
	const uint8_t *gids;
	const char *s;
	size_t n;

	if (dir_user(row, len, &u) == 0)
		look_at_user(&u);
	if (dir_group(row, len, &g) == 0) {
		HOLDS(name_is_user(g.name) && allowed(g.gid));
		for (members = reader_of(g.members, g.members_len); next_text(&members);)
			;
		HOLDS(!members.bad);
	}
	if (dir_gids(row, len, &gids, &n) == 0) {
		HOLDS(n <= DIR_GIDS_MAX);
		for (size_t i = 0; i < n; i++)
			HOLDS(allowed(dir_gid(gids, i)));
	}
	if (dir_keys(row, len, &keys) == 0) {
		while ((s = next_text(&keys)))
			HOLDS(*s && line_part(s));
		HOLDS(!keys.bad);
	}
	if ((s = dir_listed(row, len)))
		HOLDS(name_is_user(s));
}

/* --- every question --- */

static void look_at_passwd(const struct passwd *p, const char *buf)
{
	HOLDS(inside(p->pw_name, buf, BUFFER) && inside(p->pw_dir, buf, BUFFER));
	HOLDS(name_is_user(p->pw_name) && allowed(p->pw_uid) && allowed(p->pw_gid));
	HOLDS(p->pw_dir[0] == '/' && p->pw_shell[0] == '/');
	HOLDS(line_part(p->pw_gecos) && line_part(p->pw_dir) && line_part(p->pw_shell));
}

static void look_at_group(const struct group *g)
{
	HOLDS(name_is_user(g->gr_name) && allowed(g->gr_gid));
	for (char **m = g->gr_mem; *m; m++)
		HOLDS(strlen(*m) < BUFFER);
}

static void ask_module(const char *name, uint32_t id, size_t size)
{
	char *buf = malloc(size);
	struct passwd p;
	struct group g;
	long start = 0, room = 2;
	gid_t *groups = malloc(2 * sizeof *groups);
	int e;

	HOLDS(buf != NULL && groups != NULL);
	if (_nss_hcauth_getpwnam_r(name, &p, buf, size, &e) == NSS_STATUS_SUCCESS && size == BUFFER)
		look_at_passwd(&p, buf);
	if (_nss_hcauth_getpwuid_r(id, &p, buf, size, &e) == NSS_STATUS_SUCCESS) {
		HOLDS(p.pw_uid == id);
		if (size == BUFFER)
			look_at_passwd(&p, buf);
	}
	if (_nss_hcauth_getgrnam_r(name, &g, buf, size, &e) == NSS_STATUS_SUCCESS) {
		HOLDS(strcmp(g.gr_name, name) == 0);
		look_at_group(&g);
	}
	if (_nss_hcauth_getgrgid_r(id, &g, buf, size, &e) == NSS_STATUS_SUCCESS) {
		HOLDS(g.gr_gid == id);
		look_at_group(&g);
	}
	long limit = size == BUFFER ? -1 : 5;
	if (_nss_hcauth_initgroups_dyn(name, 1000, &start, &room, &groups, limit, &e) ==
		NSS_STATUS_SUCCESS)
		for (long i = 0; i < start; i++)
			HOLDS(allowed(groups[i]) && (limit < 0 || i < limit));
	free(groups);
	free(buf);
}

static void ask_lists(void)
{
	char buf[BUFFER];
	struct passwd p;
	struct group g;
	int e;

	_nss_hcauth_setpwent(0);
	for (int i = 0;
		i < 8 && _nss_hcauth_getpwent_r(&p, buf, sizeof buf, &e) == NSS_STATUS_SUCCESS; i++)
		look_at_passwd(&p, buf);
	_nss_hcauth_endpwent();
	_nss_hcauth_setgrent(0);
	for (int i = 0;
		i < 8 && _nss_hcauth_getgrent_r(&g, buf, sizeof buf, &e) == NSS_STATUS_SUCCESS; i++)
		look_at_group(&g);
	_nss_hcauth_endgrent();
}

/* Finds what the reader finds. tinycdb maps the file, and so must not be given one that it would leave. */
static void ask_reader(const char *path, enum dir_kind kind, const char *key, bool sound)
{
	static uint8_t row[DIR_ROW_MAX + 8];
	struct cdb c;
	char text[KEY_ROOM];
	size_t len = 0;
	int r = dir_find(path, kind, key, row, sizeof row, &len);

	HOLDS(r <= 0 && len <= DIR_ROW_MAX);
	if (r == 0)
		look_at_row(row, len);
	if (!sound || strlen(key) > 250)
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	HOLDS(fd >= 0 && cdb_init(&c, fd) == 0);
	snprintf(text, sizeof text, "%c%s", kind, key);
	int found = cdb_find(&c, text, (unsigned)strlen(text));
	if (r == 0)
		HOLDS(found == 1 && cdb_datalen(&c) >= len &&
			memcmp(cdb_getdata(&c), row, len) == 0);
	if (found == 0)
		HOLDS(r == -ENOENT);
	cdb_free(&c);
	close(fd);
}

static void ask_all(const char *key, bool sound)
{
	static const enum dir_kind public[] = { DIR_USER, DIR_UID, DIR_GROUP, DIR_GID, DIR_MEMBER,
		DIR_LIST_USER, DIR_LIST_GROUP, DIR_GENERATION };
	static uint8_t buf[BUFFER];
	struct dir_user u;
	uint64_t id = 20000;

	for (size_t i = 0; i < sizeof public / sizeof *public; i++)
		ask_reader(HC_PUBLIC_FILE, public[i], key, sound);
	ask_reader(HC_PRIVATE_FILE, DIR_NAME, key, sound);
	ask_reader(HC_PRIVATE_FILE, DIR_KEYS, key, sound);
	if (dir_find_user(key, buf, sizeof buf, &u) == 0)
		look_at_user(&u);
	(void)parse_u64(key, 0, UINT32_MAX, &id);
	ask_module(key, (uint32_t)id, BUFFER);
	ask_module(key, (uint32_t)id, 64);
	ask_lists();
}

/* --- a sound cdb, made of the input: KIND KEY newline, a length in two bytes, fields --- */

static uint32_t sum(const uint8_t *p, size_t len)
{
	uint32_t h = 5381;

	for (size_t i = 0; i < len; i++)
		h = (h + (h << 5)) ^ p[i];
	return h;
}

static void add_row(struct cdb_make *m, struct fuzz_input *in)
{
	static uint8_t row[DIR_ROW_MAX];
	struct writer w = writer_of(row, sizeof row - 8);
	char key[KEY_ROOM];
	uint8_t how = fuzz_byte(in);

	fuzz_text(in, '\n', key, sizeof key);
	size_t len = (size_t)fuzz_byte(in) << 8;

	len |= fuzz_byte(in);
	len = len < in->left ? len : in->left;
	if (how != 1) /* the question that it answers */
		put_text(&w, DIR_T_KEY, key);
	if (w.bad || len > sizeof row - 8 - w.len)
		return;
	memcpy(row + w.len, in->p, len);
	w.len += len;
	in->p += len;
	in->left -= len;
	if (how != 2) {
		w.size += 8;
		put_u32(&w, DIR_T_SUM, sum(row, w.len));
	}
	HOLDS(cdb_make_put(m, key, (unsigned)strlen(key), row, (unsigned)w.len, CDB_PUT_ADD) >= 0);
}

static void make_sound(struct fuzz_input in)
{
	int fd = open(HC_PUBLIC_FILE, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct cdb_make m;

	HOLDS(fd >= 0 && cdb_make_start(&m, fd) == 0);
	for (int i = 0; i < ROWS_MAX && in.left > 0; i++)
		add_row(&m, &in);
	HOLDS(cdb_make_finish(&m) == 0);
	close(fd);
	(void)unlink(HC_PRIVATE_FILE);
	HOLDS(link(HC_PUBLIC_FILE, HC_PRIVATE_FILE) == 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_folder();
	static const char own[] =
		"root:x:0:0:root:/root:/bin/sh\nanne:x:1001:1001:Anne:/home/anne:/bin/sh\n";
	HOLDS(mkdir(HC_DIRECTORY_DIR, 0700) == 0);
	put_file("passwd", own, sizeof own - 1);
	return 0;
}

/* What may stand in the file's place: nothing, a folder, what never ends; or reading fails. */
static void put_trouble(struct fuzz_input *in)
{
	uint8_t what = fuzz_byte(in);

	if (what % 5 == 1)
		HOLDS(mkdir(HC_PUBLIC_FILE, 0700) == 0);
	else if (what % 5 == 2)
		HOLDS(mkfifo(HC_PUBLIC_FILE, 0600) == 0);
	else if (what % 5 > 2)
		put_file(HC_PUBLIC_FILE, in->p, in->left);
	if (what % 5 > 2)
		read_fails = 1 + what % 5 - 3;
	if (what % 5 > 1)
		HOLDS(link(HC_PUBLIC_FILE, HC_PRIVATE_FILE) == 0);
}

/* 0: a file as it comes; 1: trouble; 2: a sound one; 3: a row. */
void fuzz_one(const uint8_t *p, size_t len)
{
	struct fuzz_input in = { p, len };
	uint8_t how = fuzz_byte(&in);
	char key[KEY_ROOM];

	if (how % 4 == 3) {
		look_at_row(in.p, in.left);
		return;
	}
	fuzz_text(&in, '\n', key, sizeof key);
	(void)remove(HC_PRIVATE_FILE);
	(void)remove(HC_PUBLIC_FILE);
	if (how % 4 == 2) {
		make_sound(in);
	} else if (how % 4 == 1) {
		put_trouble(&in);
	} else {
		put_file(HC_PUBLIC_FILE, in.p, in.left);
		HOLDS(link(HC_PUBLIC_FILE, HC_PRIVATE_FILE) == 0);
	}
	ask_all(key, how % 4 == 2);
	read_fails = 0;
	if (how % 4 == 2)
		ask_all(names[how / 4 % (sizeof names / sizeof *names)], true);
}
