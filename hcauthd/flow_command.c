/* SPDX-License-Identifier: Apache-2.0 */
/* The hcauth command's conversations. What must hold: who may say what is decided here, by the peer's
 * uid and nothing in the packet: root administers, everybody else is the identity that their uid
 * belongs to. */
#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "log.h"

static const struct {
	const char *verb;
	enum status (*run)(struct conv *c, const struct words *w);
	bool root; /* for administrators */
} commands[] = {
	{ "practice add", manage_practice, true },
	{ "practice list", manage_practice, true },
	{ "practice show", manage_practice, true },
	{ "identity add", manage_identity, true },
	{ "identity list", manage_identity, true },
	{ "identity show", manage_identity, true },
	{ "identity disable", manage_identity, true },
	{ "identity enable", manage_identity, true },
	{ "identity reset", manage_identity, true },
	{ "account add", manage_account, true },
	{ "account list", manage_account, true },
	{ "account show", manage_account, true },
	{ "account disable", manage_account, true },
	{ "account enable", manage_account, true },
	{ "unlock", manage_unlock, true },
	{ "status", manage_status, true },
	{ "audit", manage_audit, true },
	{ "password", self_command, false },
	{ "pin", self_command, false },
	{ "totp", self_command, false },
	{ "codes", self_command, false },
	{ "accounts", self_command, false },
};

static bool take_option(struct words *w, const char *s, struct reader *args)
{
	const struct {
		const char *name;
		const char **to;
	} with[] = { { "--name", &w->name }, { "--practice", &w->practice },
		{ "--identity", &w->identity }, { "--user", &w->user },
		{ "--groups", &w->groups } };

	if (strcmp(s, "--json") == 0 && !w->json)
		return w->json = true;
	if (strcmp(s, "--existing") == 0 && !w->existing)
		return w->existing = true;
	for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
		size_t len = strlen(with[i].name);

		if (strncmp(s, with[i].name, len) != 0 || (s[len] != 0 && s[len] != '=') ||
			*with[i].to)
			continue;
		*with[i].to = s[len] == '=' ? s + len + 1 : next_text(args);
		return *with[i].to != NULL;
	}
	return false;
}

/* Sorts the arguments into words and options; "--" ends the options. */
static bool sort_words(struct reader *args, struct words *w, const char *all[WORDS_MAX], size_t *n)
{
	bool options = true;
	const char *s;

	for (*n = 0; (s = next_text(args));) {
		if (options && strcmp(s, "--") == 0)
			options = false;
		else if (options && strncmp(s, "--", 2) == 0) {
			if (!take_option(w, s, args))
				return false;
		} else if (*n == WORDS_MAX)
			return false;
		else
			all[(*n)++] = s;
	}
	return !args->bad;
}

static enum status usage(struct conv *c, const struct verb *v)
{
	if (v)
		tell(c, TELL_ERROR, "Usage: hcauth %s", v->usage);
	else
		tell(c, TELL_ERROR, "There is no such command. See: hcauth help");
	return STATUS_USAGE;
}

static enum status run(struct conv *c)
{
	struct words w = { .n = 0 };
	struct reader args = c->hello.args;
	const char *all[WORDS_MAX];
	size_t n = 0, used = 0;
	bool sorted = sort_words(&args, &w, all, &n);
	const struct verb *v = verb_find(all, n, &used);

	for (size_t i = 0; v && i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(commands[i].verb, v->name) != 0)
			continue;
		if (!sorted)
			return usage(c, v);
		if (commands[i].root && c->peer != 0) {
			tell(c, TELL_ERROR, "Only root may do this. Try: sudo hcauth %s", v->name);
			return STATUS_NOT_ALLOWED;
		}
		w.verb = v->name;
		w.n = n - used;
		memcpy(w.word, all + used, w.n * sizeof *all);
		enum status s = commands[i].run(c, &w);
		return s == STATUS_USAGE ? usage(c, v) : s;
	}
	return usage(c, NULL);
}

/* The rule for what changes credentials is this command's own: the packet says any service that its
 * sender likes, and one may ask for less. */
void flow_command(struct conv *c, struct outcome *out)
{
	c->hello.service = "hcauth";
	c->service = conf_service(c->conf, c->hello.service);

	enum status s = run(c);

	out->status = (uint8_t)s;
	out->result = s == STATUS_DONE ? GRANTED : REFUSED;
}
