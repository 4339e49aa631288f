/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_FAKE_SYSTEM_H
#define HCAUTH_FAKE_SYSTEM_H

#include <pwd.h>
#include <stdint.h>

#include "dir_read.h"

#define FAKE_STALLS "stalls" /* a file that is there when the daemon will stall */

int64_t fake_patience_ms(void);
int fake_find_user(const char *name, void *buf, size_t size, struct dir_user *out);
int fake_getpwnam_r(
	const char *name, struct passwd *user, char *buf, size_t size, struct passwd **found);

#endif
