/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for the recovery key. What must hold: it goes from the terminal into a pipe, and nowhere else. It is
 * shown as it is typed: 54 characters can't be typed unseen, and "hcauth init" has shown them at such a terminal. */
#include "recovery_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hcauth.h"
#include "tty.h"
#include "verbs.h"
#include "wipe.h"

enum { TRIES = 3 };

static int run_with(
	const char *option, const struct owner *who, struct talk_fds *fds, const struct secret *key)
{
	int ends[2], status = STATUS_UNAVAILABLE;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		complain("A pipe can't be made: %s.", strerror(errno));
		return status;
	}
	bool given = write(ends[1], key->text, key->len) == (ssize_t)key->len; /* it holds 4096 */
	close(ends[1]);
	fds->in = ends[0];
	if (given)
		status = talk_run(option, who, fds);
	close(ends[0]);
	return status;
}

int recovery_key_run(const char *option, const struct owner *who, struct talk_fds fds)
{
	const struct ask a = { .use = USE_OTHER, .echo = true, .text = "Recovery key: " };
	int status = STATUS_REFUSED;
	struct tty t;

	tty_open(&t);
	for (int i = 0; i < TRIES; i++) {
		SECRET(key);

		if (tty_ask(&t, &a, &key) < 0) {
			complain("%s", t.trouble);
			status = STATUS_REFUSED;
			break;
		}
		status = run_with(option, who, &fds, &key);
		if (status != STATUS_NOT_ALLOWED)
			break;
	}
	tty_close(&t);
	return status == STATUS_NOT_ALLOWED ? STATUS_REFUSED : status;
}
