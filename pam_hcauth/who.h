/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_WHO_H
#define HCAUTH_WHO_H

#include <stdbool.h>
#include <stdint.h>

#include "name.h"

/* Whose user is it? In doubt nobody's: that is the zero value, and a refusal. */
enum owner {
	OWNER_UNSURE = 0, /* the directory can't be asked, and no local file knows the name */
	OWNER_OURS, /* the directory has a row: the daemon decides */
	OWNER_OTHER, /* another module's */
	OWNER_LOCAL, /* the directory can't be asked, but /etc/passwd has the name */
	OWNER_NOBODY, /* nobody has heard of it */
};

/* The user that the program will run as, by what getpwnam_r() says: uid UINT32_MAX and "" where none, or
 * where a row of the directory has another uid. */
struct who {
	uint32_t uid;
	char name[USER_NAME_MAX + 1];
	int error; /* OWNER_UNSURE, OWNER_LOCAL: why the directory can't be asked, -errno */
};

enum owner owner_of(const char *name, struct who *out);

/* Whether pam_unix can verify a local user: a hash in /etc/shadow that is not locked. False in doubt. */
bool hash_usable(const char *name);

#endif
