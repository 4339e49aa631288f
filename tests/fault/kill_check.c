/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold after any number of kills: whatever was acknowledged has one audit record, with a number
 * above those of all that were acknowledged before it began; the numbers have no gap; no code let anybody
 * in twice; each guess that was looked at is counted, and no more were than the rule allows. Guesses that
 * were turned away unlooked at have one record for all, and a count that leaves none out. */
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit.h"
#include "dir_read.h"
#include "fault/kill_talk.h"
#include "paths.h"
#include "people.h"
#include "proof.h"
#include "store/store.h"

static const enum audit_event granted_event[KINDS] = {
	[UNLOCK] = AUDIT_UNLOCKED,
	[OPEN] = AUDIT_SESSION_OPEN,
	[GUESS] = AUDIT_SIGN_IN,
	[SIGN_IN] = AUDIT_SIGN_IN,
	[ADD] = AUDIT_ACCOUNT_ADDED,
};

static void examine_row(const struct audit_row *a)
{
	uint64_t ticket;

	if (strncmp(a->tty, "kill", 4) != 0)
		return; /* not one of these: a first sign-in */
	if (!parse_u64(a->tty + 4, 1, tickets, &ticket))
		client_fail("record %llu is nobody's: %s", (unsigned long long)a->number, a->tty);

	struct run *r = &runs[ticket];
	bool granted = a->event == granted_event[r->kind];
	if (!granted && !(a->event == AUDIT_REFUSED && (r->kind == GUESS || r->kind == SIGN_IN)))
		client_fail("record %llu: event %d for kind %d", (unsigned long long)a->number,
			a->event, r->kind);
	if (r->number != 0)
		client_fail("conversation %" PRIu64 " has records %llu and %llu", ticket,
			(unsigned long long)r->number, (unsigned long long)a->number);
	if (r->acked != 0 && granted != (r->result == GRANTED))
		client_fail("conversation %" PRIu64 ": verdict %d, event %d", ticket, r->result,
			a->event);
	r->number = a->number;
	if (r->acked == 0)
		r->result = granted ? GRANTED : REFUSED; /* killed after its commit */
}

static int examine_audit(struct txn *t)
{
	struct audit_row a;
	uint64_t number = 0, before = 0, last;
	int r;

	for (; (r = audit_next(t, &number, &a)) == 0; before = a.number) {
		if (a.number != before + 1)
			client_fail("record %llu follows %llu", (unsigned long long)a.number,
				(unsigned long long)before);
		examine_row(&a);
	}
	if (r == -ENOENT && (r = meta_u64(t, "audit", 0, &last)) == 0 && last != before)
		client_fail("the count of records is %llu, the last is %llu",
			(unsigned long long)last, (unsigned long long)before);
	return r;
}

/* Those that were told to wait are in the sum that audit_held() keeps. */
static int examine_held(struct txn *t, unsigned i, const char *email, const struct person *who)
{
	char owner[2 * ID_BYTES + 1], name[48];
	uint64_t held, told = 0;

	for (uint32_t k = 1; k <= tickets; k++)
		told += runs[k].kind == GUESS && runs[k].who == i && runs[k].acked != 0 &&
			runs[k].waits;
	sodium_bin2hex(owner, sizeof owner, who->owner.bytes, ID_BYTES);
	snprintf(name, sizeof name, "held.%s.%d", owner, SOURCE_LOCAL);
	int r = meta_u64(t, name, 0, &held);
	if (r == 0 && held < told)
		client_fail("%s: %" PRIu64 " guesses were told to wait, %" PRIu64 " are counted",
			email, told, held);
	return r;
}

static int examine_guessed(struct txn *t)
{
	for (unsigned i = 0; i < GUESSED; i++) {
		static const struct now now;
		struct guessed *g = &guessed[i];
		char email[64];
		struct person who;
		struct attempt a;
		int r;

		if (!g->used)
			continue;
		guessed_email(i, email);
		if ((r = person_by_name(t, email, &who)) < 0 ||
			(r = lockout_look(
				 t, &who.owner, FACTOR_PASSWORD, SOURCE_LOCAL, 0, &now, &a)) < 0 ||
			(r = examine_held(t, i, email, &who)) < 0)
			return r;
		if (a.failures < g->counted)
			client_fail("%s: %u guesses were looked at, %u are counted", email,
				g->counted, a.failures);
		if (a.failures > guesses_allowed(g->to_ms - g->from_ms))
			client_fail("%s: %u guesses in %lld ms", email, a.failures,
				(long long)(g->to_ms - g->from_ms));
	}
	return 0;
}

static int examine(struct txn *t, void *arg)
{
	int r = examine_audit(t);

	(void)arg;
	return r < 0 ? r : examine_guessed(t);
}

/* In the order in which they began and were acknowledged, by the events' numbers. */
static void examine_order(void)
{
	uint64_t *floor = calloc(tickets + 1, sizeof *floor), greatest = 0;
	uint32_t *at = calloc(events + 1, sizeof *at); /* ticket of each event */

	if (!floor || !at)
		client_fail("memory");
	for (uint32_t i = 1; i <= tickets; i++) {
		at[runs[i].begun] = i;
		if (runs[i].acked)
			at[runs[i].acked] = i;
	}
	for (uint32_t e = 1; e <= events; e++) {
		const struct run *r = &runs[at[e]];

		if (at[e] == 0)
			continue;
		if (e == r->begun) {
			floor[at[e]] = greatest;
			continue;
		}
		if (r->number == 0 && r->waits)
			continue; /* summed up: examine_held() */
		if (r->number == 0)
			client_fail("conversation %u was acknowledged and has no record", at[e]);
		if (r->number <= floor[at[e]])
			client_fail("conversation %u: record %llu, %llu was acknowledged before",
				at[e], (unsigned long long)r->number,
				(unsigned long long)floor[at[e]]);
		greatest = r->number > greatest ? r->number : greatest;
	}
	free(floor);
	free(at);
}

static int by_code(const void *a, const void *b)
{
	const struct run *x = &runs[*(const uint32_t *)a], *y = &runs[*(const uint32_t *)b];

	if (x->who != y->who)
		return x->who < y->who ? -1 : 1;
	return x->code < y->code ? -1 : x->code > y->code;
}

/* Each code of each person let in at most once, whether its client was told or not. */
static void examine_codes(void)
{
	uint32_t *in = calloc(tickets + 1, sizeof *in), n = 0, late = 0;

	if (!in)
		client_fail("memory");
	for (uint32_t i = 1; i <= tickets; i++)
		late += runs[i].number != 0 && runs[i].acked == 0;
	for (uint32_t i = 1; i <= tickets; i++)
		if (runs[i].kind == SIGN_IN && runs[i].number && runs[i].result == GRANTED)
			in[n++] = i;
	qsort(in, n, sizeof *in, by_code);
	for (uint32_t i = 1; i < n; i++)
		if (by_code(&in[i - 1], &in[i]) == 0)
			client_fail("a code was accepted twice: person %u, code %llu",
				runs[in[i]].who, (unsigned long long)runs[in[i]].code);
	printf("#    %u codes were used, none of them twice\n"
	       "#    %u conversations were killed between their commit and their verdict\n",
		n, late);
	free(in);
}

static void examine_all(void)
{
	const struct passwd *d = getpwnam(HC_DAEMON_USER);
	struct store *s;
	int r;

	if (!d || setresgid(d->pw_gid, d->pw_gid, d->pw_gid) < 0 ||
		setresuid(d->pw_uid, d->pw_uid, d->pw_uid) < 0)
		client_fail("can not become %s", HC_DAEMON_USER);
	if ((r = store_open(HC_STORE_DIR, &s)) < 0 || (r = store_read(s, examine, NULL)) < 0)
		client_fail("the store: %s", strerror(-r));
	store_close(s);
	examine_order();
	examine_codes();
	fflush(stdout);
}

void store_examine(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		examine_all();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
		WEXITSTATUS(status) != 0)
		exit(1); /* it has said what is wrong */
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void directory_examine(void)
{
	uint32_t *uid = calloc(tickets + 1, sizeof *uid), n = 0;

	if (!uid)
		client_fail("memory");
	for (uint32_t i = 1; i <= tickets; i++) {
		static uint8_t row[DIR_ROW_MAX];
		struct dir_user u;
		char name[32];

		if (runs[i].kind != ADD || runs[i].acked == 0)
			continue;
		added_user(i, name);
		int r = dir_find_user(name, row, sizeof row, &u);
		if (r < 0 || strcmp(u.name, name) != 0 || u.uid != runs[i].uid)
			client_fail("%s is not in the directory as it was: %s", name, strerror(-r));
		uid[n++] = u.uid;
	}
	qsort(uid, n, sizeof *uid, by_number);
	for (uint32_t i = 1; i < n; i++)
		if (uid[i] == uid[i - 1])
			client_fail("uid %u was given twice", uid[i]);
	printf("#    %u users were added, all are in the directory, each with a uid of its own\n",
		n);
	free(uid);
}
