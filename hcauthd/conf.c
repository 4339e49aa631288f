/* SPDX-License-Identifier: Apache-2.0 */
/* The settings. What must hold: a file is taken whole or not at all; whatever is not understood, said
 * twice, out of bounds or hidden from the eye (control characters, continued lines) is an error with its
 * line, for a typing mistake in a hardening setting must not weaken anything; no file makes a service of
 * the network local, nor asks nothing of anybody. */
#include "conf_set.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static const char *const sections[CONF_SECTIONS] = { "machine", "password", "pin", "courier" };
static const char *const local_services[] = { "login", "lightdm", "greetd", "gdm-password", "sddm",
	"vlock", "hcauth", "passwd" };
/* What runs within a session that began in opening hours, or by itself. */
static const char *const all_hours[] = { "cron", "crond", "atd", "sudo", "sudo-i", "systemd-user",
	"vlock", "i3lock", "swaylock", "xscreensaver", "hcauth", "passwd" };
/* Where the PIN alone is asked for within a shift: lockers, and changing to another of one's own accounts. */
static const char *const shift_services[] = { "su", "su-l", "vlock", "i3lock", "swaylock",
	"xscreensaver" };
/* What gives one answer to every prompt. */
static const char *const one_prompt[] = { "i3lock", "swaylock" };
/* What opens a window for every message, to be clicked away. */
static const char *const silent[] = { "xscreensaver" };
/* What hides a prompt's text, and shows messages. */
static const char *const hides_prompts[] = { "lightdm" };
static const char *const network_services[] = { "sshd", "remote" }; /* remote: login -h */

#define COUNT(a) (sizeof(a) / sizeof *(a))

bool conf_fail(struct reading *f, unsigned line, const char *format, ...)
{
	char file[200];
	va_list ap;

	if (*f->error)
		return false;
	visible(f->file, file, sizeof file);
	int head = line ? snprintf(f->error, CONF_ERROR_MAX, "%s:%u: ", file, line)
			: snprintf(f->error, CONF_ERROR_MAX, "%s: ", file);
	va_start(ap, format);
	vsnprintf(f->error + head, CONF_ERROR_MAX - (size_t)head, format, ap);
	va_end(ap);
	return false;
}

static bool among(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int handler(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *f = arg;

	(void)section; /* inih cuts it; begin() has read it whole */
	if (!f->section)
		return conf_fail(f, f->line, "a setting stands before the first [section]");
	return conf_set(f, name, value);
}

static bool service_begin(struct reading *f, const char *name)
{
	struct conf *c = f->conf;
	size_t i = 0;

	if (strcmp(name, "*") != 0 &&
		(!*name || strlen(name) > SERVICE_NAME_MAX ||
			name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-")]))
		return conf_fail(f, f->line,
			"[service NAME]: a name in /etc/pam.d, in small letters, at most %d bytes, or *",
			SERVICE_NAME_MAX);
	while (i < c->nservices && strcmp(c->service[i].name, name) != 0)
		i++;
	if (i == SERVICES_MAX)
		return conf_fail(
			f, f->line, "[service %s]: room for %d services only", name, SERVICES_MAX);
	if (i == c->nservices) {
		c->service[i] = (struct service){ .local = false };
		memcpy(c->service[i].name, name,
			strlen(name) + 1); /* its length is checked above */
		c->nservices++;
	}
	if (f->service_line[i])
		return conf_fail(f, f->line, "[service %s]: stands before, on line %u", name,
			f->service_line[i]);
	f->service_line[i] = f->line;
	f->service = i;
	f->section = "service";
	return true;
}

/* A line that begins with a bracket. */
static bool begin(struct reading *f, const char *line)
{
	char name[CONF_LINE_MAX + 1];
	size_t len = strcspn(line + 1, "]");
	const char *rest = line + 1 + len;

	if (*rest != ']' || rest[1 + strspn(rest + 1, " \t\n")])
		return conf_fail(
			f, f->line, "a section is one name in brackets, and nothing after it");
	memcpy(name, line + 1, len);
	name[len] = 0;
	if (strncmp(name, "service ", 8) == 0)
		return service_begin(f, name + 8);
	for (size_t i = 0; i < COUNT(sections); i++) {
		if (strcmp(name, sections[i]) != 0)
			continue;
		if (f->section_line[i])
			return conf_fail(f, f->line, "[%s]: stands before, on line %u", name,
				f->section_line[i]);
		f->section_line[i] = f->line;
		f->section = sections[i];
		return true;
	}

	char shown[64];
	return conf_fail(f, f->line,
		"unknown section [%s]; there are [machine], [password], [pin], [courier] and [service NAME]",
		visible(name, shown, sizeof shown));
}

/* What inih would let through. */
static bool line_is_plain(struct reading *f, const char *p, size_t len, size_t max)
{
	if (f->line == 1 && len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		return conf_fail(f, 1, "begins with a byte order mark: save it as plain UTF-8");
	if (len > max)
		return conf_fail(f, f->line, "longer than %zu bytes", max);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '\r')
			return conf_fail(
				f, f->line, "a carriage return: end lines with a line feed alone");
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return conf_fail(f, f->line, "a control character (byte 0x%02x)", c);
	}
	return true;
}

/* Whether the line, as inih will read it, is empty, a comment, a section or NAME = VALUE. */
static bool line_has_form(struct reading *f, const char *line)
{
	const char *first = line + strspn(line, " \t");

	if (*first == '\n' || strchr(";#", *first))
		return true;
	if (first != line)
		return conf_fail(f, f->line,
			"begins with white space: a value does not go on in the next line");
	if (*line == '[')
		return begin(f, line);
	if (line[strcspn(line, "=:;")] != '=')
		return conf_fail(f, f->line, "neither a [section] nor NAME = VALUE");
	return true;
}

/* inih's source of lines: the next one, or NULL at the end and at the first error. */
static char *next_line(char *buf, int size, void *arg)
{
	struct reading *f = arg;

	if (*f->error || f->at == f->end)
		return NULL;
	f->line++;

	const char *feed = memchr(f->at, '\n', (size_t)(f->end - f->at));
	size_t len = (size_t)((feed ? feed : f->end) - f->at);
	size_t max = size > CONF_LINE_MAX + 2 ? CONF_LINE_MAX : (size_t)size - 3;
	if (!line_is_plain(f, f->at, len, max))
		return NULL;
	memcpy(buf, f->at, len);
	memcpy(buf + len, "\n", 2);
	f->at = feed ? feed + 1 : f->end;
	return line_has_form(f, buf) ? buf : NULL;
}

#define AMONG(names, name) among(names, COUNT(names), name)

static void fill_in(const struct conf *c, struct service *s, const unsigned *given)
{
	if (!given[SET_ONE_PROMPT])
		s->one_prompt = c->service[0].one_prompt || AMONG(one_prompt, s->name);
	if (!given[SET_REQUIRE]) {
		s->nsteps = c->service[0].nsteps;
		memcpy(s->step, c->service[0].step, sizeof s->step);
		if (AMONG(one_prompt, s->name) && s->one_prompt && s->nsteps > 1) {
			s->nsteps = 1;
			s->step[0] = 1U << FACTOR_PASSWORD;
		}
	}
	if (!given[SET_LOCAL])
		s->local = AMONG(local_services, s->name);
	if (!given[SET_HOURS])
		s->hours = !AMONG(all_hours, s->name);
	if (!given[SET_SHIFT])
		s->shift = AMONG(shift_services, s->name);
	if (!given[SET_MESSAGES])
		s->quiet = AMONG(silent, s->name);
	if (!given[SET_PROMPTS])
		s->tell_prompts = AMONG(hides_prompts, s->name);
}

static bool needs_key(const struct service *s)
{
	for (size_t i = 0; i < s->nsteps; i++)
		if (s->step[i] == 1U << FACTOR_KEY)
			return true;
	return false;
}

/* A text message goes out behind a right password, or what an earlier module has proved in its place. */
static bool sends_too_early(const struct service *s)
{
	uint32_t before = 0;

	for (size_t i = 0; i < s->nsteps; i++) {
		if (s->step[i] & 1U << FACTOR_SMS)
			return !(before & (1U << FACTOR_PASSWORD | FACTORS_EARLIER));
		before |= s->step[i];
	}
	return false;
}

/* Where nobody could ever sign in with a text message. all: what the rule names. */
static bool texts_are_sent(struct reading *f, const struct service *s, uint32_t all, unsigned line)
{
	if (all & 1U << FACTOR_SMS && !*f->conf->sms)
		return conf_fail(f, line,
			"require: sms sends nothing: [courier] has no sms, which says with what program");
	if (sends_too_early(s))
		return conf_fail(f, line,
			"require: sms is sent behind a right password, so [service %s] needs a step with password before it",
			s->name);
	return true;
}

/* Fills in what services did not set, then looks at each as a whole. */
static bool finish(struct reading *f)
{
	struct conf *c = f->conf;

	for (size_t i = 0; i < c->nservices; i++) {
		struct service *s = &c->service[i];
		const unsigned *given = f->given[i];
		const char *name = s->name;
		uint32_t all = 0;

		fill_in(c, s, given);

		for (size_t k = 0; k < s->nsteps; k++)
			all |= s->step[k];
		if (s->local && i == 0)
			return conf_fail(f, given[SET_LOCAL],
				"local: never for [service *], which may be reached over the network; name the service");
		if (s->local && among(network_services, COUNT(network_services), name))
			return conf_fail(f, given[SET_LOCAL],
				"local: never for %s, which serves the network", name);
		if (!s->local && all & 1U << FACTOR_PIN)
			return conf_fail(f, given[SET_REQUIRE],
				"require: a PIN is for local services only: [service %s] has local = no",
				name);
		if (!s->local && all & 1U << FACTOR_FINGERPRINT)
			return conf_fail(f, given[SET_REQUIRE],
				"require: a fingerprint is for local services only: [service %s] has local = no",
				name);
		if (s->local && needs_key(s))
			return conf_fail(f, given[SET_REQUIRE],
				"require: sshd alone proves a key, and [service %s] is local: name another factor beside it",
				name);
		if (!texts_are_sent(f, s, all, given[SET_REQUIRE]))
			return false;
		if (s->one_prompt && s->nsteps != 1)
			return conf_fail(f,
				given[given[SET_REQUIRE] ? SET_REQUIRE : SET_ONE_PROMPT],
				"one-prompt: [service %s] can be asked one thing only, so require = one step",
				name);
	}
	return true;
}

static const struct conf initial = {
	.uid_min = 20000,
	.uid_max = 59999,
	.home = "/home",
	.shell = "/bin/bash",
	.issuer = "hcauth",
	.language = "en_GB",
	.password_length = 12,
	.argon_kib = 19 * 1024, /* OWASP's second choice: 19 MiB, 2 passes */
	.argon_passes = 2,
	.pin_length = 5,
	.pin_tries = 10,
	.shift_s = 10 * 3600,
	.retention_s = 365U * 86400,
	.nservices = 1,
	.service = { { .name = "*",
		.nsteps = 2,
		.step = { 1U << FACTOR_PASSWORD, 1U << FACTOR_TOTP } } },
};

/* Those that are not there yet. */
static void add_services(struct conf *c, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (conf_service(c, names[i]) == &c->service[0])
			memcpy(c->service[c->nservices++].name, names[i],
				strlen(names[i]) + 1); /* shorter than it */
}

static bool parse(struct reading *f)
{
	struct conf *c = f->conf;

	*c = initial;
	add_services(c, local_services, COUNT(local_services));
	add_services(c, all_hours, COUNT(all_hours));
	add_services(c, shift_services, COUNT(shift_services));

	int r = ini_parse_stream(next_line, f, handler, f);
	if (r != 0)
		conf_fail(f, r > 0 ? (unsigned)r : f->line, "neither a [section] nor NAME = VALUE");
	return !*f->error && finish(f);
}

/* All of fd, at most CONF_BYTES_MAX bytes; NULL and an error else. */
static char *slurp(struct reading *f, int fd, size_t *len)
{
	char *text = malloc(CONF_BYTES_MAX + 1);
	size_t n = 0;
	ssize_t got = 1;

	while (text && n <= CONF_BYTES_MAX &&
		(got = pread(fd, text + n, CONF_BYTES_MAX + 1 - n, (off_t)n)) > 0)
		n += (size_t)got;
	if (!text || got < 0)
		conf_fail(f, 0, "%m");
	else if (n > CONF_BYTES_MAX)
		conf_fail(f, 0, "larger than %d KiB", CONF_BYTES_MAX / 1024);
	if (*f->error) {
		free(text);
		return NULL;
	}
	*len = n;
	return text;
}

bool conf_read(int fd, const char *file, struct conf *out, char error[CONF_ERROR_MAX])
{
	struct conf made;
	char wrong[CONF_ERROR_MAX] = "";
	struct reading f = { .file = file, .error = wrong, .conf = &made };
	size_t len = 0;
	char *text = slurp(&f, fd, &len);

	if (text) {
		f.at = text;
		f.end = text + len;
		if (parse(&f))
			*out = made;
	}
	free(text);
	if (*wrong)
		memcpy(error, wrong, strlen(wrong) + 1); /* both are of one size */
	return !*wrong;
}

void conf_defaults(struct conf *out)
{
	char none[CONF_ERROR_MAX] = "";
	struct reading f = { .file = "", .error = none, .conf = out, .at = "", .end = NULL };

	f.end = f.at;
	parse(&f);
}

const struct service *conf_service(const struct conf *c, const char *name)
{
	for (size_t i = 1; i < c->nservices; i++)
		if (strcmp(c->service[i].name, name) == 0)
			return &c->service[i];
	return &c->service[0];
}

int settings_check(int fd, const char *file)
{
	struct conf c;
	char error[CONF_ERROR_MAX + 1] = "";

	if (conf_read(fd, file, &c, error))
		return 0;
	dprintf(STDERR_FILENO, "%s\n", error);
	return 1;
}
