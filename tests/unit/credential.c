/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a sealed row opens at its own place only; not under another owner, factor, generation
 * or key, and not with a bit changed, wherever the bit is. */
#include "credential.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conv.h"
#include "people.h"
#include "seal.h"
#include "store/store.h"
#include "world.h"

struct place {
	struct id owner;
	unsigned factor;
};

static const struct place ada = { { { 'a' } }, 1 }, ben = { { { 'b' } }, 1 },
			  ada_pin = { { { 'a' } }, 4 };

struct row {
	uint8_t bytes[CREDENTIAL_MAX + 200];
	size_t len;
};

static void key_of(const struct place *p, uint8_t key[ID_BYTES + 1])
{
	memcpy(key, p->owner.bytes, ID_BYTES);
	key[ID_BYTES] = (uint8_t)p->factor;
}

static struct row row_of(struct txn *t, const struct place *p)
{
	uint8_t key[ID_BYTES + 1];
	struct bytes b;
	struct row row = { .len = 0 };

	key_of(p, key);
	CHECK_INT(txn_get(t, TABLE_CREDENTIAL, key, sizeof key, &b), 0);
	CHECK(b.len <= sizeof row.bytes);
	memcpy(row.bytes, b.p, b.len);
	row.len = b.len;
	return row;
}

static void put_row(struct txn *t, const struct place *p, const struct row *row)
{
	uint8_t key[ID_BYTES + 1];

	key_of(p, key);
	CHECK_INT(txn_put(t, TABLE_CREDENTIAL, key, sizeof key, row->bytes, row->len), 0);
}

static void put(struct txn *t, const struct seal *s, const struct place *p, const char *text)
{
	CREDENTIAL(c);

	c.len = strlen(text);
	memcpy(c.plain, text, c.len);
	CHECK_INT(credential_put(t, s, &p->owner, p->factor, &c), 0);
}

static int get(struct txn *t, const struct seal *s, const struct place *p, struct credential *out)
{
	return credential_get(t, s, &p->owner, p->factor, out);
}

/* Each case runs in a write transaction; what it checks, it checks there. */
#define IN_STORE(w, fn)                                                                            \
	do {                                                                                       \
		const struct seal *seal_ = world_seal(w);                                          \
		CHECK_INT(in_store(w, fn, &seal_, sizeof seal_), 0);                               \
	} while (0)

static int rising(struct txn *t, void *arg)
{
	const struct seal *s = *(const struct seal **)arg;
	CREDENTIAL(c);

	CHECK_INT(get(t, s, &ada, &c), -ENOENT);
	for (unsigned i = 1; i <= 5; i++) {
		char text[16];

		snprintf(text, sizeof text, "secret %u", i);
		put(t, s, &ada, text);
		CHECK_INT(get(t, s, &ada, &c), 0);
		CHECK_INT(c.generation, i);
		CHECK_INT(c.len, strlen(text));
		CHECK_BYTES(c.plain, text, c.len);
	}
	CHECK(credential_exists(t, &ada.owner, 1) && !credential_exists(t, &ada.owner, 2));
	CHECK_INT(credential_del(t, &ada.owner, 1), 0);
	CHECK_INT(credential_del(t, &ada.owner, 1), 0);
	CHECK_INT(get(t, s, &ada, &c), -ENOENT);
	return 0;
}

TEST(a_credential_is_read_back_and_its_generation_rises)
{
	struct world w = world_at("2026-05-04 09:00:00");

	IN_STORE(&w, rising);
}

static int swapped(struct txn *t, void *arg)
{
	const struct seal *s = *(const struct seal **)arg;
	CREDENTIAL(c);

	put(t, s, &ada, "ada's password");
	put(t, s, &ben, "ben's password");
	put(t, s, &ada_pin, "ada's pin");
	struct row a = row_of(t, &ada), b = row_of(t, &ben), pin = row_of(t, &ada_pin);
	put_row(t, &ada, &b);
	put_row(t, &ben, &a);
	CHECK_INT(get(t, s, &ada, &c), -EKEYREJECTED);
	CHECK_INT(get(t, s, &ben, &c), -EKEYREJECTED);
	put_row(t, &ada, &pin);
	put_row(t, &ada_pin, &a);
	CHECK_INT(get(t, s, &ada, &c), -EKEYREJECTED);
	CHECK_INT(get(t, s, &ada_pin, &c), -EKEYREJECTED);
	put_row(t, &ada, &a);
	CHECK_INT(get(t, s, &ada, &c), 0);
	return 0;
}

/* SF-09. */
TEST(sf09_rows_moved_between_owners_or_factors_do_not_open)
{
	struct world w = world_at("2026-05-04 09:00:00");

	IN_STORE(&w, swapped);
}

static int flipped(struct txn *t, void *arg)
{
	const struct seal *s = *(const struct seal **)arg;
	CREDENTIAL(c);

	put(t, s, &ada, "seven quiet herons");
	struct row row = row_of(t, &ada);
	for (size_t bit = 0; bit < row.len * 8; bit++) {
		struct row bad = row;

		bad.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		put_row(t, &ada, &bad);
		CHECK(get(t, s, &ada, &c) < 0);
	}
	for (size_t len = 1; len < row.len; len++) {
		struct row bad = row;

		bad.len = len;
		put_row(t, &ada, &bad);
		CHECK(get(t, s, &ada, &c) < 0);
	}
	row.bytes[row.len++] = 0;
	put_row(t, &ada, &row);
	CHECK(get(t, s, &ada, &c) < 0);
	return 0;
}

/* The generation and the version are among the bits. */
TEST(a_changed_or_cut_row_does_not_open)
{
	struct world w = world_at("2026-05-04 09:00:00");

	IN_STORE(&w, flipped);
}

static int foreign(struct txn *t, void *arg)
{
	const struct seal *s = *(const struct seal **)arg;
	const uint8_t other[KEY_BYTES] = { 1 };
	struct seal *another = seal_of(other);
	CREDENTIAL(c);

	put(t, s, &ada, "seven quiet herons");
	CHECK_INT(get(t, another, &ada, &c), -EKEYREJECTED);
	seal_free(another);
	return 0;
}

TEST(another_machine_s_key_opens_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");

	IN_STORE(&w, foreign);
}

static int largest(struct txn *t, void *arg)
{
	const struct seal *s = *(const struct seal **)arg;
	CREDENTIAL(in);
	CREDENTIAL(out);

	memset(in.plain, 'x', in.len = sizeof in.plain);
	CHECK_INT(credential_put(t, s, &ada.owner, 1, &in), 0);
	CHECK_INT(get(t, s, &ada, &out), 0);
	CHECK_INT(out.len, in.len);
	CHECK_BYTES(out.plain, in.plain, in.len);
	in.len = 0;
	CHECK_INT(credential_put(t, s, &ada.owner, 1, &in), 0);
	CHECK_INT(get(t, s, &ada, &out), 0);
	CHECK_INT(out.len, 0);
	return 0;
}

TEST(the_largest_and_the_empty_credential_fit)
{
	struct world w = world_at("2026-05-04 09:00:00");

	IN_STORE(&w, largest);
}

/* What somebody with write access to the store could try: ben's verifier in ada's place. */
static int steal(struct txn *t, void *arg)
{
	struct person a, b;
	uint8_t key[ID_BYTES + 1];
	struct bytes row;
	uint8_t copy[4096];

	(void)arg;
	CHECK_INT(person_by_name(t, ADA, &a), 0);
	CHECK_INT(person_by_name(t, "hc000002", &b), 0);
	memcpy(key, b.owner.bytes, ID_BYTES);
	key[ID_BYTES] = FACTOR_PASSWORD;
	CHECK_INT(txn_get(t, TABLE_CREDENTIAL, key, sizeof key, &row), 0);
	memcpy(copy, row.p, row.len);
	memcpy(key, a.owner.bytes, ID_BYTES);
	return txn_put(t, TABLE_CREDENTIAL, key, sizeof key, copy, row.len);
}

TEST(somebody_else_s_verifier_signs_nobody_in)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char none = 0, code[64];

	enrol_ada(&w);
	struct talk *t =
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj");
	CHECK_INT(t->outcome.result, GRANTED);
	strcpy(code, last_line(t));
	CHECK_INT(SIGN_IN(&w, "sshd", "HC000002", code, "nine loud badgers", "nine loud badgers",
			  "@totp", "yes")
			  ->outcome.result,
		GRANTED);
	CHECK_INT(in_store(&w, steal, &none, sizeof none), 0);
	t = SIGN_IN(&w, "login", ADA, "nine loud badgers", app_code(&w, ada_secret, 0));
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK(t->hung_up); /* the store is not as we left it: nobody is told anything */
}
