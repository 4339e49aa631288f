/* SPDX-License-Identifier: Apache-2.0 */
/* What the factors that are hashes share. What must hold: the attempt is counted in a commit before
 * the hash is computed; an attempt that is not allowed costs the same and never matches; whoever has no
 * verifier costs the same as whoever has one. A hash that was imported (pwcrypt.h) is computed as well as an
 * Argon2id, which replaces it when it was right: it costs more than any other, and so does a decoy's. */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "codec.h"
#include "factor.h"
#include "log.h"
#include "pwcrypt.h"
#include "seal.h"
#include "store/store.h"

enum {
	VERSION = 1,
	VERSION_CRYPT = 2, /* one text */
	SLOT_SECONDS = 8, /* below the terminal's patience, which each WAIT starts anew */
	SLOT_WAITS = 6,
};

struct counting {
	const struct person *p;
	size_t people; /* 1, or 2: p[0] and p[1] */
	unsigned factor, tries;
	enum source source;
	struct now now;
	struct attempt attempt[2];
};

static int count_txn(struct txn *t, void *arg)
{
	struct counting *n = arg;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n->people; i++)
		r = lockout_count(
			t, &n->p[i].owner, n->factor, n->source, n->tries, &n->now, &n->attempt[i]);
	return r;
}

static struct counting count(
	struct conv *c, const struct person *p, size_t people, enum factor_id id)
{
	struct counting n = { .p = p,
		.people = people,
		.factor = id,
		.tries = id == FACTOR_PIN ? c->conf->pin_tries : 0,
		.source = conv_source(c) };

	c->now(&n.now);
	int r = store_update(c->store, NEED_ALWAYS, count_txn, &n);
	if (r < 0)
		die("store: an attempt could not be counted: %s", strerror(-r));
	return n;
}

/* As stored. */
struct verifier {
	struct pwhash h; /* of an imported one: what tells it from others, in salt and hash */
	char crypt[CRYPT_TEXT]; /* "": it is Argon2id */
};

static int verifier_get(const struct credential *c, struct verifier *out);

static int take_place(struct conv *c)
{
	int slot = -ETIMEDOUT;

	for (int i = 0; slot == -ETIMEDOUT && i < SLOT_WAITS; i++)
		slot = slot_take(&c->slots, c->local, SLOT_SECONDS, c->io.busy, c->io.arg);
	if (slot < 0)
		die("password hash: no free place: %s", strerror(-slot));
	return slot;
}

static void compute(struct conv *c, const struct pwhash *h, const char *text, size_t len,
	uint8_t out[PWHASH_BYTES])
{
	int slot = take_place(c);
	int r = pwhash_compute(h, text, len, out);
	slot_give(&c->slots, slot);
	if (r < 0)
		die("password hash: %s", strerror(-r));
}

static void bind(const struct pwhash *h, struct given *g)
{
	memcpy(g->bound, h->salt, PWHASH_SALT);
	memcpy(g->bound + PWHASH_SALT, h->hash, PWHASH_BYTES);
}

static void compare_crypt(
	struct conv *c, const struct verifier *v, bool known, const char *text, struct given *g)
{
	int slot = take_place(c);
	int r = pwcrypt_matches(v->crypt, text);

	slot_give(&c->slots, slot);
	if (r < 0)
		die("password hash: an imported one: %s", strerror(-r));
	bind(&v->h, g);
	g->matched = r > 0 && known && g->attempt.allowed;
}

/* After the count, which g has. */
static void compare(struct conv *c, const struct pwhash *h, bool known, const char *text,
	size_t len, struct given *g)
{
	uint8_t got[PWHASH_BYTES];

	compute(c, h, text, len, got);
	bind(h, g);
	g->matched = pwhash_is(h, got) && known && g->attempt.allowed;
	wipe(got, sizeof got);
}

void hash_check(struct conv *c, const struct person *p, enum factor_id id, const struct pwhash *h,
	bool known, const char *text, size_t len, struct given *g)
{
	g->attempt = count(c, p, 1, id).attempt[0];
	compare(c, h, known, text, len, g);
}

struct load {
	const struct conv *c;
	const struct person *p;
	enum factor_id id;
	struct verifier v;
};

static int load_of(struct txn *t, struct load *l, const struct id *owner)
{
	CREDENTIAL(cred);
	int r = credential_get(t, l->c->seal, owner, l->id, &cred);

	return r < 0 ? r : verifier_get(&cred, &l->v);
}

/* Whoever has none gets the cost of somebody who has one: since the settings were raised, it may be less
 * than theirs, and then it would be the time that tells who exists. */
static int load(struct txn *t, void *arg)
{
	struct load *l = arg;
	int r = load_of(t, l, &l->p->owner);
	struct verifier decoy = { .crypt = "" };
	struct id like;

	if (r != -ENOENT)
		return r;
	hash_decoy(l->c, &decoy.h);
	if (credential_like(t, l->c->seal, &l->p->owner, l->id, &like) == 0 &&
		load_of(t, l, &like) == 0) {
		decoy.h.ops = l->v.h.ops;
		decoy.h.kib = l->v.h.kib;
		memcpy(decoy.crypt, l->v.crypt, sizeof decoy.crypt);
	}
	l->v = decoy;
	wipe(&decoy, sizeof decoy);
	return -ENOENT;
}

/* After the count, which g has. */
static void compare_own(struct conv *c, const struct person *p, enum factor_id id,
	const struct secret *answer, struct given *g)
{
	struct load l = { .c = c, .p = p, .id = id };
	int r = store_read(c->store, load, &l);

	if (r < 0 && r != -ENOENT)
		die("store: a verifier: %s", strerror(-r));
	if (*l.v.crypt)
		compare_crypt(c, &l.v, r == 0, answer->text, g);
	else
		compare(c, &l.v.h, r == 0, answer->text, answer->len, g);
	bool cheap =
		*l.v.crypt || l.v.h.ops < c->conf->argon_passes || l.v.h.kib < c->conf->argon_kib;
	g->raised = g->matched && cheap;
	if (cheap) /* for a wrong one, too: else the time tells which was right */
		hash_make(c, answer->text, answer->len, &g->fresh);
	wipe(&l, sizeof l);
}

void hash_take(struct conv *c, const struct person *p, enum factor_id id,
	const struct secret *answer, struct given *g)
{
	g->attempt = count(c, p, 1, id).attempt[0];
	compare_own(c, p, id, answer, g);
}

void hash_take_both(struct conv *c, const struct person two[2], enum factor_id id,
	const struct secret *answer, struct given g[2], struct now *when)
{
	const struct counting n = count(c, two, 2, id);

	*when = n.now;
	for (size_t i = 0; i < 2; i++) {
		g[i].attempt = n.attempt[i];
		compare_own(c, &two[i], id, answer, &g[i]);
	}
}

void hash_make(struct conv *c, const char *text, size_t len, struct pwhash *out)
{
	out->ops = c->conf->argon_passes;
	out->kib = c->conf->argon_kib;
	randombytes_buf(out->salt, sizeof out->salt);
	compute(c, out, text, len, out->hash);
}

void hash_decoy(const struct conv *c, struct pwhash *out)
{
	out->ops = c->conf->argon_passes;
	out->kib = c->conf->argon_kib;
	randombytes_buf(out->salt, sizeof out->salt);
	randombytes_buf(out->hash, sizeof out->hash);
}

void hash_put(const struct pwhash *h, struct credential *out)
{
	struct writer w = writer_of(out->plain, sizeof out->plain);

	put_byte(&w, VERSION);
	put_u32(&w, 1, h->ops);
	put_u32(&w, 2, h->kib);
	put_bytes(&w, 3, h->salt, sizeof h->salt);
	put_bytes(&w, 4, h->hash, sizeof h->hash);
	out->len = w.len;
}

void crypt_put(const char *hash, struct credential *out)
{
	struct writer w = writer_of(out->plain, sizeof out->plain);

	put_byte(&w, VERSION_CRYPT);
	put_text(&w, 1, hash);
	out->len = w.len;
}

static int crypt_get(struct reader *r, struct verifier *out)
{
	struct field f = { .tag = 0 };
	struct verifier v = { .crypt = "" };
	uint8_t print[PWHASH_SALT + PWHASH_BYTES];

	if (next_field(r, &f) && f.tag == 1)
		field_copy(r, &f, v.crypt, sizeof v.crypt);
	if (next_field(r, &f) || r->bad || !*v.crypt)
		return -EUCLEAN;
	if (crypto_generichash(
		    print, sizeof print, (const uint8_t *)v.crypt, strlen(v.crypt), NULL, 0) != 0)
		return -EIO;
	memcpy(v.h.salt, print, PWHASH_SALT);
	memcpy(v.h.hash, print + PWHASH_SALT, PWHASH_BYTES);
	*out = v;
	wipe(&v, sizeof v);
	return 0;
}

static int verifier_get(const struct credential *c, struct verifier *out)
{
	struct reader r = reader_of(c->plain, c->len);
	struct field f = { .tag = 0 };
	struct pwhash h;
	unsigned n = 0, version = take_u8(&r);

	if (version == VERSION_CRYPT)
		return crypt_get(&r, out);
	if (version != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: h.ops = field_u32(&r, &f); break;
		case 2: h.kib = field_u32(&r, &f); break;
		case 3: field_bytes(&r, &f, h.salt, sizeof h.salt); break;
		case 4: field_bytes(&r, &f, h.hash, sizeof h.hash); break;
		}
	}
	if (r.bad || n != 4 || f.tag != 4)
		return -EUCLEAN;
	*out = (struct verifier){ .h = h };
	return 0;
}

int hash_close(struct txn *t, const struct conv *c, const struct person *p, struct given *g,
	const struct now *now, bool *ok)
{
	CREDENTIAL(cred);
	struct verifier v;

	(void)now;
	*ok = false;
	if (!g->matched)
		return 0;
	int r = credential_get(t, c->seal, &p->owner, g->factor->id, &cred);
	if (r == 0)
		r = verifier_get(&cred, &v);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	*ok = sodium_memcmp(g->bound, v.h.salt, PWHASH_SALT) == 0 &&
		sodium_memcmp(g->bound + PWHASH_SALT, v.h.hash, PWHASH_BYTES) == 0;
	wipe(&v, sizeof v);
	return r;
}

int hash_raise(struct txn *t, const struct conv *c, const struct person *p, const struct given *g)
{
	CREDENTIAL(cred);

	if (!g->raised)
		return 0;
	hash_put(&g->fresh, &cred);
	return credential_put(t, c->seal, &p->owner, g->factor->id, &cred);
}

void given_wipe(struct given *g)
{
	wipe(g, sizeof *g);
}
