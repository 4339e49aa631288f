/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ENABLE_PART_H
#define HCAUTH_ENABLE_PART_H

#include <limits.h>

#include "etc_file.h"

/* One file of /etc that hcauth changes for a service. Functions that return bool have complained when it is
 * false. */
struct part {
	struct etc_file now;
	char copy[PATH_MAX]; /* where it is kept as it was; "": there was none before */
	char *with; /* as it is with hcauth */
	size_t with_len;
	char *without; /* as it is without; NULL: not there */
	size_t without_len;
	bool changed; /* by this run */
};

/* The service's file in pam.d, nsswitch.conf, and the file in sshd_config.d. */
bool part_pam(struct part *p, const char *path, const char *service);
bool part_nss(struct part *p);
bool part_sshd(struct part *p);

/* nsswitch.conf as it was before "enable" changed it, if it did; without is NULL if it was edited since. */
bool part_nss_off(struct part *p, struct etc_file *copy);

void part_drop(struct part *p);

bool part_is_with(const struct part *p);
bool part_is_without(const struct part *p);

/* Shows what would become of the file. */
bool part_show(const struct part *p, bool with);

/* Makes the change. What was there is kept first. */
bool part_enable(struct part *p);
bool part_disable(struct part *p);

/* The name of a copy: "pam.d-sshd". */
void part_copy(struct part *p, const char *kind, const char *name);

#endif
