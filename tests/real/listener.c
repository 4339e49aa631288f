/* SPDX-License-Identifier: Apache-2.0 */
/* How the listener starts, what it becomes, and how it ends. */
#include "real/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "paths.h"

enum { BAD_SETTINGS = 1, CANNOT_START = 111 };

static void check_file(const char *path, mode_t mode, struct stat *st)
{
	CHECK_INT(lstat(path, st), 0);
	CHECK_INT(st->st_mode, mode);
	CHECK_INT(st->st_uid, 0);
	CHECK_INT(st->st_gid, 0);
}

TEST(listener_makes_two_sockets_of_roots)
{
	struct stat st;

	world_make();
	umask(0);
	struct listener l = listener_start();
	check_file(HC_RUN_DIR, S_IFDIR | 0755, &st);
	check_file(HC_ROOT_SOCKET, S_IFSOCK | 0600, &st);
	check_file(HC_USER_SOCKET, S_IFSOCK | 0666, &st);
	check_file(HC_RUN_DIR "/lock", S_IFREG | 0600, &st);
	CHECK_INT(join(ADA, "root.sock"), -EACCES);

	int fd = join(0, "root.sock");
	struct ucred c;
	socklen_t len = sizeof c;
	CHECK_INT(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len), 0);
	CHECK_INT(c.uid, 0); /* what clients demand of who called listen() */
	CHECK_INT(listener_stop(&l), 0);
}

TEST(listener_is_no_longer_root)
{
	world_make();
	struct listener l = listener_start();

	CHECK_TEXT(status_line(l.pid, "\nUid"), "3999\t3999\t3999\t3999");
	CHECK_TEXT(status_line(l.pid, "\nGid"), "3998\t3998\t3998\t3998");
	CHECK_TEXT(status_line(l.pid, "\nGroups"), "");
	CHECK_TEXT(status_line(l.pid, "\nNoNewPrivs"), "1");
	CHECK_TEXT(status_line(l.pid, "\nCapPrm"), "0000000000000000");
	CHECK_TEXT(status_line(l.pid, "\nCapEff"), "0000000000000000");
	CHECK_TEXT(status_line(l.pid, "\nCapAmb"), "0000000000000000");

	long kib = strtol(status_line(l.pid, "\nVmRSS"), NULL, 10);
	printf("# the listener's Rss: %ld KiB\n", kib);
#ifndef __SANITIZE_ADDRESS__
	CHECK(kib < 2048);
#endif
	CHECK_INT(listener_stop(&l), 0);
}

TEST(tm05_cl07_listener_gives_a_conversation_what_it_needs_and_no_more)
{
	world_make();
	struct listener l = listener_start();
	int fd = join(ADA, "user.sock");
	const char *said = ask(fd);

	CHECK_INT(number_in(said, "uid="), DAEMON_UID);
	CHECK_INT(number_in(said, "peer="), ADA);
	CHECK_INT(number_in(said, "open="), 5);
	CHECK_INT(number_in(said, "hold="), 0);
	CHECK_INT(number_in(said, "nnp="), 1);
	CHECK_INT(number_in(said, "sealed="), 1);
	CHECK_HAS(said, "issuer=first env=CREDENTIALS_DIRECTORY=/run/credentials/x");
	CHECK_INT(listener_stop(&l), 0);
}

TEST(listener_takes_only_root_and_our_people)
{
	world_make();
	struct listener l = listener_start();

	CHECK(hung_up(join(STRANGER, "user.sock")));
	log_waits_for("user.sock: uid 5000: refused: not in the directory");
	CHECK_INT(number_in(ask(join(0, "user.sock")), "peer="), 0);
	CHECK_INT(number_in(ask(join(ADA, "user.sock")), "peer="), ADA);
	CHECK_INT(listener_stop(&l), 0);
}

/* Its file's mode keeps others away; who opens it to them has opened nothing. */
TEST(listener_looks_who_comes_to_root_s_door)
{
	world_make();
	struct listener l = listener_start();

	CHECK_INT(chmod(HC_RUN_DIR "/root.sock", 0666), 0);
	CHECK(hung_up(join(ADA, "root.sock")));
	log_waits_for("root.sock: uid ");
	CHECK_INT(number_in(ask(join(0, "root.sock")), "peer="), 0);
	CHECK_INT(listener_stop(&l), 0);
}

TEST(listener_takes_the_courier_by_its_name_in_the_file)
{
	world_make();
	struct listener l = listener_start();

	CHECK_INT(number_in(ask(join(COURIER, "user.sock")), "peer="), COURIER);
	CHECK_INT(join(COURIER, "root.sock"), -EACCES);
	CHECK(hung_up(join(STRANGER, "user.sock")));
	users_write(STRANGER);
	CHECK_INT(kill(l.pid, SIGHUP), 0);
	notified(&l, "RELOADING=1");
	notified(&l, "READY=1");
	CHECK_INT(number_in(ask(join(STRANGER, "user.sock")), "peer="), STRANGER);
	CHECK(hung_up(join(COURIER, "user.sock")));
	users_write(0); /* root is nobody's errand */
	CHECK_INT(kill(l.pid, SIGHUP), 0);
	notified(&l, "RELOADING=1");
	notified(&l, "READY=1");
	CHECK(hung_up(join(STRANGER, "user.sock")));
	CHECK_INT(number_in(ask(join(0, "user.sock")), "peer="), 0);
	CHECK_INT(listener_stop(&l), 0);
}

TEST(wp11_listener_refuses_whom_the_kernel_cannot_name)
{
	world_make();
	struct listener l = listener_start();

	CHECK(hung_up(join(65534, "user.sock")));
	log_waits_for("user.sock: uid 4294967295: refused: the kernel can't say who this is");
	CHECK_INT(listener_stop(&l), 0);
}

TEST(dl15_listener_runs_once)
{
	struct stat before, after;

	world_make();
	struct listener l = listener_start();
	CHECK_INT(lstat(HC_ROOT_SOCKET, &before), 0);
	CHECK_INT(listener_fails(), CANNOT_START);
	CHECK_HAS(log_text(), "/run/lock: another hcauthd is running");
	CHECK_INT(lstat(HC_ROOT_SOCKET, &after), 0);
	CHECK_INT(before.st_ino, after.st_ino);
	ask(join(0, "root.sock"));
	CHECK_INT(listener_stop(&l), 0);
}

TEST(listener_replaces_what_a_killed_one_left)
{
	int status;

	world_make();
	struct listener l = listener_start();
	int fd = join(ADA, "user.sock");
	pid_t talk = (pid_t)number_in(ask(fd), "pid=");
	CHECK_INT(kill(l.pid, SIGKILL), 0);
	CHECK_INT(waitpid(l.pid, &status, 0), l.pid);
	CHECK(hung_up(fd)); /* no conversation outlives its listener */
	gone(talk);
	CHECK_INT(join(0, "root.sock"), -ECONNREFUSED);

	l = listener_start();
	ask(join(0, "root.sock"));
	ask(join(ADA, "user.sock"));
	CHECK_INT(listener_stop(&l), 0);
	l = listener_start();
	CHECK_INT(listener_stop(&l), 0);
}

static int own_socket(const char *path, int type)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	CHECK(strlen(path) < sizeof at.sun_path);
	strcpy(at.sun_path, path);
	CHECK_INT(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	CHECK_INT(chmod(path, 0666), 0);
	CHECK_INT(listen(fd, 4), 0);
	return fd;
}

TEST(dl15_listener_steals_no_socket)
{
	struct stat before, after;

	world_make();
	CHECK_INT(mkdir(HC_RUN_DIR, 0755), 0);
	int other = own_socket(HC_USER_SOCKET, SOCK_SEQPACKET);
	CHECK_INT(lstat(HC_USER_SOCKET, &before), 0);
	CHECK_INT(listener_fails(), CANNOT_START);
	CHECK_HAS(log_text(), "user.sock: something listens there already");
	CHECK_INT(lstat(HC_USER_SOCKET, &after), 0);
	CHECK_INT(before.st_ino, after.st_ino);
	CHECK(access(HC_ROOT_SOCKET, F_OK) < 0); /* nothing half made */

	close(other); /* now it is a dead one's */
	struct listener l = listener_start();
	CHECK_INT(listener_stop(&l), 0);
}

TEST(listener_refuses_a_place_that_is_not_roots)
{
	world_make();
	CHECK_INT(mkdir(HC_RUN_DIR, 0755), 0);
	CHECK_INT(chmod(HC_RUN_DIR, 0777), 0);
	CHECK_INT(listener_fails(), CANNOT_START);
	CHECK_HAS(log_text(), HC_RUN_DIR ": must be a folder of root's");
	CHECK_INT(chmod(HC_RUN_DIR, 0755), 0);
	CHECK_INT(chown(HC_RUN_DIR, ADA, 0), 0);
	CHECK_INT(listener_fails(), CANNOT_START);
	CHECK_HAS(log_text(), HC_RUN_DIR ": must be a folder of root's");
	CHECK_INT(rmdir(HC_RUN_DIR), 0);
	CHECK_INT(symlink("etc", HC_RUN_DIR), 0);
	CHECK_INT(listener_fails(), CANNOT_START);
	CHECK_HAS(log_text(), HC_RUN_DIR ": must be a folder of root's");
	CHECK_INT(unlink(HC_RUN_DIR), 0);

	CHECK_INT(mkdir(HC_RUN_DIR, 0755), 0);
	CHECK_INT(mkdir(HC_USER_SOCKET, 0755), 0);
	CHECK_INT(listener_fails(), CANNOT_START);
	CHECK_HAS(log_text(), "user.sock: is in the way, and not a socket");
}

static void passwd_write(const char *text)
{
	int fd = open("/etc/passwd", O_WRONLY | O_TRUNC | O_CLOEXEC); /* the case's own */

	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

TEST(listener_never_stays_root)
{
	world_make();
	passwd_write("root:x:0:0::/:/bin/sh\n");
	CHECK_INT(listener_fails(), CANNOT_START);
	CHECK_HAS(log_text(), "hcauthd: no such user in /etc/passwd");
	passwd_write("hcauthd:x:0:3998::/:/bin/sh\n");
	CHECK_INT(listener_fails(), CANNOT_START);
	CHECK_HAS(log_text(), "hcauthd: is root in /etc/passwd");
	passwd_write("hcauthd:x:3999:0::/:/bin/sh\n");
	CHECK_INT(listener_fails(), CANNOT_START);
	CHECK_HAS(log_text(), "hcauthd: is root in /etc/passwd");
}

static const struct {
	const char *names;
	int type, first, second; /* uids that listen */
	const char *error; /* NULL: it starts */
} handed[] = {
	{ "user:root", SOCK_SEQPACKET, 0, 0, NULL },
	{ "root:user", SOCK_SEQPACKET, ADA, 0, "\"root\" was not opened by root" },
	{ "root:user", SOCK_STREAM, 0, 0, "\"root\" is not a listening Unix socket" },
	{ "root:root", SOCK_SEQPACKET, 0, 0, "wants \"root\" and \"user\", once each" },
	{ "root", SOCK_SEQPACKET, 0, 0, "wants \"root\" and \"user\", once each" },
	{ "root:users", SOCK_SEQPACKET, 0, 0, "wants \"root\" and \"user\", once each" },
	{ "", SOCK_SEQPACKET, 0, 0, "wants \"root\" and \"user\", once each" },
};

static pid_t activate(int first, int second, const char *names)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid > 0) {
		end_with_us(pid);
		return pid;
	}

	char self[16];
	int a = fcntl(first, F_DUPFD, 20), b = fcntl(second, F_DUPFD, 20);
	snprintf(self, sizeof self, "%d", (int)getpid());
	setenv("LISTEN_PID", self, 1);
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_FDNAMES", names, 1);
	if (dup2(a, 3) != 3 || dup2(b, 4) != 4)
		_exit(99);
	close(a);
	close(b);
	listener_exec();
}

TEST(listener_takes_sockets_from_systemd)
{
	world_make();
	CHECK_INT(mkdir(HC_RUN_DIR, 0777), 0);
	CHECK_INT(chmod(HC_RUN_DIR, 0777), 0);
	for (size_t i = 0; i < sizeof handed / sizeof *handed; i++) {
		int status, stop = 0;

		unlink(HC_ROOT_SOCKET);
		unlink(HC_USER_SOCKET);
		unlink(TEST_LOG);
		CHECK_INT(seteuid((uid_t)handed[i].first), 0);
		int root = own_socket(HC_ROOT_SOCKET, handed[i].type);
		CHECK_INT(seteuid((uid_t)handed[i].second), 0);
		int user = own_socket(HC_USER_SOCKET, handed[i].type);
		CHECK_INT(seteuid(0), 0);

		bool swapped = strcmp(handed[i].names, "user:root") == 0;
		pid_t pid = activate(swapped ? user : root, swapped ? root : user, handed[i].names);
		close(root);
		close(user);
		if (!handed[i].error) {
			log_waits_for("ready");
			ask(join(0, "root.sock"));
			CHECK(hung_up(join(ADA, "root.sock"))); /* 0666 here: the peer counts */
			ask(join(ADA, "user.sock"));
			CHECK_TEXT(status_line(pid, "\nUid"), "3999\t3999\t3999\t3999");
			stop = kill(pid, SIGTERM);
		}
		CHECK_INT(stop, 0);
		CHECK_INT(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status));
		CHECK_INT(WEXITSTATUS(status), handed[i].error ? CANNOT_START : 0);
		if (handed[i].error)
			CHECK_HAS(log_text(), handed[i].error);
	}
}

TEST(listener_does_not_start_with_bad_settings)
{
	world_make();
	settings_write("[machine]\nissuer = x\n[pin]\ntries = 0\n");
	CHECK_INT(listener_fails(), BAD_SETTINGS);
	CHECK_HAS(log_text(), HC_CONF_FILE ":4: tries = 0: must be 3 to 10");
	CHECK(access(HC_RUN_DIR, F_OK) < 0);

	settings_write("");
	CHECK_INT(chmod(HC_CONF_FILE, 0666), 0);
	CHECK_INT(listener_fails(), BAD_SETTINGS);
	CHECK_HAS(log_text(), HC_CONF_FILE ": may be written by others");
	CHECK_INT(unlink(HC_CONF_FILE), 0);
	CHECK_INT(listener_fails(), BAD_SETTINGS);
	CHECK_HAS(log_text(), HC_CONF_FILE ": No such file");
	settings_write("");
	CHECK_INT(unlink(HC_TALK), 0);
	CHECK_INT(listener_fails(), BAD_SETTINGS);
	CHECK_HAS(log_text(), HC_TALK ": No such file");
	CHECK(access(HC_RUN_DIR, F_OK) < 0);
}

TEST(cl03_listener_reloads_whole_or_not_at_all)
{
	world_make();
	struct listener l = listener_start();
	int old = join(ADA, "user.sock");
	CHECK_HAS(ask(old), "issuer=first ");

	settings_write("[machine]\nissuer = second\n");
	CHECK_INT(kill(l.pid, SIGHUP), 0);
	notified(&l, "RELOADING=1\nMONOTONIC_USEC=");
	notified(&l, "READY=1");
	CHECK_HAS(ask(join(ADA, "user.sock")), "issuer=second ");
	CHECK_HAS(ask(old), "issuer=first "); /* what it began with */

	settings_write("[machine]\nissuer = third\n[pin]\nlength = 1\n");
	CHECK_INT(kill(l.pid, SIGHUP), 0);
	notified(&l, "RELOADING=1");
	notified(&l, "READY=1");
	CHECK_HAS(log_text(), HC_CONF_FILE ":4: length = 1: must be 5 to 12");
	CHECK_HAS(log_text(), "the settings from before stay in force");
	CHECK_HAS(ask(join(ADA, "user.sock")), "issuer=second ");

	settings_write("[machine]\nissuer = fourth\n");
	CHECK_INT(chown(HC_CONF_FILE, ADA, 0), 0);
	CHECK_INT(kill(l.pid, SIGHUP), 0);
	notified(&l, "RELOADING=1");
	notified(&l, "READY=1");
	CHECK_HAS(log_text(), "does not belong to root");
	CHECK_HAS(ask(join(ADA, "user.sock")), "issuer=second ");
	CHECK_INT(listener_stop(&l), 0);
}

static int run_checked(const char *option, const char *file)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		int out = open(TEST_LOG, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
			_exit(99);
		execl(HC_BUILD_DIR "/hcauthd_test", "hcauthd", option, "--config", file, NULL);
		_exit(99);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(listener_checks_settings_and_answers_options)
{
	world_make();
	CHECK_INT(run_checked("--check", HC_CONF_FILE), 0);
	CHECK_TEXT(log_text(), HC_CONF_FILE ": settings are good\n");
	settings_write("[machine]\nhome = x\n");
	CHECK_INT(run_checked("--check", HC_CONF_FILE), 1);
	CHECK_TEXT(log_text(),
		HC_CONF_FILE ":2: home = x: must be the full path of a folder, at most 63 bytes\n");
	CHECK_INT(run_checked("--check", "/nonexistent"), 1);
	CHECK_HAS(log_text(), "/nonexistent: No such file or directory");
	CHECK(access(HC_RUN_DIR, F_OK) < 0);
	CHECK_INT(run_checked("--version", HC_CONF_FILE), 0);
	CHECK_TEXT(log_text(), "hcauthd " HC_VERSION "\n");
	CHECK_INT(run_checked("--help", HC_CONF_FILE), 0);
	CHECK_HAS(log_text(), "Usage: hcauthd [--check] [--config FILE]");
	CHECK_INT(run_checked("--debug", HC_CONF_FILE), 2);
	CHECK_INT(run_checked("more", HC_CONF_FILE), 2);
	CHECK_HAS(log_text(), "Usage: ");
}
