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
static uint8_t kept[32];
static char right[8];
static volatile unsigned sink;

/* What is given, each time another, at one place: nearly right, or any. Both are made by the same steps, or these would
 * show: a draw more leaves the processor's caches otherwise. */
static char digits[8];
static struct otp otp;
static struct pwhash hash;
static uint8_t guess[32];

static void make_app(void)
{
	randombytes_buf(app.secret, app.len);
	for (unsigned n = 0; n < 1000000; n++) {
		snprintf(right, sizeof right, "%06u", n);
		if (totp_step(&app, right, UNIX_S) != 0)
			break;
	}
}

static void another_app(bool near)
{
	unsigned number = randombytes_uniform(1000000), last = 1 + randombytes_uniform(9);
	char of[2][8];

	snprintf(of[0], sizeof of[0], "%06u", number);
	snprintf(of[1], sizeof of[1], "%.5s%u", right, ((unsigned)right[5] - '0' + last) % 10);
	memcpy(digits, of[near], sizeof digits);
}

static void try_app(void)
{
	sink += (unsigned)totp_step(&app, digits, UNIX_S);
}

static void make_otp(void)
{
	randombytes_buf(&key.aes, sizeof key.aes);
	randombytes_buf(&key.private, sizeof key.private);
}

/* libyubikey's checksum branches on each bit of the block, which no guesser knows: any two blocks differ. */
static void another_otp(bool near)
{
	uint8_t plain[16], other[sizeof key.private];

	randombytes_buf(plain, sizeof plain);
	randombytes_buf(other, sizeof other);
	memcpy(plain, near ? key.private : other, sizeof key.private - 1);
	yubikey_aes_encrypt(plain, key.aes);
	memcpy(otp.block, plain, sizeof plain);
}

static void try_otp(void)
{
	sink += otp_counter(&otp, &key);
}

static void make_hash(void)
{
	hash = (struct pwhash){ .ops = 1, .kib = 8 };
	memset(hash.salt, 7, sizeof hash.salt);
	if (pwhash_compute(&hash, "73915", 5, kept) < 0)
		client_fail("no memory");
}

static void another_hash(bool near)
{
	uint8_t other[sizeof hash.hash];

	randombytes_buf(hash.hash, sizeof hash.hash);
	randombytes_buf(other, sizeof other);
	memcpy(hash.hash, near ? kept : other, sizeof hash.hash - 1);
}

static void try_hash(void)
{
	uint8_t got[PWHASH_BYTES];

	if (pwhash_compute(&hash, "73915", 5, got) < 0)
		client_fail("no memory");
	sink += pwhash_is(&hash, got);
}

static uint8_t token[10];

static void make_token(void)
{
	uint8_t data[KEY_BYTES];

	randombytes_buf(data, sizeof data);
	seal = seal_of(data);
	randombytes_buf(token, sizeof token);
	seal_hash(seal, SEAL_TOKEN, token, sizeof token, kept);
}

static void another_token(bool near)
{
	uint8_t other[sizeof token];

	randombytes_buf(guess, sizeof token);
	randombytes_buf(other, sizeof other);
	memcpy(guess, near ? token : other, sizeof token - 1);
}

static void try_token(void)
{
	uint8_t given[HASH_BYTES];

	seal_hash(seal, SEAL_TOKEN, guess, sizeof token, given);
	sink += hash_is(given, kept);
}

static void make_early(void)
{
	randombytes_buf(kept, sizeof kept);
}

static void another_early(bool near)
{
	uint8_t other[sizeof guess];

	randombytes_buf(guess, sizeof guess);
	randombytes_buf(other, sizeof other);
	memcpy(guess, near ? kept : other, sizeof guess - 1);
}

static void try_early(void)
{
	unsigned k = 0;

	while (k < sizeof kept && ((volatile uint8_t *)kept)[k] == ((volatile uint8_t *)guess)[k])
		k++;
	sink += k == sizeof kept;
}

static const struct compared {
	const char *name;
	void (*make)(void);
	void (*another)(bool near);
	void (*try)(void);
	bool differs; /* as it must */
} all[] = {
	{ "sh08_an app's code", make_app, another_app, try_app, false },
	{ "sh08_a YubiKey's OTP", make_otp, another_otp, try_otp, false },
	{ "sh08_a PIN or recovery code", make_hash, another_hash, try_hash, false },
	{ "sh08_a token", make_token, another_token, try_token, false },
	{ "a comparison that ends early, which must show", make_early, another_early, try_early,
		true },
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
		c->another(i == 0);
		c->try(); /* brings the code back to the caches, which the draws took */
		double from = now_ns();
		for (unsigned k = 0; k < AT_ONCE; k++)
			c->try();
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
