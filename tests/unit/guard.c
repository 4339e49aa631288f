/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "rig.h"
#include "store/store.h"

static int one_row(struct txn *t, void *arg)
{
	(void)arg;
	return txn_put(t, TABLE_META, "row", 3, "x", 1);
}

static struct store *store_with(const char *folder, int commits)
{
	struct store *s;

	CHECK_INT(store_open(folder, &s), 0);
	for (int i = 0; i < commits; i++)
		CHECK_INT(store_update(s, NEED_ALWAYS, one_row, NULL), 0);
	return s;
}

static const char *guard_folder(void)
{
	const char *g = in_folder("guard");

	CHECK_INT(mkdir(g, 0700), 0);
	return g;
}

static void make_old(const char *file)
{
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	CHECK_INT(utimensat(AT_FDCWD, file, old, 0), 0);
}

TEST(sf10_guard_notices_a_database_put_back)
{
	const char *g = guard_folder(), *file = in_folder("guard/serial");
	struct store *s = store_with(store_folder(false), 3);
	uint64_t serial = store_serial(s);

	CHECK_INT(guard_check(g, s), 0); /* makes it */
	CHECK_INT(guard_check(g, s), 0);
	make_old(file);
	CHECK_INT(guard_note(g, serial + 1), 0);
	CHECK_INT(guard_check(g, s), -ESTALE);
	CHECK_INT(store_update(s, NEED_ALWAYS, one_row, NULL), 0);
	CHECK_INT(guard_check(g, s), 0);
	make_old(file);
	CHECK_INT(guard_note(g, serial + 50), 0);
	CHECK_INT(guard_check(g, s), -ESTALE);
	CHECK_INT(guard_accept(g, serial), 0);
	CHECK_INT(guard_check(g, s), 0);
	store_close(s);
}

TEST(guard_is_written_once_a_second_and_upwards_only)
{
	struct stat st;
	const char *g = guard_folder(), *file = in_folder("guard/serial");
	struct store *s = store_with(store_folder(false), 3);
	uint64_t serial = store_serial(s);
	struct timespec future[2] = { { .tv_sec = 1L << 33 }, { .tv_sec = 1L << 33 } };

	CHECK_INT(guard_check(g, s), 0);
	CHECK_INT(guard_note(g, serial + 9), 0); /* too soon */
	CHECK_INT(guard_check(g, s), 0);
	make_old(file);
	CHECK_INT(guard_note(g, serial - 1), 0); /* somebody else's commit came later than ours */
	CHECK_INT(stat(file, &st), 0);
	CHECK_INT(st.st_mtim.tv_sec, 1000);
	CHECK_INT(utimensat(AT_FDCWD, file, future, 0), 0); /* a clock set back since */
	CHECK_INT(guard_note(g, serial + 9), 0);
	CHECK_INT(guard_check(g, s), -ESTALE);
	store_close(s);
}

TEST(guard_that_is_none_is_refused_until_accepted)
{
	static const char *const text[] = { "", "hcguard1",
		"hcguard1\0\0\0\0\0\0\0\0................",
		"this is something else and longer than a guard would ever be" };
	static const size_t len[] = { 0, 8, 32, 60 };
	const char *g = guard_folder(), *file = in_folder("guard/serial");
	struct store *s = store_with(store_folder(false), 3);

	for (size_t i = 0; i < 4; i++) {
		file_write(file, text[i], len[i], 0600);
		CHECK_INT(guard_check(g, s), -EUCLEAN);
		CHECK_INT(guard_note(g, store_serial(s)), -EUCLEAN);
		CHECK_INT(guard_accept(g, store_serial(s)), 0);
		CHECK_INT(guard_check(g, s), 0);
	}
	int end = open(file, O_WRONLY | O_APPEND | O_CLOEXEC); /* a good one and more */
	CHECK_INT(write(end, "", 1), 1);
	CHECK_INT(guard_check(g, s), -EUCLEAN);
	CHECK_INT(ftruncate(end, 31), 0);
	CHECK_INT(guard_check(g, s), -EUCLEAN);
	close(end);
	CHECK_INT(guard_accept(g, store_serial(s)), 0);
	for (int i = 0; i < 32 * 8; i++) { /* any bit of a good one */
		uint8_t good[33];
		int fd = open(file, O_RDWR | O_CLOEXEC);

		CHECK_INT(read(fd, good, sizeof good), 32);
		good[i / 8] ^= (uint8_t)(1 << i % 8);
		CHECK_INT(pwrite(fd, good, 32, 0), 32);
		CHECK_INT(guard_check(g, s), -EUCLEAN);
		good[i / 8] ^= (uint8_t)(1 << i % 8);
		CHECK_INT(pwrite(fd, good, 32, 0), 32);
		close(fd);
	}
	CHECK_INT(guard_check(g, s), 0);
	store_close(s);
}

TEST(guard_must_be_ours_alone)
{
	const char *g = guard_folder(), *file = in_folder("guard/serial");
	struct store *s = store_with(store_folder(false), 1);

	CHECK_INT(chmod(g, 0755), 0);
	CHECK_INT(guard_check(g, s), -EPERM);
	CHECK_INT(guard_note(g, 9), -EPERM);
	CHECK_INT(guard_accept(g, 9), -EPERM);
	CHECK_INT(chmod(g, 0700), 0);
	CHECK_INT(guard_check(in_folder("none"), s), -ENOENT);
	CHECK_INT(guard_accept(in_folder("none"), 9), -ENOENT);
	CHECK_INT(symlink(g, in_folder("link")), 0);
	CHECK_INT(guard_check(in_folder("link"), s), -EPERM);
	CHECK_INT(guard_accept(in_folder("link"), 9), -EPERM);
	CHECK_INT(symlink("/etc/passwd", file), 0);
	CHECK_INT(guard_check(g, s), -EPERM);
	CHECK_INT(guard_accept(g, store_serial(s)), 0); /* replaces the link, not what it names */
	CHECK_INT(guard_check(g, s), 0);
	CHECK_INT(chmod(file, 0644), 0);
	CHECK_INT(guard_check(g, s), -EPERM);
	store_close(s);
}

static int as_its_user(void *arg)
{
	struct store *s = store_with(in_folder("store"), 1);

	CHECK_INT(guard_check(arg, s), 0);
	make_old(in_folder("guard/serial"));
	CHECK_INT(guard_note(arg, store_serial(s)), 0);
	store_close(s);
	return 0;
}

static int as_another(void *arg)
{
	CHECK_INT(setresuid(12345, 12345, 12345), 0);
	return as_its_user(arg);
}

TEST(guard_accepted_by_root_is_left_to_its_user)
{
	const char *g = guard_folder(), *f = store_folder(false);

	CHECK_INT(geteuid() == 0 ? chmod(test_folder(), 0755) | chown(g, 12345, 12345) |
				chown(f, 12345, 12345) |
				chown(in_folder("store/data.mdb"), 12345, 12345)
				 : 0,
		0);
	CHECK_INT(guard_accept(g, 2), 0);
	CHECK_INT(in_child(geteuid() == 0 ? as_another : as_its_user, (void *)g), 0);
}
