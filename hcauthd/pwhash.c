/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a computation uses the passes and memory that the verifier was made with, and nothing
 * that a damaged record could make large enough to hurt the machine. */
#include "pwhash.h"

#include <errno.h>
#include <sodium.h>

#include "wipe.h"

enum {
	OPS_MAX = 16,
	KIB_MIN = 8,
	KIB_MAX = 1024 * 1024
}; /* what the settings allow, and RFC 9106 */

_Static_assert(PWHASH_SALT == crypto_pwhash_SALTBYTES, "a salt is a salt");

int pwhash_compute(const struct pwhash *h, const char *text, size_t len, uint8_t out[PWHASH_BYTES])
{
	if (h->ops < 1 || h->ops > OPS_MAX || h->kib < KIB_MIN || h->kib > KIB_MAX)
		return -EINVAL;
	if (sodium_init() < 0)
		return -EIO;
	if (crypto_pwhash(out, PWHASH_BYTES, text, len, h->salt, h->ops, (size_t)h->kib * 1024,
		    crypto_pwhash_ALG_ARGON2ID13) != 0)
		return -ENOMEM;
	return 0;
}

bool pwhash_is(const struct pwhash *h, const uint8_t computed[PWHASH_BYTES])
{
	return sodium_memcmp(computed, h->hash, PWHASH_BYTES) == 0;
}

int pwhash_make(uint32_t ops, uint32_t kib, const char *text, size_t len, struct pwhash *out)
{
	struct pwhash h = { .ops = ops, .kib = kib };

	if (sodium_init() < 0)
		return -EIO;
	randombytes_buf(h.salt, sizeof h.salt);

	int r = pwhash_compute(&h, text, len, h.hash);
	if (r == 0)
		*out = h;
	wipe(&h, sizeof h);
	return r;
}
