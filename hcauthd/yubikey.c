/* SPDX-License-Identifier: Apache-2.0 */
/* Records of YubiKeys, and their OTPs. What must hold: an OTP counts once, and after it none that the key
 * made before; secrets are compared in constant time and leave this process sealed only; the clock in the
 * key is not believed. */
#include "yubikey.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <yubikey.h>

#include "codec.h"
#include "credential.h"
#include "factor.h"
#include "seal.h"
#include "store/store.h"

_Static_assert(AES_SIZE == YUBIKEY_BLOCK_SIZE && AES_SIZE == YUBIKEY_KEY_SIZE &&
		PRIVATE_SIZE == YUBIKEY_UID_SIZE && OTP_MIN == YUBIKEY_OTP_SIZE,
	"sizes are libyubikey's");

enum { VERSION = 1, KEY_PLAIN_MAX = 200 };

void yubikeys_wipe(struct yubikeys *v)
{
	wipe(v, sizeof *v);
}

/* --- a person's --- */

static void key_put(struct writer *out, uint8_t tag, const struct yubikey *k)
{
	uint8_t plain[KEY_PLAIN_MAX];
	struct writer w = writer_of(plain, sizeof plain);

	put_bytes(&w, 1, k->public, k->npublic);
	put_bytes(&w, 2, k->private, sizeof k->private);
	put_bytes(&w, 3, k->aes, sizeof k->aes);
	put_u32(&w, 4, k->counter);
	put_text(&w, 5, k->name);
	put_u64(&w, 6, k->added);
	put_u64(&w, 7, k->used);
	put_bytes(out, tag, plain, w.len);
	out->bad |= w.bad;
	wipe(plain, sizeof plain);
}

static bool key_get(const struct field *from, struct yubikey *out)
{
	struct reader in = reader_of(from->p, from->len);
	struct field f = { .tag = 0 };
	unsigned n = 0;

	for (; next_field(&in, &f); n++) {
		switch (f.tag) {
		case 1:
			out->npublic = f.len <= sizeof out->public ? f.len : 0;
			field_bytes(&in, &f, out->public, out->npublic);
			break;
		case 2: field_bytes(&in, &f, out->private, sizeof out->private); break;
		case 3: field_bytes(&in, &f, out->aes, sizeof out->aes); break;
		case 4: out->counter = field_u32(&in, &f); break;
		case 5: field_copy(&in, &f, out->name, sizeof out->name); break;
		case 6: out->added = field_u64(&in, &f); break;
		case 7: out->used = field_u64(&in, &f); break;
		}
	}
	return !in.bad && n == 7 && f.tag == 7;
}

int yubikeys_load(struct txn *t, const struct conv *c, const struct id *owner, struct yubikeys *out)
{
	CREDENTIAL(cred);
	YUBIKEYS(v);
	int r = credential_get(t, c->seal, owner, FACTOR_YUBIKEY, &cred);

	if (r < 0 && r != -ENOENT)
		return r;
	struct reader in = reader_of(cred.plain, cred.len);
	struct field f = { .tag = 0 };
	if (r == 0 && take_u8(&in) != VERSION)
		return -EUCLEAN;
	for (; r == 0 && next_field(&in, &f); v.n++)
		if (v.n == YUBIKEYS_MAX || !key_get(&f, &v.key[v.n]))
			return -EUCLEAN;
	if (in.bad || (r == 0 && v.n == 0))
		return -EUCLEAN;
	*out = v;
	return 0;
}

int yubikeys_save(
	struct txn *t, const struct conv *c, const struct id *owner, const struct yubikeys *v)
{
	CREDENTIAL(cred);
	struct writer w = writer_of(cred.plain, sizeof cred.plain);

	if (v->n == 0)
		return credential_del(t, owner, FACTOR_YUBIKEY);
	put_byte(&w, VERSION);
	for (size_t i = 0; i < v->n; i++)
		key_put(&w, (uint8_t)(i + 1), &v->key[i]);
	if (w.bad)
		return -EMSGSIZE;
	cred.len = w.len;
	return credential_put(t, c->seal, owner, FACTOR_YUBIKEY, &cred);
}

/* --- text --- */

static bool modhex_read(const char *text, size_t n, uint8_t *out)
{
	static const char digits[] = YUBIKEY_MODHEX_MAP;

	for (size_t i = 0; i < 2 * n; i++) {
		const char *at = memchr(digits, text[i], sizeof digits - 1);

		if (!at)
			return false;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | (at - digits));
	}
	return true;
}

bool otp_read(const char *text, struct otp *out)
{
	size_t len = strlen(text);
	struct otp o = { .npublic = 0 };

	if (len < OTP_MIN || len > OTP_MAX || len % 2 != 0)
		return false;
	o.npublic = (len - OTP_MIN) / 2;
	if (!modhex_read(text, o.npublic, o.public) ||
		!modhex_read(text + 2 * o.npublic, sizeof o.block, o.block))
		return false;
	*out = o;
	return true;
}

const char *public_text(const struct yubikey *k, char out[PUBLIC_TEXT])
{
	if (k->npublic == 0)
		return "-";
	yubikey_modhex_encode(out, (const char *)k->public, k->npublic);
	return out;
}

bool public_read(const char *text, struct yubikey *out)
{
	uint8_t public[PUBLIC_MAX] = { 0 };
	size_t len = strlen(text);

	if (len == 0 || len > 2 * PUBLIC_MAX || len % 2 != 0 ||
		(!modhex_read(text, len / 2, public) && !hex_read(text, public, len / 2)))
		return false;
	memcpy(out->public, public, sizeof public);
	out->npublic = len / 2;
	return true;
}

bool hex_read(const char *text, uint8_t *out, size_t n)
{
	size_t len;
	const char *end;

	return sodium_hex2bin(out, n, text, strlen(text), " :", &len, &end) == 0 && len == n &&
		*end == 0;
}

/* --- OTPs --- */

bool otp_is_of(const struct otp *o, const struct yubikey *k)
{
	return o->npublic == k->npublic && memcmp(o->public, k->public, o->npublic) == 0;
}

/* The plain block, in its order: private identity (6 bytes), how often it was plugged in (2, the lower
 * first; the highest bit is for Caps Lock), time (3), how often touched since (1), random (2), CRC (2). */
uint32_t otp_counter(const struct otp *o, const struct yubikey *k)
{
	uint8_t plain[AES_SIZE];

	memcpy(plain, o->block, sizeof plain);
	yubikey_aes_decrypt(plain, k->aes);
	bool right = sodium_memcmp(plain, k->private, sizeof k->private) == 0;
	right &= yubikey_crc16(plain, sizeof plain) == YUBIKEY_CRC_OK_RESIDUE;
	uint32_t plugged = plain[PRIVATE_SIZE] | (plain[PRIVATE_SIZE + 1] & 0x7fu) << 8;
	uint32_t counter = plugged << 8 | plain[11];
	wipe(plain, sizeof plain);
	return right ? counter : 0;
}

/* The same work whether the owner has such a key, another, or none. */
int otp_spend(struct txn *t, const struct conv *c, const struct id *owner, const char *text,
	const struct now *now, bool *ok)
{
	YUBIKEYS(v);
	struct yubikey none = { .npublic = 0 }, *key = &none;
	struct otp o = { .npublic = 0 };
	bool read = otp_read(text, &o), found = false;
	int r = yubikeys_load(t, c, owner, &v);

	*ok = false;
	if (r < 0)
		return r;
	for (size_t i = 0; read && i < v.n && !found; i++) {
		found = otp_is_of(&o, &v.key[i]);
		if (found)
			key = &v.key[i];
	}
	uint32_t counter = otp_counter(&o, key);
	if (!found || counter <= key->counter)
		return 0;
	key->counter = counter;
	key->used = now->unix_s;
	r = yubikeys_save(t, c, owner, &v);
	*ok = r == 0;
	return r;
}

bool same_public(const struct yubikey *a, const struct yubikey *b)
{
	return a->npublic == b->npublic && memcmp(a->public, b->public, a->npublic) == 0;
}

bool same_secrets(const struct yubikey *a, const struct yubikey *b)
{
	return sodium_memcmp(a->aes, b->aes, sizeof a->aes) == 0 &&
		sodium_memcmp(a->private, b->private, sizeof a->private) == 0;
}

/* --- those imported --- */

static size_t pool_place(const struct yubikey *k, uint8_t out[2 + PUBLIC_MAX])
{
	out[0] = TABLE_YUBIKEY;
	out[1] = VERSION;
	memcpy(out + 2, k->public, k->npublic);
	return 2 + k->npublic;
}

int pool_get(struct txn *t, const struct seal *s, struct yubikey *k)
{
	uint8_t place[2 + PUBLIC_MAX], plain[PRIVATE_SIZE + AES_SIZE];
	size_t len = pool_place(k, place);
	struct bytes row;

	if (k->npublic == 0)
		return -ENOENT;
	int r = txn_get(t, TABLE_YUBIKEY, k->public, k->npublic, &row);
	if (r < 0)
		return r;
	struct reader in = reader_of(row.p, row.len);
	struct field f = { .tag = 0 };
	if (take_u8(&in) != VERSION || !next_field(&in, &f) || f.tag != 1 || in.left > 0 ||
		f.len != sizeof plain + SEAL_OVERHEAD)
		return -EUCLEAN;
	r = seal_open(s, SEAL_YUBIKEY, place, len, f.p, f.len, plain);
	if (r == 0) {
		memcpy(k->private, plain, PRIVATE_SIZE);
		memcpy(k->aes, plain + PRIVATE_SIZE, AES_SIZE);
	}
	wipe(plain, sizeof plain);
	return r;
}

int pool_put(struct txn *t, const struct seal *s, const struct yubikey *k)
{
	uint8_t place[2 + PUBLIC_MAX], plain[PRIVATE_SIZE + AES_SIZE],
		sealed[sizeof plain + SEAL_OVERHEAD], row[sizeof sealed + 8];
	struct writer w = writer_of(row, sizeof row);
	size_t len = pool_place(k, place);

	memcpy(plain, k->private, PRIVATE_SIZE);
	memcpy(plain + PRIVATE_SIZE, k->aes, AES_SIZE);
	seal_close(s, SEAL_YUBIKEY, place, len, plain, sizeof plain, sealed);
	wipe(plain, sizeof plain);
	put_byte(&w, VERSION);
	put_bytes(&w, 1, sealed, sizeof sealed);
	return w.bad ? -EMSGSIZE : txn_put(t, TABLE_YUBIKEY, k->public, k->npublic, row, w.len);
}

int pool_del(struct txn *t, const struct yubikey *k)
{
	return k->npublic == 0 ? -ENOENT : txn_del(t, TABLE_YUBIKEY, k->public, k->npublic);
}

int pool_next(struct txn *t, struct key *at, struct yubikey *out)
{
	struct bytes row;
	int r = txn_next(t, TABLE_YUBIKEY, "", 0, at, &row);

	if (r < 0)
		return r;
	*out = (struct yubikey){ .npublic = at->len <= PUBLIC_MAX ? at->len : PUBLIC_MAX };
	memcpy(out->public, at->bytes, out->npublic);
	return 0;
}
