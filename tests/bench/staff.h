/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BENCH_STAFF_H
#define HCAUTH_BENCH_STAFF_H

#include "client.h"
#include "soft_key.h"

/* Somebody who has a factor of each kind, and two accounts. */
struct staff {
	struct somebody p;
	struct soft_key yubikey;
	char ssh_auth[256]; /* SSH_AUTH_INFO_0 of the ssh key that hcauth knows */
	char other[32]; /* the system user of the other account */
};

/* Adds the person, who then sets all of it up, as people do. */
void staff_make(struct staff *s, unsigned number);

/* The first recovery code that was not needed for that. */
enum { STAFF_CODES_USED = 3 };

#endif
