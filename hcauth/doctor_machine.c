/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: its clock, login's time limit, what starts at boot. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>

#include "doctor.h"

enum {
	TIME_MIN = 600, /* seconds for a first sign-in, with an app to set up (README) */
	YEAR_MIN = 2025,
	YEAR_MAX = 2100,
};

void judge_clock(struct doctor *d, time_t now, bool synchronised)
{
	struct tm tm;
	int year = gmtime_r(&now, &tm) ? tm.tm_year + 1900 : 0;

	if (year < YEAR_MIN || year > YEAR_MAX)
		found(d,
			(struct found){ WRONG, "clock-wrong", "clock", MEND_RUN, NULL,
				"timedatectl set-ntp true" },
			"It says %d: no code from an app is right.", year);
	else if (!synchronised)
		found(d,
			(struct found){ MIND, "clock-free", "clock", MEND_RUN, NULL,
				"timedatectl set-ntp true" },
			"Nothing keeps it right: once it is a minute off, codes from apps are refused.");
	else
		found(d, (struct found){ FINE, "clock-right", "clock", MEND_NOT, NULL, NULL },
			"It is kept right.");
}

/* --- login --- */

static void look_at_login(struct doctor *d)
{
	char *text = doctor_read(d, "/etc/login.defs", 256 * 1024);
	unsigned long seconds = 60; /* login's own, where there is no line */
	char where[64] = "/etc/login.defs";
	unsigned number = 0;

	for (char *next, *line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		number++;
		while (isspace((unsigned char)*line))
			line++;
		if (strncmp(line, "LOGIN_TIMEOUT", 13) != 0 || !isspace((unsigned char)line[13]))
			continue;
		seconds = strtoul(line + 13, NULL, 10);
		snprintf(where, sizeof where, "/etc/login.defs:%u", number);
	}
	free(text);
	if (seconds > 0 && seconds < TIME_MIN)
		found(d,
			(struct found){ MIND, "login-short", "login",
				strchr(where, ':') ? MEND_REPLACE : MEND_SET, where,
				"LOGIN_TIMEOUT 600" },
			"login ends a sign-in after %lu seconds, which is short for a first one. (Nothing is lost: people sign in again and go on.)",
			seconds);
}

/* --- systemd --- */

static bool starts_at_boot(const struct doctor *d, const char *unit)
{
	static const char *const targets[] = { "sockets", "multi-user", "timers", "paths" };
	char full[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
		if (snprintf(full, sizeof full, "%s/etc/systemd/system/%s.target.wants/%s", d->root,
			    targets[i], unit) < (int)sizeof full &&
			lstat(full, &st) == 0)
			return true;
	return false;
}

static void look_at_units(struct doctor *d)
{
	static const struct {
		const char *unit;
		enum severity severity;
		const char *means;
	} units[] = {
		{ "hcauthd-root.socket", WRONG, "hcauth's people can't sign in after a restart." },
		{ "hcauthd-user.socket", WRONG,
			"Lockers and the hcauth command can't be used after a restart." },
		{ "hcauthd-end-sessions.path", MIND,
			"Managers can't end the sessions of those who leave." },
		{ "hcauthd-purge.timer", MIND, "What is kept of leavers is never deleted." },
		{ "hcauth-courier.service", MIND, "Codes and news do not go out." },
	};

	if (!doctor_file(d, "/run/systemd/system"))
		return;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		bool courier = strcmp(units[i].unit, "hcauth-courier.service") == 0;
		if (starts_at_boot(d, units[i].unit) ||
			(courier && !d->facts.email && !d->facts.sms))
			continue;
		char *line = doctor_text(d, "systemctl enable --now %s", units[i].unit);
		found(d,
			(struct found){ units[i].severity, "unit-off", units[i].unit, MEND_RUN,
				NULL, line },
			"It does not start at boot. %s", units[i].means);
		free(line);
	}
}

void look_at_machine(struct doctor *d)
{
	struct timex t = { .modes = 0 };
	int state = adjtimex(&t);

	judge_clock(d, time(NULL), state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC));
	look_at_login(d);
	look_at_units(d);
}
