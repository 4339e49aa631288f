/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth who. What must hold: whoever works at a practice sees who is signed in there, and nobody else's
 * sessions; a session that is over is not listed; a form of a name tells no more than it says. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "factor.h"
#include "names.h"
#include "people.h"
#include "staff.h"
#include "store/store.h"
#include "who.h"

static const char *form(enum names form, const char *name)
{
	static char out[NAME_FORM_MAX + 1];

	memset(out, 'x', sizeof out);
	name_form(form, name, out);
	return out;
}

TEST(names_are_shortened)
{
	static const struct {
		const char *name, *initials, *first;
	} rows[] = {
		{ "Ada Example", "A. E.", "Ada" },
		{ "Dr Ada Example", "A. E.", "Ada" },
		{ "Prof. Dr. Ada Example", "A. E.", "Ada" },
		{ "MRS ADA EXAMPLE", "A. E.", "ADA" },
		{ "Anne-Marie Example-Jones", "A.-M. E.-J.", "Anne-Marie" },
		{ "Siobhán Ní Bhriain", "S. N. B.", "Siobhán" },
		{ "Øyvind Ångström", "Ø. Å.", "Øyvind" },
		{ "E\xcc\x81ric X", "E\xcc\x81. X.", "E\xcc\x81ric" }, /* a mark of its own */
		{ "王小明", "王.", "王小明" },
		{ "Madonna", "M.", "Madonna" },
		{ "Sister", "S.", "Sister" },
		{ "Dr Example", "E.", "Example" },
		{ "Drew Example", "D. E.", "Drew" },
		{ "Example, Ada", "E. A.", "Ada" },
		{ "Example, Dr Ada", "E. D. A.", "Ada" },
		{ "Ada,", "A.", "Ada" },
		{ "  Ada   Example ", "A. E.", "Ada" },
		{ "Ada\xc2\xa0"
		  "Example",
			"A. E.", "Ada" },
		{ "Patrick O'Neill (locum)", "P. O. l.", "Patrick" },
		{ "Ada - Example", "A. E.", "Ada" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_TEXT(form(NAMES_FULL, rows[i].name), rows[i].name);
		CHECK_TEXT(form(NAMES_INITIALS, rows[i].name), rows[i].initials);
		CHECK_TEXT(form(NAMES_FIRST, rows[i].name), rows[i].first);
	}
}

TEST(names_of_any_bytes_stay_within_bounds)
{
	char name[PERSON_NAME_MAX + 1];

	for (unsigned seed = 1; seed < 5000; seed++) {
		unsigned v = seed;

		for (size_t i = 0; i < PERSON_NAME_MAX; i++) {
			static const unsigned char some[] = { ' ', '-', 'a', '.', ',', 0xc2, 0xa0,
				0xcc, 0xcd, 0x81, 0xe7, 'D', 'r' };

			v = v * 1103515245 + 12345;
			name[i] = (char)some[(v >> 16) % sizeof some];
		}
		name[seed % PERSON_NAME_MAX] = 0;
		name[PERSON_NAME_MAX] = 0;
		CHECK(strlen(form(NAMES_INITIALS, name)) <= NAME_FORM_MAX);
		CHECK(strlen(form(NAMES_FIRST, name)) <= NAME_FORM_MAX);
	}
}

/* --- sessions --- */

struct seat {
	uid_t uid;
	const char *tty, *rhost, *service;
	uint32_t factors, pid;
	uint64_t started;
	uint8_t boot[16];
	unsigned number;
};

static int sit(struct txn *t, void *arg)
{
	const struct seat *s = arg;
	struct session v = { .factors = s->factors, .pid = s->pid, .started = s->started };
	struct id key[2] = { 0 };
	uint8_t row[RECORD_MAX];
	struct person p;
	int r = person_by_uid(t, s->uid, &p);

	if (r < 0)
		return r;
	v.account = key[0] = p.account.id;
	memcpy(key[1].bytes, &s->number, sizeof s->number);
	snprintf(v.tty, sizeof v.tty, "%s", s->tty);
	snprintf(v.rhost, sizeof v.rhost, "%s", s->rhost);
	snprintf(v.service, sizeof v.service, "%s", s->service);
	memcpy(v.boot, s->boot, sizeof v.boot);
	return txn_put(t, TABLE_SESSION, key, sizeof key, row, session_put(row, &v));
}

#define FULL (1u << FACTOR_PASSWORD | 1u << FACTOR_TOTP)

static void seat(struct world *w, uid_t uid, const char *tty, const char *rhost, uint32_t factors)
{
	static unsigned number;
	struct seat s = { .uid = uid,
		.tty = tty,
		.rhost = rhost,
		.service = *rhost ? "sshd" : "login",
		.factors = factors,
		.started = w->now.unix_s,
		.number = ++number };

	memcpy(s.boot, w->now.boot, sizeof s.boot);
	CHECK_INT(in_store(w, sit, &s, sizeof s), 0);
}

static struct talk *who(const struct world *w, unsigned uid)
{
	struct world mine = uid ? as_person(w, uid) : as_root(w);

	return COMMAND(&mine, "who");
}

static bool lists(const struct talk *t, const char *part)
{
	CHECK_INT(t->outcome.result, GRANTED);
	return strstr(t->seen, part) != NULL;
}

/* Ada and Dan at stj, Cat at the hill. */
static struct world morning(void)
{
	struct world w = staff();

	setenv("TZ", "UTC", 1);
	tzset();
	seat(&w, ADA_UID, "tty1", "", FULL);
	clock_add(&w, 600);
	seat(&w, DAN_UID, "ssh", "192.0.2.7", 0);
	seat(&w, CAT_HILL_UID, ":0", "", 1u << FACTOR_PIN);
	return w;
}

TEST(who_shows_person_practice_place_time_and_how)
{
	struct world w = morning();

	clock_add(&w, 3600);
	CHECK_TEXT(who(&w, 0)->seen,
		"PERSON       PRACTICE           WHERE      SINCE       HOW\n"
		"Cat Sample   Hill Clinic        :0         09:11       PIN\n"
		"Ada Example  St John's Surgery  tty1       09:01       password, app\n"
		"Dan Sample   St John's Surgery  192.0.2.7  09:11       ssh key\n");
	clock_add(&w, 86400);
	CHECK(lists(who(&w, 0), "tty1       2026-05-04  password, app\n"));
}

TEST(who_is_the_colleagues_of_ones_own_practices)
{
	struct world w = morning();
	const struct {
		unsigned uid;
		bool ada, cat;
	} rows[] = { { ADA_UID, true, false }, { DAN_UID, true, false }, { BEN_UID, false, true },
		{ CAT_UID, true, true }, { CAT_HILL_UID, true, true }, { EVE_UID, true, false } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct talk *t = who(&w, rows[i].uid);

		CHECK_INT(lists(t, "Ada Example"), rows[i].ada);
		CHECK_INT(lists(t, "Cat Sample"), rows[i].cat);
		CHECK_INT(lists(t, "Hill Clinic"), rows[i].cat);
	}
}

TEST(who_works_elsewhere_is_not_seen_here)
{
	struct world w = morning();

	seat(&w, CAT_UID, "tty3", "", FULL); /* and a minute later, here as well */
	struct talk *t = who(&w, DAN_UID);
	CHECK(lists(t, "Cat Sample   St John's Surgery  tty3"));
	CHECK(!lists(t, " :0 "));
}

TEST(who_is_switched_off_sees_nobody)
{
	struct world w = morning();

	CHECK_INT(COMMAND(&w, "account", "disable", "HC4")->outcome.result, GRANTED);
	CHECK_TEXT(who(&w, DAN_UID)->seen, "Nobody is signed in.\n");
	CHECK_INT(COMMAND(&w, "account", "disable", "CAT")->outcome.result, GRANTED);
	CHECK(!lists(who(&w, CAT_UID), "Hill Clinic"));
	CHECK(lists(who(&w, CAT_UID), "Ada Example"));
	CHECK_INT(COMMAND(&w, "identity", "disable", "cat@example.org")->outcome.result, GRANTED);
	CHECK_TEXT(who(&w, CAT_UID)->seen, "Nobody is signed in.\n");
}

TEST(who_knows_what_is_over)
{
	struct world w = morning();
	struct seat s = { .uid = DAN_UID,
		.tty = "tty5",
		.rhost = "",
		.service = "login",
		.factors = FULL,
		.number = 1000 };

	memset(s.boot, 8, sizeof s.boot); /* before the machine was started */
	CHECK_INT(in_store(&w, sit, &s, sizeof s), 0);
	CHECK(!lists(who(&w, 0), "tty5"));

	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	memcpy(s.boot, w.now.boot, sizeof s.boot);
	s.pid = (uint32_t)pid;
	CHECK_INT(in_store(&w, sit, &s, sizeof s), 0);
	CHECK(lists(who(&w, 0), "tty5"));
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK(!lists(who(&w, 0), "tty5"));
}

TEST(who_is_nobody_that_proved_nothing_here)
{
	struct world w = morning();

	seat(&w, DAN_UID, "pts/9", "", 0); /* root's su */
	CHECK(!lists(who(&w, 0), "pts/9"));
}

TEST(who_sits_in_one_place_is_listed_once)
{
	struct world w = morning();

	seat(&w, ADA_UID, "tty1", "", 1u << FACTOR_PIN); /* su to herself */
	struct talk *t = who(&w, 0);
	CHECK(lists(t, "tty1       09:01       password, app\n"));
	CHECK(!lists(t, "tty1       09:11"));
	seat(&w, ADA_UID, "tty2", "", FULL);
	t = who(&w, 0);
	CHECK(lists(t, "tty1       09:01") && lists(t, "tty2       09:11"));
}

static struct talk *as(const struct world *w, unsigned uid, const char *names)
{
	struct world mine = uid ? as_person(w, uid) : as_root(w);

	return COMMAND(&mine, "who", "--names", names);
}

TEST(who_is_shown_as_the_settings_say)
{
	struct world w = morning();

	w.conf.names = NAMES_INITIALS;
	CHECK(lists(who(&w, DAN_UID), "A. E. "));
	CHECK(!lists(who(&w, DAN_UID), "Ada"));
	for (size_t i = 0; i < 3; i++)
		CHECK(!lists(
			as(&w, DAN_UID, (const char *const[]){ "full", "first", "initials" }[i]),
			"Ada"));
	CHECK(lists(who(&w, ADA_UID), "Dan Sample")); /* the manager */
	CHECK(lists(who(&w, 0), "Dan Sample"));
	CHECK(lists(as(&w, ADA_UID, "first"), "Dan  "));
	CHECK(!lists(as(&w, ADA_UID, "first"), "Sample"));
	w.conf.names = NAMES_FIRST;
	CHECK(lists(who(&w, DAN_UID), "Ada "));
	CHECK(!lists(as(&w, DAN_UID, "initials"), "E."));
	CHECK(!lists(as(&w, DAN_UID, "full"), "Example"));
	w.conf.names = NAMES_FULL;
	CHECK(lists(as(&w, DAN_UID, "initials"), "A. E. "));
	CHECK(lists(as(&w, DAN_UID, "first"), "Ada  "));
	CHECK_INT(as(&w, DAN_UID, "nick")->outcome.status, STATUS_REFUSED);
}

TEST(who_manages_one_practice_is_a_colleague_at_another)
{
	struct world w = morning();

	CHECK_INT(COMMAND(&w, "practice", "set", "hill", "--manager", "CAT")->outcome.result,
		GRANTED);
	w.conf.names = NAMES_FIRST;
	struct talk *t = who(&w, CAT_UID);
	CHECK(lists(t, "Cat Sample"));
	CHECK(!lists(t, "Ada Example"));
}

TEST(who_is_told_to_programs_without_a_name_that_is_hidden)
{
	struct world w = morning(), dan = as_person(&w, DAN_UID);

	CHECK_HAS(COMMAND(&w, "who", "--json")->seen,
		"{\"person\":\"Ada Example\",\"user\":\"adae\",\"practice\":\"stj\","
		"\"practice_name\":\"St John's Surgery\",\"terminal\":\"tty1\",\"host\":null,"
		"\"since\":\"2026-05-04T09:01:01Z\",\"factors\":[\"password\",\"totp\"]}");
	dan.conf.names = NAMES_INITIALS;
	struct talk *t = COMMAND(&dan, "who", "--json");
	CHECK_HAS(t->seen, "{\"person\":\"A. E.\",\"user\":null,");
	CHECK(!strstr(t->seen, "adae"));
}

TEST(ad15_who_is_escaped)
{
	struct world w = morning();

	seat(&w, DAN_UID, "\033[2Jtty", "", FULL); /* not that a program can say so */
	CHECK(!strchr(who(&w, 0)->seen, '\033'));
}

struct crowd {
	struct seat s;
	unsigned n;
};

static int sit_all(struct txn *t, void *arg)
{
	struct crowd *c = arg;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < c->n; i++) {
		char tty[16];

		snprintf(tty, sizeof tty, "pts/%u", i);
		c->s.tty = tty;
		c->s.number = i + 1;
		r = sit(t, &c->s);
	}
	return r;
}

struct counted {
	unsigned lines;
	bool last;
};

static void count_line(void *arg, const struct tell *t)
{
	struct counted *n = arg;

	n->lines++;
	n->last |= strstr(t->text, "pts/999 ") != NULL;
}

static void count_who(struct conv *c, void *arg)
{
	struct scope root = { .root = true };
	const struct words w = { .verb = "who", .scope = &root };

	c->io.tell = count_line;
	c->io.arg = arg;
	CHECK_INT(who_command(c, &w), STATUS_DONE);
}

/* Of the processor: what else runs is not counted. */
static long children_ms(void)
{
	struct rusage u;

	CHECK_INT(getrusage(RUSAGE_CHILDREN, &u), 0);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
		(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

TEST(who_is_quick_with_a_thousand_sessions)
{
	struct world w = staff();
	struct counted n = { .lines = 0 };
	struct crowd c = { .s = { .uid = DAN_UID,
				   .rhost = "",
				   .service = "login",
				   .factors = FULL,
				   .started = w.now.unix_s },
		.n = 1000 };
	long before, ms;

	memcpy(c.s.boot, w.now.boot, sizeof c.s.boot);
	CHECK_INT(in_store(&w, sit_all, &c, sizeof c), 0);
	before = children_ms();
	in_conversation(&w, count_who, &n, sizeof n);
	ms = children_ms() - before;
	CHECK_INT(n.lines, 1001);
	CHECK(n.last);
	printf("# a thousand sessions: %ld ms\n", ms);
	CHECK(ms < 1000);
}

/* As the session phase writes it, and not as the cases above do. */
TEST(who_says_since_when_a_session_is_open)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, 60);
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))
			  ->outcome.result,
		GRANTED);
	CHECK_INT(converse(&w, PURPOSE_OPEN, "login", "adae", (const char *const[]){ NULL })
			  ->outcome.result,
		GRANTED);
	CHECK_HAS(COMMAND(&w, "who", "--json")->seen, "\"since\":\"2026-05-04T09:02:");
}
