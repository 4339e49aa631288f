/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_WHO_H
#define HCAUTH_WHO_H

#include "flow.h"

/* hcauth who: who is signed in at this machine, at which practice, where, since when and by what. */
enum status who_command(struct conv *c, const struct words *w);

#endif
