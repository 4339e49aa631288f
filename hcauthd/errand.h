/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ERRAND_H
#define HCAUTH_ERRAND_H

#include <stdbool.h>
#include <sys/types.h>

/* Users of the machine who are nobody's account and come to the user socket for one errand, and no other:
 * the listener lets them in, flow_errand() hears that one thing from them and nothing else. */

enum errand {
	ERRAND_NONE = 0,
	ERRAND_COURIER = 1, /* hcauth-courier: fetches messages */
	ERRAND_NEWCOMER = 2, /* anybody at a workstation: asks for a login */
	ERRANDS,
};

struct errands {
	uid_t uid[ERRANDS]; /* 0: there is no such user */
};

/* From /etc/passwd alone. A user who is not there, or is root, has no errand. False when the file can't be
 * read: then *out is as it was. */
bool errands_load(struct errands *out);

enum errand errand_of(const struct errands *e, uid_t uid);

#endif
