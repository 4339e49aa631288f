/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth init, for real: the command as root, hcauth-talk's part as another user, the store on disk. */
#include "init.h"
#include "check.h"
#include "guard.h"
#include "run.h"
#include "store/store.h"
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init_machine.h"

static struct outcome init(void)
{
	return run_as(0, "", INIT_COMMAND, (const char *const[]){ "init", NULL });
}

static struct stat look(const char *path)
{
	struct stat st = { .st_mode = 0 };

	if (lstat(path, &st) < 0)
		CHECK_INT(errno, ENOENT);
	return st;
}

#define CHECK_PLACE(path, mode, uid)                                                               \
	do {                                                                                       \
		CHECK_INT(look(path).st_mode, mode);                                               \
		CHECK_INT(look(path).st_uid, uid);                                                 \
		CHECK_INT(look(path).st_gid, uid);                                                 \
	} while (0)

static void write_file(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0400);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, p, n), n);
	CHECK_INT(fchown(fd, DAEMON, DAEMON), 0);
	close(fd);
}

/* Runs fn in a process of the daemon's user, which may open the store. */
static void as_daemon(void (*fn)(const void *), const void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		CHECK_INT(setresgid(DAEMON, DAEMON, DAEMON), 0);
		CHECK_INT(setresuid(DAEMON, DAEMON, DAEMON), 0);
		fn(arg);
		fflush(stdout);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

TEST(init_makes_everything_with_its_owner_and_mode)
{
	machine();
	struct outcome o = init();

	CHECK_TEXT(o.err, "");
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_HAS(o.out, "The recovery key of this machine:\n\n    ");
	CHECK_HAS(o.out, "hcauth is set up.");
	CHECK_PLACE("etc", S_IFDIR | 0755, 0);
	CHECK_PLACE("etc/machine.key", S_IFREG | 0400, DAEMON);
	CHECK_INT(look("etc/machine.key").st_size, KEY_BYTES);
	CHECK_PLACE("lib", S_IFDIR | 0755, 0);
	CHECK_PLACE("lib/store", S_IFDIR | 0700, DAEMON);
	CHECK_PLACE("lib/guard", S_IFDIR | 0700, DAEMON);
	CHECK_PLACE("lib/directory", S_IFDIR | 0755, DAEMON);
	check_nothing_unfinished();
}

static int read_recovery(struct txn *t, void *arg)
{
	struct bytes row;
	int r = txn_get(t, TABLE_META, "wrap.recovery", 13, &row);

	if (r == 0 && row.len == WRAP_BYTES)
		memcpy(arg, row.p, WRAP_BYTES);
	return r;
}

static void both_keys_open_it(const void *arg)
{
	const struct outcome *o = arg;
	uint8_t wrapped[WRAP_BYTES], key[KEY_BYTES], a[HASH_BYTES], b[HASH_BYTES];
	char text[RECOVERY_TEXT] = "";
	struct seal *by_machine, *by_recovery;
	struct store *s;

	CHECK_INT(sscanf(strchr(o->out, '\n'), " %79s", text), 1);
	CHECK_INT(recovery_parse(text, key), 0);
	CHECK_INT(store_open("lib/store", &s), 0);
	CHECK_INT(guard_check("lib/guard", s), 0);
	CHECK_INT(init_open(s, NULL, "etc/machine.key", &by_machine), 0);
	CHECK_INT(store_read(s, read_recovery, wrapped), 0);
	CHECK_INT(seal_unwrap(wrapped, "recovery", key, &by_recovery), 0);
	CHECK_INT(seal_unwrap(wrapped, "machine", key, &by_recovery), -EKEYREJECTED);
	seal_hash(by_machine, SEAL_TOKEN, "x", 1, a);
	seal_hash(by_recovery, SEAL_TOKEN, "x", 1, b);
	CHECK_BYTES(a, b, HASH_BYTES);
	store_close(s);
}

TEST(init_recovery_key_opens_what_the_machine_key_opens)
{
	machine();
	struct outcome o = init();

	CHECK_INT(o.status, STATUS_DONE);
	as_daemon(both_keys_open_it, &o);
}

TEST(init_a_second_time_changes_nothing)
{
	machine();
	CHECK_INT(init().status, STATUS_DONE);
	struct stat key = look("etc/machine.key"), data = look("lib/store/data.mdb");

	struct outcome o = init();
	CHECK_INT(o.status, STATUS_EXISTS);
	CHECK_TEXT(o.out, "");
	CHECK_TEXT(o.err, "hcauth: This machine is set up already.\n");
	CHECK_INT(look("etc/machine.key").st_ino, key.st_ino);
	CHECK_INT(look("lib/store/data.mdb").st_ino, data.st_ino);
	CHECK_INT(look("lib/store/data.mdb").st_mtim.tv_nsec, data.st_mtim.tv_nsec);
}

TEST(sf12_init_refuses_a_key_without_its_database)
{
	machine();
	CHECK_INT(init().status, STATUS_DONE);
	struct stat key = look("etc/machine.key");

	CHECK_INT(rename("lib/store", "kept"), 0);
	for (int i = 0; i < 2; i++) { /* no folder; an empty one */
		struct outcome o = init();

		CHECK_INT(o.status, STATUS_REFUSED);
		CHECK_TEXT(o.out, "");
		CHECK_HAS(o.err,
			"There is a machine key, etc/machine.key, but no database in lib/store");
		CHECK_INT(look("etc/machine.key").st_ino, key.st_ino);
		CHECK_INT(look("lib/guard").st_mode, S_IFDIR | 0700);
		CHECK(i > 0 || mkdir("lib/store", 0700) == 0);
	}
}

TEST(sf12_init_refuses_a_database_without_its_key)
{
	machine();
	CHECK_INT(init().status, STATUS_DONE);
	struct stat data = look("lib/store/data.mdb");

	CHECK_INT(rename("etc/machine.key", "kept"), 0);
	struct outcome o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_TEXT(o.out, "");
	CHECK_HAS(o.err,
		"There is a database in lib/store, but not its machine key, etc/machine.key");
	CHECK_INT(look("lib/store/data.mdb").st_ino, data.st_ino);
	CHECK_INT(look("etc/machine.key").st_mode, 0);

	/* an unfinished key is not taken for it, nor thrown away */
	write_file("etc/machine.key.new", "0123456789abcdef0123456789abcdef", KEY_BYTES);
	o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "etc/machine.key.new is not it");
	CHECK_INT(look("etc/machine.key").st_mode, 0);
	CHECK_INT(look("etc/machine.key.new").st_size, KEY_BYTES);
	CHECK_INT(look("lib/store/data.mdb").st_ino, data.st_ino);

	/* the right one is: this is an init that was cut short between its last two steps */
	CHECK_INT(rename("kept", "etc/machine.key.new"), 0);
	o = init();
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_HAS(o.out, "An earlier hcauth init was cut short");
	CHECK_PLACE("etc/machine.key", S_IFREG | 0400, DAEMON);
	check_nothing_unfinished();
}

/* As when root has sealed it and removed the plain one (hcauthd(8)). */
TEST(init_takes_a_sealed_key_for_the_key)
{
	struct outcome o;

	machine();
	CHECK_INT(init().status, STATUS_DONE);
	CHECK_INT(mkdir("credstore", 0700), 0);
	CHECK_INT(rename("etc/machine.key", "credstore/hcauth.machine.key"), 0);
	o = init();
	CHECK_INT(o.status, STATUS_EXISTS);
	CHECK_INT(look("etc/machine.key").st_mode, 0);
	CHECK_INT(rename("lib/store", "kept"), 0);
	o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "There is a machine key, credstore/hcauth.machine.key, but no database");
	CHECK_INT(look("etc/machine.key").st_mode, 0);
}

static void guard_runs_ahead(const void *arg)
{
	(void)arg;
	CHECK_INT(guard_accept("lib/guard", 1000000), 0);
}

TEST(init_begins_anew_after_both_were_removed)
{
	machine();
	CHECK_INT(init().status, STATUS_DONE);
	as_daemon(guard_runs_ahead, NULL); /* it remembers the old one */
	CHECK_INT(rename("lib/store", "old") + unlink("etc/machine.key"), 0);
	struct outcome o = init();

	CHECK_INT(o.status, STATUS_DONE);
	as_daemon(both_keys_open_it, &o);
}

static void check_nothing_made(void)
{
	CHECK_INT(look("etc").st_mode, 0);
	CHECK_INT(look("lib").st_mode, 0);
	check_nothing_unfinished();
}

TEST(init_that_fails_leaves_nothing)
{
	machine();
	CHECK_INT(rename("libexec", "kept"), 0);
	struct outcome o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "libexec/hcauth-talk can't be run");
	check_nothing_made();

	CHECK_INT(rename("kept", "libexec"), 0);
	CHECK_INT(symlink("/dev/full", "full"), 0);
	CHECK_INT(rename("full", "run.out"), 0); /* nobody is shown the recovery key */
	o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "No space left on device");
	check_nothing_made();

	CHECK_INT(unlink("run.out"), 0);
	CHECK_INT(init().status, STATUS_DONE);
}

TEST(init_wants_its_user)
{
	machine();
	write_file("passwd", "root:x:0:0::/:/bin/sh\nhcauthd2:x:7:7::/:/bin/sh\n", 49);
	struct outcome o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err,
		"There is no user hcauthd on this machine. Make it with:\nuseradd --system ");
	check_nothing_made();

	write_file("passwd", "hcauthd:x:0:0::/:/bin/sh\n", 25);
	o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_TEXT(o.err, "hcauth: The user hcauthd must not have uid 0.\n");
	check_nothing_made();
}

TEST(init_names_a_folder_that_is_not_right)
{
	machine();
	CHECK_INT(mkdir("etc", 0755) + mkdir("lib", 0755) + chmod("lib", 0777), 0);
	struct outcome o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "lib must be owned by 0:0 with mode 0755, and is 0:0 with 0777.");
	CHECK_INT(look("lib").st_mode, S_IFDIR | 0777);

	CHECK_INT(rmdir("lib") + symlink("/tmp", "lib"), 0);
	o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "lib must be a folder.");

	CHECK_INT(unlink("lib"), 0);
	CHECK_INT(symlink("nowhere", "etc/machine.key"), 0);
	o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "There is a machine key");
	CHECK_INT(look("lib").st_mode, 0);
	CHECK_INT(look("etc").st_mode, S_IFDIR | 0755);
}

TEST(init_runs_once_at_a_time)
{
	machine();
	CHECK_INT(mkdir("lib", 0755), 0);
	int fd = open("lib/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	CHECK_INT(flock(fd, LOCK_EX), 0);
	struct outcome o = init();
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_TEXT(o.err, "hcauth: Another hcauth init is running, or another such command.\n");
	close(fd);
	CHECK_INT(init().status, STATUS_DONE);
}

TEST(nobody_else_can_hold_init_up)
{
	machine();
	CHECK_INT(mkdir("lib", 0755), 0);
	int fd = open("lib", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* as anybody may */

	CHECK_INT(flock(fd, LOCK_EX), 0);
	CHECK_INT(init().status, STATUS_DONE);
	CHECK_INT(look("lib/lock").st_mode, S_IFREG | 0600);
	close(fd);
}

TEST(init_is_for_root_and_takes_no_arguments)
{
	machine();
	CHECK_INT(run_as(DAEMON, "", INIT_COMMAND, (const char *const[]){ "init", NULL }).status,
		STATUS_NOT_ALLOWED);
	CHECK_INT(run_as(0, "", INIT_COMMAND, (const char *const[]){ "init", "x", NULL }).status,
		STATUS_USAGE);
	check_nothing_made();
}

static void guard_expects(const void *arg)
{
	struct store *s;

	CHECK_INT(store_open("lib/store", &s), 0);
	CHECK_INT(guard_check("lib/guard", s), *(const int *)arg);
	store_close(s);
}

TEST(init_accept_database_is_roots_word)
{
	static const char *const words[] = { "accept-database", NULL };

	machine();
	CHECK_INT(init().status, STATUS_DONE);
	as_daemon(guard_runs_ahead, NULL);
	as_daemon(guard_expects, &(int){ -ESTALE });
	CHECK_INT(run_as(DAEMON, "", INIT_COMMAND, words).status, STATUS_NOT_ALLOWED);
	as_daemon(guard_expects, &(int){ -ESTALE });
	CHECK_INT(run_as(0, "", INIT_COMMAND, words).status, STATUS_DONE);
	as_daemon(guard_expects, &(int){ 0 });
}
