/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a scrape reads one state of the store and writes nothing; it names nobody, and its size
 * does not grow with the number of people; no label is one that a stranger made up. */
#include "metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "log.h"
#include "manage.h"
#include "message.h"
#include "people.h"
#include "publish.h"
#include "session.h"
#include "shift.h"
#include "store/store.h"

#define EVENTS "event/" /* before "sign-in/sshd" in the table of single values */

/* As root's program says it, or the settings: anybody else may say what they like. */
static const char *service_of(const struct conv *c)
{
	const char *name = c->peer == 0 && c->hello.service ? c->hello.service : "";
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	if (len > 0 && len <= SERVICE_NAME_MAX && !name[len])
		return name;
	return c->service && c->service != &c->conf->service[0] ? c->service->name : "other";
}

int metrics_count(struct txn *t, const struct conv *c, const char *event)
{
	char row[sizeof EVENTS + 32 + SERVICE_NAME_MAX + 2];
	uint64_t n;

	snprintf(row, sizeof row, EVENTS "%s/%s", event, service_of(c));
	int r = meta_u64(t, row, 0, &n);
	return r < 0 ? r : meta_set_u64(t, row, n + 1);
}

/* --- what is shown --- */

enum { SOURCES = 3, COUNTERS = 2048 };

struct counter {
	char event[32], service[SERVICE_NAME_MAX + 1];
	uint64_t n;
};

struct scrape {
	struct conv *c;
	struct now now;
	uint64_t identities, accounts, practices, sessions, shifts;
	uint64_t waiting, dead, oldest; /* seconds of the oldest that waits */
	uint64_t unknown, records, directory;
	struct counter counter[COUNTERS];
	size_t ncounters;
	uint64_t off[FACTOR_LAST + 1][SOURCES], held[FACTOR_LAST + 1][SOURCES];
};

static uint64_t rows(struct txn *t, enum table table)
{
	struct key at = { .len = 0 };
	struct bytes row;
	uint64_t n = 0;

	while (txn_next(t, table, "", 0, &at, &row) == 0)
		n++;
	return n;
}

static int count_sessions(struct txn *t, struct scrape *s)
{
	struct key at = { .len = 0 };
	struct session v;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_SESSION, "", 0, &at, &row)) == 0)
		if (session_get(row.p, row.len, &v) == 0 && !session_over(&v, &s->now))
			s->sessions++;
	return r == -ENOENT ? 0 : r;
}

static int count_shifts(struct txn *t, struct scrape *s)
{
	struct key at = { .len = 0 };
	struct bytes row;
	struct id owner;
	struct shift v;
	int r;

	while ((r = txn_next(t, TABLE_SHIFT, "", 0, &at, &row)) == 0) {
		if (at.len != sizeof owner.bytes)
			continue;
		memcpy(owner.bytes, at.bytes, sizeof owner.bytes);
		if (shift_of(t, s->c, &s->now, &owner, &v) == 0)
			s->shifts++;
	}
	return r == -ENOENT ? 0 : r;
}

static int count_messages(struct txn *t, struct scrape *s)
{
	uint64_t number = 0;
	struct queued q;
	int r;

	while ((r = message_next(t, s->c->seal, &number, &q)) == 0) {
		if (q.dead) {
			s->dead++;
			continue;
		}
		s->waiting++;
		if (s->now.unix_s > q.made && s->now.unix_s - q.made > s->oldest)
			s->oldest = s->now.unix_s - q.made;
	}
	wipe(&q, sizeof q);
	return r == -ENOENT ? 0 : r;
}

/* Of people and accounts that there are: unknown names have counters, too. */
static bool is_somebody(struct txn *t, const struct id *owner)
{
	struct bytes row;

	return txn_get(t, TABLE_IDENTITY, owner->bytes, sizeof owner->bytes, &row) == 0 ||
		txn_get(t, TABLE_ACCOUNT, owner->bytes, sizeof owner->bytes, &row) == 0;
}

static int count_lockouts(struct txn *t, struct scrape *s)
{
	struct key at = { .len = 0 };
	struct bytes row;
	struct attempt a;
	struct id owner;
	int r;

	while ((r = txn_next(t, TABLE_LOCKOUT, "", 0, &at, &row)) == 0) {
		if (at.len != ID_BYTES + 2)
			continue;
		unsigned factor = at.bytes[ID_BYTES], source = at.bytes[ID_BYTES + 1];
		unsigned tries = factor == FACTOR_PIN ? s->c->conf->pin_tries : 0;

		memcpy(owner.bytes, at.bytes, ID_BYTES);
		if (factor > FACTOR_LAST || source >= SOURCES || !is_somebody(t, &owner))
			continue;
		r = lockout_look(t, &owner, factor, (enum source)source, tries, &s->now, &a);
		if (r < 0)
			return r;
		s->off[factor][source] += a.off;
		s->held[factor][source] += !a.off && a.wait_s > 0;
	}
	return r == -ENOENT ? 0 : r;
}

/* "event/sign-in/sshd" */
static int take_counters(struct txn *t, struct scrape *s)
{
	struct key at = { .len = 0 };
	struct bytes row;
	char name[KEY_MAX + 1];
	int r;

	while ((r = txn_next(t, TABLE_META, EVENTS, strlen(EVENTS), &at, &row)) == 0) {
		struct counter *c = &s->counter[s->ncounters];

		memcpy(name, at.bytes, at.len);
		name[at.len] = 0;
		if (s->ncounters == COUNTERS)
			return -EMSGSIZE;
		const char *event = name + strlen(EVENTS), *end = strchr(event, '/');
		if (!end || (size_t)(end - event) >= sizeof c->event ||
			strlen(end + 1) >= sizeof c->service)
			return -EUCLEAN;
		snprintf(c->event, sizeof c->event, "%.*s", (int)(end - event), event);
		snprintf(c->service, sizeof c->service, "%s", end + 1);
		if ((r = meta_u64(t, name, 0, &c->n)) < 0)
			return r;
		s->ncounters++;
	}
	return r == -ENOENT ? 0 : r;
}

static void line(struct scrape *s, const char *name, const char *type, const char *help, uint64_t v)
{
	tell(s->c, TELL_INFO, "# HELP hcauth_%s %s\n# TYPE hcauth_%s %s\nhcauth_%s %" PRIu64, name,
		help, name, type, name, v);
}

static void show_events(struct scrape *s)
{
	tell(s->c, TELL_INFO,
		"# HELP hcauth_events_total What has happened, by event (doc/audit.md) and service.\n"
		"# TYPE hcauth_events_total counter");
	for (size_t i = 0; i < s->ncounters; i++)
		tell(s->c, TELL_INFO, "hcauth_events_total{event=\"%s\",service=\"%s\"} %" PRIu64,
			s->counter[i].event, s->counter[i].service, s->counter[i].n);
}

static void show_lockouts(struct scrape *s)
{
	static const char *const sides[SOURCES] = {
		[SOURCE_LOCAL] = "local", [SOURCE_NETWORK] = "network"
	};

	tell(s->c, TELL_INFO,
		"# HELP hcauth_lockouts Credentials that are off, or wait, after wrong tries.\n"
		"# TYPE hcauth_lockouts gauge");
	for (unsigned f = FACTOR_PASSWORD; f <= FACTOR_LAST; f++) {
		for (unsigned i = SOURCE_LOCAL; i < SOURCES; i++) {
			const char *name = factor_name((enum factor_id)f);

			tell(s->c, TELL_INFO,
				"hcauth_lockouts{factor=\"%s\",from=\"%s\",state=\"off\"} %" PRIu64
				"\nhcauth_lockouts{factor=\"%s\",from=\"%s\",state=\"waiting\"} %" PRIu64,
				name, sides[i], s->off[f][i], name, sides[i], s->held[f][i]);
		}
	}
}

static void show_gauges(struct scrape *s)
{
	bool current = publish_is_current(s->c->store, s->c->conf, s->c->directory);

	line(s, "up", "gauge", "Whether the daemon answers.", 1);
	tell(s->c, TELL_INFO,
		"# HELP hcauth_build_info The version.\n# TYPE hcauth_build_info gauge\n"
		"hcauth_build_info{version=\"%s\"} 1",
		HC_VERSION);
	line(s, "identities", "gauge", "People, active or not.", s->identities);
	line(s, "accounts", "gauge", "Accounts, active or not.", s->accounts);
	line(s, "practices", "gauge", "Practices.", s->practices);
	line(s, "sessions", "gauge", "Sessions that are open.", s->sessions);
	line(s, "shifts", "gauge", "People in a shift at this workstation.", s->shifts);
	line(s, "outbox_waiting", "gauge", "Messages that wait to be sent.", s->waiting);
	line(s, "outbox_dead", "gauge", "Messages that were given up.", s->dead);
	line(s, "outbox_oldest_seconds", "gauge", "How long the oldest has waited.", s->oldest);
	line(s, "directory_current", "gauge", "Whether what NSS answers from is current.", current);
	line(s, "directory_generation", "counter", "Changes of the directory.", s->directory);
	line(s, "audit_records_total", "counter", "Records of the audit.", s->records);
	line(s, "unknown_names_total", "counter", "Tries with names that nobody has.", s->unknown);
}

static int count_all(struct txn *t, void *arg)
{
	struct scrape *s = arg;
	int r;

	s->identities = rows(t, TABLE_IDENTITY);
	s->accounts = rows(t, TABLE_ACCOUNT);
	s->practices = rows(t, TABLE_PRACTICE);
	if ((r = meta_u64(t, "directory", 0, &s->directory)) < 0 ||
		(r = meta_u64(t, "audit", 0, &s->records)) < 0 ||
		(r = meta_u64(t, "unknown", 0, &s->unknown)) < 0 ||
		(r = count_sessions(t, s)) < 0 || (r = count_shifts(t, s)) < 0 ||
		(r = count_messages(t, s)) < 0)
		return r;
	r = count_lockouts(t, s);
	return r < 0 ? r : take_counters(t, s);
}

enum status metrics_command(struct conv *c, const struct words *w)
{
	static struct scrape s; /* large; one conversation a process */

	(void)w;
	s = (struct scrape){ .c = c };
	c->now(&s.now);
	int r = store_read(c->store, count_all, &s);
	if (r < 0)
		return manage_result(c, r, "metrics");
	show_events(&s);
	show_lockouts(&s);
	show_gauges(&s);
	return STATUS_DONE;
}
