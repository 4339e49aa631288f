/* SPDX-License-Identifier: Apache-2.0 */
/* What people, and programs gone wrong, do to the listener while it runs. */
#include "real/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "packet.h"
#include "places.h"

TEST(listener_limits_each_uid)
{
	int fd[UID_PLACES];

	world_make();
	struct listener l = listener_start();
	for (int i = 0; i < UID_PLACES; i++)
		ask(fd[i] = join(ADA, "user.sock"));
	CHECK(hung_up(join(ADA, "user.sock")));
	log_waits_for("user.sock: uid 4001: refused: it has all the conversations");
	ask(join(BOB, "user.sock"));

	pid_t first = (pid_t)number_in(ask(fd[0]), "pid=");
	close(fd[0]);
	gone(first);
	ask(join(ADA, "user.sock"));
	CHECK_INT(listener_stop(&l), 0);
}

TEST(listener_keeps_root_served_when_users_fill_their_socket)
{
	int last = -1;

	world_make();
	struct listener l = listener_start();
	int before = descriptors(l.pid);
	for (uid_t i = 0; i < USER_PLACES; i++)
		ask(last = join(ADA + i / UID_PLACES, "user.sock"));
	CHECK(hung_up(join(ADA + 50, "user.sock")));
	log_waits_for("uid 4051: refused: all places are taken");

	int64_t began = boot_ms();
	ask(join(0, "root.sock"));
	printf("# root was answered after %lld ms with 64 idle users\n",
		(long long)(boot_ms() - began));
	CHECK(boot_ms() - began < AT_ONCE_MS);
	CHECK_INT(descriptors(l.pid), before); /* it keeps no connection */
	ask(last);
	CHECK_INT(listener_stop(&l), 0);
}

TEST(listener_keeps_places_for_errands)
{
	world_make();
	struct listener l = listener_start();
	for (uid_t i = 0; i < USER_PLACES; i++)
		ask(join(ADA + i / UID_PLACES, "user.sock"));
	CHECK(hung_up(join(ADA + 50, "user.sock")));
	for (int i = 0; i < ERRAND_UID_PLACES; i++)
		ask(join(COURIER, "user.sock"));
	CHECK(hung_up(join(COURIER, "user.sock")));
	CHECK_INT(listener_stop(&l), 0);
}

TEST(dl07_listener_ends_all_conversations_at_once)
{
	int fd[50];

	world_make();
	struct listener l = listener_start();
	for (int i = 0; i < 50; i++)
		ask(fd[i] = join(0, "root.sock"));
	CHECK_INT(listener_stop(&l), 0);
	notified(&l, "STOPPING=1");
	for (int i = 0; i < 50; i++)
		CHECK(hung_up(fd[i]));
	CHECK_INT(join(0, "root.sock"), -ECONNREFUSED);
}

TEST(listener_slows_whose_conversations_end_badly)
{
	static const char how[] = { TIME_OUT, CRASH };

	world_make();
	struct listener l = listener_start();
	for (size_t i = 0; i < sizeof how; i++) {
		int fd = join(ADA + (uid_t)i, "user.sock");
		pid_t pid = (pid_t)number_in(ask(fd), "pid=");

		say(fd, how[i]);
		CHECK(hung_up(fd));
		gone(pid);
		CHECK(hung_up(join(ADA + (uid_t)i, "user.sock")));
		ask(join(ADA + 40, "user.sock"));
	}
	log_waits_for("crashed or timed out, so it has to wait");
	log_waits_for("for uid 4002: ended by signal 11");

	int root = join(0, "root.sock");
	pid_t pid = (pid_t)number_in(ask(root), "pid=");
	say(root, CRASH);
	gone(pid);
	ask(join(0, "root.sock"));
	CHECK_INT(listener_stop(&l), 0);
}

TEST(listener_reaps_killed_conversations)
{
	world_make();
	struct listener l = listener_start();
	for (int i = 0; i < 20; i++) {
		int fd = join(0, "root.sock");
		pid_t pid = (pid_t)number_in(ask(fd), "pid=");

		CHECK_INT(kill(pid, SIGKILL), 0);
		CHECK(hung_up(fd));
		gone(pid);
		close(fd);
	}
	ask(join(0, "root.sock"));
	CHECK_INT(listener_stop(&l), 0);
}

static int try_join(uid_t uid, const char *name)
{
	/* A stopped listener's backlog: join() would wait its ten seconds out. */
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		alarm(1);
		_exit(join(uid, name) < 0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

TEST(listener_survives_a_full_backlog)
{
	int held[USER_PLACES + 1], n = 0, status;

	world_make();
	struct listener l = listener_start();
	CHECK_INT(kill(l.pid, SIGSTOP), 0);
	CHECK_INT(waitpid(l.pid, &status, WUNTRACED), l.pid); /* from here on it accepts nobody */
	for (; n < USER_PLACES + 1; n++) /* listen(n) takes n + 1 */
		CHECK((held[n] = join(ADA, "user.sock")) >= 0);
	CHECK_INT(try_join(ADA, "user.sock"), -1);
	int root = join(0, "root.sock"); /* its own backlog */
	CHECK(root >= 0);

	CHECK_INT(kill(l.pid, SIGCONT), 0);
	ask(root);
	for (int i = 0; i < UID_PLACES; i++)
		ask(held[i]); /* and keeps its place until the others have found none */
	for (int i = UID_PLACES; i < n; i++)
		CHECK(hung_up(held[i]));
	for (int i = 0; i < n; i++)
		close(held[i]);
	ask(join(BOB, "user.sock"));
	CHECK_INT(listener_stop(&l), 0);
}

/* As the daemon's own user, who may do this without any capability. */
static void limit_descriptors(pid_t of, rlim_t n)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		struct rlimit limit;

		if (setresgid(DAEMON_GID, DAEMON_GID, DAEMON_GID) < 0 ||
			setresuid(DAEMON_UID, DAEMON_UID, DAEMON_UID) < 0 ||
			prlimit(of, RLIMIT_NOFILE, NULL, &limit) < 0 || limit.rlim_cur > 256)
			_exit(1);
		limit.rlim_cur = n;
		_exit(prlimit(of, RLIMIT_NOFILE, &limit, NULL) < 0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

TEST(dl08_listener_does_not_spin_without_descriptors)
{
	const struct timespec second = { .tv_sec = 1 };

	world_make();
	struct listener l = listener_start();
	limit_descriptors(l.pid, 4);
	int waiting = join(ADA, "user.sock"), root = join(0, "root.sock");
	log_waits_for("refused: Too many open files");

	long used = processor_time(l.pid);
	nanosleep(&second, NULL); /* the second that is measured */
	used = processor_time(l.pid) - used;
	printf("# %ld hundredths of a second of processor time in one second\n", used);
	CHECK(used < 5);

	limit_descriptors(l.pid, 256);
	ask(root);
	ask(waiting);
	CHECK_INT(listener_stop(&l), 0);
}

TEST(wp14_listener_keeps_no_descriptor_that_is_sent)
{
	enum { MANY = 253 };
	union {
		char bytes[CMSG_SPACE(MANY * sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = "" };
	char byte = 'i';
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	int null[MANY];

	world_make();
	struct listener l = listener_start();
	int before = descriptors(l.pid), fd = join(ADA, "user.sock");
	pid_t pid = (pid_t)number_in(ask(fd), "pid=");

	for (int i = 0; i < MANY; i++)
		null[i] = STDOUT_FILENO;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof null);
	memcpy(CMSG_DATA(c), null, sizeof null);
	CHECK_INT(sendmsg(fd, &m, 0), 1);
	CHECK(hung_up(fd));
	gone(pid);
	CHECK_INT(descriptors(l.pid), before);
	CHECK_INT(listener_stop(&l), 0);
}

/* "Root" in a user namespace of ADA's. */
static _Noreturn void as_root_of_a_namespace(int told, int tell)
{
	char go;

	if (unshare(CLONE_NEWUSER) < 0 || write(tell, "m", 1) != 1 || read(told, &go, 1) != 1 ||
		setresuid(0, 0, 0) < 0)
		_exit(2);
	CHECK_INT(join(0, "root.sock"), -EACCES);
	_exit(number_in(ask(join(0, "user.sock")), "peer=") == ADA ? 0 : 3);
}

TEST(wp10_listener_sees_through_user_namespaces)
{
	int up[2], down[2], status;
	char path[64], go;

	world_make();
	struct listener l = listener_start();
	CHECK_INT(pipe2(up, O_CLOEXEC), 0);
	CHECK_INT(pipe2(down, O_CLOEXEC), 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		as_root_of_a_namespace(down[0], up[1]);
	CHECK_INT(read(up[0], &go, 1), 1);
	snprintf(path, sizeof path, "/proc/%d/uid_map", (int)pid);
	int map = open(path, O_WRONLY | O_CLOEXEC);
	CHECK_INT(write(map, "0 4001 1", 8), 8);
	close(map);
	CHECK_INT(write(down[1], "g", 1), 1);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
	CHECK_INT(listener_stop(&l), 0);
}

TEST(dl12_listener_stands_a_storm_of_signals)
{
	world_make();
	struct listener l = listener_start();
	int fd = join(ADA, "user.sock");
	ask(fd);
	for (int i = 0; i < 500; i++) {
		CHECK_INT(kill(l.pid, SIGHUP), 0);
		CHECK_INT(kill(l.pid, SIGCHLD), 0);
	}
	ask(fd);
	ask(join(0, "root.sock"));
	CHECK_INT(listener_stop(&l), 0);
}

TEST(listener_stops_while_it_checks_settings)
{
	world_make();
	struct listener l = listener_start();
	CHECK_INT(kill(l.pid, SIGHUP), 0);
	CHECK_INT(listener_stop(&l), 0);
	l = listener_start();
	CHECK_INT(listener_stop(&l), 0);
}

TEST(dl14_listener_never_waits_for_its_log)
{
	world_make();
	CHECK_INT(mkfifo(TEST_LOG, 0600), 0);
	int reader = open(TEST_LOG, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct listener l = listener_start();
	while (write(reader, "xxxxxxxx", 8) > 0)
		;
	CHECK_INT(errno, EAGAIN);

	CHECK(hung_up(join(STRANGER, "user.sock"))); /* each of these has a line to write */
	int fd = join(0, "root.sock");
	pid_t pid = (pid_t)number_in(ask(fd), "pid=");
	say(fd, CRASH);
	gone(pid);
	ask(join(0, "root.sock"));
	CHECK_INT(listener_stop(&l), 0);
}
