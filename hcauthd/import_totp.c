/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticator apps from google-authenticator's file and from pam_oath's. What must hold: only what hcauth
 * computes in the same way is taken (RFC 6238, SHA-1, 30 seconds, 6 digits); whatever else a line may
 * mean, it is wrong, and said to be; a code that was used before is used; nothing of a secret is told. */
#include <errno.h>
#include <oath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "import_second.h"
#include "log.h"

enum {
	STEP_S = 30,
	AHEAD = 20, /* steps that a phone's clock may be ahead: pam_oath's window is no wider as a rule */
};

static bool take_bytes_of(
	struct arrivals *v, unsigned line, const char *p, size_t len, struct totp *out)
{
	if (len < TOTP_SECRET_MIN || len > TOTP_SECRET_MAX) {
		import_wrong(&v->im, line, "the secret has %zu bytes: hcauth takes %d to %d", len,
			TOTP_SECRET_MIN, TOTP_SECRET_MAX);
		return false;
	}
	memcpy(out->secret, p, len);
	out->len = len;
	out->active = true;
	return true;
}

/* A step that was used. One far ahead of now would keep every code to come out. */
static bool take_step(struct arrivals *v, unsigned line, uint64_t step, struct totp *out)
{
	if (step > v->now.unix_s / STEP_S + AHEAD) {
		import_wrong(&v->im, line,
			"it says that a code of the future was used: is this machine's clock right?");
		return false;
	}
	if (step > out->last_step)
		out->last_step = step;
	return true;
}

/* --- google-authenticator: the secret in base32, lines that begin with "\" ", scratch codes --- */

struct google {
	struct arrivals *v;
	struct totp totp;
	bool by_time;
	unsigned scratch;
	char *skew; /* "" or NULL: none was learnt */
};

static bool google_secret(struct google *g, char *text)
{
	char *out = NULL;
	size_t len = 0;

	if (!*text || oath_base32_decode(text, strlen(text), &out, &len) != OATH_OK) {
		import_wrong(
			&g->v->im, 1, "there is no secret in it, in base32: A to Z and 2 to 7");
		return false;
	}
	bool ok = take_bytes_of(g->v, 1, out, len, &g->totp);
	wipe(out, len);
	free(out);
	return ok;
}

static void google_used(struct google *g, unsigned line, char *rest)
{
	uint64_t step;

	for (char *word; (word = strsep(&rest, " "));)
		if (!*word)
			continue;
		else if (!parse_u64(word, 0, UINT32_MAX, &step))
			import_wrong(&g->v->im, line, "DISALLOW_REUSE is followed by numbers");
		else if (!take_step(g->v, line, step, &g->totp))
			return;
}

static void google_option(struct google *g, unsigned line, char *text)
{
	static const char *const own[] = { "RATE_LIMIT", "WINDOW_SIZE", "RESETTING_TIME_SKEW" };
	char *rest = text, *name = strsep(&rest, " "), shown[60];
	struct import *im = &g->v->im;

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strcmp(name, own[i]) == 0)
			return; /* hcauth has a rule of its own */
	if (strcmp(name, "TOTP_AUTH") == 0)
		g->by_time = true;
	else if (strcmp(name, "DISALLOW_REUSE") == 0)
		google_used(g, line, rest);
	else if (strcmp(name, "TIME_SKEW") == 0)
		g->skew = rest;
	else if (strcmp(name, "HOTP_COUNTER") == 0)
		import_wrong(im, line,
			"it counts codes (HOTP_COUNTER): hcauth takes codes that go by the time alone");
	else if (strcmp(name, "STEP_SIZE") == 0 && (!rest || strcmp(rest, "30") != 0))
		import_wrong(im, line, "a code lasts other than 30 seconds (STEP_SIZE)");
	else if (strcmp(name, "STEP_SIZE") != 0 && strncmp(name, "LAST", 4) != 0)
		import_wrong(im, line, "\"%s\" is no option that hcauth knows",
			visible(name, shown, sizeof shown));
}

static void google_line(struct google *g, unsigned line, char *text)
{
	if (strncmp(text, "\" ", 2) == 0)
		google_option(g, line, text + 2);
	else if (strlen(text) == 8 && strspn(text, "0123456789") == 8)
		g->scratch++;
	else if (*text)
		import_wrong(&g->v->im, line, "neither an option nor a code of 8 digits");
}

static void google_note(const struct google *g, char note[160])
{
	size_t at = 0;

	note[0] = 0;
	if (g->scratch > 0)
		at = (size_t)snprintf(
			note, 160, "; its %u codes of 8 digits are not taken over", g->scratch);
	if (g->skew && *g->skew && strcmp(g->skew, "0") != 0)
		snprintf(note + at, 160 - at,
			"; that phone's clock was wrong: let its person set it by the network");
}

void import_google(struct arrivals *v, const struct import_part *part)
{
	struct google g = { .v = v };
	char *text = part->text, *at = import_line(&text);
	size_t wrongs = v->im.wrongs;

	if (!at || !google_secret(&g, at)) {
		if (!at)
			import_wrong(&v->im, 1, "the file is empty");
		return;
	}
	for (unsigned line = 2; (at = import_line(&text)); line++)
		google_line(&g, line, at);
	if (!g.by_time && v->im.wrongs == wrongs)
		import_wrong(&v->im, 1,
			"there is no line TOTP_AUTH in it: its codes do not go by the time");
	struct arrival *a = v->im.wrongs == wrongs ? arrival_new(v, 1, part->of) : NULL;
	if (a) {
		a->totp = g.totp;
		google_note(&g, a->note);
	}
	wipe(&g, sizeof g);
}

/* --- pam_oath: TYPE USER PIN SECRET [COUNTER [OTP [TIME]]], as liboath's usersfile.c reads it --- */

enum oath_field { TYPE, USER, PIN, SECRET, COUNTER, OTP, TIME, OATH_FIELDS };

/* NULL: it is one that hcauth takes. */
static const char *type_problem(const char *type)
{
	if (strcmp(type, "HOTP/T30") == 0 || strcmp(type, "HOTP/T30/6") == 0)
		return NULL;
	if (strncmp(type, "HOTP/T30/", 9) == 0)
		return "its codes have other than 6 digits";
	if (strncmp(type, "HOTP/T", 6) == 0)
		return "its codes last other than 30 seconds";
	if (strcmp(type, "HOTP") == 0 || strncmp(type, "HOTP/E", 6) == 0)
		return "it counts codes: hcauth takes codes that go by the time alone (HOTP/T30/6)";
	return "it begins with no type of code that hcauth knows: HOTP/T30/6";
}

static bool oath_secret(struct arrivals *v, unsigned line, const char *text, struct totp *out)
{
	char bytes[TOTP_SECRET_MAX];
	size_t len = sizeof bytes;

	if (strlen(text) > 2 * sizeof bytes || oath_hex2bin(text, bytes, &len) != OATH_OK) {
		import_wrong(&v->im, line, "the secret is not %d to %d bytes in hex",
			TOTP_SECRET_MIN, TOTP_SECRET_MAX);
		return false;
	}
	bool ok = take_bytes_of(v, line, bytes, len, out);
	wipe(bytes, sizeof bytes);
	return ok;
}

/* The step of the code that was used last, near the time when it was. It may be a code that is still good:
 * whoever imports a step later is on the safe side anyway (import_second.c). */
static void oath_used(struct arrivals *v, unsigned line, char *const field[], struct totp *out)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = field[TIME] ? strptime(field[TIME], "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	time_t at = end ? mktime(&tm) : -1;

	if (!field[OTP] || strcmp(field[OTP], "-") == 0)
		return;
	if (!end || strcmp(end, "L") != 0 || at < (time_t)AHEAD * STEP_S) {
		import_wrong(
			&v->im, line, "the time of the last code is not one: 2026-07-31T09:00:00L");
		return;
	}
	for (uint64_t step = (uint64_t)at / STEP_S + AHEAD, i = 0; i <= 2 * AHEAD; i++, step--) {
		char code[7];

		if (oath_hotp_generate((char *)out->secret, out->len, step, 6, false,
			    OATH_HOTP_DYNAMIC_TRUNCATION, code) != OATH_OK)
			die("totp: a code can't be computed");
		bool same = strcmp(code, field[OTP]) == 0;
		wipe(code, sizeof code);
		if (same) {
			(void)take_step(v, line, step, out); /* which says so if it is wrong */
			return;
		}
	}
}

static void take_oath(struct arrivals *v, unsigned line, char *text)
{
	char *field[OATH_FIELDS] = { NULL }, *rest = text;
	struct totp totp = { .active = false };
	size_t n = 0, wrongs = v->im.wrongs;

	for (char *word; (word = strsep(&rest, " \t"));)
		if (*word && n < OATH_FIELDS)
			field[n++] = word;
		else if (*word)
			import_wrong(&v->im, line, "more than %d fields", OATH_FIELDS);
	if (v->im.wrongs == wrongs && n <= SECRET)
		import_wrong(
			&v->im, line, "%zu fields, where there must be 4: TYPE USER - SECRET", n);
	else if (v->im.wrongs == wrongs && type_problem(field[TYPE]))
		import_wrong(&v->im, line, "%s", type_problem(field[TYPE]));
	else if (v->im.wrongs == wrongs && oath_secret(v, line, field[SECRET], &totp))
		oath_used(v, line, field, &totp);
	struct arrival *a =
		n > SECRET && v->im.wrongs == wrongs ? arrival_new(v, line, field[USER]) : NULL;
	if (a) {
		a->totp = totp;
		if (strcmp(field[PIN], "-") != 0 && strcmp(field[PIN], "+") != 0)
			snprintf(a->note, sizeof a->note,
				"; the password beside it is not taken over");
	}
	wipe(&totp, sizeof totp);
}

static int by_name(const void *a, const void *b)
{
	const struct arrival *x = *(const struct arrival *const *)a;
	const struct arrival *y = *(const struct arrival *const *)b;
	int r = strcmp(x->name, y->name);

	return r != 0 ? r : (x->line > y->line) - (x->line < y->line);
}

/* A name that is there twice: pam_oath takes either, hcauth has one app for a person. */
static void find_twice(struct arrivals *v, size_t from)
{
	size_t n = v->n - from;
	const struct arrival **order = calloc(n + 1, sizeof *order);

	if (!order)
		die("import: no memory");
	for (size_t i = 0; i < n; i++)
		order[i] = &v->a[from + i];
	qsort(order, n, sizeof *order, by_name);
	for (size_t i = 1; i < n; i++)
		if (strcmp(order[i - 1]->name, order[i]->name) == 0)
			import_wrong(&v->im, order[i]->line,
				"%s is in line %u already: a person has one app", order[i]->name,
				order[i - 1]->line);
	free(order);
}

void import_oath(struct arrivals *v, const struct import_part *part)
{
	size_t from = v->n;
	char *text = part->text, *at;

	for (unsigned line = 1; (at = import_line(&text)); line++) {
		at += strspn(at, " \t");
		if (*at && *at != '#')
			take_oath(v, line, at);
	}
	find_twice(v, from);
}
