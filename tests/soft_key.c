/* SPDX-License-Identifier: Apache-2.0 */
#include "soft_key.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <yubikey.h>

struct soft_key soft_key(unsigned number)
{
	struct soft_key k = { .key = { .npublic = 6 }, .plugged = 1 };

	memset(k.key.public, 0, sizeof k.key.public);
	k.key.public[5] = (uint8_t)number;
	memset(k.key.private, 0x40 + (int)number, sizeof k.key.private);
	memset(k.key.aes, 0xa0 + (int)number, sizeof k.key.aes);
	public_text(&k.key, k.public);
	sodium_bin2hex(k.private, sizeof k.private, k.key.private, sizeof k.key.private);
	sodium_bin2hex(k.aes, sizeof k.aes, k.key.aes, sizeof k.key.aes);
	return k;
}

void soft_plug(struct soft_key *k)
{
	k->plugged++;
	k->touched = 0;
}

const char *soft_touch(struct soft_key *k)
{
	static char typed[8][OTP_MAX + 1];
	static unsigned at;
	char *out = typed[at++ % 8], block[YUBIKEY_OTP_SIZE + 1];

	if (k->touched == UINT8_MAX)
		soft_plug(k); /* as a YubiKey counts on when its touches are used up */
	yubikey_token_st token = { .ctr = k->plugged, .use = ++k->touched, .tstpl = 0x1234 };

	memcpy(token.uid, k->key.private, sizeof token.uid);
	randombytes_buf(&token.rnd, sizeof token.rnd);
	token.crc = (uint16_t)~yubikey_crc16((const uint8_t *)&token, sizeof token - 2);
	yubikey_generate(&token, k->key.aes, block);
	snprintf(out, OTP_MAX + 1, "%s%s", k->key.npublic ? k->public : "", block);
	return out;
}
