/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_YUBIKEY_H
#define HCAUTH_YUBIKEY_H

#include "conv.h"
#include "people.h"

struct key;
struct seal;
struct txn;

/* YubiKeys whose OTPs are checked here: AES-128 under a key of the YubiKey's own. What one types is its
 * public identity (0 to 16 bytes, never secret) and one encrypted block, in "modhex": letters that stand
 * at the same place on most keyboards. */

enum {
	YUBIKEYS_MAX = 8, /* of one person */
	PUBLIC_MAX = 16,
	PRIVATE_SIZE = 6,
	AES_SIZE = 16,
	OTP_MIN = 32, /* characters: without a public identity */
	OTP_MAX = OTP_MIN + 2 * PUBLIC_MAX,
	YUBIKEY_NAME_MAX = 40,
};

struct yubikey {
	uint8_t public[PUBLIC_MAX];
	size_t npublic;
	uint8_t private[PRIVATE_SIZE], aes[AES_SIZE];
	uint32_t
		counter; /* of the last OTP: how often it was plugged in, then touched since. Only ever up */
	char name[YUBIKEY_NAME_MAX + 1]; /* as its person calls it */
	uint64_t added, used; /* Unix seconds; 0: never */
};

/* A person's; they are FACTOR_YUBIKEY's credential. Wipe. */
struct yubikeys {
	size_t n;
	struct yubikey key[YUBIKEYS_MAX];
};
#define YUBIKEYS(id) struct yubikeys id __attribute__((cleanup(yubikeys_wipe))) = { .n = 0 }
void yubikeys_wipe(struct yubikeys *v);

/* 0 also when there are none. */
int yubikeys_load(
	struct txn *t, const struct conv *c, const struct id *owner, struct yubikeys *out);
int yubikeys_save(
	struct txn *t, const struct conv *c, const struct id *owner, const struct yubikeys *v);

/* What a YubiKey typed. */
struct otp {
	uint8_t public[PUBLIC_MAX];
	size_t npublic;
	uint8_t block[AES_SIZE];
};
/* False when it is none: another length, or a character that is not modhex (upper case: Caps Lock). */
bool otp_read(const char *text, struct otp *out);
bool otp_is_of(const struct otp *o, const struct yubikey *k); /* by the public identity */
/* The counter in it; 0 when another key's secrets made it, or it was changed. */
uint32_t otp_counter(const struct otp *o, const struct yubikey *k);

/* In the transaction that acts on it: *ok if text is a new OTP of one of the owner's, which is spent then. */
int otp_spend(struct txn *t, const struct conv *c, const struct id *owner, const char *text,
	const struct now *now, bool *ok);

/* An OTP where the password was asked for, at the workstation: true when it is p's own and new. It is spent
 * then, and no attempt. */
bool otp_at_password(struct conv *c, const struct person *p, const struct secret *answer);

/* Whether the service's rule names it. */
bool takes_yubikeys(const struct service *s);
/* Whether any rule of the settings does. */
bool asks_for_yubikeys(const struct conf *conf);

enum { PUBLIC_TEXT = 2 * PUBLIC_MAX + 1 };
/* The public identity in modhex; "-" when it has none. */
const char *public_text(const struct yubikey *k, char out[PUBLIC_TEXT]);
/* From modhex or, if it is not that, hex. */
bool public_read(const char *text, struct yubikey *out);
/* Exactly n bytes in hex, of any case; blanks and colons do not matter. */
bool hex_read(const char *text, uint8_t *out, size_t n);

bool same_public(const struct yubikey *a, const struct yubikey *b);
bool same_secrets(const struct yubikey *a, const struct yubikey *b);

/* --- those imported, which are nobody's yet: public identity and secrets alone --- */

int pool_get(struct txn *t, const struct seal *s, struct yubikey *k); /* of k's public identity */
int pool_put(struct txn *t, const struct seal *s, const struct yubikey *k);
int pool_del(struct txn *t, const struct yubikey *k);
/* The next one's public identity. Start with at->len = 0; -ENOENT after the last. */
int pool_next(struct txn *t, struct key *at, struct yubikey *out);

#endif
