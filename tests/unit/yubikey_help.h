/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_YUBIKEY_HELP_H
#define HCAUTH_YUBIKEY_HELP_H

#include "world.h"
#include "yubikey.h"

/* A YubiKey in software: what it types is made by libyubikey's own yubikey_generate(). */

struct soft_key {
	struct yubikey key; /* public identity and secrets */
	uint16_t plugged;
	uint8_t touched;
	char aes[33], private[13], public[33]; /* as text */
};

struct soft_key soft_key(unsigned number);
void soft_plug(struct soft_key *k); /* into a computer, anew */
/* What it types: good until eight more were typed. */
const char *soft_touch(struct soft_key *k);

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
