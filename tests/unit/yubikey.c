/* SPDX-License-Identifier: Apache-2.0 */
/* OTPs and records of YubiKeys. What must hold: the published vectors; what is not exactly an OTP is none;
 * one changed bit makes it worthless; a row opens at its own place only. */
#include <errno.h>
#include <string.h>
#include <yubikey.h>

#include "check.h"
#include "credential.h"
#include "people.h"
#include "seal.h"
#include "store/store.h"
#include "yubikey_help.h"

static struct yubikey published(void)
{
	struct yubikey k = { .npublic = 4 };

	CHECK(hex_read("ecde18dbe76fbd0c33330f1c354871db", k.aes, sizeof k.aes));
	CHECK(hex_read("87 92 eb fe 26 cc", k.private, sizeof k.private));
	CHECK(public_read("dteffuje", &k));
	return k;
}

/* Yubico/yubico-c, test-vectors.txt: "dteffujehknhfjbrjnlnldnhcujvddbikngjrtgh" under that key. */
TEST(yubikey_published_otp)
{
	const struct yubikey k = published();
	struct otp o;
	char text[PUBLIC_TEXT];

	CHECK(otp_read("dteffujehknhfjbrjnlnldnhcujvddbikngjrtgh", &o));
	CHECK_INT(o.npublic, 4);
	CHECK_BYTES(o.public, "\x2d\x34\x4e\x83", 4);
	CHECK_BYTES(o.block, "\x69\xb6\x48\x1c\x8b\xab\xa2\xb6\x0e\x8f\x22\x17\x9b\x58\xcd\x56",
		sizeof o.block);
	CHECK(otp_is_of(&o, &k));
	CHECK_TEXT(public_text(&k, text), "dteffuje");
	CHECK_INT(otp_counter(&o, &k), 0x1311); /* plugged in 0x13 times, then touched 0x11 times */
	CHECK(otp_read("hknhfjbrjnlnldnhcujvddbikngjrtgh", &o));
	CHECK_INT(o.npublic, 0);
	CHECK_INT(otp_counter(&o, &k), 0x1311);
}

/* Yubico/yubico-c, tests/selftest.c: AES of "0123456789abcdef" under "abcdef0123456789"; its CRC is wrong. */
TEST(yubikey_published_block_with_a_wrong_crc)
{
	struct yubikey k = { .npublic = 0 };
	struct otp o = { .npublic = 0 };

	memcpy(k.aes, "abcdef0123456789", sizeof k.aes);
	memcpy(o.block, "0123456789abcdef", sizeof o.block);
	memcpy(k.private, "\x83\x8a\x46\x7f\x34\x63", sizeof k.private);
	uint8_t plain[16];
	memcpy(plain, o.block, sizeof plain);
	yubikey_aes_decrypt(plain, k.aes);
	CHECK_BYTES(plain, "\x83\x8a\x46\x7f\x34\x63\x95\x51\x75\x5b\xd3\x2a\x4a\x2f\x15\xe1", 16);
	CHECK_INT(otp_counter(&o, &k), 0);
}

/* OT-05 */
TEST(ot05_yubikey_otp_has_one_form)
{
	static const char *const bad[] = { "", "h", "hknhfjbrjnlnldnhcujvddbikngjrtg",
		"dteffujehknhfjbrjnlnldnhcujvddbikngjrtg",
		"ddteffujehknhfjbrjnlnldnhcujvddbikngjrtgh",
		"DTEFFUJEHKNHFJBRJNLNLDNHCUJVDDBIKNGJRTGH",
		"dteffujehknhfjbrjnlnldnhcujvddbikngjrtgH",
		"e.uuigc.dtbdujxpcb nenxdjgckexxctbi cpoyid", /* as a Dvorak keyboard has it */
		"dteffuje hknhfjbrjnlnldnhcujvddbikngjrtgh",
		"dteffujehknhfjbrjnlnldnhcujvddbikngjrtg\n",
		"dteffujehknhfjbrjnlnldnhcujvddbikngjrtga",
		"2d344e8369b6481c8baba2b60e8f22179b58cd56",
		"ccccccccccccccccccccccccccccccccccdteffujehknhfjbrjnlnldnhcujvddbikngjrtgh" };
	struct otp o;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_TEXT(otp_read(bad[i], &o) ? bad[i] : "none", "none");
	CHECK(otp_read("cccccccccccccccccccccccccccccccchknhfjbrjnlnldnhcujvddbikngjrtgh", &o));
	CHECK_INT(o.npublic, PUBLIC_MAX);
}

TEST(yubikey_otp_with_a_changed_bit_is_none)
{
	const struct yubikey k = published();
	struct otp o;

	CHECK(otp_read("dteffujehknhfjbrjnlnldnhcujvddbikngjrtgh", &o));
	for (unsigned i = 0; i < 128; i++) {
		o.block[i / 8] ^= (uint8_t)(1 << i % 8);
		CHECK_INT(otp_counter(&o, &k), 0);
		o.block[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	CHECK_INT(otp_counter(&o, &k), 0x1311);
	for (unsigned i = 0; i < 8 * PRIVATE_SIZE; i++) {
		struct yubikey other = k;

		other.private[i / 8] ^= (uint8_t)(1 << i % 8);
		CHECK_INT(otp_counter(&o, &other), 0);
	}
}

/* How often it was plugged in comes first; Caps Lock, which the highest bit tells, counts for nothing. */
TEST(yubikey_counters_are_in_order)
{
	struct soft_key k = soft_key(1);
	struct otp o;
	uint32_t last = 0;

	for (unsigned i = 0; i < 600; i++) {
		if (k.touched == 255)
			soft_plug(&k);
		CHECK(otp_read(soft_touch(&k), &o));
		uint32_t counter = otp_counter(&o, &k.key);
		CHECK(counter > last);
		last = counter;
	}
	soft_plug(&k);
	CHECK(otp_read(soft_touch(&k), &o) && otp_counter(&o, &k.key) > last);
	last = otp_counter(&o, &k.key);
	k.touched = 0;
	k.plugged |= 0x8000;
	CHECK(otp_read(soft_touch(&k), &o));
	CHECK_INT(otp_counter(&o, &k.key), last);
}

TEST(yubikey_hex_has_one_length)
{
	uint8_t out[6];

	CHECK(hex_read("8792ebfe26cc", out, 6));
	CHECK(hex_read("87:92:EB FE 26 cc", out, 6));
	CHECK(!hex_read("8792ebfe26c", out, 6));
	CHECK(!hex_read("8792ebfe26ccdd", out, 6));
	CHECK(!hex_read("8792ebfe26cg", out, 6));
	CHECK(!hex_read("", out, 6));
}

TEST(yubikey_public_identity_is_modhex_or_hex)
{
	struct yubikey k;

	CHECK(public_read("cbcb", &k));
	CHECK_BYTES(k.public, "\x01\x01", 2);
	CHECK(public_read("2d344e83", &k));
	CHECK_BYTES(k.public, "\x2d\x34\x4e\x83", 4);
	CHECK(!public_read("", &k));
	CHECK(!public_read("cbc", &k));
	CHECK(!public_read("cb-b", &k));
	CHECK(!public_read("cccccccccccccccccccccccccccccccccc", &k));
}

struct case_txn {
	int (*fn)(struct txn *t, const struct conv *c, const struct id *owner);
	const struct conv *c;
	struct id owner;
	int r;
};

static int run(struct txn *t, void *arg)
{
	struct case_txn *x = arg;

	return x->fn(t, x->c, &x->owner);
}

static void converse_txn(struct conv *c, void *arg)
{
	struct case_txn *x = arg;

	x->c = c;
	x->r = store_update(c->store, NEED_SPACE, run, x);
}

static void in_txn(int (*fn)(struct txn *t, const struct conv *c, const struct id *owner))
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct case_txn x = { .fn = fn, .owner = { .bytes = { 7 } }, .r = -1 };

	enrol_ada(&w);
	in_conversation(&w, converse_txn, &x, sizeof x);
	CHECK_INT(x.r, 0);
}

static int write_eight(struct txn *t, const struct conv *c, const struct id *owner)
{
	YUBIKEYS(v);
	YUBIKEYS(again);

	for (; v.n < YUBIKEYS_MAX; v.n++) {
		v.key[v.n] = soft_key((unsigned)v.n).key;
		v.key[v.n].npublic = v.n % 2 ? PUBLIC_MAX : 0;
		memset(v.key[v.n].name, 'n', YUBIKEY_NAME_MAX);
		v.key[v.n].counter = 0x7fffff;
		v.key[v.n].added = v.key[v.n].used = UINT64_MAX;
	}
	CHECK_INT(yubikeys_save(t, c, owner, &v), 0);
	CHECK_INT(yubikeys_load(t, c, owner, &again), 0);
	CHECK_INT(again.n, YUBIKEYS_MAX);
	for (size_t i = 0; i < v.n; i++) {
		CHECK_INT(again.key[i].npublic, v.key[i].npublic);
		CHECK_BYTES(again.key[i].public, v.key[i].public, v.key[i].npublic);
		CHECK_BYTES(again.key[i].aes, v.key[i].aes, AES_SIZE);
		CHECK_BYTES(again.key[i].private, v.key[i].private, PRIVATE_SIZE);
		CHECK_TEXT(again.key[i].name, v.key[i].name);
		CHECK_INT(again.key[i].counter, 0x7fffff);
		CHECK(again.key[i].used == UINT64_MAX);
	}
	v.n = 0;
	CHECK_INT(yubikeys_save(t, c, owner, &v), 0);
	CHECK(!credential_exists(t, owner, FACTOR_YUBIKEY));
	CHECK_INT(yubikeys_load(t, c, owner, &again), 0);
	CHECK_INT(again.n, 0);
	return 0;
}

TEST(yubikeys_of_one_person_are_one_record)
{
	in_txn(write_eight);
}

/* A record that is cut short, or has what it should not have. */
static int read_damaged(struct txn *t, const struct conv *c, const struct id *owner)
{
	struct credential whole, part;
	YUBIKEYS(v);

	v.key[0] = soft_key(1).key;
	v.n = 1;
	CHECK_INT(yubikeys_save(t, c, owner, &v), 0);
	CHECK_INT(credential_get(t, c->seal, owner, FACTOR_YUBIKEY, &whole), 0);
	for (size_t len = 0; len < whole.len; len++) {
		part = whole;
		part.len = len;
		CHECK_INT(credential_put(t, c->seal, owner, FACTOR_YUBIKEY, &part), 0);
		CHECK_INT(yubikeys_load(t, c, owner, &v), -EUCLEAN);
	}
	part = whole;
	part.plain[0]++;
	CHECK_INT(credential_put(t, c->seal, owner, FACTOR_YUBIKEY, &part), 0);
	CHECK_INT(yubikeys_load(t, c, owner, &v), -EUCLEAN);
	return 0;
}

TEST(yubikeys_damaged_are_refused)
{
	in_txn(read_damaged);
}

static int move_row(struct txn *t, const struct conv *c, const struct id *owner)
{
	struct yubikey one = soft_key(1).key, two = soft_key(2).key, none = { .npublic = 0 }, got;
	struct key at = { .len = 0 };
	struct bytes row;
	uint8_t copy[256];

	(void)owner;
	CHECK_INT(pool_put(t, c->seal, &one), 0);
	got = one;
	memset(got.aes, 0, sizeof got.aes);
	CHECK_INT(pool_get(t, c->seal, &got), 0);
	CHECK_BYTES(got.aes, one.aes, AES_SIZE);
	CHECK_BYTES(got.private, one.private, PRIVATE_SIZE);
	CHECK_INT(txn_get(t, TABLE_YUBIKEY, one.public, one.npublic, &row), 0);
	CHECK(row.len <= sizeof copy && !memmem(row.p, row.len, one.aes, AES_SIZE));
	size_t len = row.len;
	memcpy(copy, row.p, len);
	CHECK_INT(txn_put(t, TABLE_YUBIKEY, two.public, two.npublic, copy, len), 0);
	CHECK_INT(pool_get(t, c->seal, &two), -EKEYREJECTED);
	CHECK_INT(txn_put(t, TABLE_YUBIKEY, two.public, two.npublic, copy, len - 1), 0);
	CHECK_INT(pool_get(t, c->seal, &two), -EUCLEAN);
	CHECK_INT(pool_next(t, &at, &got), 0);
	CHECK_INT(pool_del(t, &one), 0);
	CHECK_INT(pool_get(t, c->seal, &one), -ENOENT);
	CHECK_INT(pool_get(t, c->seal, &none), -ENOENT);
	CHECK_INT(pool_del(t, &none), -ENOENT);
	return 0;
}

TEST(yubikey_of_the_pool_opens_at_its_place_only)
{
	in_txn(move_row);
}
