/* SPDX-License-Identifier: Apache-2.0 */
/* The hcauth command's conversations. What must hold: who may say what is decided here, by the peer's
 * uid and nothing in the packet: root administers, everybody else is the identity that their uid
 * belongs to. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "flow.h"
#include "fresh.h"
#include "glass.h"
#include "import_second.h"
#include "join.h"
#include "link.h"
#include "log.h"
#include "manage.h"
#include "metrics.h"
#include "outbox.h"
#include "reset.h"
#include "scope.h"
#include "shift.h"
#include "switch.h"
#include "text.h"
#include "trace.h"
#include "who.h"
#include "yubikey_change.h"

/* Who may say a command. What a manager's changes is done with a second factor given just now. */
enum may { MAY_ROOT, MAY_MANAGER, MAY_SELF, MAY_ANYBODY /* newcomers too */ };

#define O(option) ((uint64_t)1 << OPT_##option)
/* Changes nobody. Whatever a manager says that has not this flag takes a fresh second factor. */
#define READS ((uint64_t)1 << 63)
_Static_assert(OPTIONS < 63, "the options and READS are bits of one word");

static const struct command {
	const char *verb;
	command_fn run;
	enum may may;
	uint64_t options;
	unsigned min, max; /* words after the verb */
} commands[] = {
	{ "practice add", manage_practice, MAY_ROOT, 0, 2, 2 },
	{ "practice set", manage_practice, MAY_MANAGER,
		O(NAME) | O(REQUIRE) | O(NETWORK) | O(HOURS) | O(SHARED) | O(MIGRATE) | O(MANAGER) |
			O(NOT_MANAGER) | O(BREAK_GLASS) | O(FORCE) | O(ROLLOUT) | O(ASK),
		1, 1 },
	{ "practice list", manage_practice, MAY_MANAGER, O(JSON) | READS, 0, 0 },
	{ "practice show", manage_practice, MAY_MANAGER, O(JSON) | READS, 1, 1 },
	{ "identity add", manage_identity, MAY_ROOT, O(NAME), 1, 1 },
	{ "identity share", manage_share, MAY_ROOT, O(NAME), 1, 1 },
	{ "identity list", manage_identity, MAY_ROOT, O(JSON), 0, 0 },
	{ "identity show", manage_identity, MAY_ROOT, O(JSON), 1, 1 },
	{ "identity disable", manage_identity, MAY_ROOT, O(FORCE), 1, 1 },
	{ "identity enable", manage_identity, MAY_ROOT, 0, 1, 1 },
	{ "identity reset", manage_identity, MAY_ROOT, 0, 1, 1 },
	{ "account add", manage_account, MAY_ROOT,
		O(PRACTICE) | O(IDENTITY) | O(NAME) | O(USER) | O(GROUPS) | O(EXISTING), 1, 1 },
	{ "account list", manage_account, MAY_MANAGER, O(PRACTICE) | O(JSON) | READS, 0, 0 },
	{ "account show", manage_account, MAY_MANAGER, O(JSON) | READS, 1, 1 },
	{ "account disable", manage_account, MAY_MANAGER, O(FORCE), 1, 1 },
	{ "account enable", manage_account, MAY_MANAGER, 0, 1, 1 },
	{ "account reset", account_reset, MAY_MANAGER, 0, 1, 1 },
	{ "account unlink", account_unlink, MAY_MANAGER, O(FORCE), 1, 1 },
	{ "account keep", account_unlink, MAY_MANAGER, 0, 1, 1 },
	{ "unlock", manage_unlock, MAY_MANAGER, 0, 1, 1 },
	{ "invite", manage_invite, MAY_MANAGER,
		O(PRACTICE) | O(NAME) | O(USERID) | O(USER) | O(EMAIL) | O(MOBILE) | O(GROUPS) |
			O(SEND),
		0, 0 },
	{ "letter", manage_letter, MAY_MANAGER, 0, 1, 1 },
	{ "requests", manage_requests, MAY_MANAGER, O(JSON) | READS, 0, 0 },
	{ "approve", manage_approve, MAY_MANAGER, O(USERID) | O(USER) | O(GROUPS) | O(SEND), 1, 1 },
	{ "refuse", manage_refuse, MAY_MANAGER, 0, 1, 1 },
	{ "request", flow_request, MAY_ANYBODY, 0, 0, 0 },
	{ "import", manage_import, MAY_ROOT, O(DRY_RUN) | O(LETTER), 0, 0 },
	{ "status", self_status, MAY_SELF, O(JSON), 0, 0 },
	{ "audit", manage_audit, MAY_MANAGER,
		O(PRACTICE) | O(SINCE) | O(IDENTITY) | O(SIGNS) | O(JSON) | READS, 0, 0 },
	{ "audit verify", audit_verify_command, MAY_ROOT, O(JSON), 0, 0 },
	{ "leave", manage_leave, MAY_MANAGER, O(END_SESSIONS) | O(FORCE), 1, 1 },
	{ "end-sessions", manage_endings, MAY_ROOT, 0, 0, 0 },
	{ "review", manage_review, MAY_MANAGER, O(PRACTICE) | O(SINCE) | O(DAYS) | O(JSON) | READS,
		0, 0 },
	{ "attest", manage_attest, MAY_MANAGER, 0, 1, WORDS_MAX },
	{ "purge", manage_purge, MAY_ROOT, O(DRY_RUN), 0, 0 },
	{ "outbox", outbox_command, MAY_ROOT, O(JSON), 0, 0 },
	{ "outbox retry", outbox_command, MAY_ROOT, 0, 1, 1 },
	{ "outbox drop", outbox_command, MAY_ROOT, 0, 1, 1 },
	{ "password", self_command, MAY_SELF, 0, 0, 0 },
	{ "pin", self_command, MAY_SELF, 0, 0, 0 },
	{ "totp", self_command, MAY_SELF, 0, 0, 0 },
	{ "codes", self_command, MAY_SELF, 0, 0, 0 },
	{ "accounts", self_command, MAY_SELF, O(JSON), 0, 0 },
	{ "unlink", unlink_command, MAY_SELF, 0, 1, 1 },
	{ "link", link_command, MAY_SELF, 0, 0, 0 },
	{ "default", switch_default, MAY_SELF, 0, 0, 1 },
	{ "switch", switch_find, MAY_SELF, 0, 0, 1 },
	{ "email", self_address, MAY_SELF, 0, 0, 1 },
	{ "mobile", self_address, MAY_SELF, 0, 0, 6 },
	{ "rollout", rollout_command, MAY_MANAGER, O(PRACTICE) | O(JSON) | READS, 0, 0 },
	{ "second", self_second, MAY_SELF, 0, 0, 2 },
	{ "lock", shift_lock, MAY_SELF, 0, 0, 1 },
	{ "ssh-keys", ssh_keys_command, MAY_SELF, O(JSON), 0, 0 },
	{ "ssh-keys add", ssh_keys_command, MAY_SELF, 0, 0, 1 },
	{ "ssh-keys remove", ssh_keys_command, MAY_SELF, 0, 1, 1 },
	{ "who", who_command, MAY_SELF, O(NAMES) | O(JSON), 0, 0 },
	{ "break-glass", glass_command, MAY_MANAGER, O(JSON) | READS, 0, 0 },
	{ "break-glass new", glass_command, MAY_MANAGER, 0, 1, 1 },
	{ "break-glass drop", glass_command, MAY_MANAGER, 0, 1, 1 },
	{ "yubikey", yubikey_command, MAY_SELF, O(JSON), 0, 0 },
	{ "yubikey add", yubikey_add, MAY_SELF, 0, 0, 1 },
	{ "yubikey new", yubikey_add, MAY_SELF, 0, 0, 1 },
	{ "yubikey remove", yubikey_command, MAY_SELF, 0, 1, 1 },
	{ "yubikey rename", yubikey_command, MAY_SELF, 0, 2, 2 },
	{ "yubikey import", yubikey_import, MAY_ROOT, 0, 0, 0 },
	{ "yubikey pool", yubikey_pool, MAY_ROOT, O(JSON), 0, 0 },
	{ "yubikey drop", yubikey_pool, MAY_ROOT, 0, 1, 1 },
	{ "metrics", metrics_command, MAY_ROOT, 0, 0, 0 },
	{ "trace", trace_command, MAY_ROOT, 0, 1, 1 },
	{ "import google-authenticator", import_second, MAY_ROOT, O(DRY_RUN), 0, 0 },
	{ "import oath", import_second, MAY_ROOT, O(DRY_RUN), 0, 0 },
	{ "import yubico", import_second, MAY_ROOT, O(DRY_RUN), 0, 0 },
	{ "explain", explain_command, MAY_MANAGER, O(SERVICE) | O(RHOST) | O(JSON) | READS, 1, 1 },
	{ "import passwd", import_passwd, MAY_ROOT, O(PRACTICE) | O(LETTER) | O(DRY_RUN), 0, 0 },
	{ "doctor", manage_doctor, MAY_ROOT, 0, 0, 0 },
};

static const char *const option_names[OPTIONS] = {
	[OPT_NAME] = "--name",
	[OPT_PRACTICE] = "--practice",
	[OPT_IDENTITY] = "--identity",
	[OPT_USER] = "--user",
	[OPT_GROUPS] = "--groups",
	[OPT_EMAIL] = "--email",
	[OPT_MOBILE] = "--mobile",
	[OPT_USERID] = "--userid",
	[OPT_REQUIRE] = "--require",
	[OPT_HOURS] = "--hours",
	[OPT_NETWORK] = "--network",
	[OPT_SHARED] = "--shared-addresses",
	[OPT_MIGRATE] = "--migrate",
	[OPT_MANAGER] = "--manager",
	[OPT_NOT_MANAGER] = "--not-manager",
	[OPT_SINCE] = "--since",
	[OPT_DAYS] = "--days",
	[OPT_LETTER] = "--letter",
	[OPT_NAMES] = "--names",
	[OPT_ROLLOUT] = "--rollout",
	[OPT_ASK] = "--ask",
	[OPT_BREAK_GLASS] = "--break-glass",
	[OPT_SERVICE] = "--service",
	[OPT_RHOST] = "--rhost",
	[OPT_JSON] = "--json",
	[OPT_EXISTING] = "--existing",
	[OPT_SEND] = "--send",
	[OPT_END_SESSIONS] = "--end-sessions",
	[OPT_FORCE] = "--force",
	[OPT_SIGNS] = "--signs",
	[OPT_DRY_RUN] = "--dry-run",
};

static bool take_option(struct words *w, const char *s, struct reader *args)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		size_t len = strlen(option_names[i]);

		if (strncmp(s, option_names[i], len) != 0 || (s[len] != 0 && s[len] != '=') ||
			w->option[i])
			continue;
		if (i >= OPT_JSON)
			w->option[i] = s[len] == 0 ? "" : NULL;
		else
			w->option[i] = s[len] == '=' ? s + len + 1 : next_text(args);
		return w->option[i] != NULL;
	}
	return false;
}

static bool only_options(const struct words *w, uint64_t allowed)
{
	for (unsigned i = 0; i < OPTIONS; i++)
		if (w->option[i] && !(allowed & (uint64_t)1 << i))
			return false;
	return true;
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
		tell(c, TELL_ERROR, TEXT_USAGE, v->usage);
	else
		tell(c, TELL_ERROR, "%s", TEXT_NO_COMMAND);
	return STATUS_USAGE;
}

static bool may_say(struct conv *c, const struct command *cmd, const struct scope *scope)
{
	bool newcomer = c->errand == ERRAND_NEWCOMER;

	if (newcomer || cmd->may == MAY_ANYBODY) {
		if (cmd->may == MAY_ANYBODY && (newcomer || scope->root || scope->who.known))
			return true;
		tell(c, TELL_ERROR, "%s", TEXT_MAY_NOT);
		return false;
	}
	if (scope->root || cmd->may == MAY_SELF || (cmd->may == MAY_MANAGER && scope->n > 0))
		return true;
	tell(c, TELL_ERROR, cmd->may == MAY_MANAGER ? TEXT_MANAGERS_ONLY : TEXT_ROOT_ONLY,
		cmd->verb);
	return false;
}

/* Whether the caller may say it, and has proved enough: STATUS_DONE. */
static enum status look_at_caller(
	struct conv *c, const struct command *cmd, const struct words *w, struct scope *scope)
{
	scope_of(c, scope);
	if (!may_say(c, cmd, scope))
		return STATUS_NOT_ALLOWED;
	if (cmd->may != MAY_MANAGER || cmd->options & READS)
		return STATUS_DONE;
	if (!fresh_proved(c, w))
		return STATUS_REFUSED;
	scope_of(c, scope); /* it may have changed while the code was typed */
	return may_say(c, cmd, scope) ? STATUS_DONE : STATUS_NOT_ALLOWED;
}

static enum status run(struct conv *c)
{
	static struct scope scope;
	struct words w = { .scope = &scope };
	struct reader args = c->hello.args;
	const char *all[WORDS_MAX];
	size_t n = 0, used = 0;
	bool sorted = sort_words(&args, &w, all, &n);
	const struct verb *v = verb_find(all, n, &used);

	for (size_t i = 0; v && i < sizeof commands / sizeof *commands; i++) {
		const struct command *cmd = &commands[i];

		if (strcmp(cmd->verb, v->name) != 0)
			continue;
		w.verb = v->name;
		w.n = n - used;
		w.json = w.option[OPT_JSON] != NULL;
		memcpy(w.word, all + used, w.n * sizeof *all);
		if (!sorted || !only_options(&w, cmd->options) || w.n < cmd->min || w.n > cmd->max)
			return usage(c, v);
		enum status s = look_at_caller(c, cmd, &w, &scope);
		if (s == STATUS_DONE)
			s = cmd->run(c, &w);
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

	memcpy(out->user, c->become, sizeof out->user);
	out->status = (uint8_t)s;
	out->result = s == STATUS_DONE ? GRANTED : REFUSED;
}
