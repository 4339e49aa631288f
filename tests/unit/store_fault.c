/* SPDX-License-Identifier: Apache-2.0 */
/* The store when things go wrong around it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "rig.h"
#include "store/patience.h"
#include "store/store.h"

struct put {
	uint64_t key;
	size_t len;
	bool careless; /* goes on after an error */
};

static int value_put(struct txn *t, void *arg)
{
	static const uint8_t value[VALUE_MAX] = { 1 };
	const struct put *p = arg;
	int r = txn_put(t, TABLE_AUDIT, &p->key, sizeof p->key, value, p->len);

	return p->careless ? 0 : r;
}

static int value_known(struct txn *t, void *arg)
{
	const struct put *p = arg;
	struct bytes v;

	return txn_get(t, TABLE_AUDIT, &p->key, sizeof p->key, &v);
}

/* Puts rows until that fails; how many went in, and why it ended. */
static uint64_t put_until(struct store *s, enum need need, struct put *p, int *why)
{
	uint64_t n = 0;

	for (; (*why = store_update(s, need, value_put, p)) == 0; p->key++)
		n++;
	return n;
}

static void disk_fill(const char *path)
{
	static const uint8_t block[65536] = { 1 };
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ssize_t n;

	CHECK(fd >= 0);
	for (size_t size = sizeof block; size > 0; size = n > 0 ? size : size / 2)
		n = write(fd, block, size);
	close(fd);
}

TEST(sf03_store_on_a_full_disk_counts_spends_and_audits)
{
	struct put p = { .key = 1, .len = 1000 };
	struct store *s;
	struct statvfs disk;
	const char *f = store_folder(true);
	int why;

	small_disk(f, "20m");
	CHECK_INT(store_create(f), 0);
	disk_fill(in_folder("store/filler"));
	CHECK_INT(statvfs(f, &disk), 0);
	CHECK_INT(disk.f_bavail, 0);
	CHECK_INT(store_open(f, &s), 0);
	uint64_t usual = put_until(s, NEED_SPACE, &p, &why);
	CHECK_INT(why, -ENOSPC);
	CHECK(usual > 1000); /* of the reserve's first three quarters */
	CHECK_INT(store_update(s, NEED_SPACE, value_put, &p), -ENOSPC);
	p.len = 200;
	uint64_t always = put_until(s, NEED_ALWAYS, &p, &why);
	CHECK_INT(why, -ENOSPC);
	CHECK(always > 2000); /* of its last */
	CHECK_INT(store_read(s, value_known, &p), -ENOENT);
	p.key--;
	CHECK_INT(store_read(s, value_known, &p), 0);
	store_close(s);
	CHECK_INT(unlink(in_folder("store/filler")), 0);
	CHECK_INT(store_open(f, &s), 0);
	for (p.key = 1; p.key <= usual + always; p.key++)
		CHECK_INT(store_read(s, value_known, &p), 0);
	CHECK_INT(store_update(s, NEED_SPACE, value_put, &p), 0);
	store_close(s);
}

TEST(store_reserve_is_filled_up_again)
{
	struct put p = { .key = 1, .len = 10000 };
	struct store *s;
	const char *f = store_folder(true);
	int why;

	small_disk(f, "40m");
	CHECK_INT(store_create(f), 0);
	CHECK_INT(store_open(f, &s), 0);
	for (; p.key < 800; p.key++) /* twice the reserve */
		CHECK_INT(store_update(s, NEED_ALWAYS, value_put, &p), 0);
	disk_fill(in_folder("store/filler"));
	p.len = 1000;
	while ((why = store_update(s, NEED_SPACE, value_put, &p)) == 0)
		p.key++;
	CHECK_INT(why, -ENOSPC);
	CHECK(put_until(s, NEED_ALWAYS, &p, &why) > 500);
	store_close(s);
}

TEST(store_too_small_a_disk_makes_no_store)
{
	struct store *s;
	const char *f = store_folder(true);

	small_disk(f, "3m");
	CHECK_INT(store_create(f), -ENOSPC);
	CHECK_INT(access(in_folder("store/data.mdb"), F_OK), -1);
	CHECK_INT(access(in_folder("store/fresh.mdb"), F_OK), -1);
	CHECK_INT(store_open(f, &s), -ENOENT);
}

TEST(sf13_store_map_full_is_a_full_disk)
{
	struct put p = { .key = 1, .len = 60000 };
	struct store *s;
	int why;

	rig_map = 10 << 20;
	CHECK_INT(store_open(store_folder(false), &s), 0);
	CHECK(put_until(s, NEED_SPACE, &p, &why) > 10);
	CHECK_INT(why, -ENOSPC);
	p.careless = true;
	CHECK(put_until(s, NEED_ALWAYS, &p, &why) < 200);
	CHECK_INT(why, -ECANCELED);
	CHECK_INT(store_read(s, value_known, &p), -ENOENT);
	p = (struct put){ .key = UINT64_MAX, .len = 8 };
	CHECK_INT(store_update(s, NEED_ALWAYS, value_put, &p), 0);
	store_close(s);
}

TEST(sf06_fo07_store_read_only_is_refused)
{
	struct store *s;
	const char *f = store_folder(true);

	small_disk(f, "20m");
	CHECK_INT(store_create(f), 0);
	CHECK_INT(mount(NULL, f, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	CHECK_INT(store_open(f, &s), -EROFS);
	CHECK_INT(unlink(in_folder("store/data.mdb")), -1);
	CHECK_INT(store_create(f), -EEXIST);
}

TEST(sf04_store_failed_sync_is_not_tried_again)
{
	struct put p = { .key = 1, .len = 100 };
	struct store *s;
	const char *f = store_folder(false);

	CHECK_INT(store_open(f, &s), 0);
	CHECK_INT(store_update(s, NEED_ALWAYS, value_put, &p), 0);
	p.key = 2;
	rig_sync_fails = 1;
	CHECK_INT(store_update(s, NEED_ALWAYS, value_put, &p), -EIO);
	CHECK_INT(rig_sync_fails, 0);
	rig_syncs = 0;
	CHECK_INT(store_update(s, NEED_ALWAYS, value_put, &p), -EIO);
	CHECK_INT(rig_syncs, 0);
	CHECK_INT(store_read(s, value_known, &p), -ENOENT);
	p.key = 1;
	CHECK_INT(store_read(s, value_known, &p), 0);
	store_close(s);
	CHECK_INT(store_open(f, &s), 0);
	CHECK_INT(store_update(s, NEED_ALWAYS, value_put, &p), 0);
	CHECK_INT(rig_syncs, 1);
	store_close(s);
}

/* Writes n large rows, or until an update fills the reserve up, which is two commits more; how many. */
static int write_large(struct store *s, int n)
{
	struct put p = { .key = 1, .len = 60000 };

	while ((int)p.key <= n) {
		rig_syncs = 0;
		CHECK_INT(store_update(s, NEED_ALWAYS, value_put, &p), 0);
		p.key++;
		if (rig_syncs == 3)
			break;
	}
	return (int)p.key - 1;
}

TEST(store_failed_sync_of_the_reserve_counts_too)
{
	struct put p = { .key = 1000, .len = 60000 };
	struct store *s;
	const char *f = store_folder(false), *g = in_folder("same");

	CHECK_INT(store_open(f, &s), 0);
	int n = write_large(s, 200);
	CHECK(n > 40 && n < 80);
	store_close(s);

	CHECK_INT(mkdir(g, 0700), 0);
	CHECK_INT(store_create(g), 0);
	CHECK_INT(store_open(g, &s), 0);
	CHECK_INT(write_large(s, n - 1), n - 1);
	rig_sync_fails = 1;
	rig_syncs = 0;
	CHECK_INT(store_update(s, NEED_ALWAYS, value_put, &p), -EIO);
	CHECK_INT(rig_syncs, 1);
	CHECK_INT(store_update(s, NEED_ALWAYS, value_put, &p), -EIO);
	CHECK_INT(rig_syncs, 1);
	store_close(s);
}

static int lock_and_tell(void *arg)
{
	const int *to = arg;
	int fd = open(in_folder("store"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CHECK_INT(flock(fd, LOCK_EX), 0);
	CHECK_INT(write(*to, "", 1), 1);
	pause();
	return 1;
}

static int open_only(void *arg)
{
	struct store *s;
	sigset_t all;

	signal(SIGALRM, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	return store_open(arg, &s) == 0 ? 0 : 1;
}

TEST(store_open_that_hangs_ends_by_its_alarm)
{
	const char *f = store_folder(false);
	int ends[2];
	char byte;

	CHECK_INT(pipe(ends), 0);
	pid_t holder = child_begin(lock_and_tell, &ends[1]);
	CHECK_INT(read(ends[0], &byte, 1), 1);
	rig_timer_us = 100000;
	int status = in_child(open_only, (void *)f);
	CHECK_INT(status, SIGALRM);
	kill(holder, SIGKILL);
	child_end(holder);
	rig_timer_us = 0;
	CHECK_INT(in_child(open_only, (void *)f), 0);
}

static volatile sig_atomic_t alarms;

static void alarm_count(int signal)
{
	(void)signal;
	alarms++;
}

TEST(store_open_keeps_the_callers_alarm)
{
	struct store *s;
	struct patience p;

	alarm(100);
	CHECK_INT(store_open(store_folder(false), &s), 0);
	unsigned left = alarm(0);
	CHECK(left >= 40 && left <= 100);
	store_close(s);

	sigset_t alarm_only, none;
	sigemptyset(&none);
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm_only, NULL);
	signal(SIGALRM, alarm_count);
	alarm(100);
	patience_begin(&p, 200);
	p.limit.it_value.tv_sec += 101; /* as if so many seconds had gone by: the caller's is due */
	CHECK_INT(alarms, 0);
	patience_end(&p);
	time_t start = time(NULL);
	while (!alarms)
		sigsuspend(&none);
	CHECK(time(NULL) - start < 60);
}

static int open_and_wait(void *arg)
{
	struct store *s;
	int *to = arg;

	CHECK_INT(store_open(in_folder("store"), &s), 0);
	CHECK_INT(write(*to, "", 1), 1);
	alarm(0); /* for as long as the case takes */
	pause();
	return 1;
}

/* A process that has the store open. */
static pid_t user_of_store(void)
{
	int ends[2];
	char byte;

	CHECK_INT(pipe(ends), 0);
	pid_t pid = child_begin(open_and_wait, &ends[1]);
	CHECK_INT(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void user_ends(pid_t pid)
{
	kill(pid, SIGKILL);
	child_end(pid);
}

TEST(sf14_store_lock_file_taken_away_is_made_anew_when_nobody_uses_it)
{
	struct store *s;
	struct stat st;
	const char *f = store_folder(false), *lock = in_folder("store/lock.mdb");
	pid_t user = user_of_store();

	CHECK_INT(unlink(lock), 0);
	CHECK_INT(store_open(f, &s), -EBUSY);
	CHECK_INT(access(lock, F_OK), -1);
	user_ends(user);
	CHECK_INT(store_open(f, &s), 0);
	store_close(s);
	file_write(lock, "foreign", 7, 0666);
	CHECK_INT(store_open(f, &s), 0);
	CHECK_INT(stat(lock, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	store_close(s);
	CHECK_INT(unlink(lock), 0);
	CHECK_INT(symlink("data.mdb", lock), 0);
	CHECK_INT(store_open(f, &s), 0);
	CHECK_INT(lstat(lock, &st), 0);
	CHECK(S_ISREG(st.st_mode));
	store_close(s);
}

static int open_and_die(void *arg)
{
	struct store *s;

	CHECK_INT(store_open(arg, &s), 0);
	return raise(SIGKILL);
}

TEST(sf14_store_killed_readers_leave_their_places)
{
	const char *f = store_folder(false);
	pid_t user = user_of_store(); /* so that no opener is the first */

	for (int i = 0; i < 1200; i++) { /* more processes than there are places */
		int status = in_child(open_and_die, (void *)f);

		CHECK_INT(status, SIGKILL);
	}
	user_ends(user);
}
