/* SPDX-License-Identifier: Apache-2.0 */
/* Where people connect. What must hold: listen() was called by root, for clients ask the kernel who did
 * (packet_connect); a socket's mode is right from the moment it exists; what another daemon, or systemd,
 * listens on is never taken from it, while what a dead one left behind is replaced. */
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "name.h"
#include "packet.h"
#include "paths.h"

enum { FIRST_INHERITED = 3, INHERITED_MAX = 16 };

static const struct {
	const char *name, *path;
	mode_t umask;
	int backlog; /* as many may wait as may talk */
} kinds[SOCKETS] = {
	[ROOT_SOCKET] = { "root", HC_ROOT_SOCKET, 0177, ROOT_PLACES },
	[USER_SOCKET] = { "user", HC_USER_SOCKET, 0111, USER_PLACES },
};

static void make_folder(void)
{
	struct stat st;
	mode_t before = umask(0022);
	int r = mkdir(HC_RUN_DIR, 0755);

	umask(before);
	if (r < 0 && errno != EEXIST)
		die("%s: %m", HC_RUN_DIR);
	if (lstat(HC_RUN_DIR, &st) < 0)
		die("%s: %m", HC_RUN_DIR);
	if (!S_ISDIR(st.st_mode) || st.st_uid != 0 || (st.st_mode & 07777) != 0755)
		die("%s: must be a folder of root's with mode 0755, and is not", HC_RUN_DIR);
}

/* Held for as long as this process lives: one daemon at a time in this folder. */
static void take_lock(void)
{
	int fd = open(HC_RUN_DIR "/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s/lock: %m", HC_RUN_DIR);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		die("%s/lock: another hcauthd is running", HC_RUN_DIR);
	/* cppcheck-suppress resourceLeak */
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof at.sun_path)
		die("%s: longer than a socket's name may be", path);
	memcpy(at.sun_path, path, strlen(path) + 1);
	return at;
}

/* Removes what a dead daemon left. The lock is held, but systemd listens without one: so the socket
 * itself is asked. */
static void clear_stale(const char *path)
{
	struct sockaddr_un at = address_of(path);
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno == ENOENT)
			return;
		die("%s: %m", path);
	}
	if (!S_ISSOCK(st.st_mode))
		die("%s: is in the way, and not a socket", path);

	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		die("%s: %m", path);
	if (connect(fd, (const struct sockaddr *)&at, sizeof at) == 0 || errno != ECONNREFUSED)
		die("%s: something listens there already (systemd's hcauthd sockets?)", path);
	close(fd);
	if (unlink(path) < 0)
		die("%s: %m", path);
}

static int make(enum which w)
{
	struct sockaddr_un at = address_of(kinds[w].path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		die("%s: %m", kinds[w].path);

	mode_t before = umask(kinds[w].umask);
	if (bind(fd, (const struct sockaddr *)&at, sizeof at) < 0)
		die("%s: %m", kinds[w].path);
	umask(before);
	if (listen(fd, kinds[w].backlog) < 0)
		die("%s: %m", kinds[w].path);
	return fd;
}

static int option(int fd, int name)
{
	int v = -1;
	socklen_t len = sizeof v;

	return getsockopt(fd, SOL_SOCKET, name, &v, &len) < 0 ? -1 : v;
}

static void check_inherited(int fd, const char *name)
{
	struct ucred who;

	if (option(fd, SO_DOMAIN) != AF_UNIX || option(fd, SO_TYPE) != SOCK_SEQPACKET ||
		option(fd, SO_ACCEPTCONN) != 1)
		die("LISTEN_FDS: \"%s\" is not a listening Unix socket of sequential packets",
			name);
	if (packet_peer(fd, &who) < 0 || who.uid != 0)
		die("LISTEN_FDS: \"%s\" was not opened by root: every client would refuse it",
			name);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		die("LISTEN_FDS: \"%s\": %m", name);
}

/* False when there are none for this process. */
static bool inherit(int out[SOCKETS])
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS"),
		   *names = getenv("LISTEN_FDNAMES");
	uint64_t for_pid, count;

	if (!pid || !n || !parse_u64(pid, 1, INT32_MAX, &for_pid) || for_pid != (uint64_t)getpid())
		return false;
	if (!parse_u64(n, 1, INHERITED_MAX, &count) || !names)
		die("LISTEN_FDS: wants two sockets, named by LISTEN_FDNAMES");
	for (int fd = FIRST_INHERITED; fd < FIRST_INHERITED + (int)count; fd++) {
		size_t len = strcspn(names, ":");
		enum which w = ROOT_SOCKET;

		while (w < SOCKETS &&
			!(strlen(kinds[w].name) == len && memcmp(kinds[w].name, names, len) == 0))
			w++;
		if (w == SOCKETS || out[w] >= 0)
			die("LISTEN_FDNAMES: wants \"root\" and \"user\", once each");
		check_inherited(fd, kinds[w].name);
		out[w] = fd;
		names += len + (names[len] == ':');
	}
	if (out[ROOT_SOCKET] < 0 || out[USER_SOCKET] < 0)
		die("LISTEN_FDNAMES: wants \"root\" and \"user\", once each");
	return true;
}

void sockets_get(int out[SOCKETS])
{
	out[ROOT_SOCKET] = out[USER_SOCKET] = -1;
	if (inherit(out))
		return;
	if (geteuid() != 0)
		die("start: only root can open the sockets (or systemd, see hcauthd(8))");
	make_folder();
	take_lock();
	/* Both before either is made: a start that fails has changed nothing. */
	clear_stale(kinds[ROOT_SOCKET].path);
	clear_stale(kinds[USER_SOCKET].path);
	out[ROOT_SOCKET] = make(ROOT_SOCKET);
	out[USER_SOCKET] = make(USER_SOCKET);
}
