/* SPDX-License-Identifier: Apache-2.0 */
/* The settings file as a sealed memfd. What must hold: what hcauth-talk has checked is byte for byte what
 * every later conversation reads, whatever is done to the file meanwhile. */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "conf.h"
#include "log.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U /* Linux 6.3; may be demanded by vm.memfd_noexec */
#endif

static int memory(void)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("hcauthd.conf", flags | MFD_NOEXEC_SEAL);

	return fd < 0 && errno == EINVAL ? memfd_create("hcauthd.conf", flags) : fd;
}

/* One byte more than allowed is enough to be refused by who reads it. */
static int copy(int to, int from)
{
	size_t left = CONF_BYTES_MAX + 1;
	ssize_t n = 1;

	while (left > 0 && (n = sendfile(to, from, NULL, left)) > 0)
		left -= (size_t)n;
	return n < 0 ? -1 : 0;
}

int settings_load(const char *file)
{
	char error[CONF_ERROR_MAX];
	int from = conf_open(file, error);
	if (from < 0) {
		log_err("%s", error);
		return -1;
	}

	int fd = memory();
	if (fd < 0 || copy(fd, from) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) <
			0) {
		log_err("%s: can't be copied: %m", file);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	close(from);
	return fd;
}
