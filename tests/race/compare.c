/* SPDX-License-Identifier: Apache-2.0 */
/* Whether comparing takes longer for a guess that is nearly right (dudect: Reparaz, Balasch and Verbauwhede, 2017). What
 * must hold: |t| below 4.5 for what compares an app's code, a YubiKey's OTP, a PIN or recovery code, a token; and above
 * it for a comparison that ends at the first difference, or nothing would be seen here. */
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yubikey.h>

#include "factor.h"
#include "pwhash.h"
#include "race/race.h"
#include "race/timing.h"
#include "race/welch.h"
#include "seal.h"
#include "yubikey.h"

#define BAR_T 4.5
enum { AT_ONCE = 16, TRIES = 3, UNIX_S = 1800000000 };

static struct seal *seal;
static struct totp app = { .len = TOTP_NEW, .active = true };
static struct yubikey key;
static uint8_t kept[32], guess[2][64];
static struct otp otp[2];
static char digits[2][8];
static volatile unsigned sink;

/* guess[0] is nearly right, guess[1] is any. */

static void make_app(void)
{
	char right[8];

	randombytes_buf(app.secret, app.len);
	for (unsigned n = 0; n < 1000000; n++) {
		snprintf(right, sizeof right, "%06u", n);
		if (totp_step(&app, right, UNIX_S) != 0)
			break;
	}
	snprintf(
		digits[0], sizeof digits[0], "%.5s%c", right, right[5] == '9' ? '0' : right[5] + 1);
	snprintf(digits[1], sizeof digits[1], "%06u", randombytes_uniform(1000000));
}

static void try_app(unsigned i)
{
	sink += (unsigned)totp_step(&app, digits[i], UNIX_S);
}

static void make_otp(void)
{
	uint8_t plain[16];

	randombytes_buf(&key.aes, sizeof key.aes);
	randombytes_buf(&key.private, sizeof key.private);
	for (unsigned i = 0; i < 2; i++) {
		randombytes_buf(plain, sizeof plain);
		if (i == 0)
			memcpy(plain, key.private, sizeof key.private - 1);
		yubikey_aes_encrypt(plain, key.aes);
		memcpy(otp[i].block, plain, sizeof plain);
	}
}

static void try_otp(unsigned i)
{
	sink += otp_counter(&otp[i], &key);
}

static struct pwhash hash[2];

static void make_hash(void)
{
	for (unsigned i = 0; i < 2; i++) {
		hash[i] = (struct pwhash){ .ops = 1, .kib = 8 };
		memset(hash[i].salt, 7, sizeof hash[i].salt);
		if (pwhash_compute(&hash[i], "73915", 5, hash[i].hash) < 0)
			client_fail("no memory");
	}
	hash[0].hash[PWHASH_BYTES - 1] ^= 1;
	randombytes_buf(hash[1].hash, sizeof hash[1].hash);
}

static void try_hash(unsigned i)
{
	uint8_t got[PWHASH_BYTES];

	if (pwhash_compute(&hash[i], "73915", 5, got) < 0)
		client_fail("no memory");
	sink += sodium_memcmp(got, hash[i].hash, sizeof got) == 0;
}

static void make_token(void)
{
	uint8_t data[KEY_BYTES], right[10];

	randombytes_buf(data, sizeof data);
	seal = seal_of(data);
	randombytes_buf(right, sizeof right);
	seal_hash(seal, SEAL_TOKEN, right, sizeof right, kept);
	memcpy(guess[0], right, sizeof right);
	guess[0][9] ^= 1;
	randombytes_buf(guess[1], sizeof right);
}

static void try_token(unsigned i)
{
	uint8_t given[HASH_BYTES];

	seal_hash(seal, SEAL_TOKEN, guess[i], 10, given);
	sink += sodium_memcmp(given, kept, sizeof given) == 0;
}

static void make_early(void)
{
	randombytes_buf(kept, sizeof kept);
	memcpy(guess[0], kept, sizeof kept);
	guess[0][31] ^= 1;
	randombytes_buf(guess[1], sizeof kept);
	guess[1][0] = kept[0] ^ 1;
}

static void try_early(unsigned i)
{
	unsigned k = 0;

	while (k < sizeof kept &&
		((volatile uint8_t *)kept)[k] == ((volatile uint8_t *)guess[i])[k])
		k++;
	sink += k == sizeof kept;
}

static const struct compared {
	const char *name;
	void (*make)(void);
	void (*try)(unsigned i);
	bool differs; /* as it must */
} all[] = {
	{ "sh08_an app's code", make_app, try_app, false },
	{ "sh08_a YubiKey's OTP", make_otp, try_otp, false },
	{ "sh08_a PIN or recovery code", make_hash, try_hash, false },
	{ "sh08_a token", make_token, try_token, false },
	{ "a comparison that ends early, which must show", make_early, try_early, true },
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Welch's t of n times of each. */
static double measure(const struct compared *c, size_t n)
{
	struct samples s[2] = { { .v = calloc(n, sizeof(double)) },
		{ .v = calloc(n, sizeof(double)) } };

	if (!s[0].v || !s[1].v)
		client_fail("no memory");
	while (s[0].n < n || s[1].n < n) {
		unsigned i = randombytes_uniform(2);

		if (s[i].n == n)
			i = !i;
		double from = now_ns();
		for (unsigned k = 0; k < AT_ONCE; k++)
			c->try(i);
		s[i].v[s[i].n++] = now_ns() - from;
	}
	double t = welch(&s[0], &s[1]).t;
	free(s[0].v);
	free(s[1].v);
	return t;
}

/* What differs does so each time; noise does not. */
void compare_all(unsigned samples)
{
	for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
		const struct compared *c = &all[k];
		double t = 0;
		unsigned tries = 0;

		do {
			c->make();
			t = measure(c, samples);
		} while ((fabs(t) >= BAR_T) != c->differs && ++tries < TRIES);
		if ((fabs(t) >= BAR_T) != c->differs)
			client_fail("%s: t = %.1f, %u times", c->name, t, TRIES);
		case_of(c->name, "|t| = %.1f of 2 times %u, bar %.1f; measured %u times", fabs(t),
			samples, BAR_T, tries + 1);
	}
}
