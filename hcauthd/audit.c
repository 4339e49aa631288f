/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a row is written in the transaction of what it tells, so that neither exists without
 * the other; nothing that a stranger chose makes the table grow without bound; no secret is in it. */
#include "audit.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "audit_chain.h"
#include "codec.h"
#include "conv.h"
#include "log.h"
#include "metrics.h"
#include "people.h"
#include "store/store.h"

enum { BODY_MAX = 2048 };

/* The records that this process has written last, one after the other: what is told after the commit. */
static struct {
	uint64_t first, last;
	uint8_t chain[HASH_BYTES]; /* of the last: whether it is ours, and was committed */
} written;

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
	[AUDIT_SHIFT_ENDED] = "shift-ended",
	[AUDIT_CREDENTIAL_REMOVED] = "credential-removed",
	[AUDIT_GLASS_MADE] = "break-glass-made",
	[AUDIT_GLASS_BROKEN] = "BREAK-GLASS",
	[AUDIT_EXPORTED] = "exported",
	[AUDIT_RESTORED] = "restored",
	[AUDIT_REKEYED] = "rekeyed",
	[AUDIT_TRACED] = "traced",
};

const char *audit_event_name(enum audit_event event)
{
	return event > 0 && event < sizeof names / sizeof *names ? names[event] : "?";
}

static int append(struct txn *t, const struct seal *s, const void *body, size_t len)
{
	uint8_t before[HASH_BYTES], hash[HASH_BYTES], chain[HASH_BYTES], key[NUMBER_KEY],
		row[BODY_MAX + 128];
	uint64_t number;
	int r;

	if ((r = meta_u64(t, "audit", 0, &number)) < 0 || (r = audit_chain_last(t, before)) < 0)
		return r;
	number++;
	seal_hash(s, SEAL_AUDIT, body, len, hash);
	audit_chain(s, before, hash, number, chain);

	struct writer w = writer_of(row, sizeof row);
	put_byte(&w, AUDIT_VERSION);
	put_bytes(&w, T_BODY, body, len);
	put_bytes(&w, T_HASH, hash, sizeof hash);
	put_bytes(&w, T_CHAIN, chain, sizeof chain);
	if (w.bad)
		return -EMSGSIZE;
	number_key(number, key);
	if ((r = txn_put(t, TABLE_AUDIT, key, sizeof key, row, w.len)) == 0 &&
		(r = meta_set_u64(t, "audit", number)) == 0)
		r = txn_put(t, TABLE_META, "chain", 5, chain, sizeof chain);
	if (r < 0)
		return r;
	/* Another's, or of a transaction that came to nothing, in between: then the run begins here. */
	if (written.first == 0 || number != written.last + 1 ||
		memcmp(before, written.chain, sizeof before) != 0)
		written.first = number;
	written.last = number;
	memcpy(written.chain, chain, sizeof chain);
	return 0;
}

struct telling {
	uint64_t number;
	struct audit_row row;
	bool ours;
};

static int is_ours(struct txn *t, void *arg)
{
	struct telling *g = arg;
	uint8_t chain[HASH_BYTES];
	int r = audit_chain_of(t, written.last, chain);

	g->ours = r == 0 && memcmp(chain, written.chain, sizeof chain) == 0;
	return 0;
}

static int load_told(struct txn *t, void *arg)
{
	struct telling *g = arg;

	return audit_load(t, g->number, &g->row);
}

void audit_committed(struct store *s, void (*say)(const struct audit_row *a))
{
	static struct telling g; /* large; one conversation a process */
	uint64_t first = written.first;

	if (first == 0 || store_read(s, is_ours, &g) < 0 || !g.ours)
		return;
	written.first = 0;
	for (g.number = first; g.number <= written.last; g.number++)
		if (store_read(s, load_told, &g) == 0)
			say(&g.row);
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

/* By whom: root, an account, or another user of the machine. Where the person has several accounts it is
 * the one at the practice that the record is about; practice says where it is. */
static int say_by(struct txn *t, const struct conv *c, const char *about, char by[AUDIT_BY_MAX],
	char practice[PRACTICE_ID_MAX + 1])
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one thread a process */
	uid_t uid = c->peer == 0 ? c->hello.ruid : c->peer;
	const struct account *a;
	struct person who;
	size_t n = 0;

	*practice = 0;
	snprintf(by, AUDIT_BY_MAX, uid == 0 ? "root" : "uid %u", (unsigned)uid);
	int r = uid == 0 ? -ENOENT : person_by_uid(t, uid, &who);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	a = &who.account;
	if (who.has_identity && strcmp(a->practice, about) != 0 &&
		(r = identity_accounts(t, &who.identity.id, all, IDENTITY_ACCOUNTS_MAX, &n)) < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].practice, about) == 0)
			a = &all[i];
	snprintf(by, AUDIT_BY_MAX, "%s (uid %u)", a->userid, (unsigned)uid);
	memcpy(practice, a->practice, sizeof a->practice);
	return 0;
}

int audit(struct txn *t, const struct conv *c, const struct now *now, enum audit_event event,
	const struct person *p, const char *detail)
{
	static const struct id nobody;
	uint8_t body[BODY_MAX];
	char service[32], tty[64], rhost[64], by[AUDIT_BY_MAX], by_practice[PRACTICE_ID_MAX + 1];
	char who[SIGN_IN_NAME_MAX + 1];
	struct writer w = writer_of(body, sizeof body);
	const struct account *a = p && p->has_account ? &p->account : NULL;
	int r = say_by(t, c, a ? a->practice : "", by, by_practice);

	if (r < 0)
		return r;
	if (strlen(detail) >= sizeof((struct audit_row *)0)->detail)
		return -EMSGSIZE; /* nobody could read it: the other texts end where the reader's do */
	put_u64(&w, T_TIME, now->unix_s);
	put_u16(&w, T_EVENT, (uint16_t)event);
	put_bytes(&w, T_OWNER, p ? &p->owner : &nobody, sizeof nobody);
	who_is(t, p, who, sizeof who);
	put_text(&w, T_WHO, who);
	put_text(&w, T_PRACTICE, a ? a->practice : "");
	put_text(&w, T_SERVICE, visible(c->hello.service, service, sizeof service));
	put_text(&w, T_TTY, visible(c->hello.tty, tty, sizeof tty));
	put_text(&w, T_RHOST, visible(c->hello.rhost, rhost, sizeof rhost));
	put_text(&w, T_BY, by);
	put_text(&w, T_DETAIL, detail);
	put_text(&w, T_ACCOUNT, a ? a->userid : "");
	put_text(&w, T_BY_PRACTICE, by_practice);
	if (w.bad)
		return -EMSGSIZE;
	/* That names were unknown is one record an hour: audit_unknown() counts each. */
	r = event == AUDIT_UNKNOWN_NAMES ? 0 : metrics_count(t, c, audit_event_name(event));
	return r < 0 ? r : append(t, c->seal, body, w.len);
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

	if (r < 0 || (r = metrics_count(t, c, audit_event_name(AUDIT_UNKNOWN_NAMES))) < 0 || !due)
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
	if (r < 0 || (r = metrics_count(t, c, "held")) < 0 || !due)
		return r;
	snprintf(detail, sizeof detail, "%s, total=%llu", why, (unsigned long long)count);
	return audit(t, c, now, AUDIT_REFUSED, p, detail);
}
