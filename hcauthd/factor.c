/* SPDX-License-Identifier: Apache-2.0 */
/* The table of factors, and the activation code, which is not one of them: it only opens the way to
 * enrolment. */
#include "factor.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "glass.h"
#include "seal.h"
#include "store/store.h"
#include "text.h"
#include "token.h"

static const struct factor *const factors[] = { &factor_password, &factor_totp, &factor_recovery,
	&factor_pin, &factor_key, &factor_fingerprint, &factor_glass, &factor_yubikey,
	&factor_sms };

const struct factor *factor_of(enum factor_id id)
{
	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
		if (factors[i]->id == id)
			return factors[i];
	return NULL;
}

const char *factor_name(enum factor_id id)
{
	const struct factor *f = factor_of(id);

	return f ? f->name : "?";
}

const char *factor_word(enum factor_id id)
{
	const char *const words[FACTOR_LAST + 1] = { [FACTOR_PASSWORD] = TEXT_WORD_PASSWORD,
		[FACTOR_TOTP] = TEXT_WORD_TOTP,
		[FACTOR_RECOVERY] = TEXT_WORD_RECOVERY,
		[FACTOR_PIN] = TEXT_WORD_PIN,
		[FACTOR_SMS] = TEXT_WORD_SMS,
		[FACTOR_YUBIKEY] = TEXT_WORD_YUBIKEY,
		[FACTOR_KEY] = TEXT_WORD_KEY,
		[FACTOR_FINGERPRINT] = TEXT_WORD_FINGERPRINT,
		[FACTOR_BREAK_GLASS] = "BREAK-GLASS" };

	return id <= FACTOR_LAST && words[id] ? words[id] : "?";
}

const char *factors_text(uint32_t bits, const char *last, char out[FACTORS_TEXT])
{
	size_t at = 0;

	out[0] = 0;
	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++) {
		const char *before = bits >> id == 1 ? last : ", ";

		if (bits & 1u << id && at < FACTORS_TEXT)
			at += (size_t)snprintf(out + at, FACTORS_TEXT - at, "%s%s",
				at ? before : "", factor_word(id));
	}
	return out;
}

enum { VERSION = 1 };

/* 80 random bits need no slow hash: a keyed one, so that the stored form alone is worth nothing. */
static void token_hash(
	const struct conv *c, const uint8_t token[TOKEN_BYTES], uint8_t out[HASH_BYTES])
{
	seal_hash(c->seal, SEAL_TOKEN, token, TOKEN_BYTES, out);
}

static int code_make(struct txn *t, const struct conv *c, const struct id *owner, unsigned factor,
	uint64_t until, char text[24])
{
	CREDENTIAL(cred);
	uint8_t token[TOKEN_BYTES], hash[HASH_BYTES];
	struct writer w = writer_of(cred.plain, sizeof cred.plain);

	randombytes_buf(token, sizeof token);
	token_hash(c, token, hash);
	put_byte(&w, VERSION);
	put_bytes(&w, 1, hash, sizeof hash);
	put_u64(&w, 2, until);
	cred.len = w.len;
	token_text(token, text);
	wipe(token, sizeof token);
	return credential_put(t, c->seal, owner, factor, &cred);
}

static bool code_matches(struct txn *t, const struct conv *c, const struct id *owner,
	unsigned factor, const struct now *now, const char *text)
{
	CREDENTIAL(cred);
	uint8_t token[TOKEN_BYTES], given[HASH_BYTES], kept[HASH_BYTES];
	struct field f = { .tag = 0 };

	if (!token_parse(text, token) || credential_get(t, c->seal, owner, factor, &cred) < 0)
		return false;
	token_hash(c, token, given);
	wipe(token, sizeof token);

	struct reader r = reader_of(cred.plain, cred.len);
	if (take_u8(&r) != VERSION || !next_field(&r, &f) || f.tag != 1)
		return false;
	field_bytes(&r, &f, kept, sizeof kept);
	if (!next_field(&r, &f) || f.tag != 2)
		return false;
	uint64_t until = field_u64(&r, &f);
	return !r.bad && now->unix_s < until && hash_is(given, kept);
}

int activation_make(struct txn *t, const struct conv *c, const struct id *owner,
	const struct now *now, uint64_t seconds, char text[24])
{
	return code_make(t, c, owner, FACTOR_ACTIVATION, now->unix_s + seconds, text);
}

bool activation_waits(
	struct txn *t, const struct conv *c, const struct id *owner, const struct now *now)
{
	CREDENTIAL(cred);
	struct field f = { .tag = 0 };
	int r = credential_get(t, c->seal, owner, FACTOR_ACTIVATION, &cred);

	if (r < 0)
		return r != -ENOENT;
	struct reader in = reader_of(cred.plain, cred.len);
	bool good =
		take_u8(&in) == VERSION && next_field(&in, &f) && next_field(&in, &f) && f.tag == 2;
	uint64_t until = good ? field_u64(&in, &f) : 0;
	return !good || in.bad || now->unix_s < until;
}

bool activation_matches(struct txn *t, const struct conv *c, const struct id *owner,
	const struct now *now, const char *text)
{
	return code_matches(t, c, owner, FACTOR_ACTIVATION, now, text);
}

int reset_make(struct txn *t, const struct conv *c, const struct id *owner, const struct now *now,
	uint64_t seconds, char text[24])
{
	return code_make(t, c, owner, FACTOR_RESET, now->unix_s + seconds, text);
}

bool reset_matches(struct txn *t, const struct conv *c, const struct id *owner,
	const struct now *now, const char *text)
{
	return code_matches(t, c, owner, FACTOR_RESET, now, text);
}

int reset_to_activation(struct txn *t, const struct conv *c, const struct id *owner)
{
	CREDENTIAL(cred);
	int r = credential_get(t, c->seal, owner, FACTOR_RESET, &cred);

	if (r == 0)
		r = credential_put(t, c->seal, owner, FACTOR_ACTIVATION, &cred);
	return r < 0 ? r : credential_del(t, owner, FACTOR_RESET);
}
