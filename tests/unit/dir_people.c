/* SPDX-License-Identifier: Apache-2.0 */
#include "dir_people.h"

#include <cdb.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "paths.h"

const struct dir_user people_jdoe = { .name = "jdoe-stj",
	.gecos = "Jane Doe",
	.home = "/home/jdoe-stj",
	.shell = "/bin/bash",
	.uid = 20000,
	.gid = 20000 };
const struct dir_user people_ben = { .name = "ben",
	.gecos = "Ben Brontë",
	.home = "/home/ben",
	.shell = "/bin/sh",
	.uid = 20001,
	.gid = 20000 };

void people_folder(void)
{
	CHECK_INT(chdir(test_folder()), 0);
	CHECK_INT(mkdir(HC_DIRECTORY_DIR, 0755), 0);
}

static void add_group(struct dir_writer *w, const char *name, uint32_t gid, const char *members,
	size_t members_len)
{
	const struct dir_group g = { .name = name,
		.gid = gid,
		.members = (const uint8_t *)members,
		.members_len = members_len };

	CHECK_INT(dir_add_group(w, &g), 0);
}

void people_publish(bool list, uint64_t generation)
{
	struct dir_writer *w;

	CHECK_INT(dir_write_begin(HC_DIRECTORY_DIR, list, &w), 0);
	CHECK_INT(dir_add_user(w, &people_jdoe, (const uint32_t[]){ 20010, 20011 }, 2), 0);
	CHECK_INT(dir_add_user(w, &people_ben, (const uint32_t[]){ 20010 }, 1), 0);
	add_group(w, "users-stj", 20000, "", 0);
	add_group(w, "staff", 20010, "jdoe-stj\0ben", sizeof "jdoe-stj\0ben");
	add_group(w, "lab", 20011, "jdoe-stj", sizeof "jdoe-stj");
	CHECK_INT(dir_add_name(w, "jane@clinic.example", &people_jdoe), 0);
	CHECK_INT(dir_add_name(w, "hc012345", &people_jdoe), 0);
	CHECK_INT(dir_add_name(w, "ben@clinic.example", &people_ben), 0);
	/* of before user IDs had to begin with a letter */
	CHECK_INT(dir_add_name(w, "0", &people_ben), 0);
	CHECK_INT(dir_add_name(w, "1000", &people_ben), 0);
	CHECK_INT(dir_add_name(w, "root.root", &people_ben), 0);
	CHECK_INT(dir_add_name(w, "both@clinic.example", NULL), 0);
	CHECK_INT(dir_write_finish(w, generation), 0);
}

struct raw {
	int fd;
	struct cdb_make cdb;
};

struct raw *raw_begin(const char *path)
{
	struct raw *f = malloc(sizeof *f);

	CHECK(f != NULL);
	f->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	CHECK(f->fd >= 0);
	CHECK_INT(cdb_make_start(&f->cdb, f->fd), 0);
	return f;
}

void raw_put(struct raw *f, const char *key, const void *row, size_t len)
{
	CHECK_INT(cdb_make_add(&f->cdb, key, (unsigned)strlen(key), row, (unsigned)len), 0);
}

void raw_add(struct raw *f, const char *key, void (*fields)(struct writer *, const void *),
	const void *arg)
{
	static uint8_t row[DIR_ROW_MAX];
	struct writer w = writer_of(row, sizeof row);

	put_text(&w, DIR_T_KEY, key);
	fields(&w, arg);
	put_u32(&w, DIR_T_SUM, cdb_hash(row, (unsigned)w.len));
	CHECK(!w.bad);
	raw_put(f, key, row, w.len);
}

void raw_end(struct raw *f)
{
	CHECK_INT(cdb_make_finish(&f->cdb), 0);
	CHECK_INT(close(f->fd), 0);
	free(f);
}
