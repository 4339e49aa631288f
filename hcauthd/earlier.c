/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold. Only root's own programs are believed, and of sshd's word only a key that the store has for
 * that very person: what it says of a key that is nobody's, or a colleague's, is nothing. A fingerprint is
 * this device's word: it stands in for the PIN here, and for nothing elsewhere. Nobody can be asked for
 * either, and the closing transaction looks again. */
#include "earlier.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "seal.h"
#include "ssh_key.h"
#include "store/store.h"
#include "text.h"

_Static_assert(sizeof((struct given *)0)->bound >= SSH_KEY_HASH, "a key's hash is bound there");

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list;; p++) {
		size_t n = strcspn(p, ",");

		if (n == len && memcmp(p, word, len) == 0)
			return true;
		p += n;
		if (!*p)
			return false;
	}
}

bool earlier_fingerprint(const struct conv *c)
{
	return c->peer == 0 && c->local && c->hello.purpose == PURPOSE_AUTH &&
		has_word(c->hello.have, "fingerprint");
}

/* sshd is nobody's child, and always names a remote host. su and the like, whose PAM environment other modules
 * may fill from a person's files, are not. */
static bool is_sshd(const struct conv *c)
{
	return c->peer == 0 && c->hello.ruid == 0 && !c->local && *c->hello.rhost &&
		c->hello.purpose == PURPOSE_AUTH;
}

struct look {
	const struct conv *c;
	const struct person *who;
	uint8_t *hash;
	bool known;
};

static int look_key(struct txn *t, void *arg)
{
	struct look *l = arg;
	struct ssh_key key;

	for (const char *line = l->c->hello.ssh_auth; !l->known && *line;) {
		bool is_key = ssh_key_proved(line, &key);
		int r = is_key ? ssh_key_load(t, l->c->seal, &l->who->owner, key.hash, &key)
			       : -ENOENT;

		if (r < 0 && r != -ENOENT)
			return r;
		l->known = r == 0;
		if (l->known)
			memcpy(l->hash, key.hash, sizeof key.hash);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return 0;
}

/* Whether sshd has proved a key that the store has for who: then it is in hash. */
static bool has_key(struct conv *c, const struct person *who, uint8_t hash[SSH_KEY_HASH])
{
	struct look l = { .c = c, .who = who, .hash = hash };

	if (!who->known || !is_sshd(c) || !*c->hello.ssh_auth)
		return false;
	int r = store_read(c->store, look_key, &l);
	if (r < 0)
		die("store: a person's ssh keys: %s", strerror(-r));
	return l.known;
}

bool earlier_step(struct conv *c, struct proof *p, uint32_t step)
{
	struct given *g = &p->given[p->n];
	bool pin = step & (1u << FACTOR_PIN | 1u << FACTOR_FINGERPRINT);
	bool finger = pin && p->fingerprint;
	bool key = !finger && step & 1u << FACTOR_KEY && has_key(c, &p->who, g->bound);

	if (!finger && !key && step & ~(uint32_t)FACTORS_EARLIER)
		return false;
	g->matched = finger || key;
	g->factor = finger || !(step & 1u << FACTOR_KEY) ? &factor_fingerprint : &factor_key;
	p->unmet |= !g->matched;
	p->n++;
	if (c->local && !g->matched)
		tell(c, TELL_ERROR, "%s", TEXT_FINGERPRINT_MISSING);
	return true;
}

static int close_fingerprint(struct txn *t, const struct conv *c, const struct person *p,
	struct given *g, const struct now *now, bool *ok)
{
	(void)t;
	(void)now;
	*ok = g->matched && p->known && earlier_fingerprint(c);
	return 0;
}

static int close_key(struct txn *t, const struct conv *c, const struct person *p, struct given *g,
	const struct now *now, bool *ok)
{
	struct ssh_key key;

	*ok = false;
	if (!g->matched || !is_sshd(c))
		return 0;
	int r = ssh_key_load(t, c->seal, &p->owner, g->bound, &key);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	key.used = now->unix_s;
	r = ssh_key_save(t, c->seal, &p->owner, &key);
	*ok = r == 0;
	return r;
}

const struct factor factor_key = {
	.id = FACTOR_KEY,
	.name = "key",
	.remote = true,
	.close = close_key,
};

const struct factor factor_fingerprint = {
	.id = FACTOR_FINGERPRINT,
	.name = "fingerprint",
	.remote = false,
	.close = close_fingerprint,
};
