/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth's lines in one pam.d file. What must hold: taking them out again leaves the bytes that were there before;
 * no line that stood there changes what it does for those whom hcauth does not know; and where that can't be seen
 * from the file, nothing is changed. */
#include "pam_edit.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pam_stack.h"
#include "pam_text.h"

#define BEGIN "# hcauth begin: \"hcauth disable"
#define END "# hcauth end\n"
#define REFUSALS "user_unknown=ignore module_unknown=ignore default=die"

/* What stands in front of each phase's common file. Where more lines of auth follow that file, a success must go on
 * to them: it leaps over the file, which then is a substack, as that is one line to leap over. */
static const char *const lines[] = {
	"auth\t[success=done " REFUSALS "]\tpam_hcauth.so",
	"auth\t[success=ok user_unknown=1 module_unknown=1 default=die]\tpam_hcauth.so",
	"auth\t[default=1]\tpam_permit.so",
	"auth\tsubstack\tcommon-auth",
	"account\t[success=ok " REFUSALS "]\tpam_hcauth.so",
	"session\t[success=ignore default=1]\tpam_succeed_if.so quiet uid >= 1000 uid < 65534",
	"session\toptional\tpam_mkhomedir.so umask=0077",
	"session\t[success=ok " REFUSALS "]\tpam_hcauth.so",
	"password\t[success=done " REFUSALS "]\tpam_hcauth.so",
};

enum { AUTH = 0, AUTH_ON = 1, ACCOUNT = 4, SESSION = 5, PASSWORD = 8, LINES = 9 };

/* The phases as blocks of lines[]. */
static const struct {
	size_t first, n;
} blocks[PHASES] = {
	[PHASE_AUTH] = { AUTH, 1 },
	[PHASE_ACCOUNT] = { ACCOUNT, 1 },
	[PHASE_SESSION] = { SESSION, 3 },
	[PHASE_PASSWORD] = { PASSWORD, 1 },
};

/* --- a text, line by line --- */

struct lines {
	const char *at, *end;
	unsigned number;
};

static bool next_line(struct lines *l, const char **line, size_t *len)
{
	if (l->at == l->end)
		return false;
	const char *nl = memchr(l->at, '\n', (size_t)(l->end - l->at));
	*line = l->at;
	l->at = nl ? nl + 1 : l->end;
	*len = (size_t)(l->at - *line);
	l->number++;
	return true;
}

static bool starts(const char *line, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(line, with, n) == 0;
}

static void __attribute__((format(printf, 2, 3)))
refuse(struct pam_edit *e, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(e->why, sizeof e->why, format, ap); /* cut at worst */
	va_end(ap);
}

/* What is being written. */
struct out {
	FILE *f;
	char *bytes;
	size_t len;
};

static bool begin(struct out *o, struct pam_edit *e)
{
	*e = (struct pam_edit){ .why = "" };
	o->f = open_memstream(&o->bytes, &o->len);
	if (!o->f)
		refuse(e, "There is not enough memory.");
	return o->f != NULL;
}

static void finish(struct out *o, struct pam_edit *e, enum pam_edited result)
{
	bool failed = ferror(o->f);

	if (fclose(o->f) != 0 || failed)
		refuse(e, "There is not enough memory.");
	if (*e->why) {
		free(o->bytes);
		return;
	}
	e->out = o->bytes;
	e->len = o->len;
	e->result = result;
}

/* --- what there is --- */

struct phase_seen {
	unsigned include; /* the line that includes the common file; 0: none */
	unsigned includes; /* how many do */
	unsigned lines; /* of its own, or others' included */
	unsigned behind; /* of these, behind the include */
	unsigned leap; /* a line that leaps over the include, or may; 0: none */
	unsigned steps; /* how far the furthest leap reaches */
};

struct seen {
	struct phase_seen phase[PHASES];
	unsigned hcauth; /* a line of hcauth's that is not ours */
	char name[64]; /* of what is included elsewhere */
};

static int phase_of_common(const char *name)
{
	static const struct {
		const char *name;
		enum pam_phase phase;
	} common[] = {
		{ "common-auth", PHASE_AUTH },
		{ "common-account", PHASE_ACCOUNT },
		{ "common-session", PHASE_SESSION },
		{ "common-session-noninteractive", PHASE_SESSION },
		{ "common-password", PHASE_PASSWORD },
	};

	for (size_t i = 0; name && i < sizeof common / sizeof *common; i++)
		if (strcmp(common[i].name, name) == 0)
			return (int)common[i].phase;
	return -1;
}

/* One line more before the include: a leap that reached further than this line still does by one less. */
static void see_step(struct phase_seen *p, bool include)
{
	if (p->include)
		return;
	if (!include && p->steps > 0 && --p->steps == 0)
		p->leap = 0;
	if (include && p->leap)
		p->steps = UINT_MAX; /* what is included may be any number of lines */
}

static void see_include(struct seen *s, unsigned number, const char *name)
{
	int phase = phase_of_common(name);

	for (int i = 0; phase < 0 && i < PHASES; i++) {
		see_step(&s->phase[i], true);
		s->phase[i].behind += s->phase[i].include != 0;
	}
	if (phase < 0)
		return;
	struct phase_seen *p = &s->phase[phase];
	p->includes++;
	if (!p->include)
		p->include = number;
}

static void see_control(struct phase_seen *p, unsigned number, const char *control)
{
	int action[PAM_CODES], furthest = 0;

	if (p->include || !control || !pam_control(control, action))
		return;
	for (size_t i = 0; i < PAM_CODES; i++)
		furthest = action[i] > furthest ? action[i] : furthest;
	if (furthest == 0 || (unsigned)furthest < p->steps)
		return;
	p->leap = number;
	p->steps = (unsigned)furthest;
}

static void see_line(struct seen *s, unsigned number, char *next)
{
	const char *type = pam_word(&next);
	int phase;

	if (type && strcasecmp(type, "@include") == 0) {
		see_include(s, number, pam_word(&next));
		return;
	}
	if (type && *type == '-')
		type++;
	for (phase = 0; phase < PHASES; phase++)
		if (type && strcasecmp(type, pam_phase_name((enum pam_phase)phase)) == 0)
			break;
	if (phase == PHASES)
		return;
	struct phase_seen *p = &s->phase[phase];
	const char *control = pam_word(&next), *module = pam_word(&next);
	bool include = control &&
		(strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0);

	p->lines++;
	p->behind += p->include != 0;
	see_step(p, include);
	if (include && module && !*s->name)
		snprintf(s->name, sizeof s->name, "%s", module);
	if (!include)
		see_control(p, number, control);
	if (module && strstr(module, "pam_hcauth.so") && !s->hcauth)
		s->hcauth = number;
}

/* False: libpam would not take the file. */
static bool see(const char *text, size_t len, struct seen *s)
{
	struct pam_text t = { .text = text, .len = len };
	char line[PAM_LINE_ROOM];
	enum pam_next next;
	unsigned number = 0;

	*s = (struct seen){ .hcauth = 0 };
	while ((next = pam_text_next(&t, line, &number)) == PAM_TEXT_LINE)
		see_line(s, number, line);
	return next == PAM_TEXT_END && !memchr(text, 0, len);
}

/* --- in --- */

static void may_edit(const struct seen *s, struct pam_edit *e)
{
	bool any = false;

	if (s->hcauth)
		refuse(e, "Line %u of it has pam_hcauth.so already, put there by hand.", s->hcauth);
	for (int i = 0; i < PHASES && !*e->why; i++) {
		const struct phase_seen *p = &s->phase[i];
		const char *name = pam_phase_name((enum pam_phase)i);

		any |= p->include != 0;
		if (p->includes > 1)
			refuse(e, "It includes its common file for %s more than once.", name);
		else if (p->leap && p->include)
			refuse(e,
				"Line %u of it leaps over lines of %s, and hcauth's would come between.",
				p->leap, name);
		else if (p->lines > 0 && !p->include && *s->name)
			refuse(e, "Its lines for %s come from \"%s\", not from Debian's common-%s.",
				name, s->name, name);
		else if (p->lines > 0 && !p->include)
			refuse(e, "Its lines for %s are its own, not Debian's common-%s.", name,
				name);
	}
	if (!any && !*e->why)
		refuse(e,
			"It does not include Debian's common-auth, in front of which hcauth goes.");
}

static void put_block(FILE *f, const struct seen *s, int phase, const char *service,
	const char *arguments, const char *include, size_t len)
{
	bool on = phase == PHASE_AUTH && s->phase[phase].behind > 0;
	size_t first = on ? AUTH_ON : blocks[phase].first;
	size_t n = on ? ACCOUNT - AUTH_ON : blocks[phase].n;

	fprintf(f, BEGIN " %s\" takes these lines out\n", service);
	for (size_t i = first; i < first + n; i++)
		fprintf(f, "%s%s\n", lines[i],
			phase == PHASE_AUTH && strstr(lines[i], "pam_hcauth.so") ? arguments : "");
	if (on)
		fprintf(f, "#%.*s%s", (int)len, include, include[len - 1] == '\n' ? "" : "\n");
	fputs(END, f);
	if (!on)
		fwrite(include, 1, len, f);
}

static int phase_at(const struct seen *s, unsigned number)
{
	for (int i = 0; i < PHASES; i++)
		if (s->phase[i].include == number)
			return i;
	return -1;
}

void pam_edit_on(const char *text, size_t len, const char *service, const char *arguments,
	struct pam_edit *e)
{
	struct lines l = { .at = text, .end = text + len };
	bool has = pam_edit_has(text, len);
	struct seen s;
	struct out o;
	const char *line;
	size_t n;

	if (!begin(&o, e))
		return;
	if (!has && !see(text, len, &s))
		refuse(e, "libpam would not take it as it is.");
	else if (!has && len > 0 && text[len - 1] != '\n')
		refuse(e, "Its last line has no end.");
	else if (!has)
		may_edit(&s, e);
	while (!*e->why && next_line(&l, &line, &n)) {
		int phase = has ? -1 : phase_at(&s, l.number);

		if (phase < 0)
			fwrite(line, 1, n, o.f);
		else
			put_block(o.f, &s, phase, service, arguments, line, n);
	}
	finish(&o, e, has ? PAM_EDIT_SAME : PAM_EDIT_CHANGED);
}

/* --- out --- */

/* Whether it is one of hcauth's lines, with whatever arguments. */
static bool is_ours(const char *line, size_t len)
{
	static const char *const arguments[] = { "", " chooser", " canonical",
		" chooser canonical" };

	for (size_t i = 0; i < LINES; i++)
		for (size_t k = 0; k < sizeof arguments / sizeof *arguments; k++) {
			size_t a = strlen(lines[i]), b = strlen(arguments[k]);

			if (len == a + b + 1 && memcmp(line, lines[i], a) == 0 &&
				memcmp(line + a, arguments[k], b) == 0 && line[len - 1] == '\n')
				return true;
		}
	return false;
}

bool pam_edit_has(const char *text, size_t len)
{
	struct lines l = { .at = text, .end = text + len };
	const char *line;
	size_t n;

	while (next_line(&l, &line, &n))
		if (starts(line, n, BEGIN))
			return true;
	return false;
}

/* The line that hcauth's stand in place of, as a comment among them. */
static bool is_kept(const char *line, size_t n)
{
	size_t at = 1;

	while (at < n && (line[at] == ' ' || line[at] == '\t'))
		at++;
	return *line == '#' && starts(line + at, n - at, "@include");
}

/* One line; what is not hcauth's goes to f. */
static void take_out(FILE *f, bool *inside, const struct lines *l, const char *line, size_t n,
	struct pam_edit *e)
{
	bool begins = starts(line, n, BEGIN), ends = n == strlen(END) && starts(line, n, END);

	if ((begins && *inside) || (ends && !*inside))
		refuse(e, "Line %u of it is not where hcauth has put it.", l->number);
	else if (begins || ends)
		*inside = begins;
	else if (*inside && is_kept(line, n))
		fwrite(line + 1, 1, n - 1, f);
	else if (!*inside)
		fwrite(line, 1, n, f);
	else if (!is_ours(line, n))
		refuse(e, "Line %u of it stands among hcauth's, and is none of them.", l->number);
}

void pam_edit_off(const char *text, size_t len, struct pam_edit *e)
{
	struct lines l = { .at = text, .end = text + len };
	bool inside = false;
	struct out o;
	const char *line;
	size_t n;

	if (!begin(&o, e))
		return;
	while (!*e->why && next_line(&l, &line, &n))
		take_out(o.f, &inside, &l, line, n, e);
	if (!*e->why && inside)
		refuse(e, "The end of hcauth's lines is missing in it.");
	finish(&o, e, pam_edit_has(text, len) ? PAM_EDIT_CHANGED : PAM_EDIT_SAME);
}
