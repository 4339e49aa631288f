/* SPDX-License-Identifier: Apache-2.0 */
#include "real/listener.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "packet.h"
#include "paths.h"

enum { PATIENCE_S = 60, EXIT_SKIPPED = 77 };

__attribute__((constructor)) static void only_root(void)
{
	if (geteuid() == 0)
		return;
	printf("1..0 # SKIP the listener is started by root\n");
	fflush(stdout);
	_exit(EXIT_SKIPPED);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	CHECK_INT(fchmod(fd, mode), 0);
	close(fd);
}

static void copy_program(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n;

	CHECK(in >= 0 && out >= 0);
	while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	CHECK_INT(n, 0);
	CHECK_INT(fchmod(out, 0755), 0);
	close(in);
	close(out);
}

void settings_write(const char *text)
{
	write_file(HC_CONF_FILE, text, 0644);
}

void users_write(uid_t courier)
{
	char text[300];

	snprintf(text, sizeof text,
		"root:x:0:0:root:/root:/bin/sh\nhcauthd:x:%d:%d::/:/usr/sbin/nologin\n"
		"hcauth-courier:x:%u:%u::/:/usr/sbin/nologin\n",
		DAEMON_UID, DAEMON_GID, (unsigned)courier, (unsigned)courier);
	write_file(BASE "/passwd", text, 0644);
}

void world_make(void)
{
	umask(0022);
	CHECK_INT(unshare(CLONE_NEWNS), 0);
	CHECK_INT(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_INT(mount("run", "/run", "tmpfs", 0, "mode=755"), 0);
	CHECK_INT(mkdir(BASE, 0755), 0);
	CHECK_INT(mkdir(HC_CONF_DIR, 0755), 0);
	CHECK_INT(mkdir(HC_LIBEXEC_DIR, 0755), 0);
	users_write(COURIER);
	CHECK_INT(mount(BASE "/passwd", "/etc/passwd", NULL, MS_BIND, NULL), 0);
	copy_program(HC_BUILD_DIR "/fake_talk", HC_TALK);
	settings_write("[machine]\nissuer = first\n");
}

void listener_exec(void)
{
	int log = open(TEST_LOG, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (log >= 0 && dup2(log, STDERR_FILENO) == STDERR_FILENO && close(log) == 0) {
		setenv("NOTIFY_SOCKET", BASE "/notify", 1);
		setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
		setenv("SECRET_OF_ROOT", "x", 1);
		execl(HC_BUILD_DIR "/hcauthd_test", "hcauthd", NULL);
	}
	_exit(99);
}

static int notify_socket(void)
{
	const struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = BASE "/notify" };
	const struct timeval tv = { .tv_sec = PATIENCE_S };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	unlink(at.sun_path);
	CHECK_INT(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	CHECK_INT(chmod(at.sun_path, 0777), 0);
	CHECK_INT(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv), 0);
	return fd;
}

void end_with_us(pid_t pid)
{
	int ours[2], listener = pidfd_open(pid, 0);

	CHECK(listener >= 0);
	CHECK_INT(pipe2(ours, O_CLOEXEC), 0);

	pid_t guard = fork();
	CHECK(guard >= 0);
	if (guard == 0) {
		char byte;

		for (int fd = 0; fd < 1024; fd++) /* a case counts on closing what it closes */
			if (fd != ours[0] && fd != listener)
				close(fd);
		if (read(ours[0], &byte, 1) == 0)
			pidfd_send_signal(listener, SIGKILL, NULL, 0);
		_exit(0);
	}
	close(ours[0]); /* the other end closes with this process */
	close(listener);
}

static pid_t launch(void)
{
	CHECK(truncate(TEST_LOG, 0) == 0 || errno == ENOENT || errno == EINVAL); /* a FIFO */
	/* Conversations of a killed listener come to us: not every machine's first process looks after them. */
	CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);

	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		listener_exec();
	end_with_us(pid);
	return pid;
}

struct listener listener_start(void)
{
	int fd = notify_socket();
	struct listener l = { .notify = fd, .pid = launch() };

	notified(&l, "READY=1");
	return l;
}

int listener_fails(void)
{
	int status;
	pid_t pid = launch();

	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void notified(const struct listener *l, const char *what)
{
	char text[256] = "";

	while (!strstr(text, what)) {
		ssize_t n = recv(l->notify, text, sizeof text - 1, 0);

		if (n < 0)
			check_fail(
				__FILE__, __LINE__, "%s did not come; log:\n%s", what, log_text());
		text[n] = 0;
	}
}

int listener_stop(const struct listener *l)
{
	int64_t began = boot_ms();
	int status;

	CHECK_INT(kill(l->pid, SIGTERM), 0);
	CHECK_INT(waitpid(l->pid, &status, 0), l->pid);
	CHECK(boot_ms() - began < AT_ONCE_MS);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

const char *log_text(void)
{
	static char text[65536];
	int fd = open(TEST_LOG, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = 0;
	return text;
}

static void breathe(void)
{
	const struct timespec t = { .tv_nsec = 5000000 };

	nanosleep(&t, NULL);
}

void log_waits_for(const char *what)
{
	int64_t until = boot_ms() + PATIENCE_S * 1000;

	while (!strstr(log_text(), what) && boot_ms() < until)
		breathe();
	CHECK_HAS(log_text(), what);
}

void gone(pid_t pid)
{
	int64_t until = boot_ms() + PATIENCE_S * 1000;

	while (kill(pid, 0) == 0 && boot_ms() < until) {
		(void)waitpid(pid, NULL, WNOHANG); /* one that the listener has left to us */
		breathe();
	}
	CHECK(kill(pid, 0) < 0 && errno == ESRCH);
}

int join(uid_t uid, const char *socket_name)
{
	const struct timeval tv = { .tv_sec = PATIENCE_S };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	snprintf(to.sun_path, sizeof to.sun_path, "%s/%s", HC_RUN_DIR, socket_name);
	CHECK_INT(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv), 0);
	CHECK_INT(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv), 0);
	CHECK_INT(seteuid(uid), 0);
	int r = connect(fd, (const struct sockaddr *)&to, sizeof to) < 0 ? -errno : fd;
	CHECK_INT(seteuid(0), 0);
	if (r < 0)
		close(fd);
	return r;
}

void say(int fd, char what)
{
	CHECK_INT(send(fd, &what, 1, MSG_NOSIGNAL), 1);
}

const char *ask(int fd)
{
	static char text[1024];

	say(fd, 'i');
	ssize_t n = recv(fd, text, sizeof text - 1, 0);
	if (n <= 0)
		check_fail(__FILE__, __LINE__, "no answer (%s); log:\n%s",
			n < 0 ? strerror(errno) : "hung up", log_text());
	text[n] = 0;
	return text;
}

bool hung_up(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

long number_in(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	if (!at)
		check_fail(__FILE__, __LINE__, "no %s in \"%s\"", name, text);
	return strtol(at + strlen(name), NULL, 10);
}

static const char *proc_text(pid_t pid, const char *file)
{
	static char text[8192];
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	ssize_t n = read(fd, text, sizeof text - 1);
	CHECK(n > 0);
	close(fd);
	text[n] = 0;
	return text;
}

const char *status_line(pid_t pid, const char *name)
{
	static char line[128];
	const char *at = strstr(proc_text(pid, "status"), name);

	CHECK(at);
	at += strlen(name);
	at += strspn(at, ":\t ");
	snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

long processor_time(pid_t pid)
{
	const char *at = strrchr(proc_text(pid, "stat"), ')');
	long user, kernel;

	for (int field = 2; at && field < 14; field++)
		at = strchr(at + 1, ' ');
	CHECK(at);

	char *end;
	user = strtol(at, &end, 10);
	kernel = strtol(end, NULL, 10);
	return user + kernel;
}

int descriptors(pid_t pid)
{
	int64_t until = boot_ms() + PATIENCE_S * 1000;
	char path[64];
	int n = 0;

	while (status_line(pid, "\nState")[0] != 'S' && boot_ms() < until)
		breathe();
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *d = opendir(path);
	CHECK(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}
