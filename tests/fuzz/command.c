/* SPDX-License-Identifier: Apache-2.0 */
/* Words to commands, and the files that some of them take. An input is who calls (root, a manager, a person, a
 * stranger), words, a line each, up to an empty line; answers, a line each, up to an empty line; and the rest is
 * the file. What must hold: whoever is nobody of ours does nothing; what root alone may say nobody else is heard
 * with; what was refused before anything was done wrote nothing; what was told ends no line that it does not end
 * itself; import files are read to their end or refused as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "inside.h"
#include "term.h"

enum { WORDS_ROOM = 28, TEXT_ROOM = 512, ANSWERS_MAX = 40 };

static const struct caller {
	uid_t uid;
	bool root, ours;
} callers[] = { { 0, true, true }, { 20000, false, true }, { 20001, false, true },
	{ 4711, false, false } };

/* What only root may do, whatever else is among the words. */
static const char *const root_only[] = { "identity", "import", "purge", "outbox", "end-sessions",
	"metrics", "trace", "doctor" };

static struct fuzz_input in;
static size_t asked;
static char words[WORDS_ROOM][TEXT_ROOM];

static void next_data(uint8_t out[WIRE_MAX], size_t *len)
{
	static struct data d;

	d.len = in.left < 997 ? in.left : 997;
	if (d.len > 0)
		memcpy(d.bytes, in.p, d.len);
	in.p += d.len;
	in.left -= d.len;
	*len = data_put(out, &d);
}

/* A code where there is one to be given: a manager's changes take one. */
static const char *answer_text(const char *line)
{
	if (strcmp(line, "@totp") == 0)
		return app_code(inside_world(), ada_secret, 0);
	if (strcmp(line, "@password") == 0)
		return ADA_PASSWORD;
	return line;
}

static size_t answer(void *arg, const struct ask *a, uint8_t out[WIRE_MAX])
{
	char line[TEXT_ROOM];
	SECRET(s);
	size_t len;

	(void)arg;
	if (a->use == USE_DATA) {
		next_data(out, &len);
		return len;
	}
	if (++asked > ANSWERS_MAX || in.left == 0)
		return 0;
	const char *text = answer_text(fuzz_text(&in, '\n', line, sizeof line));
	s.len = strlen(text);
	memcpy(s.text, text, s.len + 1);
	return answer_put(out, &s);
}

static void hear(void *arg, const struct tell *t)
{
	(void)arg;
	for (const char *p = t->text; *p; p++)
		HOLDS((unsigned char)*p >= ' ' || *p == '\n' || *p == '\t');
}

static bool for_root_alone(const char *word)
{
	for (size_t i = 0; i < sizeof root_only / sizeof *root_only; i++)
		if (strcmp(root_only[i], word) == 0)
			return true;
	return false;
}

static bool any_option(const char *const *given, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(given[i], "--", 2) == 0)
			return true;
	return false;
}

static void judge(
	const struct caller *who, const char *const *given, size_t n, const struct said *said)
{
	if (!said->verdict)
		return;
	HOLDS((said->result == GRANTED) == (said->status == STATUS_DONE));
	HOLDS(said->status <= STATUS_EXISTS);
	if (said->status == STATUS_USAGE || said->status == STATUS_NOT_ALLOWED)
		HOLDS(said->commits == 0 || who->ours);
	if (!who->ours)
		HOLDS(said->result != GRANTED && said->commits == 0);
	if (!who->root && n > 0 && !any_option(given, n) && for_root_alone(given[0]))
		HOLDS(said->result != GRANTED && said->commits == 0);
}

/* --- the world: Ada (20000) manages stj, where Ann (20001) works; Bob is elsewhere --- */

static void says(struct world *w, const char *const *given)
{
	const struct talk *t = command(w, given, (const char *const[]){ NULL });

	if (t->outcome.result != GRANTED)
		fprintf(stderr, "%s\n", t->seen);
	HOLDS(t->outcome.result == GRANTED);
}
#define SAYS(w, ...) says(w, (const char *const[]){ __VA_ARGS__, NULL })

static struct world make(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	with_messages(&w);
	SAYS(&w, "practice", "add", "oak", "Oak Street");
	SAYS(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "anne");
	SAYS(&w, "account", "add", "HC000003", "--practice", "oak", "--user", "bobo");
	SAYS(&w, "practice", "set", "stj", "--manager", "HC000001", "--hours",
		"Mon-Fri 07:30-19:00");
	return w;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; verb_at(i); i++)
		HOLDS(*verb_at(i)->name && *verb_at(i)->usage);
	inside_make(make);
	return 0;
}

void fuzz_one(const uint8_t *p, size_t len)
{
	const char *args[WORDS_ROOM];
	struct said said;
	size_t n = 0;

	in = (struct fuzz_input){ p, len };
	asked = 0;
	const struct caller *who = &callers[fuzz_byte(&in) % (sizeof callers / sizeof *callers)];
	uint8_t failing = fuzz_byte(&in);
	while (n < WORDS_ROOM && in.left > 0) {
		fuzz_text(&in, '\n', words[n], TEXT_ROOM);
		if (!*words[n])
			break;
		args[n] = words[n];
		n++;
	}
	struct peer peer = { .uid = who->uid,
		.hello = command_hello("tty1"),
		.args = args,
		.nargs = n,
		.answer = answer,
		.tell = hear };
	peer.hello.ruid = who->uid;
	inside_begin();
	if (failing)
		inside_fail((enum call)(failing % CALLS), failing / CALLS);
	inside_talk(&peer, &said);
	inside_end();
	judge(who, args, n, &said);
}
