/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LOCAL_H
#define HCAUTH_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

/* The machine's own users and groups, from /etc/passwd and /etc/group alone: never through NSS, which
 * would ask us. */

bool local_user(const char *name, uint32_t *uid, uint32_t *gid);
bool local_group(const char *name, uint32_t *gid);
bool local_id(uint32_t id); /* a local user or group has it */

#endif
