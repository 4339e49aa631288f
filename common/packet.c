/* SPDX-License-Identifier: Apache-2.0 */
/* One packet, one message. What must hold: no call outlasts its deadline, nothing is cut, a descriptor
 * that somebody sends along is never kept, and a terminal speaks to root's listener only. */
#include "packet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	OVERFLOW_UID = 65534
}; /* what the kernel shows for a uid that this namespace does not know */

int64_t boot_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_BOOTTIME, &t) < 0)
		return INT64_MAX; /* no clock: every deadline has passed */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int wait_for(int fd, short events, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline - boot_ms();
		if (left <= 0)
			return -ETIMEDOUT;

		struct pollfd p = { .fd = fd, .events = events };
		int n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0) /* poll's own time stands still while the machine is suspended */
			return boot_ms() < deadline ? 0 : -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

/* A full backlog makes connect() wait inside the kernel, out of poll's reach: SO_SNDTIMEO bounds it. */
static int limit_connect(int fd, int64_t deadline)
{
	int64_t left = deadline - boot_ms();
	if (left <= 0)
		return -ETIMEDOUT;

	struct timeval tv = { .tv_sec = left / 1000, .tv_usec = (left % 1000) * 1000 };
	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) < 0 ? -errno : 0;
}

static int connect_to(int fd, const char *path, int64_t deadline)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int r;

	if (strlen(path) >= sizeof to.sun_path)
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	do {
		if ((r = limit_connect(fd, deadline)) < 0)
			return r;
		r = connect(fd, (const struct sockaddr *)&to, sizeof to) < 0 ? -errno : 0;
	} while (r == -EINTR);
	return r;
}

/* A program that has closed 0, 1 or 2 must not print into the conversation. */
static int above_stdio(int fd)
{
	if (fd < 0 || fd > STDERR_FILENO)
		return fd < 0 ? -errno : fd;

	int higher = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int r = higher < 0 ? -errno : higher;
	close(fd);
	return r;
}

int packet_connect(const char *path, int64_t deadline)
{
	int fd = above_stdio(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
	if (fd < 0)
		return fd;

	struct ucred peer;
	int r = connect_to(fd, path, deadline);
	if (r == 0)
		r = packet_peer(fd, &peer);
	if (r == 0 && peer.uid != 0)
		r = -EPERM;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int packet_send(int fd, const struct packet *p, int64_t deadline)
{
	for (;;) {
		ssize_t n = send(fd, p->bytes, p->len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;

		int r = wait_for(fd, POLLOUT, deadline);
		if (r < 0)
			return r;
	}
}

int packet_recv(int fd, struct packet *p, int64_t deadline)
{
	for (;;) {
		int r = wait_for(fd, POLLIN, deadline);
		if (r < 0)
			return r;

		struct iovec to = { .iov_base = p->bytes, .iov_len = sizeof p->bytes };
		struct msghdr m = { .msg_iov = &to, .msg_iovlen = 1 };
		ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ECONNRESET;
		if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
			return -EMSGSIZE;
		p->len = (size_t)n;
		return 0;
	}
}

int packet_peer(int fd, struct ucred *out)
{
	struct ucred c = { .uid = (uid_t)-1 };
	socklen_t len = sizeof c;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) < 0)
		return -errno;
	if (len != sizeof c || c.uid == (uid_t)-1 || c.uid == OVERFLOW_UID)
		return -EPERM;
	*out = c;
	return 0;
}
