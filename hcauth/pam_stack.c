/* SPDX-License-Identifier: Apache-2.0 */
/* Services of PAM, read as libpam reads them. What must hold: each line that libpam would call is in its list, in
 * libpam's order, and no other; and files that loop, are huge, or are no files end in a stack that says so. */
#include "pam_stack.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pam_text.h"
#include "read_file.h"

enum {
	FILE_BYTES = 256 * 1024,
	FILES_MAX = 256, /* opened for one service; a Debian sshd has 6 */
	LINES_MAX = 2048,
	INCLUDES_MAX = 16, /* libpam's own: one in another in another */
	ANY = -1,
};

const char *const pam_folders[PAM_FOLDERS] = { "/etc/pam.d", "/usr/lib/pam.d" };

/* --- memory --- */

struct pam_memory {
	struct pam_memory *next;
	char bytes[];
};

static void *keep(struct pam_stack *s, size_t len)
{
	struct pam_memory *m = calloc(1, sizeof *m + len);

	if (!m)
		return NULL;
	m->next = s->memory;
	s->memory = m;
	return m->bytes;
}

static char *keep_text(struct pam_stack *s, const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = keep(s, len);

	return copy ? memcpy(copy, text, len) : NULL;
}

void pam_stack_free(struct pam_stack *s)
{
	for (int p = 0; p < PHASES; p++)
		free(s->phase[p].line);
	while (s->memory) {
		struct pam_memory *next = s->memory->next;

		free(s->memory);
		s->memory = next;
	}
	*s = (struct pam_stack){ 0 };
}

/* --- reading --- */

struct reader {
	const char *root;
	struct pam_stack *stack;
	struct pam_list *phase; /* the four that lines go into */
	size_t files, lines;
	bool memory_out;
};

enum found { MISSING, FOUND, BAD };

/* A file that is being read, and what for. */
struct part {
	const char *file;
	int want; /* a phase, or ANY */
	unsigned depth, includes;
};

/* file is kept by the stack. */
static enum found unusable(struct reader *r, const char *why, const char *file, unsigned number)
{
	if (!r->stack->unusable) {
		r->stack->unusable = why;
		r->stack->unusable_file = file;
		r->stack->unusable_number = number;
	}
	return BAD;
}

static struct pam_line *add(struct reader *r, int phase, const struct part *part, unsigned number)
{
	struct pam_list *l = &r->phase[phase];

	if ((l->n & (l->n - 1)) == 0) {
		struct pam_line *more = realloc(l->line, (l->n ? l->n * 2 : 1) * sizeof *more);

		if (!more) {
			r->memory_out = true;
			return NULL;
		}
		l->line = more;
	}
	struct pam_line *line = &l->line[l->n++];
	*line = (struct pam_line){ .file = part->file,
		.number = number,
		.depth = part->depth,
		.control = "",
		.module = "" };
	for (size_t i = 0; i < PAM_CODES; i++)
		line->action[i] = ACTION_BAD;
	return line;
}

static bool add_words(struct reader *r, struct pam_line *l, char *next)
{
	size_t room = strlen(next) / 2 + 1;
	char *word;

	l->word = keep(r->stack, room * sizeof *l->word);
	if (!l->word)
		return false;
	while ((word = pam_word(&next)))
		l->word[l->words++] = word;
	return true;
}

static enum found read_service(struct reader *r, const char *name, const struct part *from);

static const char *include_trouble(struct reader *r, const char *name, const struct part *inner)
{
	if (!name)
		return "it does not say what to include";
	if (inner->includes >= INCLUDES_MAX)
		return "files include each other, or are nested too deep";
	switch (read_service(r, name, inner)) {
	case FOUND: return NULL;
	case MISSING: return "the file that it includes is missing";
	default: return "the file that it includes can't be read";
	}
}

/* "@include" stands for all phases, or for that which the file was included for. */
static enum found at_include(struct reader *r, const struct part *part, unsigned number, char *next)
{
	struct part inner = *part;
	const char *why;

	inner.includes++;
	why = include_trouble(r, pam_word(&next), &inner);
	if (!why)
		return FOUND;
	if (part->want == ANY) /* libpam gives up: it has no phase to let fail */
		return unusable(r, why, part->file, number);
	struct pam_line *l = add(r, part->want, part, number);
	if (!l)
		return BAD;
	l->broken = why;
	return FOUND;
}

/* "include" and "substack". */
static enum found include(struct reader *r, const struct part *part, unsigned number, int phase,
	bool substack, char *next)
{
	struct part inner = {
		.want = phase, .depth = part->depth + substack, .includes = part->includes + 1
	};

	if (substack) {
		struct pam_line *place = add(r, phase, part, number);
		if (!place)
			return BAD;
		place->substack = true;
		place->control = "substack";
	}
	const char *why = include_trouble(r, pam_word(&next), &inner);
	if (!why)
		return FOUND;
	struct pam_line *l = add(r, phase, part, number);
	if (!l)
		return BAD;
	l->broken = why;
	l->control = substack ? "substack" : "include";
	return FOUND;
}

static enum found add_module(struct reader *r, const struct part *part, unsigned number, int phase,
	const char *control, char *next)
{
	struct pam_line *l = add(r, phase, part, number);

	if (!l)
		return BAD;
	if (!control) {
		l->broken = "it has no control and no module";
		return FOUND;
	}
	l->control = control;
	if (!pam_control(control, l->action))
		l->broken = "libpam does not understand its control";

	const char *module = pam_word(&next);
	if (!module) {
		l->broken = "it names no module";
		return FOUND;
	}
	l->module = module;
	if (!add_words(r, l, next)) {
		r->memory_out = true;
		return BAD;
	}
	return FOUND;
}

const char *pam_phase_name(enum pam_phase p)
{
	static const char *const names[PHASES] = {
		[PHASE_AUTH] = "auth",
		[PHASE_ACCOUNT] = "account",
		[PHASE_SESSION] = "session",
		[PHASE_PASSWORD] = "password",
	};

	return names[p];
}

static int phase_of(const char *word)
{
	for (int p = 0; p < PHASES; p++)
		if (strcasecmp(word, pam_phase_name((enum pam_phase)p)) == 0)
			return p;
	return ANY;
}

static enum found add_line(struct reader *r, const struct part *part, unsigned number, char *next)
{
	char *type = pam_word(&next);
	bool silent = type && type[0] == '-';
	int phase;

	if (silent)
		type++;
	if (type && strcasecmp(type, "@include") == 0)
		return at_include(r, part, number, next);

	phase = type ? phase_of(type) : ANY;
	bool broken = phase == ANY;
	if (broken) /* libpam lets the phase that matters most fail */
		phase = part->want == ANY ? PHASE_AUTH : part->want;
	if (part->want != ANY && phase != part->want)
		return FOUND;

	const char *control = pam_word(&next);
	if (control && strcasecmp(control, "include") == 0)
		return include(r, part, number, phase, false, next);
	if (control && strcasecmp(control, "substack") == 0)
		return include(r, part, number, phase, true, next);
	if (add_module(r, part, number, phase, control, next) != FOUND)
		return BAD;
	struct pam_line *l = &r->phase[phase].line[r->phase[phase].n - 1];
	l->silent = silent;
	if (broken)
		l->broken = "its first word is none of auth, account, session, password";
	return FOUND;
}

static enum found add_text(struct reader *r, const struct part *part, const char *bytes, size_t len)
{
	struct pam_text t = { .text = bytes, .len = len };
	char line[PAM_LINE_ROOM];
	unsigned number = 0;
	enum found found = FOUND;

	while (found == FOUND) {
		enum pam_next next = pam_text_next(&t, line, &number);

		if (next == PAM_TEXT_END)
			return FOUND;
		if (next == PAM_TEXT_CUT)
			return unusable(
				r, "its last line ends with a backslash", part->file, t.number);
		if (next == PAM_TEXT_LONG)
			return unusable(
				r, "a line is longer than libpam takes", part->file, number);
		if (++r->lines > LINES_MAX)
			return unusable(r, "it has too many lines", part->file, number);
		char *copy = keep_text(r->stack, line);
		if (!copy) {
			r->memory_out = true;
			return BAD;
		}
		found = add_line(r, part, number, copy);
	}
	return found;
}

static bool is_missing(int e)
{
	return e == ENOENT || e == ENOTDIR || e == ELOOP || e == ENAMETOOLONG;
}

static enum found read_path(struct reader *r, const char *path, struct part *part)
{
	size_t len = 0;
	char *bytes = read_file(r->root, path, FILE_BYTES, &len);

	if (!bytes && is_missing(errno))
		return MISSING;
	part->file = keep_text(r->stack, path);
	if (!part->file)
		r->memory_out = true;
	if (part->includes == 0 && r->phase == r->stack->phase)
		r->stack->file = part->file;

	enum found found = BAD;
	if (++r->files > FILES_MAX)
		unusable(r, "it includes too many files", part->file, 0);
	else if (!bytes)
		unusable(r, "it can't be read, or is huge or no plain file", part->file, 0);
	else if (part->file)
		found = add_text(r, part, bytes, len);
	free(bytes);
	return found;
}

/* The first file of that name, added to the phases that from wants. */
static enum found read_service(struct reader *r, const char *name, const struct part *from)
{
	struct part part = *from;
	char path[PATH_MAX];

	if (name[0] == '/')
		return read_path(r, name, &part);
	for (size_t i = 0; i < PAM_FOLDERS; i++) {
		if (snprintf(path, sizeof path, "%s/%s", pam_folders[i], name) >= (int)sizeof path)
			return MISSING;
		enum found found = read_path(r, path, &part);
		if (found != MISSING)
			return found;
	}
	return MISSING;
}

/* A service's own file, or "other". */
static enum found read_top(struct reader *r, const char *name, struct pam_list *phase)
{
	const struct part part = { .want = ANY };

	r->phase = phase;
	return read_service(r, name, &part);
}

bool pam_stack_read(const char *root, const char *service, struct pam_stack *out)
{
	struct pam_list other[PHASES] = { 0 };
	struct reader r = { .root = root, .stack = out };

	*out = (struct pam_stack){ 0 };
	if (snprintf(out->service, sizeof out->service, "%s", service) >=
			(int)sizeof out->service ||
		strchr(service, '/') || !*service) {
		out->unusable = "that is no name of a service";
		out->unusable_file = "";
		return true;
	}
	enum found own = read_top(&r, service, out->phase);
	enum found rest = own == BAD ? BAD : read_top(&r, "other", other);
	if (own == MISSING && rest == MISSING)
		unusable(&r, "there is neither a file for it nor one called other", "", 0);

	for (int p = 0; p < PHASES; p++) {
		if (out->phase[p].n == 0 && other[p].n > 0) {
			free(out->phase[p].line);
			out->phase[p] = other[p];
			out->phase[p].other = true;
		} else {
			free(other[p].line);
		}
	}
	if (r.memory_out)
		pam_stack_free(out);
	return !r.memory_out;
}

/* --- asking --- */

bool pam_line_is(const struct pam_line *l, const char *module)
{
	const char *slash = strrchr(l->module, '/');

	return strcmp(slash ? slash + 1 : l->module, module) == 0;
}

bool pam_line_has(const struct pam_line *l, const char *word)
{
	for (size_t i = 0; i < l->words; i++)
		if (strcmp(l->word[i], word) == 0)
			return true;
	return false;
}

int pam_list_find(const struct pam_list *l, const char *module)
{
	for (size_t i = 0; i < l->n; i++)
		if (pam_line_is(&l->line[i], module))
			return (int)i;
	return -1;
}
