/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a sealed record opens under its own key, use and associated data only, and a changed
 * one never; every nonce is random (24 bytes: no counting); keys stand in locked memory that no core
 * dump holds, and a derived one is wiped before the function returns. */
#include "seal.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "wipe.h"

enum {
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	WHO_MAX = 32,
};

_Static_assert(NONCE + TAG == SEAL_OVERHEAD, "what a seal adds");
_Static_assert(crypto_kdf_KEYBYTES == KEY_BYTES, "the data key is derived from");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == KEY_BYTES, "and its keys are used");

struct seal {
	uint8_t key[KEY_BYTES];
};

/* Room for a seal, in locked memory; NULL when there is none. */
static struct seal *seal_new(void)
{
	if (sodium_init() < 0)
		return NULL;

	struct seal *s = sodium_malloc(sizeof *s);
	if (s && sodium_mlock(s, sizeof *s) < 0) { /* sodium_malloc says nothing when that fails */
		sodium_free(s);
		return NULL;
	}
	return s;
}

struct seal *seal_of(const uint8_t data_key[KEY_BYTES])
{
	struct seal *s = seal_new();

	if (s)
		memcpy(s->key, data_key, KEY_BYTES);
	return s;
}

void seal_free(struct seal *s)
{
	sodium_free(s); /* wipes */
}

static void derive(const struct seal *s, enum seal_use use, uint8_t out[KEY_BYTES])
{
	/* fails on sizes that the assertions above exclude */
	(void)crypto_kdf_derive_from_key(out, KEY_BYTES, (uint64_t)use, "hcauthd1", s->key);
}

static void close_under(const uint8_t key[KEY_BYTES], const void *ad, size_t adlen,
	const void *plain, size_t n, uint8_t *out)
{
	randombytes_buf(out, NONCE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
		out + NONCE, NULL, plain, n, ad, adlen, NULL, out, key); /* can't fail */
}

static int open_under(const uint8_t key[KEY_BYTES], const void *ad, size_t adlen,
	const uint8_t *sealed, size_t n, uint8_t *out)
{
	if (n < SEAL_OVERHEAD ||
		crypto_aead_xchacha20poly1305_ietf_decrypt(
			out, NULL, NULL, sealed + NONCE, n - NONCE, ad, adlen, sealed, key) != 0)
		return -EKEYREJECTED;
	return 0;
}

/* What a wrapping is bound to. Zeros up to the end, so that no name is the beginning of another. */
enum { WRAP_NAME = 16 };

struct wrap_ad {
	char text[WRAP_NAME + WHO_MAX];
};

static struct wrap_ad wrap_ad(const char *who)
{
	struct wrap_ad ad = { "hcauth wrapping" };

	memcpy(ad.text + WRAP_NAME, who, strnlen(who, WHO_MAX));
	return ad;
}

void seal_wrap(const struct seal *s, const char *who, const uint8_t key[KEY_BYTES],
	uint8_t out[WRAP_BYTES])
{
	struct wrap_ad ad = wrap_ad(who);

	close_under(key, ad.text, sizeof ad.text, s->key, KEY_BYTES, out);
}

int seal_unwrap(const uint8_t wrapped[WRAP_BYTES], const char *who, const uint8_t key[KEY_BYTES],
	struct seal **out)
{
	struct wrap_ad ad = wrap_ad(who);
	struct seal *s = seal_new();

	if (!s)
		return -ENOMEM;

	int r = open_under(key, ad.text, sizeof ad.text, wrapped, WRAP_BYTES, s->key);
	if (r < 0) {
		seal_free(s);
		return r;
	}
	*out = s;
	return 0;
}

void seal_close(const struct seal *s, enum seal_use use, const void *ad, size_t adlen,
	const void *plain, size_t n, uint8_t *out)
{
	uint8_t key[KEY_BYTES];

	derive(s, use, key);
	close_under(key, ad, adlen, plain, n, out);
	wipe(key, sizeof key);
}

int seal_open(const struct seal *s, enum seal_use use, const void *ad, size_t adlen,
	const void *sealed, size_t n, uint8_t *out)
{
	uint8_t key[KEY_BYTES];

	derive(s, use, key);
	int r = open_under(key, ad, adlen, sealed, n, out);
	wipe(key, sizeof key);
	return r;
}

void seal_hash(
	const struct seal *s, enum seal_use use, const void *p, size_t n, uint8_t out[HASH_BYTES])
{
	uint8_t key[KEY_BYTES];

	derive(s, use, key);
	(void)crypto_generichash(out, HASH_BYTES, p, n, key, sizeof key); /* fails on sizes only */
	wipe(key, sizeof key);
}

bool hash_is(const uint8_t a[HASH_BYTES], const uint8_t b[HASH_BYTES])
{
	return sodium_memcmp(a, b, HASH_BYTES) == 0;
}
