/* SPDX-License-Identifier: Apache-2.0 */
/* The Match rules of sshd_config. What must hold: sshd matches User against the name as it was typed; people of hcauth's may type
 * their e-mail address or user ID, and a rule that means one of them by the system user's name is then passed by. */
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dir_read.h"
#include "doctor.h"
#include "doctor_people.h"
#include "doctor_sshd.h"

enum { FILES = 32, BYTES = 256 * 1024, MATCHES = 64 };

struct matches {
	struct doctor *d;
	sshd_match_fn judge;
	unsigned files, matches, begun;
	/* the Match whose lines are being read */
	char users[512], where[512], rule[512];
	bool restricts;
	bool unjudged; /* whom it means can't be made up */
	bool opens; /* it says how somebody proves who they are */
};

static void read_config(struct matches *m, const char *path, int depth);

/* Whether one of the patterns, all of them names, is or may be a system user of hcauth's. */
static const char *means_ours(struct doctor *d, const char *patterns, char *out, size_t size)
{
	char list[512], *save;
	struct dir_user u;

	snprintf(list, sizeof list, "%s", patterns);
	for (char *w = strtok_r(list, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		if (w[0] == '!' || strcmp(w, "*") == 0 || strchr(w, '@'))
			continue;
		if (strpbrk(w, "*?") || is_hcauths(d, w, &u)) {
			snprintf(out, size, "%s", w);
			return out;
		}
	}
	return NULL;
}

/* What a block must say for it to matter that somebody passes it by. */
static bool is_restriction(const char *name, const char *value)
{
	static const char *const words[] = { "AuthenticationMethods", "ForceCommand",
		"ChrootDirectory", "DenyUsers", "DenyGroups", "AllowUsers", "AllowGroups",
		"AuthorizedKeysFile", "AuthorizedKeysCommand" };
	static const char *const denials[] = { "PasswordAuthentication", "PubkeyAuthentication",
		"KbdInteractiveAuthentication", "PermitTTY", "AllowTcpForwarding",
		"AllowAgentForwarding", "X11Forwarding", "PermitTunnel", "MaxSessions" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(name, words[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof denials / sizeof *denials; i++)
		if (strcasecmp(name, denials[i]) == 0)
			return strcasecmp(value, "no") == 0 || strcmp(value, "0") == 0;
	return false;
}

/* What a block may say to let somebody in by less. */
static bool is_opening(const char *name, const char *value)
{
	static const char *const yes[] = { "PasswordAuthentication", "PermitEmptyPasswords",
		"HostbasedAuthentication", "GSSAPIAuthentication" };

	if (strcasecmp(name, "AuthenticationMethods") == 0)
		return !strstr(value, "keyboard-interactive");
	if (strcasecmp(name, "KbdInteractiveAuthentication") == 0 ||
		strcasecmp(name, "ChallengeResponseAuthentication") == 0)
		return strcasecmp(value, "no") == 0;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (strcasecmp(name, yes[i]) == 0)
			return strcasecmp(value, "no") != 0;
	return false;
}

void match_unjudged(struct doctor *d, const char *match)
{
	found(d, (struct found){ MIND, "match-unjudged", "sshd", MEND_NOT, match, NULL },
		"Whom this Match means can't be told from here, so it was not judged: it may let somebody in without hcauth. To see, for one of them: sshd -T -C user=NAME,host=NAME,addr=ADDRESS");
}

static void end_match(struct matches *m)
{
	char who[128];

	if (m->unjudged && m->opens)
		match_unjudged(m->d, m->where);
	m->unjudged = m->opens = false;
	if (m->restricts && *m->users && means_ours(m->d, m->users, who, sizeof who)) {
		char *line = doctor_text(m->d, "Match Group GROUP   # in place of: %s", m->rule);
		found(m->d,
			(struct found){ WRONG, "match-user", "sshd", MEND_REPLACE, m->where, line },
			"\"Match User %s\" holds for the name as it is typed: whoever types their e-mail address or user ID passes it by. Groups are looked up by the system user.",
			who);
		free(line);
	}
	m->users[0] = 0;
	m->restricts = false;
}

/* The first of the patterns that is not excepted, as a name, or a number of an address, that it matches. */
static void sample(const char *patterns, char any, char *out, size_t size)
{
	while (*patterns == '!' && strchr(patterns, ','))
		patterns = strchr(patterns, ',') + 1;
	snprintf(out, size, "%.*s", (int)strcspn(patterns, ","), patterns);
	for (char *p = out; *p; p++)
		if (*p == '*' || *p == '?')
			*p = any;
}

static void add_spec(char *spec, size_t size, const char *name, const char *pattern)
{
	size_t used = strlen(spec);
	char one[256];

	sample(pattern, strcmp(name, "addr") == 0 ? '1' : 'x', one, sizeof one);
	one[strcspn(one, "/")] = 0; /* of a network its first address */
	snprintf(spec + used, size - used, "%s%s=%s", used ? "," : "", name, one);
}

static void begin_match(struct matches *m, char *rule, const char *path, unsigned number)
{
	char spec[1024] = "", *save;
	bool user = false, host = false, addr = false, plain = true;

	end_match(m);
	m->begun++;
	snprintf(m->rule, sizeof m->rule, "Match %s", rule);
	snprintf(m->where, sizeof m->where, "%s:%u", path, number);
	for (char *w = strtok_r(rule, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
		char *value = strcasecmp(w, "all") == 0 ? NULL : strtok_r(NULL, " \t", &save);

		if (!value)
			break;
		if (strcasecmp(w, "user") == 0) {
			snprintf(m->users, sizeof m->users, "%s", value);
			add_spec(spec, sizeof spec, "user", value);
			user = true;
		} else if (strcasecmp(w, "address") == 0) {
			add_spec(spec, sizeof spec, "addr", value);
			addr = true;
		} else if (strcasecmp(w, "host") == 0) {
			add_spec(spec, sizeof spec, "host", value);
			host = true;
		} else {
			plain = false; /* a group, a port: who that is can't be made up */
		}
	}
	m->unjudged = !plain || ++m->matches > MATCHES;
	if (m->unjudged)
		return;
	if (!user)
		add_spec(spec, sizeof spec, "user", "nobody");
	if (!host)
		add_spec(spec, sizeof spec, "host", "localhost");
	if (!addr)
		add_spec(spec, sizeof spec, "addr", "198.51.100.1");
	m->judge(m->d, spec, m->where);
}

static void read_included(struct matches *m, const char *value, int depth)
{
	char pattern[1024];
	glob_t g;

	snprintf(pattern, sizeof pattern, "%s%s%s", m->d->root, *value == '/' ? "" : "/etc/ssh/",
		value);
	if (glob(pattern, GLOB_NOSORT, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc && m->files <= FILES; i++)
			read_config(m, g.gl_pathv[i] + strlen(m->d->root), depth + 1);
	globfree(&g);
}

static void look_at_line(
	struct matches *m, char *line, const char *path, unsigned number, int depth)
{
	line += strspn(line, " \t");
	line[strcspn(line, "#\r")] = 0;
	size_t len = strcspn(line, " \t=");
	char *value = line + len;

	if (len == 0 || !*value)
		return;
	*value++ = 0;
	value += strspn(value, " \t=");
	for (size_t end = strlen(value); end > 0 && strchr(" \t", value[end - 1]); end--)
		value[end - 1] = 0;
	if (strcasecmp(line, "Match") == 0)
		begin_match(m, value, path, number);
	else if (strcasecmp(line, "Include") == 0 && depth < 8)
		read_included(m, value, depth);
	else {
		m->restricts |= is_restriction(line, value);
		m->opens |= is_opening(line, value);
	}
}

static void read_config(struct matches *m, const char *path, int depth)
{
	unsigned number = 0, begun = m->begun;

	char *text = ++m->files > FILES ? NULL : doctor_read(m->d, path, BYTES);
	if (!text)
		match_unjudged(m->d, path);
	for (char *next, *p = text; p; p = next) {
		next = strchr(p, '\n');
		if (next)
			*next++ = 0;
		look_at_line(m, p, path, ++number, depth);
	}
	free(text);
	if (depth > 0 && m->begun != begun)
		end_match(m); /* a Match ends with its file */
}

void look_at_matches(struct doctor *d, const char *path, sshd_match_fn judge)
{
	struct matches m = { .d = d, .judge = judge };

	read_config(&m, path, 0);
	end_match(&m);
}
