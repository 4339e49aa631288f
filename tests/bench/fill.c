/* SPDX-License-Identifier: Apache-2.0 */
/* bench-fill FROM TO: adds people to the store of a private host (tests/host), each with an account at the practice
 * grown, by the functions of "identity add" and "account add", thousands to a commit. The daemon is stopped meanwhile. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "account_new.h"
#include "factor.h"
#include "init.h"
#include "local.h"
#include "log.h"
#include "manage.h"
#include "name.h"
#include "paths.h"
#include "seal.h"
#include "store/store.h"

enum { IN_A_COMMIT = 5000, FIRST_UID = 1000000 };

struct filling {
	struct conv *c;
	uint32_t from, to;
	struct now now;
};

static int add_identity(struct txn *t, const struct filling *f, uint32_t n, struct person *p)
{
	struct identity *who = &p->identity;
	char code[TOKEN_TEXT];
	int r;

	who->id = p->owner = id_new();
	who->state = STATE_ACTIVE;
	who->created = f->now.unix_s;
	snprintf(who->email, sizeof who->email, "grown%u@example.org", n);
	snprintf(who->name, sizeof who->name, "Grown Example %u", n);
	if ((r = name_claim(t, who->email, NAME_IDENTITY, &who->id)) < 0 ||
		(r = identity_save(t, who)) < 0 ||
		(r = activation_make(t, f->c, &who->id, &f->now, ACTIVATION_S, code)) < 0)
		return r;
	return audit(t, f->c, &f->now, AUDIT_IDENTITY_ADDED, p, "grown");
}

static int add_account(struct txn *t, const struct filling *f, uint32_t n, const struct person *p)
{
	static struct account_new a;
	char userid[16], user[16], why[WHY_MAX];
	const struct account_words words = { .userid = userid, .user = user };

	snprintf(userid, sizeof userid, "GR%07u", n);
	snprintf(user, sizeof user, "grown%u", n);
	a = (struct account_new){ .c = f->c,
		.email = p->identity.email,
		.event = AUDIT_ACCOUNT_ADDED,
		.detail = "grown",
		.now = f->now };
	snprintf(a.account.practice, sizeof a.account.practice, "grown");
	if (!account_new_take(&a, &words, why))
		die("%s", why);
	return account_new_add(t, &a);
}

static int add_some(struct txn *t, void *arg)
{
	struct filling *f = arg;
	int r = 0;

	for (uint32_t n = f->from; r == 0 && n < f->to; n++) {
		struct person p = { .known = true, .has_identity = true };

		if ((r = add_identity(t, f, n, &p)) == 0)
			r = add_account(t, f, n, &p);
	}
	return r;
}

static void now(struct now *out)
{
	*out = (struct now){ .unix_s = (uint64_t)time(NULL) };
}

static uint32_t number(const char *text)
{
	uint64_t n;

	if (!parse_u64(text, 0, 100000000, &n))
		die("usage: bench-fill FROM TO");
	return (uint32_t)n;
}

int main(int argc, char **argv)
{
	static struct conf conf;
	static struct conv c = { .conf = &conf,
		.now = now,
		.hello = { .service = "hcauth", .name = "", .tty = "", .rhost = "", .ruser = "" } };
	struct filling f = { .c = &c };
	struct seal *seal;
	uint32_t uid, gid, to = argc == 3 ? number(argv[2]) : number("");

	if (!local_user(HC_DAEMON_USER, &uid, &gid) || setgid(gid) < 0 || setuid(uid) < 0)
		die("can't become %s: %m", HC_DAEMON_USER);
	if (sodium_init() < 0 || store_open(HC_STORE_DIR, &c.store) < 0 ||
		init_open(c.store, NULL, HC_KEY_FILE, &seal) < 0)
		die("the store can't be opened");
	c.seal = seal;
	conf_defaults(&conf);
	conf.uid_min = FIRST_UID;
	conf.uid_max = UINT32_MAX / 2;
	now(&f.now);
	for (f.from = number(argv[1]); f.from < to; f.from = f.to) {
		f.to = to - f.from < IN_A_COMMIT ? to : f.from + IN_A_COMMIT;
		int r = store_update(c.store, NEED_SPACE, add_some, &f);
		if (r < 0)
			die("not added: %s", strerror(-r));
	}
	return 0;
}
