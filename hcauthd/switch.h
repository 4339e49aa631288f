/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SWITCH_H
#define HCAUTH_SWITCH_H

#include "flow.h"

/* hcauth default: another account of one's own is the one that one's e-mail address stands for. */
enum status switch_default(struct conv *c, const struct words *w);

/* hcauth switch: which system user the caller wants to be, in c->become. Nothing is granted: su asks. */
enum status switch_find(struct conv *c, const struct words *w);

#endif
