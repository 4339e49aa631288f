/* SPDX-License-Identifier: Apache-2.0 */
#include "yubikey_help.h"

#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yubikey.h>

#include "check.h"

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
	yubikey_token_st token = { .ctr = k->plugged, .use = ++k->touched, .tstpl = 0x1234 };

	memcpy(token.uid, k->key.private, sizeof token.uid);
	randombytes_buf(&token.rnd, sizeof token.rnd);
	token.crc = (uint16_t)~yubikey_crc16((const uint8_t *)&token, sizeof token - 2);
	yubikey_generate(&token, k->key.aes, block);
	snprintf(out, OTP_MAX + 1, "%s%s", k->key.npublic ? k->public : "", block);
	return out;
}

void with_yubikeys(struct world *w)
{
	for (size_t i = 0; i < w->conf.nservices; i++)
		for (size_t k = 0; k < w->conf.service[i].nsteps; k++)
			if (w->conf.service[i].step[k] & 1u << FACTOR_TOTP)
				w->conf.service[i].step[k] |= 1u << FACTOR_YUBIKEY;
}

void ada_adds(struct world *w, struct soft_key *k, const char *name)
{
	const char *first = soft_touch(k), *second = soft_touch(k);
	struct talk *t = ADA_SAYS(w, WORDS("yubikey", "add", name), ADA_PASSWORD,
		app_code(w, ada_secret, 0), first, second, k->aes, k->private);

	CHECK_TEXT(t->outcome.status == 0 ? "added" : t->seen, "added");
	clock_add(w, 60);
}

static const void *looked_for;
static size_t looked_len;

static int look_into(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	char *text;
	FILE *f;

	(void)at;
	if (kind != FTW_F || st->st_size == 0)
		return 0;
	f = fopen(path, "r");
	text = malloc((size_t)st->st_size);
	CHECK(f && text);
	size_t n = fread(text, 1, (size_t)st->st_size, f);
	bool found = memmem(text, n, looked_for, looked_len) != NULL;
	fclose(f);
	free(text);
	return found;
}

bool anywhere(const struct world *w, const void *bytes, size_t len)
{
	looked_for = bytes;
	looked_len = len;
	int r = nftw(w->folder, look_into, 16, FTW_PHYS);
	CHECK(r >= 0);
	return r > 0;
}
