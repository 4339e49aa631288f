/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_YUBIKEY_HELP_H
#define HCAUTH_YUBIKEY_HELP_H

#include "soft_key.h"
#include "world.h"

/* Every service that takes a code from the app takes a YubiKey's. */
void with_yubikeys(struct world *w);

/* Says a command as Ada. */
#define ADA_UID_HERE 20000
#define ADA_SAYS(w, words, ...) ada_says(w, words, (const char *const[]){ __VA_ARGS__, NULL })
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Ada adds k under that name, typing its secrets; a minute passes. */
void ada_adds(struct world *w, struct soft_key *k, const char *name);

/* Whether the bytes stand in any file of the world's folder. */
bool anywhere(const struct world *w, const void *bytes, size_t len);

#endif
