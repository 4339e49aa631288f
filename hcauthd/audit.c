/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a row is written in the transaction of what it tells, so that neither exists without
 * the other; nothing that a stranger chose makes the table grow without bound; no secret is in it. */
#include "audit.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "conv.h"
#include "log.h"
#include "people.h"
#include "seal.h"
#include "store/store.h"

enum {
	VERSION = 1,
	BODY_MAX = 1024,
	T_TIME = 1,
	T_EVENT,
	T_OWNER,
	T_WHO,
	T_PRACTICE,
	T_SERVICE,
	T_TTY,
	T_RHOST,
	T_BY,
	T_DETAIL,
	T_BODY = 1,
	T_HASH,
	T_CHAIN,
};

static const char *const names[] = {
	[AUDIT_SIGN_IN] = "sign-in",
	[AUDIT_REFUSED] = "refused",
	[AUDIT_SESSION_OPEN] = "session-open",
	[AUDIT_SESSION_CLOSE] = "session-close",
	[AUDIT_ENROLLED] = "enrolled",
	[AUDIT_CREDENTIAL_SET] = "credential-set",
	[AUDIT_PRACTICE_ADDED] = "practice-added",
	[AUDIT_IDENTITY_ADDED] = "identity-added",
	[AUDIT_ACCOUNT_ADDED] = "account-added",
	[AUDIT_DISABLED] = "disabled",
	[AUDIT_ENABLED] = "enabled",
	[AUDIT_UNLOCKED] = "unlocked",
	[AUDIT_ACTIVATION_MADE] = "activation-made",
	[AUDIT_UNKNOWN_NAMES] = "unknown-names",
	[AUDIT_PRACTICE_CHANGED] = "practice-changed",
	[AUDIT_IDENTITY_LIVE] = "identity-live",
	[AUDIT_ADDRESS_CHANGED] = "address-changed",
	[AUDIT_LINKED] = "linked",
	[AUDIT_UNLINKED] = "unlinked",
	[AUDIT_CODE_SENT] = "code-sent",
	[AUDIT_RECOVERED] = "recovered",
	[AUDIT_INVITED] = "invited",
	[AUDIT_REQUESTED] = "requested",
	[AUDIT_REQUEST_CLOSED] = "request-closed",
	[AUDIT_LEFT] = "left",
	[AUDIT_ATTESTED] = "attested",
	[AUDIT_ERASED] = "erased",
	[AUDIT_SHARED_LOGIN] = "shared-login",
	[AUDIT_MANAGER] = "manager",
	[AUDIT_IMPORTED] = "imported",
	[AUDIT_DEFAULT] = "default",
	[AUDIT_SESSIONS_ENDED] = "sessions-ended",
};

const char *audit_event_name(enum audit_event event)
{
	return event > 0 && event < sizeof names / sizeof *names ? names[event] : "?";
}

static void number_key(uint64_t n, uint8_t out[8])
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(n >> (56 - 8 * i));
}

static void chain_of(const struct seal *s, const uint8_t before[HASH_BYTES],
	const uint8_t hash[HASH_BYTES], uint64_t number, uint8_t out[HASH_BYTES])
{
	uint8_t in[2 * HASH_BYTES + 8];

	memcpy(in, before, HASH_BYTES);
	memcpy(in + HASH_BYTES, hash, HASH_BYTES);
	number_key(number, in + 2 * HASH_BYTES);
	seal_hash(s, SEAL_AUDIT, in, sizeof in, out);
}

/* The last row's chain; all zero before the first. */
static int chain_last(struct txn *t, uint8_t out[HASH_BYTES])
{
	struct bytes row;
	int r = txn_get(t, TABLE_META, "chain", 5, &row);

	memset(out, 0, HASH_BYTES);
	if (r == 0 && row.len != HASH_BYTES)
		return -EUCLEAN;
	if (r == 0)
		memcpy(out, row.p, HASH_BYTES);
	return r == -ENOENT ? 0 : r;
}

static int append(struct txn *t, const struct seal *s, const void *body, size_t len)
{
	uint8_t before[HASH_BYTES], hash[HASH_BYTES], chain[HASH_BYTES], key[8],
		row[BODY_MAX + 128];
	uint64_t number;
	int r;

	if ((r = meta_u64(t, "audit", 0, &number)) < 0 || (r = chain_last(t, before)) < 0)
		return r;
	number++;
	seal_hash(s, SEAL_AUDIT, body, len, hash);
	chain_of(s, before, hash, number, chain);

	struct writer w = writer_of(row, sizeof row);
	put_byte(&w, VERSION);
	put_bytes(&w, T_BODY, body, len);
	put_bytes(&w, T_HASH, hash, sizeof hash);
	put_bytes(&w, T_CHAIN, chain, sizeof chain);
	if (w.bad)
		return -EMSGSIZE;
	number_key(number, key);
	if ((r = txn_put(t, TABLE_AUDIT, key, sizeof key, row, w.len)) == 0 &&
		(r = meta_set_u64(t, "audit", number)) == 0)
		r = txn_put(t, TABLE_META, "chain", 5, chain, sizeof chain);
	return r;
}

/* Of two who share an address, with the user ID: "ann@example.org (HC012345)". */
static void who_is(struct txn *t, const struct person *p, char *out, size_t size)
{
	static struct person whole; /* large; one thread a process */

	if (!p || !p->known) {
		*out = 0;
		return;
	}
	snprintf(out, size, "%s", p->has_identity ? p->identity.email : p->account.userid);
	if (!p->has_identity || !address_is_shared(t, &p->identity))
		return;
	if (!p->has_account && person_by_identity(t, &p->identity.id, &whole) == 0)
		p = &whole;
	if (p->has_account)
		snprintf(out, size, "%.180s (%.64s)", p->identity.email, p->account.userid);
}

int audit(struct txn *t, const struct conv *c, const struct now *now, enum audit_event event,
	const struct person *p, const char *detail)
{
	static const struct id nobody;
	uint8_t body[BODY_MAX];
	char service[32], tty[64], rhost[64], by[64], who[SIGN_IN_NAME_MAX + 1];
	struct writer w = writer_of(body, sizeof body);

	snprintf(by, sizeof by, "uid %u", (unsigned)(c->peer == 0 ? c->hello.ruid : c->peer));
	put_u64(&w, T_TIME, now->unix_s);
	put_u16(&w, T_EVENT, (uint16_t)event);
	put_bytes(&w, T_OWNER, p ? &p->owner : &nobody, sizeof nobody);
	who_is(t, p, who, sizeof who);
	put_text(&w, T_WHO, who);
	put_text(&w, T_PRACTICE, p && p->has_account ? p->account.practice : "");
	put_text(&w, T_SERVICE, visible(c->hello.service, service, sizeof service));
	put_text(&w, T_TTY, visible(c->hello.tty, tty, sizeof tty));
	put_text(&w, T_RHOST, visible(c->hello.rhost, rhost, sizeof rhost));
	put_text(&w, T_BY, by);
	put_text(&w, T_DETAIL, detail);
	return w.bad ? -EMSGSIZE : append(t, c->seal, body, w.len);
}

/* Adds one to the count of that name. *due: it was told an hour ago or more, so tell it now. */
static int count_up(
	struct txn *t, const char *name, const struct now *now, uint64_t *count, bool *due)
{
	char told_name[64];
	uint64_t told;
	int r;

	snprintf(told_name, sizeof told_name, "%s.told", name);
	if ((r = meta_u64(t, name, 0, count)) < 0 || (r = meta_u64(t, told_name, 0, &told)) < 0 ||
		(r = meta_set_u64(t, name, ++*count)) < 0)
		return r;
	*due = now->unix_s >= told + 3600 || now->unix_s < told;
	return *due ? meta_set_u64(t, told_name, now->unix_s) : 0;
}

int audit_unknown(struct txn *t, const struct conv *c, const struct now *now)
{
	char detail[64];
	uint64_t count;
	bool due;
	int r = count_up(t, "unknown", now, &count, &due);

	if (r < 0 || !due)
		return r;
	snprintf(detail, sizeof detail, "total=%llu", (unsigned long long)count);
	return audit(t, c, now, AUDIT_UNKNOWN_NAMES, NULL, detail);
}

int audit_held(struct txn *t, const struct conv *c, const struct now *now, const struct person *p,
	const char *why)
{
	char owner[2 * ID_BYTES + 1], name[48], detail[200];
	uint64_t count;
	bool due;

	sodium_bin2hex(owner, sizeof owner, p->owner.bytes, ID_BYTES);
	snprintf(name, sizeof name, "held.%s.%d", owner, (int)conv_source(c));
	int r = count_up(t, name, now, &count, &due);
	if (r < 0 || !due)
		return r;
	snprintf(detail, sizeof detail, "%s, total=%llu", why, (unsigned long long)count);
	return audit(t, c, now, AUDIT_REFUSED, p, detail);
}

struct audit_raw {
	const uint8_t *body;
	size_t len;
	uint8_t hash[HASH_BYTES], chain[HASH_BYTES];
};

static int raw_get(const struct bytes *row, struct audit_raw *out)
{
	struct reader r = reader_of(row->p, row->len);
	struct field f = { .tag = 0 };
	unsigned n = 0;

	if (take_u8(&r) != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case T_BODY:
			out->body = f.p;
			out->len = f.len;
			break;
		case T_HASH: field_bytes(&r, &f, out->hash, sizeof out->hash); break;
		case T_CHAIN: field_bytes(&r, &f, out->chain, sizeof out->chain); break;
		}
	}
	return !r.bad && n == 3 && f.tag == T_CHAIN ? 0 : -EUCLEAN;
}

static int body_get(const uint8_t *p, size_t len, struct audit_row *a)
{
	struct reader r = reader_of(p, len);
	struct field f = { .tag = 0 };
	unsigned n = 0;

	a->erased = len == 0;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case T_TIME: a->time = field_u64(&r, &f); break;
		case T_EVENT: a->event = field_u16(&r, &f); break;
		case T_OWNER: field_bytes(&r, &f, &a->owner, sizeof a->owner); break;
		case T_WHO: field_copy(&r, &f, a->who, sizeof a->who); break;
		case T_PRACTICE: field_copy(&r, &f, a->practice, sizeof a->practice); break;
		case T_SERVICE: field_copy(&r, &f, a->service, sizeof a->service); break;
		case T_TTY: field_copy(&r, &f, a->tty, sizeof a->tty); break;
		case T_RHOST: field_copy(&r, &f, a->rhost, sizeof a->rhost); break;
		case T_BY: field_copy(&r, &f, a->by, sizeof a->by); break;
		case T_DETAIL: field_copy(&r, &f, a->detail, sizeof a->detail); break;
		}
	}
	return a->erased || (!r.bad && n == T_DETAIL) ? 0 : -EUCLEAN;
}

int audit_next(struct txn *t, uint64_t *number, struct audit_row *out)
{
	struct audit_row a = { .number = *number + 1 };
	struct audit_raw raw;
	struct bytes row;
	uint8_t key[8];

	number_key(a.number, key);
	int r = txn_get(t, TABLE_AUDIT, key, sizeof key, &row);
	if (r < 0 || (r = raw_get(&row, &raw)) < 0 || (r = body_get(raw.body, raw.len, &a)) < 0)
		return r;
	*number = a.number;
	*out = a;
	return 0;
}

int audit_verify(struct txn *t, const struct seal *s, uint64_t *broken)
{
	uint8_t chain[HASH_BYTES] = { 0 }, hash[HASH_BYTES], key[8], last[HASH_BYTES];
	uint64_t count;
	int r;

	if ((r = meta_u64(t, "audit", 0, &count)) < 0 || (r = chain_last(t, last)) < 0)
		return r;
	for (uint64_t n = 1; n <= count; n++) {
		struct audit_raw raw;
		struct bytes row;

		*broken = n;
		number_key(n, key);
		if (txn_get(t, TABLE_AUDIT, key, sizeof key, &row) < 0 || raw_get(&row, &raw) < 0)
			return 0;
		seal_hash(s, SEAL_AUDIT, raw.body, raw.len, hash);
		if (raw.len > 0 && memcmp(hash, raw.hash, sizeof hash) != 0)
			return 0;
		chain_of(s, chain, raw.hash, n, chain);
		if (memcmp(chain, raw.chain, sizeof chain) != 0)
			return 0;
	}
	*broken = memcmp(chain, last, sizeof chain) == 0 ? 0 : count + 1;
	return 0;
}
