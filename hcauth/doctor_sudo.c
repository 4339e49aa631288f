/* SPDX-License-Identifier: Apache-2.0 */
/* sudoers, as far as it decides whether PAM is asked. What must hold: a rule that lets somebody of hcauth's become root
 * without a question is named; what is not understood is passed over, as sudo itself checks the rest. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "dir_read.h"
#include "doctor.h"
#include "doctor_people.h"

enum { FILES = 64, BYTES = 128 * 1024, LINE = 4096 };

struct sudoers {
	struct doctor *d;
	unsigned files;
	char aliases[8192]; /* "NAME=a,b\n": user aliases */
};

static void read_sudoers(struct sudoers *s, const char *path);

/* Whether the line's user list, up to the host, can mean somebody of hcauth's. */
static bool may_mean(const struct sudoers *s, const char *word, int depth)
{
	struct dir_user u;
	char want[128];

	if (word[0] == '!')
		return false;
	if (word[0] == '%')
		return group_has_ours(s->d, word + 1);
	if (strcmp(word, "ALL") == 0 || word[0] == '#' || word[0] == '+')
		return true;
	snprintf(want, sizeof want, "\n%s=", word);
	const char *alias = strstr(s->aliases, want);
	if (!alias || depth > 4)
		return is_hcauths(s->d, word, &u);

	char list[1024], *save;
	alias += strlen(want);
	snprintf(list, sizeof list, "%.*s", (int)strcspn(alias, "\n"), alias);
	for (char *w = strtok_r(list, ", \t", &save); w; w = strtok_r(NULL, ", \t", &save))
		if (may_mean(s, w, depth + 1))
			return true;
	return false;
}

static bool any_may_mean(const struct sudoers *s, const char *line)
{
	char users[1024], *save;
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

static void look_at_nopasswd(struct sudoers *s, const char *line, const char *where)
{
	const char *tag = strstr(line, "NOPASSWD:");

	if (!tag || !any_may_mean(s, line))
		return;
	const char *rest = tag + strlen("NOPASSWD:");
	rest += strspn(rest, " \t");
	bool all = strncmp(rest, "ALL", 3) == 0 && (!rest[3] || strchr(" \t,", rest[3]));
	char *right = doctor_text(s->d, "%.*s%s", (int)(tag - line), line, rest);
	found(s->d,
		(struct found){
			all ? WRONG : MIND, "sudo-nopasswd", "sudo", MEND_REPLACE, where, right },
		"NOPASSWD: %s and hcauth is not asked.",
		all ? "whoever this means becomes root without proving anything,"
		    : "whoever this means runs that as another user without proving anything,");
	free(right);
}

static void look_at_defaults(struct sudoers *s, const char *line, const char *where)
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
		{ "timestamp_timeout=-1", MIND, "Once proved, sudo never asks again." },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *at = strstr(line, words[i].word);
		size_t len = strlen(words[i].word);

		if (!at || !strchr(" \t,", at[-1]) || (at[len] && !strchr(" \t,", at[len])))
			continue;
		found(s->d,
			(struct found){ words[i].severity, "sudo-defaults", "sudo", MEND_REMOVE,
				where, NULL },
			"\"%s\": %s", words[i].word, words[i].means);
	}
}

static void note_alias(struct sudoers *s, const char *line)
{
	const char *p = line + strlen("User_Alias");
	size_t used = strlen(s->aliases);

	p += strspn(p, " \t");
	size_t name = strcspn(p, " \t=");
	const char *list = strchr(p, '=');
	if (list)
		snprintf(s->aliases + used, sizeof s->aliases - used, "%s%.*s=%s\n",
			used ? "" : "\n", (int)name, p, list + 1);
}

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
	for (int i = 0; i < n; i++) {
		if (!left_out(names[i]->d_name) &&
			snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name) <
				(int)sizeof inner)
			read_sudoers(s, inner);
		free(names[i]);
	}
	free(names);
}

static bool follow(struct sudoers *s, char *line)
{
	static const char *const words[] = { "@includedir", "#includedir", "@include", "#include" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t len = strlen(words[i]);

		if (strncmp(line, words[i], len) != 0 || !strchr(" \t", line[len]) || !line[len])
			continue;
		char *path = line + len + strspn(line + len, " \t");
		path[strcspn(path, " \t")] = 0;
		if (i < 2)
			read_folder(s, path);
		else
			read_sudoers(s, path);
		return true;
	}
	return false;
}

static void look_at_line(struct sudoers *s, char *line, const char *path, unsigned number)
{
	line += strspn(line, " \t");
	if (follow(s, line) || *line == '#' || !*line)
		return;
	line[strcspn(line, "#")] =
		0; /* "#1000" as a user is a uid; those are no names of hcauth's */
	char *where = doctor_text(s->d, "%s:%u", path, number);
	if (strncmp(line, "User_Alias", 10) == 0)
		note_alias(s, line);
	else if (strncmp(line, "Defaults", 8) == 0)
		look_at_defaults(s, line, where ? where : path);
	else
		look_at_nopasswd(s, line, where ? where : path);
	free(where);
}

static void read_sudoers(struct sudoers *s, const char *path)
{
	char line[LINE] = "";
	size_t used = 0;
	unsigned number = 0, first = 0;

	if (++s->files > FILES)
		return;
	char *text = doctor_read(s->d, path, BYTES);
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

	if (doctor_file(d, "/etc/sudoers"))
		read_sudoers(&s, "/etc/sudoers");
}
