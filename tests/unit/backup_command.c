/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth export, restore, rekey and recover, for real: the command as root, hcauth-talk's part as another
 * user, store and keys on disk. */
#include "check.h"
#include "guard.h"
#include "init.h"
#include "init_machine.h"
#include "run.h"
#include "store/store.h"
#include "verbs.h"
#include "wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct outcome hcauth(const char *input, const char *a, const char *b, const char *c)
{
	return run_as(0, input, INIT_COMMAND, (const char *const[]){ a, b, c, NULL });
}

/* What it says besides is the audit's record, where there is no journal. */
#define DONE(o)                                                                                    \
	do {                                                                                       \
		struct outcome done_ = (o);                                                        \
		if (done_.status != STATUS_DONE)                                                   \
			check_fail(__FILE__, __LINE__, "%d: %s", done_.status, done_.err);         \
	} while (0)

/* A machine that is set up; its recovery key, with a line end, in a static buffer. */
static const char *machine_with_store(void)
{
	static char key[RECOVERY_TEXT + 1];

	machine();
	struct outcome o = hcauth("", "init", NULL, NULL);
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_INT(sscanf(strchr(o.out, '\n'), " %78s", key), 1);
	memcpy(key + strlen(key), "\n", 2);
	return key;
}

static int as_daemon(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		CHECK_INT(setresgid(DAEMON, DAEMON, DAEMON), 0);
		CHECK_INT(setresuid(DAEMON, DAEMON, DAEMON), 0);
		int r = fn();
		fflush(stdout);
		_exit(-r);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static int open_it(void)
{
	struct seal *seal;
	struct store *s;
	int r = store_open("lib/store", &s);

	if (r == 0 && (r = guard_check("lib/guard", s)) == 0)
		r = init_open(s, NULL, "etc/machine.key", &seal);
	return r;
}

static int put_mark(struct txn *t, void *arg)
{
	(void)arg;
	return txn_put(t, TABLE_META, "mark", 4, "x", 1);
}

static int mark_it(void)
{
	struct store *s;
	int r = store_open("lib/store", &s);

	return r < 0 ? r : store_update(s, NEED_SPACE, put_mark, NULL);
}

static int put_newer_schema(struct txn *t, void *arg)
{
	static const uint8_t newer[] = { 0, 0, 0, STORE_SCHEMA + 1 };

	(void)arg;
	return txn_put(t, TABLE_META, "schema", 6, newer, sizeof newer);
}

static int make_newer(void)
{
	struct store *s;
	int r = store_open("lib/store", &s);

	return r < 0 ? r : store_update(s, NEED_SPACE, put_newer_schema, NULL);
}

static int get_mark(struct txn *t, void *arg)
{
	struct bytes row;

	(void)arg;
	return txn_get(t, TABLE_META, "mark", 4, &row);
}

static int has_mark(void)
{
	struct store *s;
	int r = store_open("lib/store", &s);

	return r < 0 ? r : store_read(s, get_mark, NULL);
}

static bool there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void key_bytes(const char *path, uint8_t out[KEY_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	CHECK_INT(read(fd, out, KEY_BYTES), KEY_BYTES);
	close(fd);
}

/* One path that the pattern matches, in a static buffer. */
static const char *only(const char *pattern)
{
	static char path[256];
	glob_t g;

	CHECK_INT(glob(pattern, 0, NULL, &g), 0);
	CHECK_INT(g.gl_pathc, 1);
	snprintf(path, sizeof path, "%s", g.gl_pathv[0]);
	globfree(&g);
	return path;
}

TEST(export_and_restore_on_another_machine)
{
	struct stat st;
	uint8_t before[KEY_BYTES], after[KEY_BYTES];
	const char *key = machine_with_store();

	CHECK_INT(as_daemon(mark_it), 0);
	DONE(hcauth("", "export", "backup", NULL));
	CHECK_INT(lstat("backup", &st), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0600);
	CHECK_INT(st.st_uid, 0);
	CHECK(!there("backup.part"));
	key_bytes("etc/machine.key", before);

	CHECK_INT(rename("etc", "etc.gone") + rename("lib", "lib.gone"), 0);
	struct outcome o = hcauth(key, "restore", "backup", NULL);
	CHECK_HAS(o.err, "Recovery key: \n");
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_HAS(o.out, "The backup is of ");
	CHECK_HAS(o.out, "0 people, 0 accounts.");
	CHECK_HAS(o.out, "recovery codes, activation codes, envelopes and YubiKey touches");
	CHECK_INT(as_daemon(open_it), 0);
	CHECK_INT(as_daemon(has_mark), 0);
	key_bytes("etc/machine.key", after);
	CHECK(memcmp(before, after, KEY_BYTES) != 0);
	check_nothing_unfinished();
	CHECK_INT(hcauth("", "init", NULL, NULL).status, STATUS_EXISTS);
	DONE(hcauth("", "export", "second", NULL)); /* and it can be backed up again */
}

TEST(export_never_writes_over_a_file)
{
	machine_with_store();
	DONE(hcauth("", "export", "backup", NULL));
	struct outcome o = hcauth("", "export", "backup", NULL);
	CHECK_INT(o.status, STATUS_EXISTS);
	CHECK_HAS(o.err, "backup is there already");

	CHECK_INT(symlink("/nonexistent", "link"), 0);
	CHECK_INT(hcauth("", "export", "link", NULL).status, STATUS_EXISTS);
	CHECK_INT(symlink("victim", "new.part"), 0);
	o = hcauth("", "export", "new", NULL);
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "It is of an export that runs, or was cut short.");
	CHECK(!there("victim") && !there("new"));
}

TEST(export_that_fails_leaves_nothing)
{
	machine_with_store();
	CHECK_INT(rename("etc/machine.key", "kept"), 0);
	struct outcome o = hcauth("", "export", "backup", NULL);
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "hcauth help recover");
	CHECK(!there("backup") && !there("backup.part"));

	CHECK_INT(rename("kept", "etc/machine.key") + mkdir("small", 0755), 0);
	CHECK_INT(hcauth("", "export", "nowhere/backup", NULL).status, STATUS_REFUSED);
	CHECK_INT(run_as(DAEMON, "", INIT_COMMAND, (const char *const[]){ "export", "x", NULL })
			  .status,
		STATUS_NOT_ALLOWED);
	CHECK_INT(hcauth("", "export", NULL, NULL).status, STATUS_USAGE);
	CHECK_INT(hcauth("", "export", "--help-me", NULL).status, STATUS_USAGE);
}

TEST(restore_asks_three_times_for_the_key)
{
	char keys[400];
	const char *key = machine_with_store();

	DONE(hcauth("", "export", "backup", NULL));
	CHECK_INT(rename("etc", "etc.gone") + rename("lib", "lib.gone"), 0);
	const char *typo = key[0] == '7' ? "8" : "7";
	snprintf(keys, sizeof keys, "%s%s\nnonsense\n%s", typo, key + 1, key);
	for (char *p = keys; *p; p++)
		if (p[0] == '\n' && p[1] == '\n')
			memmove(p, p + 1, strlen(p));
	struct outcome o = hcauth(keys, "restore", "backup", "--dry-run");
	CHECK_HAS(o.err, "This is not a recovery key: there is a mistake in it.");
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_HAS(o.out, "It is whole. Nothing was changed.");
	CHECK(!there("etc") && !there("lib"));

	snprintf(keys, sizeof keys, "a\nb\nc\n%s", key);
	o = hcauth(keys, "restore", "backup", NULL);
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK(!there("etc") && !there("lib"));
	o = hcauth("", "restore", "backup", NULL);
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "There is no answer");
	CHECK(!there("etc") && !there("lib"));
}

TEST(restore_of_what_is_no_backup_leaves_all_as_it_is)
{
	static const char *const files[] = { "run.out", "nothing" };
	const char *key = machine_with_store();
	int fd = open("nothing", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	close(fd);
	for (size_t i = 0; i < 2; i++) {
		struct outcome o = hcauth(key, "restore", files[i], "--force");

		CHECK_INT(o.status, STATUS_REFUSED);
		CHECK_HAS(o.err, "This file is no backup, or it was changed.");
		CHECK_INT(as_daemon(open_it), 0);
		check_nothing_unfinished();
	}
	CHECK_INT(hcauth(key, "restore", "absent", NULL).status, STATUS_NO_SUCH);
	CHECK_INT(hcauth(key, "restore", "etc", NULL).status, STATUS_NO_SUCH);
	CHECK_INT(hcauth(key, "restore", NULL, NULL).status, STATUS_USAGE);
	CHECK_INT(hcauth(key, "restore", "x", "y").status, STATUS_USAGE);
	CHECK_INT(hcauth(key, "restore", "x", "--frce").status, STATUS_USAGE);
}

TEST(restore_keeps_what_is_there)
{
	const char *key = machine_with_store();

	DONE(hcauth("", "export", "backup", NULL));
	CHECK_INT(as_daemon(mark_it), 0);
	struct outcome o = hcauth(key, "restore", "backup", NULL);
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "There is a database in lib/store");
	CHECK_INT(as_daemon(has_mark), 0);

	o = hcauth(key, "restore", "backup", "--force");
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_HAS(o.out, "What was here before is kept in:\nlib/store.old1");
	CHECK_INT(as_daemon(open_it), 0);
	CHECK_INT(as_daemon(has_mark), -ENOENT);

	/* it can be put back */
	CHECK_INT(rename("lib/store", "away") + rename(only("lib/store.old*"), "lib/store"), 0);
	CHECK_INT(rename(only("etc/machine.key.old*"), "etc/machine.key"), 0);
	DONE(hcauth("", "accept-database", NULL, NULL));
	CHECK_INT(as_daemon(open_it), 0);
	CHECK_INT(as_daemon(has_mark), 0);
}

TEST(restore_wants_the_daemon_to_be_stopped)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "run/root.sock" };
	const char *key = machine_with_store();

	DONE(hcauth("", "export", "backup", NULL));
	CHECK_INT(mkdir("run", 0755), 0);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	CHECK_INT(bind(fd, (struct sockaddr *)&to, sizeof to) + listen(fd, 1), 0);
	struct outcome o = hcauth(key, "restore", "backup", "--force");
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "hcauthd is running");
	close(fd);
	CHECK_INT(hcauth(key, "restore", "backup", "--force").status, STATUS_DONE);
}

/* --- keys --- */

TEST(rekey_makes_another_machine_key)
{
	uint8_t before[KEY_BYTES], after[KEY_BYTES];
	struct stat st;

	machine_with_store();
	key_bytes("etc/machine.key", before);
	CHECK_INT(link("etc/machine.key", "old"), 0);
	DONE(hcauth("", "rekey", NULL, NULL));
	key_bytes("etc/machine.key", after);
	CHECK(memcmp(before, after, KEY_BYTES) != 0);
	CHECK_INT(lstat("etc/machine.key", &st), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0400);
	CHECK_INT(st.st_uid, DAEMON);
	CHECK_INT(as_daemon(open_it), 0);
	check_nothing_unfinished();

	CHECK_INT(rename("old", "etc/machine.key"), 0);
	CHECK_INT(as_daemon(open_it), -EKEYREJECTED);
	CHECK_INT(hcauth("", "rekey", NULL, NULL).status, STATUS_REFUSED);
	CHECK_INT(hcauth("", "rekey", "--frob", NULL).status, STATUS_USAGE);
	CHECK_INT(run_as(DAEMON, "", INIT_COMMAND, (const char *const[]){ "rekey", NULL }).status,
		STATUS_NOT_ALLOWED);
}

/* Whoever reads rows and key in the middle of a rekey finds what fits. */
TEST(rekey_refuses_nobody_who_comes_meanwhile)
{
	machine_with_store();
	int status = -1, opened = 0;
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i < 12; i++)
			DONE(hcauth("", "rekey", NULL, NULL));
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		CHECK_INT(as_daemon(open_it), 0);
		opened++;
	}
	CHECK_INT(status, 0);
	CHECK(opened > 12);
}

TEST(recover_mends_a_lost_key)
{
	const char *key = machine_with_store();

	CHECK_INT(unlink("etc/machine.key"), 0);
	struct outcome o = hcauth("wrong\n", "recover", NULL, NULL);
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK(!there("etc/machine.key"));
	check_nothing_unfinished();
	o = hcauth(key, "recover", NULL, NULL);
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_INT(as_daemon(open_it), 0);
	check_nothing_unfinished();

	/* and a key that is not its own, which is kept */
	CHECK_INT(chmod("etc/machine.key", 0600), 0);
	int fd = open("etc/machine.key", O_WRONLY | O_CLOEXEC);
	CHECK_INT(write(fd, "another", 7), 7);
	close(fd);
	CHECK_INT(as_daemon(open_it), -EKEYREJECTED);
	o = hcauth(key, "recover", NULL, NULL);
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_INT(as_daemon(open_it), 0);
	CHECK(there("etc/machine.key.old1"));
}

TEST(recovery_key_is_another_once_it_was_written_down)
{
	static char fresh[RECOVERY_TEXT + 1];
	const char *key = machine_with_store();
	struct outcome o = hcauth("no\n", "rekey", "--recovery", NULL);

	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "The recovery key is the one that it was.");
	CHECK_INT(hcauth("", "rekey", "--recovery", NULL).status, STATUS_REFUSED);
	DONE(hcauth("", "export", "before", NULL));
	CHECK_INT(hcauth(key, "restore", "before", "--dry-run").status, STATUS_DONE);

	o = hcauth("yes\n", "rekey", "--recovery", NULL);
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_INT(sscanf(strchr(o.out, '\n'), " %78s", fresh), 1);
	memcpy(fresh + strlen(fresh), "\n", 2);
	DONE(hcauth("", "export", "after", NULL));
	CHECK_INT(hcauth(key, "restore", "after", "--dry-run").status, STATUS_REFUSED);
	CHECK_INT(hcauth(fresh, "restore", "after", "--dry-run").status, STATUS_DONE);
	CHECK_INT(hcauth(fresh, "restore", "before", "--dry-run").status, STATUS_REFUSED);
	CHECK_INT(hcauth(key, "recover", NULL, NULL).status, STATUS_REFUSED);
	CHECK_INT(hcauth(fresh, "recover", NULL, NULL).status, STATUS_DONE);
	CHECK_INT(as_daemon(open_it), 0);
}

/* --- sealed by systemd, or by something that looks like it from here --- */

static void write_script(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* systemd-creds(1) on standard input or a file; systemctl, which hands a key over if unit is there. */
static void with_systemd(bool hands_over)
{
	CHECK_INT(mkdir("systemd", 0755), 0);
	write_script("systemd-creds",
		"#!/bin/sh\n"
		"[ \"$2\" = --name=machine.key ] || exit 1\n"
		"case $1 in\n"
		"encrypt) printf sealed: && cat ;;\n"
		"decrypt) [ \"$(head -c 7 \"$3\")\" = sealed: ] && tail -c +8 \"$3\" ;;\n"
		"esac\n");
	write_script("systemctl",
		hands_over ? "#!/bin/sh\necho $1 >>restarts\n[ ! -e credstore ] || : >given\n"
			   : "#!/bin/sh\necho $1 >>restarts\n");
}

/* As the daemon's user with the key that the unit would be handed. */
static int open_sealed(void)
{
	uint8_t sealed[7 + KEY_BYTES];
	struct seal *seal;
	struct store *s;
	int fd = open("sealed", O_RDONLY | O_CLOEXEC);

	CHECK_INT(read(fd, sealed, sizeof sealed), sizeof sealed);
	int r = store_open("lib/store", &s);
	return r < 0 ? r : wrap_open(s, sealed + 7, &seal);
}

static int opens_sealed(void)
{
	CHECK_INT(system("cp credstore/hcauth.machine.key sealed && chmod 644 sealed"), 0);
	return as_daemon(open_sealed);
}

TEST(rekey_seals_the_key)
{
	struct stat st;

	const char *key = machine_with_store();
	with_systemd(true);
	CHECK_INT(link("etc/machine.key", "old"), 0);
	DONE(hcauth("", "rekey", "--seal", NULL));
	CHECK(!there("etc/machine.key") && !there("etc/machine.key.new"));
	CHECK_INT(lstat("credstore/hcauth.machine.key", &st), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0600);
	CHECK_INT(opens_sealed(), 0);
	CHECK_INT(rename("old", "etc/machine.key"), 0);
	CHECK_INT(as_daemon(open_it), -EKEYREJECTED);

	/* it stays sealed, and what is left of the plain one goes */
	DONE(hcauth("", "rekey", NULL, NULL));
	CHECK(!there("etc/machine.key"));
	CHECK_INT(opens_sealed(), 0);
	DONE(hcauth("", "export", "backup", NULL));
	CHECK_INT(hcauth(key, "restore", "backup", "--force").status, STATUS_DONE);
	CHECK(!there("etc/machine.key") && there("credstore/hcauth.machine.key.old1"));
	CHECK_INT(opens_sealed(), 0);

	/* a seal that does not open any more */
	write_script("credstore/hcauth.machine.key", "broken");
	struct outcome o = hcauth("", "export", "second", NULL);
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "hcauth help recover");
	CHECK_INT(hcauth("", "rekey", NULL, NULL).status, STATUS_REFUSED);
	CHECK_INT(hcauth(key, "recover", NULL, NULL).status, STATUS_DONE);
	CHECK(!there("etc/machine.key"));
	CHECK_INT(opens_sealed(), 0);
}

TEST(rekey_that_seals_for_nobody_is_taken_back)
{
	machine_with_store();
	struct outcome o = hcauth("", "rekey", "--seal", NULL);
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "was not started by systemd");

	with_systemd(false);
	CHECK_INT(rename("systemd-creds", "creds"), 0);
	write_script("systemd-creds", "#!/bin/sh\nexit 1\n");
	o = hcauth("", "rekey", "--seal", NULL);
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "The machine key is what it was.");
	CHECK(there("etc/machine.key") && !there("credstore"));
	CHECK_INT(as_daemon(open_it), 0);
	CHECK_INT(rename("creds", "systemd-creds"), 0);

	o = hcauth("", "rekey", "--seal", NULL);
	CHECK_INT(o.status, STATUS_REFUSED);
	CHECK_HAS(o.err, "LoadCredentialEncrypted=machine.key:hcauth.machine.key");
	CHECK(!there("credstore/hcauth.machine.key"));
	CHECK_INT(as_daemon(open_it), 0);
	DONE(hcauth("", "rekey", NULL, NULL));
	CHECK_INT(as_daemon(open_it), 0);
}

TEST(pk11_older_program_leaves_a_newer_database_as_it_is)
{
	static const char *const all[][3] = { { "export", "file" }, { "rekey" },
		{ "rekey", "--recovery" }, { "recover" }, { "accept-database" } };
	const char *key = machine_with_store();
	struct stat before, after;

	CHECK_INT(as_daemon(make_newer), 0);
	CHECK_INT(stat("lib/store/data.mdb", &before), 0);
	CHECK_INT(as_daemon(open_it), -ENOTSUP);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct outcome o = hcauth(key, all[i][0], all[i][1], all[i][2]);

		CHECK_INT(o.status, STATUS_REFUSED);
		CHECK_HAS(o.err, "of a newer hcauth");
	}
	CHECK_INT(stat("lib/store/data.mdb", &after), 0);
	CHECK_INT(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	CHECK_INT(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	CHECK_INT(after.st_ino, before.st_ino);
	CHECK(!there("file") && !there("file.part"));
	check_nothing_unfinished();
}
