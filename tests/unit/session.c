/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets, sessions and the account phase. What must hold: a ticket works once, for its account, for a
 * minute of this boot; only root opens and closes; the account phase reads; each phase is as few commits
 * as it can be. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "codec.h"
#include "factor.h"
#include "people.h"
#include "store/store.h"
#include "verbs.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)

static struct talk *phase(
	struct world *w, enum purpose purpose, const char *service, const char *name)
{
	return converse(w, purpose, service, name, (const char *const[]){ NULL });
}

static struct talk *sign_in(struct world *w)
{
	clock_add(w, 60);
	struct talk *t = SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	return t;
}

/* The sessions that there are, and the last of them. */
struct sessions {
	unsigned n, tickets;
	struct session last;
};

static int count(struct txn *t, void *arg)
{
	struct sessions *s = arg;
	struct key at = { .len = 0 };
	struct bytes row;

	while (txn_next(t, TABLE_SESSION, "", 0, &at, &row) == 0) {
		CHECK_INT(session_get(row.p, row.len, &s->last), 0);
		s->n++;
	}
	at.len = 0;
	while (txn_next(t, TABLE_TICKET, "", 0, &at, &row) == 0)
		s->tickets++;
	return 0;
}

static struct sessions sessions_of(struct world *w)
{
	struct sessions s = { .n = 0 };

	CHECK_INT(in_store(w, count, &s, sizeof s), 0);
	return s;
}

static const uint32_t both = 1u << FACTOR_PASSWORD | 1u << FACTOR_TOTP;

TEST(a_session_knows_how_its_person_signed_in)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	sign_in(&w);
	w.tty = "/dev/tty3";
	struct talk *t = phase(&w, PURPOSE_OPEN, "login", "adae");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "adae");
	CHECK_INT(t->outcome.uid, 20000);
	CHECK_INT(t->outcome.nenv, 3);
	CHECK_TEXT(t->outcome.env[0], "HCAUTH_IDENTITY=" ADA);
	CHECK_TEXT(t->outcome.env[1], "HCAUTH_ACCOUNT=HC000001");
	CHECK_TEXT(t->outcome.env[2], "HCAUTH_PRACTICE=stj");
	CHECK_INT(t->asks, 0);
	struct sessions s = sessions_of(&w);
	CHECK_INT(s.n, 1);
	CHECK_INT(s.tickets, 0);
	CHECK_TEXT(s.last.tty, "tty3");
	CHECK_TEXT(s.last.service, "login");
	CHECK_INT(s.last.factors, both);
	CHECK_INT(s.last.local, 1);
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_CLOSE, "login", "adae"));
	CHECK_INT(sessions_of(&w).n, 0);
	CHECK_HAS(COMMAND(&w, "audit")->seen, "session-close");
}

TEST(wp15_a_ticket_works_once)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char ticket[TICKET_TEXT];

	enrol_ada(&w);
	memcpy(ticket, sign_in(&w)->outcome.ticket, sizeof ticket);
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	CHECK_INT(sessions_of(&w).last.factors, both);
	memcpy(w.ticket, ticket, sizeof ticket);
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	struct sessions s = sessions_of(&w);
	CHECK_INT(s.last.factors, 0);
	CHECK_INT(s.last.local, 0);
}

static void ticket_is_worth_nothing(struct world *w, const char *name, unsigned left)
{
	CHECK_VERDICT(GRANTED, phase(w, PURPOSE_OPEN, "login", name));
	struct sessions s = sessions_of(w);
	CHECK_INT(s.n, 1);
	CHECK_INT(s.last.factors, 0);
	CHECK_INT(s.last.local, 0);
	CHECK_INT(s.tickets, left);
}

TEST(a_ticket_of_another_account_is_worth_nothing_and_gone)
{
	struct world w = world_at("2026-05-04 09:00:00");

	char ticket[TICKET_TEXT];

	enrol_ada(&w);
	memcpy(ticket, sign_in(&w)->outcome.ticket, sizeof ticket);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj"));
	memcpy(w.ticket, ticket, sizeof ticket);
	ticket_is_worth_nothing(&w, "benj", 0);
}

TEST(a_ticket_ends_after_a_minute)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	sign_in(&w);
	w.now.boot_ms += 59999;
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	CHECK_INT(sessions_of(&w).last.factors, both);
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_CLOSE, "login", "adae"));
	sign_in(&w);
	w.now.boot_ms += 60000;
	ticket_is_worth_nothing(&w, "adae", 0);
}

TEST(a_ticket_of_another_boot_is_worth_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	sign_in(&w);
	w.now.boot[3] ^= 1;
	ticket_is_worth_nothing(&w, "adae", 0);
}

TEST(a_ticket_that_is_none_is_worth_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const bad[] = { "", "x", "00112233445566778899aabbccddeeff",
		"00112233445566778899aabbccddeef", "00112233445566778899aabbccddeeff00" };

	enrol_ada(&w);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(w.ticket, sizeof w.ticket, "%s", bad[i]);
		ticket_is_worth_nothing(&w, "adae", 1); /* the first sign-in's */
		CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_CLOSE, "login", "adae"));
	}
}

/* Somebody else's sign-in, which had read the clock before and got to the store after, does not throw it away. */
TEST(a_ticket_of_a_moment_later_is_good)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char ticket[TICKET_TEXT];

	enrol_ada(&w);
	memcpy(ticket, sign_in(&w)->outcome.ticket, sizeof ticket);
	w.now.boot_ms -= 60020;
	sign_in(&w);
	CHECK_INT(sessions_of(&w).tickets, 2);
	memcpy(w.ticket, ticket, sizeof ticket);
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	CHECK_INT(sessions_of(&w).last.factors, both);
	CHECK_INT(sessions_of(&w).last.local, 1);
}

TEST(tickets_that_nobody_takes_do_not_pile_up)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	for (int i = 0; i < 5; i++) {
		clock_add(&w, 3600);
		sign_in(&w);
		CHECK_INT(sessions_of(&w).tickets, 1);
	}
}

TEST(only_root_opens_and_closes)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.peer = 20000;
	CHECK_VERDICT(REFUSED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	CHECK_VERDICT(REFUSED, phase(&w, PURPOSE_CLOSE, "login", "adae"));
	CHECK_INT(sessions_of(&w).n, 0);
}

TEST(a_session_of_who_is_switched_off_or_unknown_does_not_open)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	sign_in(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "disable", ADA));
	CHECK_VERDICT(DISABLED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	CHECK_VERDICT(UNKNOWN, phase(&w, PURPOSE_OPEN, "login", "nobody"));
	CHECK_VERDICT(UNKNOWN, phase(&w, PURPOSE_OPEN, "login", "no name"));
	CHECK_VERDICT(UNKNOWN, phase(&w, PURPOSE_CLOSE, "login", "nobody"));
	CHECK_INT(sessions_of(&w).n, 0);
}

TEST(the_account_phase_reads_only)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	uint64_t before = world_serial(&w);
	struct talk *t = phase(&w, PURPOSE_ACCOUNT, "sshd", "adae");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "adae");
	CHECK_INT(t->outcome.uid, 20000);
	CHECK_INT(t->asks, 0);
	CHECK_TEXT(t->seen, "");
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_ACCOUNT, "cron", ADA));
	CHECK_VERDICT(UNKNOWN, phase(&w, PURPOSE_ACCOUNT, "sshd", "nobody@example.org"));
	CHECK_VERDICT(UNKNOWN, phase(&w, PURPOSE_ACCOUNT, "sshd", "hc000001"));
	CHECK_VERDICT(UNKNOWN, phase(&w, PURPOSE_ACCOUNT, "sshd", ""));
	CHECK_INT(world_serial(&w), before);
}

/* SS-04: also where auth never ran. */
TEST(the_account_phase_refuses_who_is_switched_off)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "adae"));
	CHECK_VERDICT(DISABLED, phase(&w, PURPOSE_ACCOUNT, "sshd", "adae"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "enable", "adae"));
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_ACCOUNT, "sshd", "adae"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "disable", ADA));
	CHECK_VERDICT(DISABLED, phase(&w, PURPOSE_ACCOUNT, "sshd", "adae"));
}

TEST(the_account_phase_tells_nobody_about_others)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.peer = 4711;
	CHECK_VERDICT(UNKNOWN, phase(&w, PURPOSE_ACCOUNT, "xlock", "adae"));
	CHECK_VERDICT(UNKNOWN, phase(&w, PURPOSE_ACCOUNT, "xlock", "nobody"));
	w.peer = 20000;
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_ACCOUNT, "xlock", "adae"));
}

TEST(commits_are_few)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	uint64_t at = world_serial(&w);
	sign_in(&w);
	CHECK_INT(world_serial(&w), at + 2);
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_ACCOUNT, "login", "adae"));
	CHECK_INT(world_serial(&w), at + 2);
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	CHECK_INT(world_serial(&w), at + 3);
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_CLOSE, "login", "adae"));
	CHECK_INT(world_serial(&w), at + 4);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
	CHECK_INT(world_serial(&w), at + 7);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	CHECK_INT(world_serial(&w), at + 9);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", "nobody@example.org", "x", "000000"));
	CHECK_INT(world_serial(&w), at + 11); /* as for somebody */
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, "x", "000000"));
	CHECK_INT(world_serial(&w), at + 13);
}

TEST(status_counts_sessions)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	sign_in(&w);
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	CHECK_HAS(COMMAND(&w, "status", "--json")->seen, "\"sessions\":1");
}
