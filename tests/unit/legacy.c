/* SPDX-License-Identifier: Apache-2.0 */
#include "legacy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "people.h"
#include "store/store.h"

char ann_secret[64];

const char *add_ann(struct world *w)
{
	static char code[64];
	struct talk *t;

	CHECK_INT(
		COMMAND(w, "practice", "add", "stj", "St John's Surgery")->outcome.result, GRANTED);
	t = COMMAND(w, "account", "add", ANN_ID, "--practice", "stj", "--user", "annl");
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	snprintf(code, sizeof code, "%s", last_line(t));
	return code;
}

void enrol_ann(struct world *w)
{
	const char *code = add_ann(w);
	struct talk *t = SIGN_IN(w, "login", ANN_ID, code, ANN_PASSWORD, ANN_PASSWORD, "@totp",
		"yes", ANN_PIN, ANN_PIN);
	const char *at = strstr(t->seen, "Secret: ");

	CHECK_TEXT(t->outcome.result == GRANTED && at ? "granted" : t->seen, "granted");
	snprintf(ann_secret, sizeof ann_secret, "%.*s", (int)strcspn(at + 8, "\n"), at + 8);
	clock_add(w, 60);
	with_messages(w);
}

const char *ann_code(struct world *w)
{
	clock_add(w, 60);
	return app_code(w, ann_secret, 0);
}

struct finding {
	char name[SIGN_IN_NAME_MAX + 1];
	void (*account)(struct account *);
	void (*practice)(struct practice *);
	struct person who;
};

static int change(struct txn *t, void *arg)
{
	struct finding *f = arg;
	struct practice practice;
	int r;

	if (f->practice) {
		if ((r = practice_load(t, f->name, &practice)) < 0)
			return r;
		f->practice(&practice);
		return practice_save(t, &practice);
	}
	if ((r = person_by_name(t, f->name, &f->who)) < 0)
		return r;
	f->account(&f->who.account);
	return account_save(t, &f->who.account);
}

static int find(struct txn *t, void *arg)
{
	struct finding *f = arg;
	int r = person_by_name(t, f->name, &f->who);

	return r == -ENOENT ? 0 : r;
}

void change_account(struct world *w, const char *name, void (*fn)(struct account *))
{
	struct finding f = { .account = fn };

	CHECK(name_normal(name, f.name));
	CHECK_INT(in_store(w, change, &f, sizeof f), 0);
}

void change_practice(struct world *w, const char *id, void (*fn)(struct practice *))
{
	struct finding f = { .practice = fn };

	snprintf(f.name, sizeof f.name, "%s", id);
	CHECK_INT(in_store(w, change, &f, sizeof f), 0);
}

struct person stored(struct world *w, const char *name)
{
	struct finding f = { .who = { .known = false } };

	CHECK(name_normal(name, f.name));
	CHECK_INT(in_store(w, find, &f, sizeof f), 0);
	return f.who;
}
