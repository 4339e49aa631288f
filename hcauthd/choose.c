/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: only the person's own accounts are ever listed, and what is chosen is
 * looked up again in the commit that makes it the default. */
#include "choose.h"

#include <errno.h>
#include <string.h>

#include "flow.h"
#include "log.h"
#include "policy.h"
#include "store/store.h"
#include "text.h"

enum { CHOICE_TRIES = 3 };

struct listing {
	struct conv *c;
	const struct person *who;
	const struct id *first;
	enum which which;
	struct now now;
	struct accounts *out;
};

static bool stands_before(const struct account *a, const struct account *b, const struct id *first)
{
	if (id_equal(&b->id, first))
		return false;
	return id_equal(&a->id, first) || a->last_seen > b->last_seen;
}

static int may_list(struct txn *t, const struct listing *l, const struct account *a, bool *may)
{
	struct policy policy;

	*may = a->state == (l->which == ACCOUNTS_OFF ? STATE_DISABLED : STATE_ACTIVE);
	if (!*may || l->which != ACCOUNTS_OPEN)
		return 0;
	int r = policy_look(t, l->c, &l->now, a, 0, &policy);
	*may = policy.result != POLICY_CLOSED && policy.result != POLICY_NETWORK;
	return r;
}

/* Keeps those of n that may be listed, in order. */
static int sort_accounts(struct txn *t, const struct listing *l, size_t n)
{
	struct accounts *a = l->out;

	a->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct account v = a->account[i];
		size_t k = a->n;
		bool may;
		int r = may_list(t, l, &v, &may);

		if (r < 0)
			return r;
		if (!may)
			continue;
		for (; k > 0 && stands_before(&v, &a->account[k - 1], l->first); k--)
			a->account[k] = a->account[k - 1];
		a->account[k] = v;
		a->n++;
	}
	return 0;
}

static int list_accounts(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct accounts *a = l->out;
	size_t n = 1;
	int r = 0;

	if (l->who->has_identity)
		r = identity_accounts(
			t, &l->who->identity.id, a->account, IDENTITY_ACCOUNTS_MAX, &n);
	else
		r = account_load(t, &l->who->account.id, &a->account[0]);
	if (r < 0 || (r = sort_accounts(t, l, n)) < 0)
		return r;
	for (size_t i = 0; r == 0 && i < a->n; i++)
		r = practice_load(t, a->account[i].practice, &a->practice[i]);
	return r;
}

void accounts_of(struct conv *c, const struct person *who, const struct id *first, enum which which,
	struct accounts *out)
{
	struct listing l = { .c = c, .who = who, .first = first, .which = which, .out = out };

	c->now(&l.now);
	int r = store_read(c->store, list_accounts, &l);

	if (r < 0)
		die("store: whose accounts: %s", strerror(-r));
}

void accounts_drop(struct accounts *a, const struct id *account)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (id_equal(&a->account[i].id, account))
			continue;
		a->account[n] = a->account[i];
		a->practice[n++] = a->practice[i];
	}
	a->n = n;
}

bool accounts_ask(struct conv *c, const struct accounts *a, const char *prompt, size_t *chosen)
{
	for (unsigned tries = 0; tries < CHOICE_TRIES; tries++) {
		SECRET(answer);
		uint64_t number = 1;

		for (size_t i = 0; i < a->n; i++)
			tell(c, TELL_INFO, "%zu  %s (%s)", i + 1, a->practice[i].name,
				a->account[i].userid);
		ask(c, USE_OTHER, true, prompt, &answer);
		if (answer.len == 0 || parse_u64(answer.text, 1, a->n, &number)) {
			*chosen = (size_t)number - 1;
			return true;
		}
		tell(c, TELL_ERROR, TEXT_CHOOSE_NUMBER, a->n);
	}
	return false;
}

int account_make_default(struct txn *t, const struct id *identity, const struct id *account)
{
	struct identity who;
	struct account to;
	int r;

	if ((r = identity_load(t, identity, &who)) < 0 || (r = account_load(t, account, &to)) < 0)
		return r;
	if (who.state != STATE_ACTIVE || to.state != STATE_ACTIVE ||
		!id_equal(&to.identity, &who.id))
		return -EACCES;
	who.account = to.id;
	r = identity_save(t, &who);
	return r < 0 ? r : directory_changed(t);
}
