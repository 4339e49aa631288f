/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_FAKE_SYSTEM_H
#define HCAUTH_FAKE_SYSTEM_H

#include <pwd.h>

#include "dir_read.h"

int fake_find_user(const char *name, void *buf, size_t size, struct dir_user *out);
int fake_getpwnam_r(
	const char *name, struct passwd *user, char *buf, size_t size, struct passwd **found);

#endif
