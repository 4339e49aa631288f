/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: only the methods that are listed here, which are slow by design; a hash whose
 * cost could hurt the machine is never computed, wherever it came from; nothing of a hash is shown. */
#include "pwcrypt.h"

#include <crypt.h>
#include <errno.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "wipe.h"

enum {
	YESCRYPT_BYTES_MAX =
		128 * 1024 * 1024, /* cost 8 of 11; Debian's and Fedora's 5 takes 16 MiB */
	ROUNDS_MIN = 1000,
	ROUNDS_MAX = 1000000, /* SHA; the default is 5000, Ansible's 656000 */
	ROUNDS_LONG = 100000, /* from here on a text has at most: */
	TEXT_LONG = 128,
	BCRYPT_MAX = 13, /* 2^13; the default is 5 to 12 */
	SALT_MAX = 88,
};

static const char digits64[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool all_digits64(const char *p, size_t n)
{
	return strspn(p, digits64) >= n;
}

/* The end: a salt (or none), '$', and exactly n characters of the hash itself. */
static bool has_end(const char *p, size_t salt_max, size_t n)
{
	size_t salt = strspn(p, digits64);

	return salt <= salt_max && p[salt] == '$' && strlen(p + salt + 1) == n &&
		all_digits64(p + salt + 1, n);
}

/* yescrypt's "jN R$": its own defaults, then N and r, of one character each up to 48 (yescrypt's
 * decode64_uint32()); whatever else may follow (p, t, g, a ROM) is not taken. */
static bool yescrypt_good(const char *p)
{
	if (p[0] != 'j' || !p[1] || !p[2] || p[3] != '$')
		return false;
	const char *n = strchr(digits64, p[1]), *r = strchr(digits64, p[2]);
	size_t log2 = n ? (size_t)(n - digits64) + 1 : 64;
	size_t blocks = r ? (size_t)(r - digits64) + 1 : 64;

	return log2 <= 20 && blocks <= 47 &&
		((uint64_t)128 * blocks << log2) <= YESCRYPT_BYTES_MAX &&
		has_end(p + 4, SALT_MAX, 43);
}

static bool sha_good(const char *p, size_t length)
{
	static const char rounds[] = "rounds=";
	char number[12];
	uint64_t n;

	if (strncmp(p, rounds, sizeof rounds - 1) == 0) {
		p += sizeof rounds - 1;
		size_t len = strcspn(p, "$");
		if (len >= sizeof number || p[len] != '$')
			return false;
		memcpy(number, p, len);
		number[len] = 0;
		if (!parse_u64(number, ROUNDS_MIN, ROUNDS_MAX, &n))
			return false;
		p += len + 1;
	}
	return has_end(p, 16, length);
}

static bool sha512_good(const char *p)
{
	return sha_good(p, 86);
}

static bool sha256_good(const char *p)
{
	return sha_good(p, 43);
}

static bool bcrypt_good(const char *p)
{
	char cost[3] = { p[0], p[0] ? p[1] : 0 };
	uint64_t n;

	return parse_u64(cost, 4, BCRYPT_MAX, &n) && strlen(cost) == 2 && p[2] == '$' &&
		strlen(p + 3) == 53 && all_digits64(p + 3, 53);
}

static const struct method {
	const char *prefix;
	bool (*good)(const char *rest);
} methods[] = {
	{ "$y$", yescrypt_good },
	{ "$gy$", yescrypt_good },
	{ "$6$", sha512_good },
	{ "$5$", sha256_good },
	{ "$2b$", bcrypt_good },
	{ "$2y$", bcrypt_good },
	{ "$2a$", bcrypt_good },
};

const char *pwcrypt_problem(const char *hash)
{
	if (strlen(hash) >= CRYPT_TEXT)
		return "its hash is too long";
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		const struct method *m = &methods[i];

		if (strncmp(hash, m->prefix, strlen(m->prefix)) != 0)
			continue;
		if (!m->good(hash + strlen(m->prefix)))
			return "its hash is not whole, or would take too long to compute";
		int can = crypt_checksalt(hash);
		return can == CRYPT_SALT_OK || can == CRYPT_SALT_METHOD_LEGACY
			? NULL
			: "this machine's libcrypt can't compute its hash";
	}
	return "its hash is of a method too weak or too rare";
}

/* SHA's rounds go over the text, too: of 500 bytes a million take 4 s, and who types them is anybody. */
static bool too_long(const char *hash, const char *text)
{
	static const char rounds[] = "rounds=";

	return (hash[1] == '5' || hash[1] == '6') &&
		strncmp(hash + 3, rounds, sizeof rounds - 1) == 0 &&
		strtoul(hash + 3 + sizeof rounds - 1, NULL, 10) > ROUNDS_LONG &&
		strlen(text) > TEXT_LONG;
}

int pwcrypt_matches(const char *hash, const char *text)
{
	if (pwcrypt_problem(hash))
		return -EINVAL;
	if (too_long(hash, text))
		return 0;
	struct crypt_data *data = calloc(1, sizeof *data); /* 32 KiB */
	if (!data)
		return -ENOMEM;
	errno = 0;
	const char *got = crypt_r(text, hash, data);
	int r = 0;
	if (got && *got != '*')
		r = strlen(got) == strlen(hash) && sodium_memcmp(got, hash, strlen(hash)) == 0;
	else if (errno != ERANGE) /* too long a text: it is not the one */
		r = errno ? -errno : -EINVAL;
	wipe(data, sizeof *data);
	free(data);
	return r;
}
