/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SEAL_H
#define HCAUTH_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sealing of stored secrets: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under keys derived from one
 * random data key, which stands in the store wrapped under the machine key and under the recovery key. */

enum {
	KEY_BYTES = 32,
	SEAL_OVERHEAD = 24 + 16, /* nonce and tag */
	WRAP_BYTES = KEY_BYTES + SEAL_OVERHEAD,
	HASH_BYTES = 32,
};

/* What a derived key is for. */
enum seal_use {
	SEAL_CREDENTIAL = 1,
	SEAL_TOKEN = 2,
	SEAL_AUDIT = 3,
	SEAL_DECOY = 4,
	SEAL_NAME = 5,
	SEAL_OUTBOX = 6,
	SEAL_CODE = 7,
	SEAL_YUBIKEY = 8,
	SEAL_SSH_KEY = 11,
	SEAL_BACKUP = 20,
};

struct seal; /* holds the data key, in locked memory that is not dumped */

struct seal *seal_of(const uint8_t
		data_key[KEY_BYTES]); /* copies; the caller wipes its own. NULL: no locked memory */
void seal_free(struct seal *s);

/* Wraps the data key. who ("machine", "recovery") is bound in: one wrapping can't stand for the other. */
void seal_wrap(const struct seal *s, const char *who, const uint8_t key[KEY_BYTES],
	uint8_t out[WRAP_BYTES]);
/* Opens a wrapping. -EKEYREJECTED when the key is not the one, or the wrapping was changed; -ENOMEM. */
int seal_unwrap(const uint8_t wrapped[WRAP_BYTES], const char *who, const uint8_t key[KEY_BYTES],
	struct seal **out);

/* Seals n bytes; out takes n + SEAL_OVERHEAD. The associated data binds the record to its place: the
 * record's key, its schema version and its generation, as the caller wrote them. */
void seal_close(const struct seal *s, enum seal_use use, const void *ad, size_t adlen,
	const void *plain, size_t n, uint8_t *out);
/* Opens n sealed bytes; out takes n - SEAL_OVERHEAD. -EKEYREJECTED when anything differs;
 * out is then not to be used. */
int seal_open(const struct seal *s, enum seal_use use, const void *ad, size_t adlen,
	const void *sealed, size_t n, uint8_t *out);

/* A keyed hash (BLAKE2b, RFC 7693) of n bytes: for tokens, for names that do not exist, for decoys. */
void seal_hash(
	const struct seal *s, enum seal_use use, const void *p, size_t n, uint8_t out[HASH_BYTES]);
/* Whether a and b are one hash, in the same time whatever they are. */
bool hash_is(const uint8_t a[HASH_BYTES], const uint8_t b[HASH_BYTES]);

/* Reads the machine key: $CREDENTIALS_DIRECTORY/machine.key if there is one, else the file. Exactly
 * 32 bytes, a regular file, not readable by group or others (a credential: as systemd gives it), owned by
 * root or the caller. 0, -EPERM for wrong modes, -EINVAL for a wrong size, else -errno. */
int machine_key_read(const char *credentials, const char *file, uint8_t out[KEY_BYTES]);

/* Whether it is the credential that is read: the file is then not needed. */
bool machine_key_sealed(const char *credentials);

/* The same from a descriptor that root has opened for us. */
int machine_key_given(int fd, uint8_t out[KEY_BYTES]);

/* The recovery key as people keep it: 52 characters of base32 in groups of four, with two check characters. Out takes RECOVERY_TEXT. */
enum { RECOVERY_TEXT = 80 };
void recovery_text(const uint8_t key[KEY_BYTES], char out[RECOVERY_TEXT]);
int recovery_parse(const char *text,
	uint8_t out[KEY_BYTES]); /* -EINVAL; case, spaces and dashes do not matter */

#endif
