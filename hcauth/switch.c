/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth switch: a login session as another account of one's own. What must hold: this only says whom to
 * become; su and PAM decide, as for anybody else who calls su; which su is not the environment's to say. */
#include "hcauth.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "name.h"
#include "verbs.h"

#ifndef HC_SU
#define HC_SU "/bin/su", "/usr/bin/su"
#endif

static const char *const su[] = { HC_SU };

int cmd_switch(const char *const *words, size_t n)
{
	char user[USER_NAME_MAX + 1];
	int status = daemon_says_user(words, n, user);

	if (status != STATUS_DONE)
		return status;
	if (!*user) {
		complain(
			"hcauthd does not say whom to become. Are both of the same version? This is %s.",
			HC_VERSION);
		return STATUS_UNAVAILABLE;
	}
	fflush(stdout);
	restore_limits();
	for (size_t i = 0; i < sizeof su / sizeof *su; i++)
		execl(su[i], "su", "-l", user, (char *)NULL);
	complain("su can't be run: %s.", strerror(errno));
	return STATUS_REFUSED;
}
