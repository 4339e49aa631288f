/* SPDX-License-Identifier: Apache-2.0 */
/* nsswitch.conf. What must hold: local files win over hcauth, so that nobody becomes root by a name of hcauth's; and
 * groups are merged, or hcauth's people lose those of the machine. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "nsswitch.h"

enum { NSSWITCH_MAX = 65536 };

/* The line of a database, the last if there are several, as for libc; without its comment; *number: which. Ends each
 * line of the text. */
static char *line_of(char *text, const char *database, unsigned *number)
{
	char *last = NULL;
	unsigned n = 0;

	for (char *save = NULL, *next = text; next; next = save) {
		char *line = next;

		save = strchr(line, '\n');
		if (save)
			*save++ = 0;
		n++;
		line[strcspn(line, "#")] = 0;
		while (isspace((unsigned char)*line))
			line++;
		size_t len = strlen(database);
		if (strncmp(line, database, len) == 0 && line[len] == ':') {
			*number = n;
			last = line + len + 1;
		}
	}
	return last;
}

static bool is_word(const char *p, const char *line, size_t len)
{
	return (p == line || isspace((unsigned char)p[-1]) || p[-1] == ']') &&
		(!p[len] || isspace((unsigned char)p[len]) || p[len] == '[');
}

static const char *word_in(const char *line, const char *word)
{
	for (const char *p = line; (p = strstr(p, word)); p++)
		if (is_word(p, line, strlen(word)))
			return p;
	return NULL;
}

/* The database's line with hcauth after files. */
static char *right_line(struct doctor *d, const char *database, const char *line)
{
	bool group = strcmp(database, "group") == 0, placed = false;
	char out[1024];
	size_t used = (size_t)snprintf(out, sizeof out, "%s:", database);
	char *own = strdup(line);

	for (char *save, *w = own ? strtok_r(own, " \t", &save) : NULL; w && used < sizeof out;
		w = strtok_r(NULL, " \t", &save)) {
		if (strcmp(w, "hcauth") == 0 || strcasecmp(w, "[SUCCESS=merge]") == 0)
			continue;
		used += (size_t)snprintf(out + used, sizeof out - used, " %s", w);
		if ((strcmp(w, "files") == 0 || strcmp(w, "compat") == 0) && !placed &&
			used < sizeof out) {
			used += (size_t)snprintf(out + used, sizeof out - used, "%s hcauth",
				group ? " [SUCCESS=merge]" : "");
			placed = true;
		}
	}
	free(own);
	if (!placed)
		snprintf(out, sizeof out, "%s: files%s hcauth", database,
			group ? " [SUCCESS=merge]" : "");
	return doctor_text(d, "%s", out);
}

/* Whether a name that files does not know ends the search before hcauth: "files [NOTFOUND=return] hcauth". */
static bool ends_before(const char *files, const char *ours)
{
	for (const char *p = files; (p = memchr(p, '[', (size_t)(ours - p))); p++) {
		const char *close = memchr(p, ']', (size_t)(ours - p));

		if (nsswitch_ends(p, (size_t)((close ? close : ours) - p)))
			return true;
	}
	return false;
}

/* What is wrong with a line; NULL: nothing. */
static const char *trouble(const char *database, const char *line, enum severity *severity)
{
	const char *ours = word_in(line, "hcauth"), *files = word_in(line, "files");
	const char *merge = ours ? strcasestr(line, "[SUCCESS=merge]") : NULL;

	if (!files)
		files = word_in(line, "compat");
	*severity = WRONG;
	if (!ours)
		return "hcauth is not named: nobody knows its people here, and they can't sign in.";
	if (!files || ours < files)
		return "hcauth stands before files: local users must win, or a name of hcauth's could stand in for one of the machine's.";
	if (ends_before(files, ours))
		return "hcauth is never asked: the search ends before it, and its people can't sign in.";
	if (strcmp(database, "group") == 0 && (!merge || merge < files || merge > ours)) {
		*severity = MIND;
		return "Without [SUCCESS=merge] hcauth's people are not in the machine's own groups.";
	}
	return NULL;
}

static void look_at_database(struct doctor *d, const char *database)
{
	char *text = doctor_read(d, "/etc/nsswitch.conf", NSSWITCH_MAX), *where = NULL,
	     *line = NULL;
	enum severity severity = WRONG;
	unsigned number = 0;
	char *row = text ? line_of(text, database, &number) : NULL;
	const char *means = trouble(database, row ? row : "", &severity);

	if (means) {
		where = row ? doctor_text(d, "/etc/nsswitch.conf:%u", number)
			    : doctor_text(d, "/etc/nsswitch.conf");
		line = right_line(d, database, row ? row : "");
		found(d,
			(struct found){ severity, "nsswitch", database,
				row ? MEND_REPLACE : MEND_SET, where, line },
			"%s", means);
	}
	free(where);
	free(line);
	free(text);
}

static bool has_nss_module(const struct doctor *d)
{
	static const char *const folders[] = { HC_LIB_DIR, "/lib/x86_64-linux-gnu",
		"/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
		"/lib64", "/usr/lib64" };
	char path[512];

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, sizeof path, "%s/libnss_hcauth.so.2", folders[i]);
		if (doctor_file(d, path))
			return true;
	}
	return false;
}

void look_at_names(struct doctor *d)
{
	look_at_database(d, "passwd");
	look_at_database(d, "group");
	if (doctor_file(d, "/run/nscd/socket") || doctor_file(d, "/run/nscd.pid"))
		found(d,
			(struct found){ WRONG, "nscd", "nscd", MEND_RUN, NULL,
				"systemctl disable --now nscd.service nscd.socket" },
			"It keeps what names meant for ten minutes, leavers' too, and tells everybody whose e-mail address a user has, which only root may ask. hcauth needs no cache.");
	if (!has_nss_module(d))
		found(d,
			(struct found){
				WRONG, "nss-missing", "libnss_hcauth.so.2", MEND_NOT, NULL, NULL },
			"It is not where the C library looks for it: nobody knows hcauth's people. Install hcauth again.");
}
