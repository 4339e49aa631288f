/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_DOCTOR_PEOPLE_H
#define HCAUTH_DOCTOR_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

struct dir_user;
struct doctor;

/* Whether hcauth has a system user of that name: its row of the directory, in a static buffer. A
 * directory that can't be read is a finding. */
bool is_hcauths(struct doctor *d, const char *name, struct dir_user *out);

bool is_hcauths_uid(struct doctor *d, uint32_t uid);

/* Whether one of hcauth's people is in a group, as far as /etc/group, /etc/passwd and the directory say. A "#" and
 * digits are a gid. */
bool group_has_ours(struct doctor *d, const char *group);

#endif
