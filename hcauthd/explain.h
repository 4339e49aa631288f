/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_EXPLAIN_H
#define HCAUTH_EXPLAIN_H

#include "flow.h"

/* hcauth explain: what a sign-in would ask, and why. */
enum status explain_command(struct conv *c, const struct words *w);

#endif
