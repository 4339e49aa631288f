/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whoever is kept was signed in by that very name minutes ago; the time that one is kept
 * has an end whatever happens to the conversation or the clock. */
#include "userid.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lockout.h"
#include "store/store.h"

#define PREFIX "userid."

enum {
	KEPT_S = 180, /* a sign-in takes 115 s at most, its ticket is good for 60 s */
	OPENED_S = 5, /* the module looks the name up once more after the daemon's word */
	BEFORE_S =
		120, /* whoever looks may have read the clock, and then waited, before it was written */
	NAME_BYTES = sizeof PREFIX + 2 * ID_BYTES,
};

static void key_of(const struct id *account, char out[NAME_BYTES])
{
	memcpy(out, PREFIX, sizeof PREFIX);
	sodium_bin2hex(
		out + sizeof PREFIX - 1, 2 * ID_BYTES + 1, account->bytes, sizeof account->bytes);
}

/* A time that lies further ahead than any can was written by another clock. */
static bool is_over(uint64_t until, const struct now *now)
{
	return until <= now->unix_s || until > now->unix_s + KEPT_S + BEFORE_S;
}

int userid_keep(struct txn *t, const struct id *account, const struct now *now)
{
	char key[NAME_BYTES];

	key_of(account, key);
	return meta_set_u64(t, key, now->unix_s + KEPT_S);
}

int userid_opened(struct txn *t, const struct id *account, const struct now *now)
{
	char key[NAME_BYTES];

	key_of(account, key);
	return userid_kept(t, account) ? meta_set_u64(t, key, now->unix_s + OPENED_S) : 0;
}

bool userid_kept(struct txn *t, const struct id *account)
{
	char key[NAME_BYTES];
	uint64_t until;

	key_of(account, key);
	return meta_u64(t, key, 0, &until) == 0 && until != 0;
}

int userid_person(struct txn *t, const struct now *now, const char *name, struct person *out)
{
	int r = person_by_name(t, name, out);
	char key[NAME_BYTES];
	struct name_row row;
	uint64_t until;

	if (r != -ENOENT || name_find(t, name, &row) < 0 || row.kind != NAME_USERID)
		return r;
	key_of(&row.id, key);
	if (meta_u64(t, key, 0, &until) < 0 || is_over(until, now))
		return -ENOENT;

	struct account a;
	if ((r = account_load(t, &row.id, &a)) < 0)
		return r;
	return person_by_name(t, a.user, out);
}

struct expiry {
	struct now now;
	bool any;
};

static int look(struct txn *t, void *arg)
{
	struct expiry *e = arg;
	struct key at = { .len = 0 };
	struct bytes row;
	int r;

	e->any = false;
	while ((r = txn_next(t, TABLE_META, PREFIX, strlen(PREFIX), &at, &row)) == 0) {
		char key[NAME_BYTES] = "";
		uint64_t until;

		if (at.len >= sizeof key)
			return -EUCLEAN;
		memcpy(key, at.bytes, at.len);
		if ((r = meta_u64(t, key, 0, &until)) < 0)
			return r;
		e->any |= is_over(until, &e->now);
	}
	return r == -ENOENT ? 0 : r;
}

static int expire(struct txn *t, void *arg)
{
	struct expiry *e = arg;
	struct key at = { .len = 0 };
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_META, PREFIX, strlen(PREFIX), &at, &row)) == 0) {
		char key[NAME_BYTES] = "";
		uint64_t until;

		memcpy(key, at.bytes, at.len < sizeof key ? at.len : 0);
		if ((r = meta_u64(t, key, 0, &until)) < 0 ||
			(is_over(until, &e->now) &&
				(r = txn_del(t, TABLE_META, at.bytes, at.len)) < 0))
			return r;
	}
	return r == -ENOENT ? directory_changed(t) : r;
}

int userid_expire(struct store *s, const struct now *now)
{
	struct expiry e = { .now = *now };
	int r = store_read(s, look, &e);

	return r == 0 && e.any ? store_update(s, NEED_ALWAYS, expire, &e) : r;
}
