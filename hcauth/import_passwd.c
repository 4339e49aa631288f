/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth import passwd": root's hands. What must hold: of /etc/shadow only the lines of the chosen users
 * leave it, and only to the daemon; nobody is chosen who was not named or meant by --all, and by that no
 * administrator: somebody must be able to come in when hcauth can't let them. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hcauth.h"
#include "import_parts.h"
#include "log.h"
#include "name.h"
#include "paths.h"
#include "verbs.h"

#ifndef HC_SHADOW_FILE
#define HC_SHADOW_FILE "/etc/shadow"
#endif
#ifndef HC_GROUP_FILE
#define HC_GROUP_FILE "/etc/group"
#endif

enum { FEW = 64, SHADOW_MAX = 16 * 1024 * 1024, ADDRESSES_MAX = 4 * 1024 * 1024 };

struct said {
	bool dry, all;
	const char *practice, *emails, *letter;
	const char *user[FEW];
	bool found[FEW];
	size_t n;
};

struct member {
	char user[USER_NAME_MAX + 1], group[USER_NAME_MAX + 1];
	bool system; /* the group is one of the system's */
};

struct text {
	char *p; /* NUL behind it; NULL: it was not read */
	size_t len, room;
};

struct taking {
	struct said s;
	struct text emails, shadow, out;
	struct member *member;
	size_t nmembers;
	bool bad;
};

static bool take_value(
	const char *const *words, size_t n, size_t *i, const char *name, const char **out)
{
	size_t len = strlen(name);

	if (strncmp(words[*i], name, len) != 0 || *out)
		return false;
	if (words[*i][len] == '=')
		*out = words[*i] + len + 1;
	else if (words[*i][len] == 0 && *i + 1 < n)
		*out = words[++*i];
	return *out != NULL;
}

static bool take_words(const char *const *words, size_t n, struct said *s)
{
	for (size_t i = 2; i < n; i++) {
		if (strcmp(words[i], "--dry-run") == 0)
			s->dry = true;
		else if (strcmp(words[i], "--all") == 0)
			s->all = true;
		else if (take_value(words, n, &i, "--practice", &s->practice) ||
			take_value(words, n, &i, "--emails", &s->emails) ||
			take_value(words, n, &i, "--letter", &s->letter))
			continue;
		else if (strncmp(words[i], "--", 2) == 0 || s->n == FEW)
			return false;
		else
			s->user[s->n++] = words[i];
	}
	return s->practice && !(s->all && s->n > 0) && (s->all || s->n > 0 || s->emails);
}

/* --- the files --- */

/* The line of text that begins with user and the character after; NULL: there is none. */
static const char *line_of(const char *text, const char *user, char after, size_t *len)
{
	size_t n = strlen(user);

	for (const char *at = text; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
		if (strncmp(at, user, n) == 0 && at[n] == after) {
			*len = strcspn(at, "\n");
			return at;
		}
	return NULL;
}

static void trouble(struct taking *t, const char *file)
{
	complain("%s can't be read: %s.", file, strerror(errno));
	t->bad = true;
}

static void add_member(struct taking *t, const char *user, const struct group *g)
{
	struct member *m;

	if (strlen(user) > USER_NAME_MAX || strlen(g->gr_name) > USER_NAME_MAX)
		return; /* hcauth has neither such users nor such groups */
	if ((t->nmembers & (t->nmembers - 1)) == 0) { /* full at each power of two */
		size_t room = t->nmembers ? 2 * t->nmembers : 1;

		m = realloc(t->member, room * sizeof *m);
		if (!m) {
			trouble(t, HC_GROUP_FILE);
			return;
		}
		t->member = m;
	}
	m = &t->member[t->nmembers++];
	memcpy(m->user, user, strlen(user) + 1);
	memcpy(m->group, g->gr_name, strlen(g->gr_name) + 1);
	m->system = g->gr_gid < UID_FLOOR || g->gr_gid >= 65534;
}

static void read_groups(struct taking *t)
{
	FILE *f = fopen(HC_GROUP_FILE, "re");

	if (!f) {
		trouble(t, HC_GROUP_FILE);
		return;
	}
	for (struct group *g; !t->bad && (g = fgetgrent(f));)
		for (char **user = g->gr_mem; *user && !t->bad; user++)
			add_member(t, *user, g);
	fclose(f);
}

static void read_text(
	struct taking *t, const char *path, size_t most, mode_t refused, struct text *out)
{
	const struct file_rule rule = {
		.owner = refused ? 0 : (uid_t)-1, .not = refused, .most = most
	};
	int r = file_read(AT_FDCWD, path, path, &rule, &out->p, &out->len);

	if (r == 0)
		complain("%s: there is no such file.", path);
	t->bad |= r != 1;
}

/* --- one user --- */

static void append(struct text *to, const char *p, size_t len)
{
	if (to->len + len + 1 > to->room) {
		size_t room = 2 * (to->len + len + 1);
		char *larger = malloc(room);

		if (!larger)
			abort(); /* nothing is done yet */
		if (to->p)
			memcpy(larger, to->p, to->len);
		file_free(to->p, to->len);
		to->p = larger;
		to->room = room;
	}
	memcpy(to->p + to->len, p, len);
	to->len += len;
	to->p[to->len] = 0;
}

/* The group by which a user administers the machine; NULL: there is none. */
static const char *admin_group(const struct taking *t, const char *user)
{
	for (size_t i = 0; i < t->nmembers; i++) {
		const struct member *m = &t->member[i];

		if (strcmp(m->user, user) == 0 &&
			(strcmp(m->group, "sudo") == 0 || strcmp(m->group, "wheel") == 0 ||
				strcmp(m->group, "admin") == 0))
			return m->group;
	}
	return NULL;
}

static bool is_for_people(const struct passwd *u)
{
	const char *shell = strrchr(u->pw_shell, '/');

	shell = shell ? shell + 1 : u->pw_shell;
	return u->pw_uid >= UID_FLOOR && u->pw_uid < 65534 && strcmp(shell, "nologin") != 0 &&
		strcmp(shell, "false") != 0;
}

/* Whether the user was named, or --all means them. */
static bool is_meant(struct taking *t, const struct passwd *u, unsigned line)
{
	size_t len;

	if (!t->s.all && t->s.n == 0)
		return line_of(t->emails.p, u->pw_name, ',', &len) != NULL;
	for (size_t i = 0; i < t->s.n; i++)
		if (strcmp(t->s.user[i], u->pw_name) == 0)
			return t->s.found[i] = true;
	if (!t->s.all || !is_for_people(u))
		return false;
	if (!name_is_user(u->pw_name)) {
		char shown[80];

		printf("line %u: %s is left out: hcauth has no such user names.\n", line,
			visible(u->pw_name, shown, sizeof shown));
		return false;
	}
	const char *group = admin_group(t, u->pw_name);
	if (group)
		printf("line %u: %s is left out: an administrator (group %s). Named, they are "
		       "imported.\n",
			line, u->pw_name, group);
	return !group;
}

static void take_user(struct taking *t, const struct passwd *u, unsigned line)
{
	size_t len, name = strlen(u->pw_name);
	const char *shadow = line_of(t->shadow.p, u->pw_name, ':', &len);
	char number[16];

	if (!shadow) {
		complain("line %u: %s has no line in %s.", line, u->pw_name, HC_SHADOW_FILE);
		t->bad = true;
		return;
	}
	append(&t->out, number, (size_t)snprintf(number, sizeof number, "%u:", line));
	append(&t->out, u->pw_name, name);
	append(&t->out, ":", 1);
	append(&t->out, u->pw_gecos, strlen(u->pw_gecos));
	append(&t->out, ":", 1);
	for (size_t i = 0; i < t->nmembers; i++) {
		const struct member *m = &t->member[i];

		if (m->system || strcmp(m->user, u->pw_name) != 0)
			continue;
		append(&t->out, m->group, strlen(m->group));
		append(&t->out, ",", 1);
	}
	append(&t->out, shadow + name, len - name); /* ":HASH:..." */
	append(&t->out, "\n", 1);
}

static void take_users(struct taking *t)
{
	FILE *f = fopen(HC_PASSWD_FILE, "re");
	unsigned line = 0;

	if (!f) {
		trouble(t, HC_PASSWD_FILE);
		return;
	}
	for (struct passwd *u; (u = fgetpwent(f));)
		if (is_meant(t, u, ++line))
			take_user(t, u, line);
	fclose(f);
	for (size_t i = 0; i < t->s.n; i++)
		if (!t->s.found[i]) {
			complain(
				"This machine has no user %s in %s.", t->s.user[i], HC_PASSWD_FILE);
			t->bad = true;
		}
}

/* --- the command --- */

static int send(struct taking *t)
{
	const char *own[7] = { "import", "passwd", "--practice", t->s.practice };
	struct parts p = parts_new();
	size_t n = 4;

	if (t->s.dry)
		own[n++] = "--dry-run";
	if (t->s.letter) { /* that letters are wanted is all that the daemon is told */
		own[n++] = "--letter";
		own[n++] = "tell";
	}
	(void)fflush(stdout); /* who is left out, before the daemon's report */
	parts_add(&p, "-", t->out.p ? t->out.p : "", t->out.len);
	if (t->emails.p)
		parts_add(&p, "-", t->emails.p, t->emails.len);
	return parts_send(&p, own, n, t->s.letter);
}

int cmd_import_passwd(const char *const *words, size_t n)
{
	struct taking t = { .s = { .dry = false } };
	int status = STATUS_REFUSED;

	if (!take_words(words, n, &t.s)) {
		complain("Try: hcauth help import passwd");
		return STATUS_USAGE;
	}
	if (geteuid() != 0) {
		complain("Only root may do this. Try: sudo hcauth import passwd");
		return STATUS_NOT_ALLOWED;
	}
	read_text(&t, HC_SHADOW_FILE, SHADOW_MAX, 007, &t.shadow);
	if (t.s.emails)
		read_text(&t, t.s.emails, ADDRESSES_MAX, 0, &t.emails);
	if (!t.bad)
		read_groups(&t);
	if (!t.bad)
		take_users(&t);
	if (t.bad)
		complain("Nothing was imported.");
	else
		status = send(&t);
	file_free(t.out.p, t.out.len);
	file_free(t.shadow.p, t.shadow.len);
	file_free(t.emails.p, t.emails.len);
	free(t.member);
	return status;
}
