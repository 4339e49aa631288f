/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a sign names two places that a person can't be at, or guesses that were paid for; in
 * doubt there is none. */
#include "signs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session.h"
#include "store/store.h"

enum { WRONG_PINS = 5 };

/* One at the workstation and one from a remote host, or from two of them. Where nothing says where a
 * session is (cron, su), and on two terminals of one workstation, there is no sign. */
static bool apart(const struct session *a, const struct session *b)
{
	if (*a->rhost && *b->rhost)
		return strcmp(a->rhost, b->rhost) != 0;
	return (*a->rhost && b->local) || (*b->rhost && a->local);
}

static int find_apart(struct txn *t, const struct now *now, const struct id *account,
	const struct session *v, struct session *out)
{
	struct key at = { .len = 0 };
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_SESSION, account, sizeof *account, &at, &row)) == 0)
		if (session_get(row.p, row.len, out) == 0 && !session_over(out, now) &&
			apart(v, out))
			return 0;
	return r;
}

static const char *place_of(const struct session *v)
{
	return *v->rhost ? v->rhost : "this workstation";
}

int sign_of_two_places(struct txn *t, const struct conv *c, const struct now *now,
	const struct person *p, const struct session *v)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	struct person whole = *p;
	struct session other;
	char detail[200];
	size_t n = 1;
	bool elsewhere = false;
	int r = 0;

	all[0] = p->account;
	if (p->has_identity)
		r = identity_accounts(t, &p->identity.id, all, IDENTITY_ACCOUNTS_MAX, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = find_apart(t, now, &all[i].id, v, &other);
		if (r == -ENOENT) {
			r = 0;
			continue;
		}
		if (r < 0)
			return r;
		if (strcmp(all[i].practice, p->account.practice) != 0) {
			elsewhere = true;
			continue;
		}
		snprintf(detail, sizeof detail, "two places at once: %s and %s", place_of(v),
			place_of(&other));
		return audit(t, c, now, AUDIT_SHARED_LOGIN, p, detail);
	}
	if (r < 0 || !elsewhere)
		return r;
	/* at no practice: that there is an account elsewhere is none of their business */
	whole.has_account = false;
	snprintf(detail, sizeof detail, "two places at once: %s and elsewhere", place_of(v));
	return audit(t, c, now, AUDIT_SHARED_LOGIN, &whole, detail);
}

int sign_of_guessing(
	struct txn *t, const struct conv *c, const struct now *now, const struct proof *p)
{
	char detail[64];

	for (size_t i = 0; i < p->n; i++) {
		const struct given *g = &p->given[i];

		if (g->factor->id != FACTOR_PIN || g->attempt.failures <= WRONG_PINS)
			continue;
		snprintf(detail, sizeof detail, "%u wrong PINs, then a right one",
			g->attempt.failures -
				1); /* the right one was counted before it was looked at */
		return audit(t, c, now, AUDIT_SHARED_LOGIN, &p->who, detail);
	}
	return 0;
}
