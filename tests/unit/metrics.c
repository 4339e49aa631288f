/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: each thing that happens is counted once, in the transaction that does it; a stranger makes
 * no label; nobody is named; what is shown is what Prometheus reads. */
#include "metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "world.h"

/* The value of a sample, as it is written there; -1: there is none. */
static long sample(struct world *w, const char *name)
{
	const struct talk *t = COMMAND(w, "metrics");
	char want[200];

	CHECK(t->outcome.status == STATUS_DONE);
	snprintf(want, sizeof want, "\n%s ", name);
	const char *at = strstr(t->seen, want);
	return at ? strtol(at + strlen(want), NULL, 10) : -1;
}

static void wrong(struct world *w, const char *service, const char *name)
{
	CHECK(SIGN_IN(w, service, name, "not that", "123456", "@hang-up")->outcome.result !=
		GRANTED);
}

TEST(sign_ins_are_counted_by_service)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK(sample(&w, "hcauth_events_total{event=\"enrolled\",service=\"login\"}") == 1);
	clock_add(&w, 60);
	CHECK(SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))->outcome.result ==
		GRANTED);
	wrong(&w, "sshd", ADA);
	wrong(&w, "sshd", ADA);
	CHECK(sample(&w, "hcauth_events_total{event=\"sign-in\",service=\"sshd\"}") == 1);
	CHECK(sample(&w, "hcauth_events_total{event=\"refused\",service=\"sshd\"}") == 2);
	CHECK(sample(&w, "hcauth_events_total{event=\"sign-in\",service=\"login\"}") == -1);
}

TEST(names_that_nobody_has_are_counted_each)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	for (int i = 0; i < 3; i++)
		wrong(&w, "sshd", "nobody@example.org");
	CHECK(sample(&w, "hcauth_unknown_names_total") == 3);
	CHECK(sample(&w, "hcauth_events_total{event=\"unknown-names\",service=\"sshd\"}") == 3);
}

TEST(tries_within_a_wait_are_counted_as_held)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	for (int i = 0; i < FREE_FAILURES; i++)
		wrong(&w, "sshd", ADA);
	CHECK(sample(&w, "hcauth_events_total{event=\"held\",service=\"sshd\"}") == -1);
	CHECK(sample(&w,
		      "hcauth_lockouts{factor=\"password\",from=\"network\",state=\"waiting\"}") ==
		1);
	CHECK(sample(&w, "hcauth_lockouts{factor=\"password\",from=\"local\",state=\"waiting\"}") ==
		0);
	wrong(&w, "sshd", ADA);
	wrong(&w, "sshd", ADA);
	CHECK(sample(&w, "hcauth_events_total{event=\"held\",service=\"sshd\"}") == 2);
}

TEST(a_locked_pin_shows)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	for (unsigned i = 0; i < w.conf.pin_tries; i++)
		CHECK(SIGN_IN(&w, "kiosk", ADA, "00000")->outcome.result != GRANTED);
	CHECK(sample(&w, "hcauth_lockouts{factor=\"pin\",from=\"local\",state=\"off\"}") == 1);
}

TEST(a_service_that_a_person_s_program_makes_up_is_no_label)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.peer = w.conf.uid_min; /* ada */
	wrong(&w, "made-up", ADA);
	w.peer = 0;
	wrong(&w, "made\"up", ADA);
	wrong(&w, "greeter-2", ADA);
	CHECK(sample(&w, "hcauth_events_total{event=\"refused\",service=\"other\"}") == 2);
	CHECK(sample(&w, "hcauth_events_total{event=\"refused\",service=\"greeter-2\"}") == 1);
	CHECK(!strstr(COMMAND(&w, "metrics")->seen, "made"));
}

TEST(metrics_name_nobody)
{
	static const char *const names[] = { "ada", "Ada", "stj", "HC000001", "example.org" };
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	wrong(&w, "sshd", ADA);
	const struct talk *t = COMMAND(&w, "metrics");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		CHECK(!strstr(t->seen, names[i]));
	CHECK(strstr(t->seen, "hcauth_identities 1\n"));
	CHECK(strstr(t->seen, "hcauth_directory_current 1\n"));
}

/* Each line is a comment of two known kinds or one sample, and each name is typed before its first sample. */
TEST(what_is_shown_is_the_text_exposition_format)
{
	struct world w = world_at("2026-05-04 09:00:00");
	unsigned samples = 0;

	enrol_ada(&w);
	char *text = COMMAND(&w, "metrics")->seen, *save = NULL, typed[64] = "";
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char name[64], kind[16], end;
		unsigned long long v;

		if (strncmp(l, "# HELP ", 7) == 0)
			continue;
		if (sscanf(l, "# TYPE %63[a-z_] %15s", name, kind) == 2) {
			CHECK(strcmp(kind, "counter") == 0 || strcmp(kind, "gauge") == 0);
			memcpy(typed, name, sizeof typed);
			continue;
		}
		CHECK(sscanf(l, "%63[a-z_]", name) == 1 && strcmp(name, typed) == 0);
		CHECK(sscanf(strrchr(l, ' ') + 1, "%llu%c", &v, &end) == 1);
		samples++;
	}
	CHECK(samples > 20);
}
