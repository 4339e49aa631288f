/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "rig.h"

static struct store *opened_store(const char *folder)
{
	struct store *s = NULL;

	CHECK_INT(store_open(folder, &s), 0);
	return s;
}

static int nothing(struct txn *t, void *arg)
{
	(void)t;
	(void)arg;
	return 0;
}

struct row {
	enum table table;
	const char *key, *value;
};

static int row_put(struct txn *t, void *arg)
{
	const struct row *row = arg;

	return txn_put(t, row->table, row->key, strlen(row->key), row->value, strlen(row->value));
}

static int row_del(struct txn *t, void *arg)
{
	const struct row *row = arg;

	return txn_del(t, row->table, row->key, strlen(row->key));
}

/* 0 when the row is there with that value. */
static int row_is(struct txn *t, void *arg)
{
	const struct row *row = arg;
	struct bytes v;
	int r = txn_get(t, row->table, row->key, strlen(row->key), &v);

	if (r < 0)
		return r;
	return v.len == strlen(row->value) && memcmp(v.p, row->value, v.len) == 0 ? 0 : 1;
}

TEST(store_is_made_once_and_with_its_modes_whatever_the_umask)
{
	struct stat st;
	const char *f = store_folder(true);

	umask(0777);
	CHECK_INT(store_create(f), 0);
	CHECK_INT(store_create(f), -EEXIST);
	CHECK_INT(stat(in_folder("store/data.mdb"), &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(stat(in_folder("store/lock.mdb"), &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(st.st_blocks >= 1024 * 64 / 512, 1);
	CHECK_INT(access(in_folder("store/fresh.mdb"), F_OK), -1);
	store_close(opened_store(f));
}

TEST(store_half_made_is_not_a_store_and_not_in_the_way)
{
	struct store *s;
	const char *f = store_folder(true);

	file_write(in_folder("store/fresh.mdb"), "half", 4, 0600);
	CHECK_INT(store_open(f, &s), -ENOENT);
	CHECK_INT(store_create(f), 0);
	store_close(opened_store(f));
}

TEST(store_is_never_made_by_opening)
{
	struct store *s = NULL;
	const char *f = store_folder(true);

	CHECK_INT(store_open(f, &s), -ENOENT);
	CHECK(!s);
	CHECK_INT(rmdir(f), 0); /* still empty */
	CHECK_INT(store_open(f, &s), -ENOENT);
	CHECK_INT(store_create(f), -ENOENT);
}

TEST(sf18_store_folder_must_be_ours_alone)
{
	static const mode_t modes[] = { 0701, 0710, 0770, 0777, 0500, 01700, 02700 };
	struct store *s;
	const char *f = store_folder(false);

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		CHECK_INT(chmod(f, modes[i]), 0);
		CHECK_INT(store_open(f, &s), -EPERM);
		CHECK_INT(store_create(f), -EPERM);
	}
	CHECK_INT(chmod(f, 0700), 0);
	CHECK_INT(symlink(f, in_folder("link")), 0);
	CHECK_INT(store_open(in_folder("link"), &s), -EPERM);
	CHECK_INT(store_create(in_folder("link")), -EPERM);
	CHECK_INT(store_open(in_folder("store/data.mdb"), &s), -EPERM);
	if (geteuid() == 0) {
		CHECK_INT(chown(f, 12345, 0), 0);
		CHECK_INT(store_open(f, &s), -EPERM);
		CHECK_INT(chown(f, 0, 0), 0);
	}
	store_close(opened_store(f));
}

TEST(store_data_must_be_ours_alone)
{
	struct store *s;
	const char *f = store_folder(false), *data = in_folder("store/data.mdb");
	const char *away = in_folder("away");

	CHECK_INT(chmod(data, 0640), 0);
	CHECK_INT(store_open(f, &s), -EPERM);
	CHECK_INT(chmod(data, 0600), 0);
	if (geteuid() == 0) {
		CHECK_INT(chown(data, 12345, 0), 0);
		CHECK_INT(store_open(f, &s), -EPERM);
		CHECK_INT(chown(data, 0, 0), 0);
	}
	CHECK_INT(rename(data, away), 0);
	CHECK_INT(symlink(away, data), 0);
	CHECK_INT(store_open(f, &s), -EPERM);
	CHECK_INT(store_create(f), -EEXIST);
	CHECK_INT(unlink(data), 0);
	CHECK_INT(mkfifo(data, 0600), 0);
	CHECK_INT(store_open(f, &s), -EPERM);
	CHECK_INT(unlink(data), 0);
	CHECK_INT(mkdir(data, 0700), 0);
	CHECK_INT(store_open(f, &s), -EPERM);
	CHECK_INT(rmdir(data), 0);
	CHECK_INT(rename(away, data), 0);
	store_close(opened_store(f));
}

TEST(store_foreign_data_is_refused)
{
	static const char text[8192] = "This is no database, though it is long enough to be one.";
	struct store *s;
	struct stat st;
	const char *f = store_folder(true), *data = in_folder("store/data.mdb");

	file_write(data, "", 0, 0600);
	CHECK_INT(store_open(f, &s), -EUCLEAN);
	CHECK_INT(stat(data, &st), 0);
	CHECK_INT(st.st_size, 0);
	file_write(data, text, 100, 0600);
	CHECK_INT(store_open(f, &s), -EUCLEAN);
	file_write(data, text, sizeof text, 0600);
	CHECK_INT(store_open(f, &s), -EUCLEAN);
}

static int schema_put(struct txn *t, void *arg)
{
	const struct bytes *v = arg;

	return txn_put(t, TABLE_META, "schema", 6, v->p, v->len);
}

TEST(sf17_store_of_another_schema_is_refused)
{
	static const uint8_t right[] = { 0, 0, 0, 1, 0 }, next[] = { 0, 0, 0, 2 };
	static const struct bytes wrong[] = { { next, 4 }, { right, 3 }, { right, 5 } };
	struct row gone = { TABLE_META, "schema", "" };
	struct store *s;

	for (size_t i = 0; i < 3; i++) {
		const char *f = in_folder("other");

		CHECK_INT(mkdir(f, 0700), 0);
		CHECK_INT(store_create(f), 0);
		s = opened_store(f);
		CHECK_INT(store_update(s, NEED_SPACE, schema_put, (void *)&wrong[i]), 0);
		store_close(s);
		CHECK_INT(store_open(f, &s), i == 0 ? -ENOTSUP : -EUCLEAN);
		CHECK_INT(rename(f, in_folder((const char *[]){ "a", "b", "c" }[i])), 0);
	}
	const char *f = store_folder(false);
	s = opened_store(f);
	CHECK_INT(store_update(s, NEED_SPACE, row_del, &gone), 0);
	store_close(s);
	CHECK_INT(store_open(f, &s), -EUCLEAN);
}

TEST(store_rows_come_back)
{
	struct row a = { TABLE_NAME, "anna@example.org", "1" },
		   b = { TABLE_IDENTITY, "anna@example.org", "2" };
	const char *f = store_folder(false);
	struct store *s = opened_store(f);

	CHECK_INT(store_update(s, NEED_SPACE, row_put, &a), 0);
	CHECK_INT(store_read(s, row_is, &a), 0);
	CHECK_INT(store_read(s, row_is, &b), -ENOENT);
	CHECK_INT(store_update(s, NEED_SPACE, row_put, &b), 0);
	CHECK_INT(store_read(s, row_is, &a), 0);
	a.value = "3";
	CHECK_INT(store_update(s, NEED_SPACE, row_put, &a), 0);
	store_close(s);
	s = opened_store(f);
	CHECK_INT(store_read(s, row_is, &a), 0);
	CHECK_INT(store_read(s, row_is, &b), 0);
	CHECK_INT(store_update(s, NEED_SPACE, row_del, &a), 0);
	CHECK_INT(store_update(s, NEED_SPACE, row_del, &a), -ENOENT);
	CHECK_INT(store_read(s, row_is, &a), -ENOENT);
	CHECK_INT(store_read(s, row_is, &b), 0);
	store_close(s);
}

static int rows_at_the_limits(struct txn *t, void *arg)
{
	static uint8_t big[VALUE_MAX + 1], key[KEY_MAX + 1];
	struct key at = { .len = 0 };
	struct bytes v;

	(void)arg;
	memset(big, 7, sizeof big);
	CHECK_INT(txn_put(t, TABLE_META, key, KEY_MAX, big, VALUE_MAX), 0);
	CHECK_INT(txn_put(t, TABLE_META, key, KEY_MAX, big, VALUE_MAX + 1), -EINVAL);
	CHECK_INT(txn_put(t, TABLE_META, key, KEY_MAX + 1, big, 1), -EINVAL);
	CHECK_INT(txn_put(t, TABLE_META, key, 0, big, 1), -EINVAL);
	CHECK_INT(txn_get(t, TABLE_META, key, KEY_MAX + 1, &v), -EINVAL);
	CHECK_INT(txn_get(t, TABLE_META, key, 0, &v), -EINVAL);
	CHECK_INT(txn_del(t, TABLE_META, key, KEY_MAX + 1), -EINVAL);
	CHECK_INT(txn_del(t, TABLE_META, key, 0), -EINVAL);
	CHECK_INT(txn_next(t, TABLE_META, key, KEY_MAX + 1, &at, &v), -EINVAL);
	CHECK_INT(txn_get(t, TABLE_META, key, KEY_MAX, &v), 0);
	CHECK_INT(v.len, VALUE_MAX);
	CHECK_BYTES(v.p, big, VALUE_MAX);
	CHECK_INT(txn_put(t, TABLE_META, "empty", 5, NULL, 0), 0);
	CHECK_INT(txn_get(t, TABLE_META, "empty", 5, &v), 0);
	CHECK_INT(v.len, 0);
	return 0;
}

TEST(store_keys_and_values_have_limits)
{
	struct store *s = opened_store(store_folder(false));

	CHECK_INT(store_update(s, NEED_SPACE, rows_at_the_limits, NULL), 0);
	store_close(s);
}

/* Puts the keys that a walk meets into a text, deleting each from the second on. */
static int walk(struct txn *t, void *arg)
{
	struct key at = { .len = 0 };
	struct bytes v;
	char *text = arg;
	int r;

	while ((r = txn_next(t, TABLE_MEMBER, "ab", 2, &at, &v)) == 0) {
		strncat(text, (const char *)at.bytes, at.len);
		strncat(text, "=", 2);
		strncat(text, v.p, v.len);
		strcat(text, " ");
		if (strlen(text) > 6)
			CHECK_INT(txn_del(t, TABLE_MEMBER, at.bytes, at.len), 0);
	}
	return r == -ENOENT ? 0 : r;
}

TEST(store_walks_in_order_within_table_and_prefix)
{
	static const char *const keys[] = { "abz", "ac", "ab", "aa", "abab", "aba", "b", "a" };
	char text[256] = "", rest[256] = "";
	struct row before = { TABLE_MEMBER - 1, "abq", "0" },
		   after = { TABLE_MEMBER + 1, "abq", "0" };
	struct store *s = opened_store(store_folder(false));

	CHECK_INT(store_update(s, NEED_SPACE, row_put, &before), 0);
	CHECK_INT(store_update(s, NEED_SPACE, row_put, &after), 0);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct row row = { TABLE_MEMBER, keys[i], keys[i] + strlen(keys[i]) - 1 };

		CHECK_INT(store_update(s, NEED_SPACE, row_put, &row), 0);
	}
	CHECK_INT(store_update(s, NEED_SPACE, walk, text), 0);
	CHECK_TEXT(text, "ab=b aba=a abab=b abz=z ");
	CHECK_INT(store_update(s, NEED_SPACE, walk, rest), 0);
	CHECK_TEXT(rest, "ab=b ");
	store_close(s);
}

static int put_then_fail(struct txn *t, void *arg)
{
	int r = row_put(t, arg);

	return r < 0 ? r : -EDOM;
}

TEST(store_update_that_fails_leaves_nothing)
{
	struct row row = { TABLE_NAME, "a", "1" };
	struct store *s = opened_store(store_folder(false));
	uint64_t serial = store_serial(s);

	CHECK_INT(store_update(s, NEED_ALWAYS, put_then_fail, &row), -EDOM);
	CHECK_INT(store_read(s, row_is, &row), -ENOENT);
	CHECK_INT(store_serial(s), serial);
	CHECK_INT(store_update(s, NEED_ALWAYS, row_put, &row), 0);
	CHECK_INT(store_serial(s), serial + 1);
	store_close(s);
}

TEST(store_read_writes_nothing)
{
	struct row row = { TABLE_NAME, "a", "1" };
	struct store *s = opened_store(store_folder(false));

	CHECK(store_read(s, row_put, &row) < 0);
	CHECK_INT(store_read(s, row_is, &row), -ENOENT);
	store_close(s);
}

TEST(store_opens_once_in_a_process)
{
	const char *f = store_folder(false);
	struct store *s = opened_store(f), *second = NULL;

	CHECK_INT(store_open(f, &second), -EALREADY);
	CHECK(!second);
	store_close(s);
	store_close(NULL);
	store_close(opened_store(f));
}

static int add_one(struct txn *t, void *arg)
{
	uint64_t *n = arg;
	struct bytes v;
	int r = txn_get(t, TABLE_LOCKOUT, "n", 1, &v);

	if (r < 0 && r != -ENOENT)
		return r;
	*n = 0;
	if (r == 0)
		memcpy(n, v.p, sizeof *n);
	++*n;
	return txn_put(t, TABLE_LOCKOUT, "n", 1, n, sizeof *n);
}

static int add_many(void *arg)
{
	struct store *s;
	uint64_t n, last = 0;

	for (int i = 0; i < 20; i++) {
		CHECK_INT(store_open(arg, &s), 0);
		for (int k = 0; k < 10; k++) {
			CHECK_INT(store_update(s, NEED_SPACE, add_one, &n), 0);
			CHECK(n > last);
			last = n;
		}
		store_close(s);
	}
	return 0;
}

TEST(store_counts_exactly_for_processes_at_once)
{
	const char *f = store_folder(false);
	pid_t pid[4];
	uint64_t n;

	for (size_t i = 0; i < 4; i++)
		pid[i] = child_begin(add_many, (void *)f);
	for (size_t i = 0; i < 4; i++)
		CHECK_INT(child_end(pid[i]), 0);

	struct store *s = opened_store(f);
	CHECK_INT(store_update(s, NEED_SPACE, add_one, &n), 0);
	CHECK_INT(n, 4 * 20 * 10 + 1);
	CHECK_INT(store_update(s, NEED_SPACE, nothing, NULL), 0);
	store_close(s);
}

static int try_lock(struct txn *t, void *arg)
{
	int fd = open(arg, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = flock(fd, LOCK_EX | LOCK_NB);

	(void)t;
	CHECK(r < 0 && errno == EWOULDBLOCK);
	close(fd);
	return 0;
}

TEST(store_is_locked_by_its_folder_while_it_is_written)
{
	const char *f = store_folder(false);
	struct store *s = opened_store(f);
	int fd = open(f, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CHECK_INT(store_update(s, NEED_SPACE, try_lock, (void *)f), 0);
	CHECK_INT(flock(fd, LOCK_EX | LOCK_NB), 0); /* and at no other time */
	close(fd);
	store_close(s);
}
