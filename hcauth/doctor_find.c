/* SPDX-License-Identifier: Apache-2.0 */
/* What the doctor writes down. What must hold: nothing is lost: when there is no memory for a finding the doctor says
 * that it could not finish, never that all is well. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "read_file.h"

void doctor_begin(struct doctor *d, const char *root)
{
	*d = (struct doctor){ .root = root };
	d->end = &d->first;
	d->doors_end = &d->doors;
}

static void free_finding(struct finding *f)
{
	free(f->subject);
	free(f->means);
	free(f->where);
	free(f->line);
	free(f);
}

void doctor_end(struct doctor *d)
{
	while (d->first) {
		struct finding *next = d->first->next;

		free_finding(d->first);
		d->first = next;
	}
	while (d->doors) {
		struct door *next = d->doors->next;

		free(d->doors->service);
		free(d->doors->file);
		free(d->doors->person);
		free(d->doors->root);
		free(d->doors->stranger);
		free(d->doors->bypass);
		free(d->doors);
		d->doors = next;
	}
	for (size_t i = 0; d->hashed && d->hashed[i]; i++)
		free(d->hashed[i]);
	free(d->hashed);
}

static char *copy(struct doctor *d, const char *text)
{
	char *own = strdup(text ? text : "");

	if (!own)
		d->memory_out = true;
	return own;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a, b ? b : "") == 0;
}

static struct finding *find_same(struct doctor *d, const struct found *f, const char *means)
{
	for (struct finding *old = d->first; old; old = old->next)
		if (old->severity == f->severity && old->mend == f->mend && same(old->id, f->id) &&
			same(old->means, means) && same(old->where, f->where) &&
			same(old->line, f->line))
			return old;
	return NULL;
}

/* Whether it is in the list "sshd, login" already. */
static bool listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += len)
		if ((p == list || p[-1] == ' ') && (p[len] == 0 || p[len] == ','))
			return true;
	return false;
}

static void join(struct doctor *d, struct finding *old, const char *subject)
{
	char *both;

	if (listed(old->subject, subject))
		return;
	if (asprintf(&both, "%s, %s", old->subject, subject) < 0) {
		d->memory_out = true;
		return;
	}
	free(old->subject);
	old->subject = both;
}

void found(struct doctor *d, struct found f, const char *means, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, means);
	vsnprintf(text, sizeof text, means, ap);
	va_end(ap);

	struct finding *old = find_same(d, &f, text);
	if (old) {
		join(d, old, f.subject);
		return;
	}
	struct finding *new = calloc(1, sizeof *new);
	if (!new) {
		d->memory_out = true;
		return;
	}
	new->severity = f.severity;
	new->id = f.id;
	new->mend = f.mend;
	new->subject = copy(d, f.subject);
	new->means = copy(d, text);
	new->where = copy(d, f.where);
	new->line = copy(d, f.line);
	if (!new->subject || !new->means || !new->where || !new->line) {
		free_finding(new);
		return;
	}
	*d->end = new;
	d->end = &new->next;
}

void add_bypass_of(struct doctor *d, const char *service, const char *how)
{
	for (struct door *door = d->doors; door; door = door->next) {
		char *both;

		if (strcmp(door->service, service) != 0 || strstr(door->bypass, how))
			continue;
		both = strcmp(door->bypass, NO_BYPASS) == 0
			? doctor_text(d, "%s", how)
			: doctor_text(d, "%s; %s", door->bypass, how);
		if (!both)
			continue;
		free(door->bypass);
		door->bypass = both;
	}
}

char *doctor_text(struct doctor *d, const char *format, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, format);
	int n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n >= 0)
		return text;
	d->memory_out = true;
	return NULL;
}

enum severity doctor_worst(const struct doctor *d)
{
	enum severity worst = d->memory_out ? WRONG : FINE;

	for (const struct finding *f = d->first; f; f = f->next)
		if (f->severity > worst)
			worst = f->severity;
	return worst;
}

bool doctor_file(const struct doctor *d, const char *path)
{
	char full[4096];

	return snprintf(full, sizeof full, "%s%s", d->root, path) < (int)sizeof full &&
		access(full, F_OK) == 0;
}

char *doctor_read(const struct doctor *d, const char *path, size_t max)
{
	size_t len;
	char *text = read_file(d->root, path, max, &len);

	for (size_t i = 0; text && i < len; i++) /* texts are searched as one string */
		if (!text[i])
			text[i] = '?';
	return text;
}
