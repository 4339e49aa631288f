/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RECOVERY_KEY_H
#define HCAUTH_RECOVERY_KEY_H

#include "setup.h"

/* Runs hcauth-talk with the recovery key on its standard input: asks for it, three times if it is not the
 * one. As talk_run(). */
int recovery_key_run(const char *option, const struct owner *who, struct talk_fds fds);

#endif
