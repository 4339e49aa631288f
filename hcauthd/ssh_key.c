/* SPDX-License-Identifier: Apache-2.0 */
/* Public ssh keys: their form and their rows. What must hold: a key is what its blob says, all of it
 * understood and nothing left over; what is kept is of a strength that lasts; each row carries a keyed hash
 * of whose it is, so that one put into the database by hand, or moved to a colleague, proves nothing. */
#include "ssh_key.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "people.h"
#include "seal.h"
#include "store/store.h"
#include "text.h"

enum { VERSION = 1, TYPE_MAX = 40, POINT_UNCOMPRESSED = 4, ED25519_BYTES = 32 };

static const struct type {
	const char *name, *curve; /* curve: of ECDSA */
	size_t point; /* bytes of the public key */
	bool application; /* of a security key: it ends with one */
} types[] = {
	{ "ssh-ed25519", NULL, ED25519_BYTES, false },
	{ "ecdsa-sha2-nistp256", "nistp256", 65, false },
	{ "ecdsa-sha2-nistp384", "nistp384", 97, false },
	{ "ecdsa-sha2-nistp521", "nistp521", 133, false },
	{ "ssh-rsa", NULL, 0, false },
	{ "sk-ssh-ed25519@openssh.com", NULL, ED25519_BYTES, true },
	{ "sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", 65, true },
};

/* --- the blob --- */

/* The next string of a blob: 4 bytes of length, then as many. */
static const uint8_t *take_string(struct reader *r, size_t *len)
{
	const uint8_t *head = take_bytes(r, 4);

	*len = head ? number_get(head, 4) : 0;
	return take_bytes(r, *len);
}

static bool take_word(struct reader *r, const char *word)
{
	size_t len;
	const uint8_t *p = take_string(r, &len);

	return p && len == strlen(word) && memcmp(p, word, len) == 0;
}

static size_t bits_of(const uint8_t *p, size_t len)
{
	size_t bits = 8 * len;

	if (len == 0 || p[0] & 0x80) /* none, or negative */
		return 0;
	for (size_t i = 0; i < len && p[i] == 0; i++)
		bits -= 8;
	size_t zeros = 8 * len - bits;
	for (unsigned top = bits ? p[zeros / 8] : 0x80; !(top & 0x80); top <<= 1)
		bits--;
	return bits;
}

static const char *rsa_problem(struct reader *r)
{
	size_t elen, nlen;
	const uint8_t *e = take_string(r, &elen), *n = take_string(r, &nlen);

	if (!e || !n || r->left > 0 || bits_of(e, elen) < 2 || !(e[elen - 1] & 1))
		return TEXT_KEY_BROKEN;
	return bits_of(n, nlen) < RSA_BITS_MIN ? TEXT_KEY_SHORT : NULL;
}

static const char *blob_problem(const struct ssh_key *k, const struct type *type)
{
	struct reader r = reader_of(k->blob, k->len);
	size_t len;

	if (!take_word(&r, type->name))
		return TEXT_KEY_BROKEN;
	if (type->point == 0)
		return rsa_problem(&r);
	if (type->curve && !take_word(&r, type->curve))
		return TEXT_KEY_BROKEN;
	const uint8_t *p = take_string(&r, &len);
	if (!p || len != type->point || (type->curve && p[0] != POINT_UNCOMPRESSED))
		return TEXT_KEY_BROKEN;
	if (type->application && (!take_string(&r, &len) || len == 0))
		return TEXT_KEY_BROKEN;
	return r.left > 0 ? TEXT_KEY_BROKEN : NULL;
}

/* --- lines --- */

static const struct type *type_of(const char *p, size_t len)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strlen(types[i].name) == len && memcmp(types[i].name, p, len) == 0)
			return &types[i];
	return NULL;
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* "TYPE BASE64" at *p, which moves behind it. */
static const char *take_key(const char **p, struct ssh_key *out)
{
	size_t len = strcspn(*p, " \t\n");
	const struct type *type = type_of(*p, len);
	struct ssh_key k = { .len = 0 };

	if (!type)
		return TEXT_KEY_TYPE;
	const char *text = skip_blanks(*p + len);
	len = strcspn(text, " \t\r\n");
	if (sodium_base642bin(k.blob, sizeof k.blob, text, len, NULL, &k.len, NULL,
		    sodium_base64_VARIANT_ORIGINAL) != 0)
		return TEXT_KEY_BROKEN;
	const char *problem = blob_problem(&k, type);
	if (problem)
		return problem;
	crypto_hash_sha256(k.hash, k.blob, k.len);
	*p = text + len;
	*out = k;
	return NULL;
}

static void take_name(const char *p, char out[SSH_NAME_MAX + 1])
{
	size_t len;

	p = skip_blanks(p);
	len = strcspn(p, "\r\n");
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	if (len <= SSH_NAME_MAX) {
		memcpy(out, p, len);
		out[len] = 0;
	}
	if (len > SSH_NAME_MAX || !people_name_good(out, SSH_NAME_MAX))
		snprintf(out, SSH_NAME_MAX + 1, "key");
}

const char *ssh_key_parse(const char *line, struct ssh_key *out)
{
	struct ssh_key k;
	const char *p = skip_blanks(line), *problem;

	if (strncmp(p, "-----BEGIN", 10) == 0)
		return TEXT_KEY_PRIVATE;
	if ((problem = take_key(&p, &k)))
		return problem;
	take_name(p, k.name);
	p += strcspn(p, "\n");
	if (p[strspn(p, "\r\n \t")])
		return TEXT_KEY_LINES;
	*out = k;
	return NULL;
}

bool ssh_key_proved(const char *line, struct ssh_key *out)
{
	static const char method[] = "publickey ";

	if (strncmp(line, method, sizeof method - 1) != 0)
		return false;
	line += sizeof method - 1;
	return take_key(&line, out) == NULL;
}

void ssh_key_type(const struct ssh_key *k, char out[SSH_PRINT_MAX])
{
	struct reader r = reader_of(k->blob, k->len);
	size_t len;
	const uint8_t *p = take_string(&r, &len);

	snprintf(out, SSH_PRINT_MAX, "%.*s", p && len <= TYPE_MAX ? (int)len : 0,
		p ? (const char *)p : "");
}

void ssh_key_text(const struct ssh_key *k, char out[SSH_TEXT_MAX])
{
	char type[SSH_PRINT_MAX];

	ssh_key_type(k, type);
	int n = snprintf(out, SSH_TEXT_MAX, "%s ", type);
	sodium_bin2base64(
		out + n, SSH_TEXT_MAX - (size_t)n, k->blob, k->len, sodium_base64_VARIANT_ORIGINAL);
}

void ssh_key_print(const struct ssh_key *k, char out[SSH_PRINT_MAX])
{
	int n = snprintf(out, SSH_PRINT_MAX, "SHA256:");

	sodium_bin2base64(out + n, SSH_PRINT_MAX - (size_t)n, k->hash, sizeof k->hash,
		sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

/* --- rows --- */

struct place {
	struct id owner;
	uint8_t hash[SSH_KEY_HASH];
};

static struct place place_of(const struct id *owner, const uint8_t hash[SSH_KEY_HASH])
{
	struct place p = { .owner = *owner };

	memcpy(p.hash, hash, SSH_KEY_HASH);
	return p;
}

static void mark(const struct seal *s, const struct place *p, uint8_t out[HASH_BYTES])
{
	seal_hash(s, SEAL_SSH_KEY, p, sizeof *p, out);
}

static int key_get(const struct bytes *row, struct ssh_key *out, uint8_t marked[HASH_BYTES])
{
	struct reader r = reader_of(row->p, row->len);
	struct field f = { .tag = 0 };
	struct ssh_key k = { .len = 0 };
	unsigned n = 0;

	if (take_u8(&r) != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1:
			k.len = f.len <= sizeof k.blob ? f.len : 0;
			memcpy(k.blob, f.p, k.len);
			break;
		case 2: field_copy(&r, &f, k.name, sizeof k.name); break;
		case 3: k.added = field_u64(&r, &f); break;
		case 4: k.used = field_u64(&r, &f); break;
		case 5: field_bytes(&r, &f, marked, HASH_BYTES); break;
		}
	}
	if (r.bad || n != 5 || f.tag != 5 || k.len == 0)
		return -EUCLEAN;
	crypto_hash_sha256(k.hash, k.blob, k.len);
	*out = k;
	return 0;
}

int ssh_key_load(struct txn *t, const struct seal *s, const struct id *owner,
	const uint8_t hash[SSH_KEY_HASH], struct ssh_key *out)
{
	const struct place p = place_of(owner, hash);
	uint8_t right[HASH_BYTES], marked[HASH_BYTES];
	struct ssh_key k;
	struct bytes row;
	int r = txn_get(t, TABLE_SSH_KEY, &p, sizeof p, &row);

	if (r < 0)
		return r;
	mark(s, &p, right);
	if (key_get(&row, &k, marked) < 0 || sodium_memcmp(right, marked, sizeof right) != 0 ||
		memcmp(k.hash, p.hash, sizeof p.hash) != 0)
		return -ENOENT;
	*out = k;
	return 0;
}

int ssh_key_save(
	struct txn *t, const struct seal *s, const struct id *owner, const struct ssh_key *k)
{
	const struct place p = place_of(owner, k->hash);
	uint8_t row[SSH_BLOB_MAX + SSH_NAME_MAX + 128], marked[HASH_BYTES];
	struct writer w = writer_of(row, sizeof row);

	mark(s, &p, marked);
	put_byte(&w, VERSION);
	put_bytes(&w, 1, k->blob, k->len);
	put_text(&w, 2, k->name);
	put_u64(&w, 3, k->added);
	put_u64(&w, 4, k->used);
	put_bytes(&w, 5, marked, sizeof marked);
	return w.bad ? -EMSGSIZE : txn_put(t, TABLE_SSH_KEY, &p, sizeof p, row, w.len);
}

int ssh_key_del(struct txn *t, const struct id *owner, const uint8_t hash[SSH_KEY_HASH])
{
	const struct place p = place_of(owner, hash);

	return txn_del(t, TABLE_SSH_KEY, &p, sizeof p);
}

int ssh_keys_of(struct txn *t, const struct id *owner, struct ssh_key out[SSH_KEYS_MAX], size_t *n)
{
	struct key at = { .len = 0 };
	uint8_t marked[HASH_BYTES];
	struct ssh_key k;
	struct bytes row;
	int r;

	*n = 0;
	while (*n < SSH_KEYS_MAX &&
		(r = txn_next(t, TABLE_SSH_KEY, owner, sizeof *owner, &at, &row)) == 0) {
		size_t i = *n;

		if (key_get(&row, &k, marked) < 0)
			continue;
		for (; i > 0 && out[i - 1].added > k.added; i--)
			out[i] = out[i - 1];
		out[i] = k;
		++*n;
	}
	return *n == SSH_KEYS_MAX || r == -ENOENT ? 0 : r;
}

int ssh_keys_drop(struct txn *t, const struct id *owner)
{
	struct key at = { .len = 0 };
	struct bytes row;
	bool any = false;
	int r;

	while ((r = txn_next(t, TABLE_SSH_KEY, owner, sizeof *owner, &at, &row)) == 0) {
		if ((r = txn_del(t, TABLE_SSH_KEY, at.bytes, at.len)) < 0)
			return r;
		any = true;
	}
	if (r != -ENOENT)
		return r;
	return any ? directory_changed(t) : 0;
}
