/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_MANAGE_H
#define HCAUTH_MANAGE_H

#include <stdio.h>

#include "flow.h"

/* What the commands of administrators share. */

/* Says why a change was refused, from fn's -errno (what: the thing, as the person named it). */
enum status manage_result(struct conv *c, int r, const char *what);

/* A person's or practice's name: UTF-8, 1 to max bytes, no control characters, no colon. Says so if not. */
bool manage_name_good(struct conv *c, const char *text, size_t max);

/* practice set. */
enum status practice_set(struct conv *c, const struct words *w);

/* account add. */
enum status account_add(struct conv *c, const struct words *w);

/* account unlink and keep, and the person's unlink. */
enum status account_unlink(struct conv *c, const struct words *w);
enum status unlink_command(struct conv *c, const struct words *w);

enum { ACTIVATION_S = 14 * 86400, RESET_S = 86400 };

/* What manage_result() calls a practice that is not there. */
static inline const char *manage_practice_word(const char *id, char out[300])
{
	snprintf(out, 300, "practice %s", id);
	return out;
}

#endif
