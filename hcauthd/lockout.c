/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: of any number of attempts at once, no more are allowed than the rule says, whatever
 * is killed in between, since the count is committed before the guess is looked at; neither the wall
 * clock nor a reboot shortens a wait; no wait is endless, since a new boot only starts it anew; and nobody
 * waits for those who have read the clock after them and got to the store before. */
#include "lockout.h"

#include <errno.h>
#include <string.h>

#include "elapsed.h"
#include "record.h"
#include "store/store.h"

struct lock_key {
	uint8_t bytes[ID_BYTES + 2];
};

static struct lock_key key_of(const struct id *owner, unsigned factor, enum source source)
{
	struct lock_key k;

	memcpy(k.bytes, owner->bytes, ID_BYTES);
	k.bytes[ID_BYTES] = (uint8_t)factor;
	k.bytes[ID_BYTES + 1] = (uint8_t)source;
	return k;
}

static int load(struct txn *t, const struct lock_key *k, struct lockout *out)
{
	struct bytes row;
	int r = txn_get(t, TABLE_LOCKOUT, k, sizeof *k, &row);

	*out = (struct lockout){ .failures = 0 };
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : lockout_get(row.p, row.len, out);
}

static uint32_t wait_after(uint32_t failures)
{
	if (failures < FREE_FAILURES)
		return 0;
	uint32_t doublings = failures - FREE_FAILURES;
	return doublings > 5 ? WAIT_MAX_S : (uint32_t)WAIT_FIRST_S << doublings;
}

static uint32_t wait_left(const struct lockout *l, const struct now *now)
{
	uint64_t since = memcmp(l->boot, now->boot, sizeof l->boot) == 0 ? l->since_ms : 0;
	uint64_t wait = (uint64_t)wait_after(l->failures) * 1000, end = since + wait;

	return wait > 0 && end > now->boot_ms ? (uint32_t)((end - now->boot_ms + 999) / 1000) : 0;
}

static bool is_off(uint32_t failures, unsigned tries)
{
	return tries != NEVER_OFF && failures >= (tries > 0 ? tries : OFF_FAILURES);
}

static bool has_waits(unsigned tries)
{
	return tries == 0 || tries == NEVER_OFF;
}

static struct attempt judge(const struct lockout *l, unsigned tries, const struct now *now)
{
	struct attempt a = { .failures = l->failures };

	a.off = is_off(l->failures, tries);
	a.wait_s = has_waits(tries) ? wait_left(l, now) : 0;
	a.allowed = !a.off && a.wait_s == 0;
	return a;
}

int lockout_look(struct txn *t, const struct id *owner, unsigned factor, enum source source,
	unsigned tries, const struct now *now, struct attempt *out)
{
	const struct lock_key k = key_of(owner, factor, source);
	struct lockout l;
	int r = load(t, &k, &l);

	if (r == 0)
		*out = judge(&l, tries, now);
	return r;
}

int lockout_count(struct txn *t, const struct id *owner, unsigned factor, enum source source,
	unsigned tries, const struct now *now, struct attempt *out)
{
	const struct lock_key k = key_of(owner, factor, source);
	struct lockout l;
	int r = load(t, &k, &l);

	if (r < 0)
		return r;

	struct attempt a = judge(&l, tries, now);
	uint8_t row[RECORD_MAX];
	if (a.allowed) {
		l.failures++;
		l.since_ms = elapsed_ms(l.boot, l.since_ms, now) > 0 ? now->boot_ms : l.since_ms;
		memcpy(l.boot, now->boot, sizeof l.boot);
		a.failures = l.failures;
		a.wait_s = has_waits(tries) ? wait_after(l.failures) : 0;
	}
	/* Also when nothing has changed: a commit without a write does not wait for the disk. Whoever has
	 * brought all decoys to their waits would know by that which names are people's. */
	r = txn_put(t, TABLE_LOCKOUT, &k, sizeof k, row, lockout_put(row, &l));
	if (r == 0)
		*out = a;
	return r;
}

/* An attempt was allowed, so the wait of the failures before it was over: since 0 has it over as well. */
int lockout_uncount(struct txn *t, const struct id *owner, unsigned factor, enum source source,
	const struct now *now)
{
	const struct lock_key k = key_of(owner, factor, source);
	uint8_t row[RECORD_MAX];
	struct lockout l;
	int r = load(t, &k, &l);

	if (r < 0 || l.failures == 0)
		return r;
	if (l.since_ms == now->boot_ms && memcmp(l.boot, now->boot, sizeof l.boot) == 0)
		l.since_ms = 0;
	l.failures--;
	return txn_put(t, TABLE_LOCKOUT, &k, sizeof k, row, lockout_put(row, &l));
}

int lockout_clear(struct txn *t, const struct id *owner, unsigned factor, enum source source)
{
	const struct lock_key k = key_of(owner, factor, source);
	int r = txn_del(t, TABLE_LOCKOUT, &k, sizeof k);

	return r == -ENOENT ? 0 : r;
}

int lockout_move(struct txn *t, const struct id *from, const struct id *to, unsigned factor,
	enum source source)
{
	const struct lock_key old = key_of(from, factor, source), new = key_of(to, factor, source);
	uint8_t row[RECORD_MAX];
	struct lockout l;
	int r = load(t, &old, &l);

	if (r == 0 && l.failures > 0)
		r = txn_put(t, TABLE_LOCKOUT, &new, sizeof new, row, lockout_put(row, &l));
	return r < 0 ? r : lockout_clear(t, from, factor, source);
}
