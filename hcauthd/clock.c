/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conv.h"
#include "log.h"
#include "packet.h"

void clock_read(struct now *out)
{
	static uint8_t boot[16];
	static bool known;
	struct timespec t;

	if (!known) {
		char text[37] = "";
		int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
		size_t len;

		if (fd < 0 || read(fd, text, 36) != 36 ||
			sodium_hex2bin(boot, sizeof boot, text, 36, "-", &len, NULL) != 0 ||
			len != sizeof boot)
			die("clock: /proc/sys/kernel/random/boot_id: %m");
		close(fd);
		known = true;
	}
	if (clock_gettime(CLOCK_REALTIME, &t) < 0)
		die("clock: %m");
	out->unix_s = (uint64_t)t.tv_sec;
	out->boot_ms = (uint64_t)boot_ms();
	memcpy(out->boot, boot, sizeof boot);
}
