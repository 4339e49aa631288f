/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as they come from outside: a file for the machine, a line of text for people. What must hold: a key
 * that others could have read or put there is refused, and what is not wholly a key is none. */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "wipe.h"

/* Group bits on a credential are the mask of the access list by which systemd lets the unit's user in
 * (systemd.exec(5)); its folder is for nobody else. */
enum { OTHERS = 077, OTHERS_CREDENTIAL = 037 };

static int key_from(int fd, mode_t refused, uint8_t out[KEY_BYTES])
{
	uint8_t key[KEY_BYTES];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (st.st_mode & refused) != 0 ||
		(st.st_uid != 0 && st.st_uid != geteuid()))
		return -EPERM;
	if (st.st_size != KEY_BYTES)
		return -EINVAL;

	ssize_t n = pread(fd, key, sizeof key, 0);
	int r = n == KEY_BYTES ? 0 : n < 0 ? -errno : -EINVAL;
	if (r == 0)
		memcpy(out, key, sizeof key);
	wipe(key, sizeof key);
	return r;
}

static int key_at(const char *path, mode_t refused, uint8_t out[KEY_BYTES])
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	int r = key_from(fd, refused, out);
	close(fd);
	return r;
}

int machine_key_given(int fd, uint8_t out[KEY_BYTES])
{
	return key_from(fd, OTHERS, out);
}

/* systemd makes the folder whether or not there is a key for it. */
static int key_in(const char *credentials, char path[PATH_MAX])
{
	if (!credentials || !*credentials)
		return -ENOENT;
	int n = snprintf(path, PATH_MAX, "%s/" HC_KEY_CREDENTIAL, credentials);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int machine_key_read(const char *credentials, const char *file, uint8_t out[KEY_BYTES])
{
	char path[PATH_MAX];
	int r = key_in(credentials, path);

	if (r == 0)
		r = key_at(path, OTHERS_CREDENTIAL, out);
	return r == -ENOENT ? key_at(file, OTHERS, out) : r;
}

bool machine_key_sealed(const char *credentials)
{
	char path[PATH_MAX];

	return key_in(credentials, path) == 0 && access(path, F_OK) == 0;
}

/* Base32 after D. Crockford: no I, L, O or U to be taken for 1, 1, 0 or V. Letters read as they look. */
enum { DIGITS = 52, CHECKS = 2, GROUP = 4, MODULUS = 1021, ROOT = 10 };
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Each digit times its own power of a primitive root modulo a prime: any one wrong digit and any two that
 * were swapped change the sum. */
static unsigned check_of(const uint8_t digit[DIGITS])
{
	unsigned sum = 0, weight = 1;

	for (size_t i = 0; i < DIGITS; i++) {
		weight = weight * ROOT % MODULUS;
		sum = (sum + digit[i] * weight) % MODULUS;
	}
	return sum;
}

/* Five bits to a digit, the first bit first; the last digit ends in four zeros. */
static void digits_of(const uint8_t key[KEY_BYTES], uint8_t digit[DIGITS])
{
	for (size_t i = 0; i < DIGITS; i++) {
		size_t at = i * 5 / 8;
		unsigned two = (unsigned)key[at] << 8 | (at + 1 < KEY_BYTES ? key[at + 1] : 0U);

		digit[i] = two >> (11 - i * 5 % 8) & 31;
	}
}

void recovery_text(const uint8_t key[KEY_BYTES], char out[RECOVERY_TEXT])
{
	uint8_t digit[DIGITS + CHECKS];
	size_t at = 0;

	digits_of(key, digit);
	unsigned check = check_of(digit);
	digit[DIGITS] = (uint8_t)(check / 32);
	digit[DIGITS + 1] = check % 32;
	for (size_t i = 0; i < DIGITS + CHECKS; i++) {
		if (i > 0 && i % GROUP == 0)
			out[at++] = '-';
		out[at++] = alphabet[digit[i]];
	}
	out[at] = 0;
	wipe(digit, sizeof digit);
}

/* A character's value; -1 for one that doesn't matter, -2 for one that can't be. */
static int digit_value(char c)
{
	if (c == ' ' || c == '-')
		return -1;
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';

	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -2;
}

static bool digits_read(const char *text, uint8_t digit[DIGITS + CHECKS])
{
	size_t n = 0;

	for (; *text; text++) {
		int v = digit_value(*text);

		if (v == -1)
			continue;
		if (v < 0 || n == DIGITS + CHECKS)
			return false;
		digit[n++] = (uint8_t)v;
	}
	return n == DIGITS + CHECKS && check_of(digit) == digit[DIGITS] * 32U + digit[DIGITS + 1] &&
		(digit[DIGITS - 1] & 15) == 0;
}

int recovery_parse(const char *text, uint8_t out[KEY_BYTES])
{
	uint8_t digit[DIGITS + CHECKS] = { 0 };
	bool good = digits_read(text, digit);

	if (good) {
		memset(out, 0, KEY_BYTES);
		for (size_t bit = 0; bit < KEY_BYTES * 8; bit++)
			out[bit / 8] |=
				(uint8_t)((digit[bit / 5] >> (4 - bit % 5) & 1) << (7 - bit % 8));
	}
	wipe(digit, sizeof digit);
	return good ? 0 : -EINVAL;
}
