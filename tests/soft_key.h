/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SOFT_KEY_H
#define HCAUTH_SOFT_KEY_H

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

#endif
