/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SSH_KEY_H
#define HCAUTH_SSH_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct seal;
struct txn;

/* The public ssh keys of an identity. They serve all of its accounts. */

enum {
	SSH_KEYS_MAX = 16, /* of one person */
	SSH_KEY_HASH = 32,
	SSH_BLOB_MAX = 1100, /* RSA of 8192 bits */
	SSH_NAME_MAX = 80,
	SSH_TEXT_MAX = 1600, /* "TYPE BASE64" of one */
	SSH_PRINT_MAX = 64,
	RSA_BITS_MIN = 3072, /* NIST SP 800-57, part 1, table 2: good beyond 2030 */
};

struct ssh_key {
	uint8_t hash[SSH_KEY_HASH]; /* SHA-256 of the blob: its row's key, and its fingerprint */
	size_t len;
	uint8_t blob[SSH_BLOB_MAX]; /* RFC 4253, 6.6: begins with its type */
	char name[SSH_NAME_MAX + 1];
	uint64_t added, used; /* Unix seconds; used: 0: never */
};

/* A line of a .pub file: "TYPE BASE64 COMMENT". NULL and *out, or what is wrong as a sentence. Options before
 * the type, as authorized_keys has them, are refused. */
const char *ssh_key_parse(const char *line, struct ssh_key *out);

/* A line of SSH_AUTH_INFO_0, up to its end or a newline: "publickey TYPE BASE64", perhaps more. False: it
 * proves no key. */
bool ssh_key_proved(const char *line, struct ssh_key *out);

/* "ssh-ed25519", "ssh-ed25519 AAAA..." and "SHA256:...". */
void ssh_key_type(const struct ssh_key *k, char out[SSH_PRINT_MAX]);
void ssh_key_text(const struct ssh_key *k, char out[SSH_TEXT_MAX]);
void ssh_key_print(const struct ssh_key *k, char out[SSH_PRINT_MAX]);

/* The owner's key of that hash. -ENOENT: there is none, or the row is not one that hcauth wrote for them. */
int ssh_key_load(struct txn *t, const struct seal *s, const struct id *owner,
	const uint8_t hash[SSH_KEY_HASH], struct ssh_key *out);
int ssh_key_save(
	struct txn *t, const struct seal *s, const struct id *owner, const struct ssh_key *k);
int ssh_key_del(struct txn *t, const struct id *owner, const uint8_t hash[SSH_KEY_HASH]);

/* All of them, in the order of their adding. */
int ssh_keys_of(struct txn *t, const struct id *owner, struct ssh_key out[SSH_KEYS_MAX], size_t *n);

/* Takes all of them away; the directory has changed if there was one. */
int ssh_keys_drop(struct txn *t, const struct id *owner);

#endif
