/* SPDX-License-Identifier: Apache-2.0 */
/* sudoers, as far as it decides whether PAM is asked. What must hold: a rule that lets somebody of hcauth's become root
 * without a question is named; what is not understood is passed over, as sudo itself checks the rest. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dir_read.h"
#include "doctor.h"
#include "doctor_people.h"

enum { FILES = 64, BYTES = 128 * 1024, LINE = 4096 };

struct sudoers {
	struct doctor *d;
	unsigned files;
	bool judging; /* the second time round: an alias may stand behind its use */
	char aliases[8192]; /* "NAME=a,b\n": user aliases */
};

static void read_sudoers(struct sudoers *s, const char *path);

/* What was passed over is said. */
static void not_read(struct sudoers *s, const char *where, const char *why)
{
	found(s->d, (struct found){ MIND, "sudo-unread", "sudo", MEND_NOT, where, NULL },
		"This was not looked at, and may let somebody become root: %s.", why);
}

/* Whether the line's user list, up to the host, can mean somebody of hcauth's. */
static bool may_mean(const struct sudoers *s, const char *word, int depth)
{
	struct dir_user u;
	char want[140], name[128];

	if (word[0] == '"') {
		snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 1, "\""), word + 1);
		word = name;
	}
	if (word[0] == '!')
		return false;
	if (word[0] == '%')
		return group_has_ours(s->d, word + 1);
	if (word[0] == '#')
		return is_hcauths_uid(s->d, (uint32_t)strtoul(word + 1, NULL, 10));
	if (strcmp(word, "ALL") == 0 || word[0] == '+')
		return true;
	snprintf(want, sizeof want, "\n%.128s=", word);
	const char *alias = strstr(s->aliases, want);
	if (!alias || depth > 4)
		return is_hcauths(s->d, word, &u);

	char list[LINE], *save;
	alias += strlen(want);
	snprintf(list, sizeof list, "%.*s", (int)strcspn(alias, "\n"), alias);
	for (char *w = strtok_r(list, ", \t", &save); w; w = strtok_r(NULL, ", \t", &save))
		if (may_mean(s, w, depth + 1))
			return true;
	return false;
}

static bool any_may_mean(const struct sudoers *s, const char *line)
{
	char users[LINE], *save;
	const char *p = line;
	size_t len = 0;

	/* "a, b HOST = ...": the list ends at a blank that no comma stands next to */
	while (p[len] && p[len] != '=') {
		size_t gap = strspn(p + len, " \t");

		if (gap > 0 && p[len + gap] != ',' && len > 0 && p[len - 1] != ',')
			break;
		len += gap ? gap : 1;
	}
	snprintf(users, sizeof users, "%.*s", (int)len, p);
	for (char *w = strtok_r(users, ", \t", &save); w; w = strtok_r(NULL, ", \t", &save))
		if (may_mean(s, w, 0))
			return true;
	return false;
}

/* --- rules --- */

/* How long the tag is that p begins with, with the blanks about its colon; 0: it is none, or another. */
static size_t tag_at(const char *p, const char *tag)
{
	size_t len = strlen(tag);

	if (strncmp(p, tag, len) != 0)
		return 0;
	len += strspn(p + len, " \t");
	return p[len] == ':' ? len + 1 + strspn(p + len + 1, " \t") : 0;
}

struct tags {
	bool any; /* there is a NOPASSWD */
	bool all; /* and ALL is under one */
	char without[LINE]; /* the line without them */
};

static void read_tags(const char *line, struct tags *out)
{
	bool on = false, begins = true;
	size_t used = 0, len;

	*out = (struct tags){ .any = false };
	for (const char *p = line; *p && used + 1 < sizeof out->without;) {
		len = begins ? tag_at(p, "NOPASSWD") : 0;
		if (len > 0) {
			out->any = on = true;
			p += len;
			continue;
		}
		if (begins && tag_at(p, "PASSWD") > 0)
			on = false;
		if (begins && on && strncmp(p, "ALL", 3) == 0 && (!p[3] || strchr(" \t,", p[3])))
			out->all = true;
		begins = strchr(" \t,=):", *p) != NULL;
		out->without[used++] = *p++;
	}
	out->without[used] = 0;
}

static void look_at_nopasswd(struct sudoers *s, const char *line, const char *where)
{
	static struct tags t;

	read_tags(line, &t);
	if (!t.any || !any_may_mean(s, line))
		return;
	found(s->d,
		(struct found){ t.all ? WRONG : MIND, "sudo-nopasswd", "sudo", MEND_REPLACE, where,
			t.without },
		"NOPASSWD: %s and hcauth is not asked.",
		t.all ? "whoever this means becomes root without proving anything,"
		      : "whoever this means runs that as another user without proving anything,");
}

/* --- Defaults --- */

/* Takes the blanks away that may stand behind "!" and about "=". */
static void squeeze(const char *line, char out[LINE])
{
	size_t used = 0;

	for (const char *p = line; *p && used + 1 < LINE; p++) {
		bool blank = *p == ' ' || *p == '\t';

		if (blank && used > 0 && strchr("!=", out[used - 1]))
			continue;
		while (*p == '=' && used > 0 && strchr(" \t", out[used - 1]))
			used--;
		out[used++] = *p;
	}
	out[used] = 0;
}

static bool exempts_ours(const struct sudoers *s, const char *group)
{
	char name[128];

	group += *group == '"';
	snprintf(name, sizeof name, "%.*s", (int)strcspn(group, "\""), group);
	return group_has_ours(s->d, name);
}

/* One setting: "word", or "word=value". */
static void look_at_setting(struct sudoers *s, const char *setting, const char *where)
{
	static const struct {
		const char *word;
		enum severity severity;
		const char *means;
	} words[] = {
		{ "!authenticate", WRONG, "sudo asks nobody to prove anything." },
		{ "rootpw", MIND, "sudo asks for root's password, and hcauth is not asked." },
		{ "targetpw", MIND,
			"sudo asks for the password of whom one becomes: for root, hcauth is not asked." },
		{ "runaspw", MIND,
			"sudo asks for the password of whom one becomes: for root, hcauth is not asked." },
		{ "timestamp_timeout=-", MIND, "Once proved, sudo never asks again." },
		{ "exempt_group=", WRONG,
			"sudo asks nobody in that group to prove anything, and hcauth's people are in it." },
		{ "pam_service=", MIND,
			"sudo asks PAM as another service: what this says of sudo holds for that one." },
		{ "pam_login_service=", MIND,
			"sudo -i asks PAM as another service: what this says of sudo-i holds for that one." },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t len = strlen(words[i].word);
		const char *value = setting + len;

		if (strncmp(setting, words[i].word, len) != 0 ||
			(!strchr(words[i].word, '=') && *value) ||
			(strncmp(setting, "exempt", 6) == 0 && !exempts_ours(s, value)) ||
			(strncmp(setting, "pam_", 4) == 0 &&
				(strcmp(value, "sudo") == 0 || strcmp(value, "sudo-i") == 0)))
			continue;
		found(s->d,
			(struct found){ words[i].severity, "sudo-defaults", "sudo", MEND_REMOVE,
				where, NULL },
			"\"%s\": %s", setting, words[i].means);
	}
}

static void look_at_defaults(struct sudoers *s, const char *line, const char *where)
{
	char settings[LINE], *save;

	squeeze(line, settings);
	for (char *w = strtok_r(settings, " \t,", &save); w; w = strtok_r(NULL, " \t,", &save))
		look_at_setting(s, w, where);
}

/* "User_Alias A = a, b : B = c" */
static void note_alias(struct sudoers *s, const char *line)
{
	const char *p = line + strlen("User_Alias");

	for (size_t len; *p; p += len + (p[len] == ':')) {
		size_t used = strlen(s->aliases);
		const char *list = strchr(p, '=');

		p += strspn(p, " \t");
		len = strcspn(p, ":");
		if (!list || list > p + len)
			continue;
		size_t name = strcspn(p, " \t=");
		size_t wants = name + len + 4;
		if (used + wants > sizeof s->aliases) {
			not_read(s, "/etc/sudoers", "there are too many user aliases");
			return;
		}
		snprintf(s->aliases + used, sizeof s->aliases - used, "%s%.*s=%.*s\n",
			used ? "" : "\n", (int)name, p, (int)(p + len - list - 1), list + 1);
	}
}

/* --- files --- */

static bool left_out(const char *name)
{
	return strchr(name, '.') || name[strlen(name) - 1] == '~';
}

static void read_folder(struct sudoers *s, const char *path)
{
	char full[PATH_MAX], inner[PATH_MAX];
	struct dirent **names = NULL;

	if (snprintf(full, sizeof full, "%s%s", s->d->root, path) >= (int)sizeof full)
		return;
	int n = scandir(full, &names, NULL, alphasort);
	if (n < 0 && errno != ENOENT)
		not_read(s, path, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!left_out(names[i]->d_name) &&
			snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name) <
				(int)sizeof inner)
			read_sudoers(s, inner);
		free(names[i]);
	}
	free(names);
}

/* from: the file that includes it, beside which a name without a slash in front is looked for. */
static bool follow(struct sudoers *s, char *line, const char *from)
{
	static const char *const words[] = { "@includedir", "#includedir", "@include", "#include" };
	char full[PATH_MAX];

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t len = strlen(words[i]);

		if (strncmp(line, words[i], len) != 0 || !strchr(" \t", line[len]) || !line[len])
			continue;
		char *path = line + len + strspn(line + len, " \t");
		path += *path == '"';
		path[strcspn(path, " \t\"")] = 0;
		int beside = *path == '/' ? 0 : (int)(strrchr(from, '/') + 1 - from);
		if (snprintf(full, sizeof full, "%.*s%s", beside, from, path) >= (int)sizeof full)
			return true;
		if (i < 2)
			read_folder(s, full);
		else
			read_sudoers(s, full);
		return true;
	}
	return false;
}

/* A "#" begins a comment, but with digits behind it a uid. */
static void drop_comment(char *line)
{
	for (char *p = line; (p = strchr(p, '#')); p++)
		if (p[1] < '0' || p[1] > '9') {
			*p = 0;
			break;
		}
	for (size_t len = strlen(line); len > 0 && strchr(" \t", line[len - 1]); len--)
		line[len - 1] = 0;
}

static void look_at_line(struct sudoers *s, char *line, const char *path, unsigned number)
{
	line += strspn(line, " \t");
	if (follow(s, line, path))
		return;
	drop_comment(line);
	if (!*line)
		return;
	char *where = doctor_text(s->d, "%s:%u", path, number);
	bool alias = strncmp(line, "User_Alias", 10) == 0;
	if (alias && !s->judging)
		note_alias(s, line);
	if (!alias && s->judging && strncmp(line, "Defaults", 8) == 0)
		look_at_defaults(s, line, where ? where : path);
	else if (!alias && s->judging)
		look_at_nopasswd(s, line, where ? where : path);
	free(where);
}

static void read_sudoers(struct sudoers *s, const char *path)
{
	char line[LINE] = "";
	size_t used = 0;
	unsigned number = 0, first = 0;

	if (++s->files > FILES) {
		not_read(s, path, "too many files are included");
		return;
	}
	char *text = doctor_read(s->d, path, BYTES);
	if (!text && errno != ENOENT)
		not_read(s, path, strerror(errno));
	for (char *next, *p = text; p; p = next) {
		next = strchr(p, '\n');
		if (next)
			*next++ = 0;
		size_t len = strlen(p);
		bool more = len > 0 && p[len - 1] == '\\';
		number++;
		first = used ? first : number;
		if (used + len < sizeof line) {
			memcpy(line + used, p, len - more);
			used += len - more;
			line[used] = 0;
		} else {
			char *where = doctor_text(s->d, "%s:%u", path, first);
			not_read(s, where ? where : path, "the line is too long");
			free(where);
		}
		if (more && next)
			continue;
		look_at_line(s, line, path, first);
		used = 0;
		line[0] = 0;
	}
	free(text);
}

void look_at_sudo(struct doctor *d)
{
	struct sudoers s = { .d = d };

	if (!doctor_file(d, "/etc/sudoers"))
		return;
	read_sudoers(&s, "/etc/sudoers");
	s.judging = true;
	s.files = 0;
	read_sudoers(&s, "/etc/sudoers");
}
