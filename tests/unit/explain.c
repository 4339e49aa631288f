/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth explain. What must hold: the prompts that it says are those that a sign-in then has, and the verdict is
 * what right answers then get; it writes nothing; and it tells a manager nothing of somebody who is not theirs. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "staff.h"
#include "text.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define CODE(w) app_code(w, ada_secret, 0)
#define NOBODY "nobody@example.org"

enum { PROMPTS = 400 };

struct said {
	char prompts[PROMPTS];
	char verdict[40], why[600], then[600], because[1200];
};

static void join(const json_t *list, const char *key, char *out, size_t size)
{
	size_t at = strlen(out), i;
	json_t *v;

	json_array_foreach(list, i, v)
	{
		const char *text = json_string_value(key ? json_object_get(v, key) : v);

		if (text && at < size)
			at += (size_t)snprintf(out + at, size - at, "%s\n", text);
	}
}

/* What explain says, which changes nothing in the store. */
static struct said explain(struct world *w, const char *who, const char *service, const char *rhost)
{
	struct said s = { .prompts = "" };
	uint64_t before = world_serial(w);
	struct talk *t =
		COMMAND(w, "explain", who, "--service", service, "--rhost", rhost, "--json");
	json_t *o = json_loads(t->seen, 0, NULL);

	CHECK_INT(t->asks, 0);
	CHECK(o != NULL);
	CHECK_INT(world_serial(w), before);
	join(json_object_get(o, "steps"), "prompt", s.prompts, sizeof s.prompts);
	join(json_object_get(o, "steps"), "because", s.because, sizeof s.because);
	join(json_object_get(o, "because"), NULL, s.why, sizeof s.why);
	join(json_object_get(o, "then"), NULL, s.then, sizeof s.then);
	snprintf(s.verdict, sizeof s.verdict, "%s",
		json_string_value(json_object_get(o, "verdict")));
	json_decref(o);
	return s;
}

/* The prompts of proof that a sign-in had, in order. */
static const char *prompts_of(const struct talk *t)
{
	static const char *const known[] = { TEXT_PASSWORD, TEXT_CODE, TEXT_PIN };
	static char out[PROMPTS];
	char seen[sizeof t->seen], *save;
	size_t at = 0;

	out[0] = 0;
	memcpy(seen, t->seen, sizeof seen);
	for (char *line = strtok_r(seen, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; i < 3; i++)
			if (strcmp(line, known[i]) == 0)
				at += (size_t)snprintf(out + at, sizeof out - at, "%s\n", line);
	return out;
}

/* Signs in with right answers to what was said, and Enter to what comes behind it. */
static struct talk *sign_in(struct world *w, const char *who, const char *service,
	const char *rhost, const struct said *s, const char *password)
{
	const char *answers[24] = { NULL };
	struct world from = *w;
	size_t n = 0;

	for (const char *p = s->prompts; *p; p = strchr(p, '\n') + 1)
		answers[n++] = strncmp(p, TEXT_PASSWORD, 10) == 0 ? password
			: strncmp(p, TEXT_PIN, 5) == 0            ? ADA_PIN
								  : CODE(w);
	while (n < 16)
		answers[n++] = "";
	from.rhost = rhost;
	return converse(&from, PURPOSE_AUTH, service, who, answers);
}

static struct said same(struct world *w, const char *who, const char *service, const char *rhost)
{
	struct said s = explain(w, who, service, rhost);
	struct talk *t = sign_in(w, who, service, rhost, &s, ADA_PASSWORD);

	CHECK_TEXT(prompts_of(t), s.prompts);
	CHECK_TEXT(t->outcome.result == GRANTED ? "let in" : "refused", s.verdict);
	clock_add(w, 60);
	return s;
}

static void set(struct world *w, const char *option, const char *value)
{
	CHECK_VERDICT(GRANTED, COMMAND(w, "practice", "set", "stj", option, value));
}

static struct world plain(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, 60);
	return w;
}

static void nothing(struct world *w)
{
	(void)w;
}

static void closed(struct world *w)
{
	set(w, "--hours", "Tue 09:00-17:00");
}

static void no_network(struct world *w)
{
	set(w, "--network", "no");
}

static void more(struct world *w)
{
	set(w, "--require", "pin,totp");
}

static void off(struct world *w)
{
	CHECK_VERDICT(GRANTED, COMMAND(w, "identity", "disable", ADA));
}

static void account_off(struct world *w)
{
	CHECK_VERDICT(GRANTED, COMMAND(w, "account", "disable", "HC000001"));
}

static void wrong(struct world *w)
{
	struct world from = *w;

	from.rhost = "192.0.2.7";
	for (unsigned i = 0; i < 7; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&from, "sshd", ADA, "wrong", "000000"));
}

static void wrong_here(struct world *w)
{
	for (unsigned i = 0; i < 7; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(w, "login", ADA, "wrong"));
}

/* Her phone was lost, and an envelope opened. */
static void envelope(struct world *w)
{
	char code[20];

	w->conf.break_glass = true;
	set(w, "--break-glass", "yes");
	struct talk *t = COMMAND(w, "break-glass", "new", "stj");
	const char *at = strstr(t->seen, "Put into it:\n\n    ");
	CHECK(at != NULL);
	snprintf(code, sizeof code, "%s", at + 18);
	CHECK_VERDICT(GRANTED, SIGN_IN(w, "login", ADA, ADA_PASSWORD, code));
	clock_add(w, 60);
}

static void pin_off(struct world *w)
{
	for (unsigned i = 0; i < 10; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(w, "kiosk", ADA, "00000"));
}

/* Every service and place, for ada by both of her names, and for a name that nobody has. */
static void in_state(void (*state)(struct world *))
{
	static const char *const services[] = { "login", "sshd", "kiosk", "unnamed" };
	static const char *const names[] = { ADA, "adae", NOBODY };
	static const char *const places[] = { "", "192.0.2.7" };
	struct world w = plain();

	state(&w);
	for (size_t v = 0; v < sizeof services / sizeof *services; v++)
		for (size_t k = 0; k < sizeof names / sizeof *names; k++)
			for (size_t i = 0; i < sizeof places / sizeof *places; i++)
				same(&w, names[k], services[v], places[i]);
}

#define SAME_IN(state)                                                                             \
	TEST(explain_says_what_comes_##state)                                                      \
	{                                                                                          \
		in_state(state);                                                                   \
	}

SAME_IN(nothing)
SAME_IN(closed)
SAME_IN(no_network)
SAME_IN(more)
SAME_IN(off)
SAME_IN(account_off)
SAME_IN(wrong)
SAME_IN(wrong_here)
SAME_IN(pin_off)
SAME_IN(envelope)

TEST(explain_says_why)
{
	struct world w = plain();
	struct said s = same(&w, ADA, "login", "");

	CHECK_TEXT(s.prompts, "Password: \nCode: \n");
	CHECK_TEXT(s.verdict, "let in");
	CHECK_TEXT(s.why, "");
	CHECK_HAS(s.because, "[service login] asks for password");
	more(&w);
	s = same(&w, ADA, "login", "");
	CHECK_TEXT(s.prompts, "Password: \nCode: \nPIN: \n");
	CHECK_HAS(s.because, "practice stj asks for PIN in every sign-in");
	s = same(&w, ADA, "sshd", "192.0.2.7");
	CHECK_HAS(s.why, "practice stj requires pin");
	s = same(&w, ADA, "kiosk", "192.0.2.7");
	CHECK_HAS(s.why, "can't be given here");
	set(&w, "--require", "none");
	closed(&w);
	CHECK_HAS(same(&w, ADA, "login", "").why, "practice stj is closed");
	set(&w, "--hours", "always");
	no_network(&w);
	CHECK_HAS(same(&w, ADA, "sshd", "").why, "signs nobody in over the network");
	off(&w);
	CHECK_HAS(same(&w, ADA, "login", "").why, "the person is switched off");
	CHECK_HAS(same(&w, NOBODY, "login", "").why, "nobody has that name");
}

TEST(explain_tells_of_waits)
{
	struct world w = plain();

	wrong(&w);
	struct said s = explain(&w, ADA, "sshd", "192.0.2.7");
	CHECK_HAS(s.why, "the password is not looked at for another ");
	CHECK_TEXT(explain(&w, ADA, "login", "").verdict, "let in");
	pin_off(&w);
	CHECK_HAS(explain(&w, ADA, "kiosk", "").why, "the PIN is locked");
}

/* Within a shift the PIN alone, where the service says so. */
TEST(explain_knows_of_the_shift)
{
	struct world w = plain();
	struct service *s = &w.conf.service[w.conf.nservices++];

	*s = w.conf.service[0];
	s->local = s->shift = true;
	snprintf(s->name, sizeof s->name, "locker");
	struct said said = same(&w, ADA, "locker", "");
	CHECK_TEXT(said.prompts, "PIN: \n");
	CHECK_HAS(said.because, "the shift at this workstation");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "lock", ADA));
	CHECK_TEXT(same(&w, ADA, "locker", "").prompts, "Password: \nCode: \n");
}

/* Which may be for another practice. */
TEST(explain_tells_no_manager_who_is_at_work)
{
	struct world w = plain(), ada;
	struct service *s = &w.conf.service[w.conf.nservices++];

	*s = w.conf.service[0];
	s->local = s->shift = true;
	snprintf(s->name, sizeof s->name, "locker");
	CHECK_HAS(same(&w, ADA, "locker", "").because, "the shift at this workstation");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--manager", ADA));
	ada = as_person(&w, 20000);
	struct talk *t = COMMAND(&ada, "explain", ADA, "--service", "locker");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK_HAS(t->seen, "Password: ");
	CHECK(!strstr(t->seen, "shift"));
}

/* A first sign-in, by the activation code. */
TEST(explain_knows_who_has_nothing_yet)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct said s;

	add_ada(&w);
	for (unsigned i = 0; i < 2; i++) {
		s = explain(&w, ADA, i ? "sshd" : "login", "");
		CHECK_TEXT(s.verdict, "first sign-in");
		CHECK_TEXT(s.prompts, "Password: \n");
		CHECK_HAS(
			s.why, "no password is set up: the activation code is typed in its place");
	}
	CHECK_TEXT(explain(&w, ADA, "kiosk", "").verdict, "refused");
}

TEST(explain_knows_who_was_reset)
{
	struct world w = plain();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "reset", ADA));
	CHECK_TEXT(explain(&w, ADA, "login", "").verdict, "first sign-in");
}

/* What comes behind the sign-in is what then is asked. */
TEST(explain_says_what_comes_behind)
{
	struct world w = plain();

	CHECK_TEXT(explain(&w, ADA, "login", "").then, "");
	with_messages(&w);
	clock_add(&w, 8 * 86400);
	struct said s = same(&w, ADA, "login", "");
	CHECK_TEXT(s.then, "whether the e-mail address is theirs\nthe mobile number\n");
	CHECK_TEXT(explain(&w, ADA, "login", "").then, "");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
			"--user", "ada-hill"));
	CHECK_TEXT(explain(&w, ADA, "login", "").then,
		"where they work today, if the service has \"chooser\" in pam.d\n");
	CHECK_TEXT(explain(&w, "adae", "login", "").then, "");
}

/* A manager sees their own people, as the account that is theirs; everybody else is a stranger. */
TEST(explain_tells_managers_of_their_own_people_alone)
{
	struct world all = staff(), ada = as_person(&all, ADA_UID), ben = as_person(&all, BEN_UID);
	char stranger[sizeof((struct talk *)0)->seen];

	struct talk *t = COMMAND(&ada, "explain", "dan@example.org", "--service", "login");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK_HAS(t->seen, "activation code");
	t = COMMAND(&ben, "explain", NOBODY, "--service", "login");
	CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	CHECK_HAS(t->seen, "nobody has that name");
	memcpy(stranger, t->seen, sizeof stranger);
	t = COMMAND(&ben, "explain", "dan@example.org", "--service", "login");
	CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	CHECK_TEXT(t->seen, stranger);
	/* cat works at both: each manager sees the account that is theirs, and no other */
	t = COMMAND(&ada, "explain", "cat@example.org", "--service", "login");
	CHECK(!strstr(t->seen, "hill") && !strstr(t->seen, "Hill") && !strstr(t->seen, "chooser"));
}

TEST(explain_wants_a_service)
{
	struct world w = plain();

	CHECK_INT(COMMAND(&w, "explain", ADA)->outcome.status, STATUS_USAGE);
	CHECK_INT(COMMAND(&w, "explain", ADA, "--service", "")->outcome.status, STATUS_USAGE);
	struct talk *t = COMMAND(
		&w, "explain", ADA, "--service", "a\033[1m\xff", "--rhost", "\xfe", "--json");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK(!strchr(t->seen, '\033'));
}
