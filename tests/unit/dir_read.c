/* SPDX-License-Identifier: Apache-2.0 */
/* The reader against files that libcdb wrote, whole and damaged. */
#include "dir_read.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "dir_people.h"
#include "name.h"
#include "paths.h"

static void no_fields(struct writer *w, const void *arg)
{
	(void)w;
	(void)arg;
}

TEST(dir_finds_every_row_of_libcdb)
{
	enum { ROWS = 30000 };
	char key[16];
	uint8_t row[64];
	size_t len;

	people_folder();
	struct raw *f = raw_begin(HC_PUBLIC_FILE);
	for (unsigned i = 0; i < ROWS; i++) {
		snprintf(key, sizeof key, "i%u", 20000 + i);
		raw_add(f, key, no_fields, NULL);
	}
	raw_end(f);
	for (unsigned i = 0; i < ROWS; i++) {
		snprintf(key, sizeof key, "%u", 20000 + i);
		CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_UID, key, row, sizeof row, &len), 0);
		CHECK_TEXT((char *)row + 4, key); /* after its kind */
		snprintf(key, sizeof key, "%u", 20000 + ROWS + i);
		CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_UID, key, row, sizeof row, &len), -ENOENT);
	}
}

/* Two user keys of four bytes that cdb's hash can't tell apart. */
static bool same_hash(char one[5], char two[5])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	enum { N = sizeof letters - 1 };

	for (int i = 0; i < N * N; i++) {
		snprintf(one, 5, "ua%c%c", letters[i / N], letters[i % N]);
		for (int k = i + 1; k < N * N; k++) {
			snprintf(two, 5, "ua%c%c", letters[k / N], letters[k % N]);
			if (cdb_hash(one, 4) == cdb_hash(two, 4))
				return true;
		}
	}
	return false;
}

TEST(dir_tells_keys_of_the_same_hash_apart)
{
	char one[5], two[5];
	uint8_t row[64];
	size_t len;

	people_folder();
	CHECK(same_hash(one, two));

	struct raw *f = raw_begin(HC_PUBLIC_FILE);
	raw_add(f, one, no_fields, NULL);
	raw_end(f);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, one + 1, row, sizeof row, &len), 0);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, two + 1, row, sizeof row, &len), -ENOENT);

	f = raw_begin(HC_PUBLIC_FILE);
	raw_add(f, one, no_fields, NULL);
	raw_add(f, two, no_fields, NULL);
	raw_end(f);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, one + 1, row, sizeof row, &len), 0);
	CHECK_TEXT((char *)row + 3, one);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, two + 1, row, sizeof row, &len), 0);
	CHECK_TEXT((char *)row + 3, two);
}

static void put_padding(struct writer *w, const void *arg)
{
	static const uint8_t zeros[60000];

	put_bytes(w, DIR_T_MEMBERS, zeros, *(const size_t *)arg);
}

TEST(dir_reads_rows_of_any_length)
{
	static uint8_t row[DIR_ROW_MAX];
	size_t len;

	people_folder();
	for (size_t n = 900; n < 60000; n = n < 1100 ? n + 1 : n * 2) {
		const size_t whole = 3 + 3 + 3 + n;
		struct raw *f = raw_begin(HC_PUBLIC_FILE);

		raw_add(f, "ga", put_padding, &n);
		raw_end(f);
		CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_GROUP, "a", row, whole + 7, &len), 0);
		CHECK_INT(len, whole);
		CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_GROUP, "a", row, whole + 6, &len), -ERANGE);
	}
}

TEST(dir_refuses_a_row_that_answers_another_key)
{
	uint8_t row[64], swapped[64];
	size_t len;

	people_folder();
	struct writer w = writer_of(swapped, sizeof swapped);
	put_text(&w, DIR_T_KEY, "uben");
	put_u32(&w, DIR_T_SUM, cdb_hash(swapped, (unsigned)w.len));

	struct raw *f = raw_begin(HC_PUBLIC_FILE);
	raw_put(f, "uada", swapped, w.len);
	raw_put(f, "uben", swapped, w.len);
	raw_put(f, "ueve", "", 0);
	raw_put(f, "usum", "\x01\0\5usum", 8);
	raw_end(f);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "ben", row, sizeof row, &len), 0);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "ada", row, sizeof row, &len), -EBADMSG);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "eve", row, sizeof row, &len), -EBADMSG);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "eve", NULL, 0, &len), -EBADMSG);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "sum", row, sizeof row, &len), -EBADMSG);

	int fd = open(HC_PUBLIC_FILE, O_RDWR); /* the first record's key, behind its slot's back */
	CHECK_INT(pwrite(fd, "uadb", 4, 2048 + 8), 4);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "ada", row, sizeof row, &len), -EBADMSG);
}

/* A file whose one table has no empty slot; the row is found from the seenth on. */
static void write_full_table(uint32_t slots, uint32_t seen)
{
	uint8_t head[2048], slot[8], record[64];
	const char key[] = "ua";
	uint32_t h = cdb_hash(key, 2);
	struct writer w = writer_of(record + 10, sizeof record - 10);
	FILE *f = fopen(HC_PUBLIC_FILE, "we");

	put_text(&w, DIR_T_KEY, key);
	put_u32(&w, DIR_T_SUM, cdb_hash(record + 10, (unsigned)w.len));
	cdb_pack(2, record);
	cdb_pack((unsigned)w.len, record + 4);
	memcpy(record + 8, key, 2);
	for (size_t i = 0; i < sizeof head; i += 8) {
		cdb_pack((unsigned)(sizeof head + 10 + w.len), head + i);
		cdb_pack(slots, head + i + 4);
	}
	CHECK_INT(fwrite(head, sizeof head, 1, f), 1);
	CHECK_INT(fwrite(record, 10 + w.len, 1, f), 1);
	for (uint32_t i = 0; i < slots; i++) {
		bool here = i == ((h >> 8) + seen) % slots;

		cdb_pack(here ? h : h ^ 1, slot);
		cdb_pack(sizeof head, slot + 4);
		CHECK_INT(fwrite(slot, sizeof slot, 1, f), 1);
	}
	CHECK_INT(fclose(f), 0);
}

TEST(dir_follows_no_run_without_end)
{
	uint8_t row[64];
	size_t len;

	people_folder();
	write_full_table(8000, 4000);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "a", row, sizeof row, &len), 0);
	write_full_table(8000, 5000);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "a", row, sizeof row, &len), -EBADMSG);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "b", row, sizeof row, &len), -EBADMSG);
	write_full_table(3, 2);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "a", row, sizeof row, &len), 0);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "b", row, sizeof row, &len), -EBADMSG);
	CHECK_INT(truncate(HC_PUBLIC_FILE, 2074), 0); /* the table is gone */
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "a", row, sizeof row, &len), -EBADMSG);
}

/* The right answer, or none: to every question, whatever happened to the file. */
static int right_or_none(const char *path, enum dir_kind kind, const char *key, const char *name)
{
	uint8_t *row = malloc(200); /* of its own, for the sanitizer */
	struct dir_user u;
	size_t len;
	int r = dir_find(path, kind, key, row, 200, &len);

	if (r == 0)
		r = dir_user(row, len, &u);
	if (r == 0) {
		const struct dir_user *who = *name == 'b' ? &people_ben : &people_jdoe;

		CHECK_TEXT(u.name, who->name);
		CHECK_TEXT(u.gecos, who->gecos);
		CHECK_TEXT(u.home, who->home);
		CHECK_TEXT(u.shell, who->shell);
		CHECK_INT(u.uid, who->uid);
		CHECK_INT(u.gid, who->gid);
		CHECK_INT(u.flags, 0);
	} else if (r != -ENOENT && r != -EBADMSG && r != -ERANGE) {
		CHECK_INT(r, -EBADMSG);
	}
	free(row);
	return r == 0;
}

static int ask_all(void)
{
	return right_or_none(HC_PUBLIC_FILE, DIR_USER, "ben", "ben") +
		right_or_none(HC_PUBLIC_FILE, DIR_UID, "20001", "ben") +
		right_or_none(HC_PUBLIC_FILE, DIR_USER, "jdoe-stj", "jdoe-stj") +
		right_or_none(HC_PUBLIC_FILE, DIR_UID, "20000", "jdoe-stj");
}

static size_t size_of(int fd)
{
	struct stat st;

	CHECK_INT(fstat(fd, &st), 0);
	return (size_t)st.st_size;
}

TEST(dir_with_any_bit_turned_never_gives_anybody_else)
{
	people_folder();
	people_publish(true, 1);
	CHECK_INT(ask_all(), 4);

	int fd = open(HC_PUBLIC_FILE, O_RDWR), whole = 0;
	for (size_t at = 0, size = size_of(fd); at < size; at++) {
		uint8_t old, bad;

		CHECK_INT(pread(fd, &old, 1, (off_t)at), 1);
		for (int bit = 0; bit < 8; bit++) {
			bad = (uint8_t)(old ^ 1 << bit);
			CHECK_INT(pwrite(fd, &bad, 1, (off_t)at), 1);
			whole += ask_all() == 4;
		}
		for (int v = 0; v < 256; v += 255) {
			bad = (uint8_t)v;
			CHECK_INT(pwrite(fd, &bad, 1, (off_t)at), 1);
			(void)ask_all();
		}
		CHECK_INT(pwrite(fd, &old, 1, (off_t)at), 1);
	}
	CHECK_INT(ask_all(), 4);
	CHECK(whole > 0); /* unused tables, other rows */
}

TEST(dir_cut_anywhere_never_gives_anybody_else)
{
	static uint8_t whole[32768];

	people_folder();
	people_publish(true, 1);

	int fd = open(HC_PUBLIC_FILE, O_RDWR);
	size_t size = size_of(fd);
	CHECK(size < sizeof whole);
	CHECK_INT(pread(fd, whole, size, 0), size);
	for (size_t n = 0; n < size; n++) {
		CHECK_INT(ftruncate(fd, (off_t)n), 0);
		CHECK(ask_all() == 0 || n >= 2048); /* no shorter than its head */
		CHECK_INT(ftruncate(fd, (off_t)size), 0); /* and the rest lost: zeros */
		(void)ask_all();
		CHECK_INT(pwrite(fd, whole + n, size - n, (off_t)n), size - n);
	}
	CHECK_INT(ask_all(), 4);
}

TEST(dir_of_garbage_is_refused)
{
	static uint8_t noise[8192];
	uint32_t seed = 1;

	people_folder();
	people_publish(true, 1);

	int fd = open(HC_PUBLIC_FILE, O_RDWR);
	size_t size = size_of(fd);
	CHECK(size < sizeof noise);
	for (int round = 0; round < 3000; round++) {
		size_t from = round < 1500 ? 2048 : 0; /* under a sound head; then all */

		for (size_t i = from; i < size; i++) {
			seed = seed * 1664525 + 1013904223;
			noise[i] = (uint8_t)(seed >> 24);
			if (round % 2) /* small numbers, which pass more comparisons */
				noise[i] = i % 4 < 2 ? noise[i] & 0x0f : 0;
		}
		CHECK_INT(pwrite(fd, noise + from, size - from, (off_t)from), size - from);
		CHECK_INT(ask_all(), 0);
	}
}
