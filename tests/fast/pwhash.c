/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords for hcauth-talk-fast: what a hash costs is next to nothing, whatever the settings and the verifier say.
 * A verifier made by one build is wrong for the other. */
#include <sodium.h>

static int hash_fast(unsigned char *out, unsigned long long len, const char *text,
	unsigned long long text_len, const unsigned char *salt)
{
	return crypto_pwhash(
		out, len, text, text_len, salt, 1, (size_t)8 * 1024, crypto_pwhash_ALG_ARGON2ID13);
}

#define crypto_pwhash(out, len, text, text_len, salt, ops, memory, algorithm)                      \
	hash_fast(out, len, text, text_len, salt)
#include "../../hcauthd/pwhash.c"
