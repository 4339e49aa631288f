/* SPDX-License-Identifier: Apache-2.0 */
#include "staff.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "fresh.h"

static void done(const struct talk *t)
{
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
}

static void add(struct world *w, const char *email, const char *name)
{
	done(COMMAND(w, "identity", "add", email, "--name", name));
}

static void account(struct world *w, const char *userid, const char *practice, const char *email,
	const char *user)
{
	done(COMMAND(w, "account", "add", userid, "--practice", practice, "--identity", email,
		"--user", user));
}

static int verify_all(struct txn *t, void *arg)
{
	static const char *const names[] = { ADA, "ben@example.org", "cat@example.org",
		"dan@example.org" };
	struct person p;

	(void)arg;
	for (size_t i = 0; i < 4; i++) {
		int r = person_by_name(t, names[i], &p);

		p.identity.email_verified = 1;
		p.identity.asked_link = true;
		snprintf(p.identity.mobile, sizeof p.identity.mobile, "+44770090012%zu", i);
		p.identity.mobile_verified = 1; /* nothing is asked for after a sign-in */
		if (r < 0 || (r = identity_save(t, &p.identity)) < 0)
			return r;
	}
	return 0;
}

struct world staff(void)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char none = 0;

	enrol_ada(&w);
	with_messages(&w);
	done(COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	add(&w, "ben@example.org", "Ben Sample");
	add(&w, "cat@example.org", "Cat Sample");
	add(&w, "dan@example.org", "Dan Sample");
	account(&w, "BEN", "hill", "ben@example.org", "ben");
	account(&w, "HC3", "stj", "cat@example.org", "cat-stj");
	clock_add(&w, 1);
	account(&w, "CAT", "hill", "cat@example.org", "cat-hill");
	account(&w, "HC4", "stj", "dan@example.org", "dan");
	done(COMMAND(&w, "account", "add", "HC5", "--practice", "stj", "--user", "eve", "--groups",
		"clinicians"));
	done(COMMAND(&w, "practice", "set", "stj", "--manager", ADA));
	done(COMMAND(&w, "practice", "set", "hill", "--manager", "BEN"));
	CHECK_INT(in_store(&w, verify_all, &none, sizeof none), 0);
	return w;
}

struct sitting {
	uid_t uid;
	pid_t pid;
	struct now now;
};

static int sit(struct txn *t, void *arg)
{
	const struct sitting *s = arg;
	struct kernel_session where;
	struct person p;
	int r = person_by_uid(t, s->uid, &p);

	if (r < 0 || !p.has_identity)
		return r;
	return kernel_session(s->pid, &where) ? fresh_write(t, &s->now, &p.identity, &where) : -1;
}

struct world as_person(const struct world *w, unsigned uid)
{
	struct world theirs = *w;
	struct sitting s = { .uid = uid, .pid = new_session(), .now = w->now };

	theirs.peer = uid;
	theirs.peer_pid = s.pid;
	int r = in_store(&theirs, sit, &s, sizeof s);
	CHECK(r == 0 || uid > EVE_UID);
	return theirs;
}

struct world as_root(const struct world *w)
{
	struct world root = *w;

	root.peer = 0;
	root.peer_pid = 0;
	return root;
}

void enrol_dan(struct world *w)
{
	struct talk *t = COMMAND(w, "identity", "reset", "dan@example.org");
	char code[64];

	snprintf(code, sizeof code, "%s", last_line(t));
	t = SIGN_IN(w, "login", "dan@example.org", code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes",
		ADA_PIN, ADA_PIN);
	done(t);
	const char *at = strstr(t->seen, "Secret: ");
	CHECK(at != NULL);
	snprintf(ada_secret, sizeof ada_secret, "%.*s", (int)strcspn(at + 8, "\n"), at + 8);
	memcpy(ada_seen, t->seen, sizeof ada_seen);
	clock_add(w, 60);
}
