/* SPDX-License-Identifier: Apache-2.0 */
/* Files that root has written: hcauthd.conf, a catalogue of translations, a courier's template. The first byte
 * says which. What must hold: settings are taken whole, and mean what is safe, or not at all; no translation asks
 * printf for other arguments than its English does; a filled template has no line's end that a value brought. */
#include <printf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf.h"
#include "fuzz.h"
#include "language.h"
#include "message.h"
#include "template.h"

static void look_at_service(const struct service *s, bool first)
{
	uint32_t all = 0;

	HOLDS(s->nsteps >= 1 && s->nsteps <= STEPS_MAX && *s->name);
	for (size_t i = 0; i < s->nsteps; i++) {
		HOLDS(s->step[i] != 0 && (s->step[i] & 1u) == 0);
		all |= s->step[i];
	}
	HOLDS(!s->local ||
		(!first && strcmp(s->name, "sshd") != 0 && strcmp(s->name, "remote") != 0));
	HOLDS(s->local || !(all & (1u << FACTOR_PIN | 1u << FACTOR_FINGERPRINT)));
	HOLDS(!(all & 1u << FACTOR_BREAK_GLASS));
	HOLDS(!s->one_prompt || s->nsteps == 1);
}

static void try_settings(struct fuzz_input in)
{
	static struct conf c, untouched;
	char error[CONF_ERROR_MAX] = "";

	memset(&c, 0x5a, sizeof c);
	untouched = c;
	if (!conf_read(fuzz_file(0, in.p, in.left), "hcauthd.conf", &c, error)) {
		HOLDS(*error && strlen(error) < CONF_ERROR_MAX && !strchr(error, '\n'));
		HOLDS(memcmp(&c, &untouched, sizeof c) == 0);
		return;
	}
	HOLDS(!*error);
	HOLDS(c.password_length >= 8 && c.argon_kib >= 19 * 1024 && c.argon_passes >= 2);
	HOLDS(c.pin_length >= PIN_MIN && c.pin_length <= PIN_MAX && c.pin_tries <= 10);
	HOLDS(c.uid_min >= 1000 && c.uid_min <= c.uid_max && c.home[0] == '/' && c.shell[0] == '/');
	HOLDS(c.shift_s <= 24 * 3600 && c.nservices >= 1 && c.nservices <= SERVICES_MAX);
	for (size_t i = 0; i < c.nservices; i++)
		look_at_service(&c.service[i], i == 0);
	HOLDS(conf_service(&c, "sshd")->local == false);
}

/* --- translations --- */

static void look_at_sentence(const char *english)
{
	int a[64], b[64];
	const char *told = language_text(english);
	size_t n = parse_printf_format(english, 64, a);

	HOLDS(n <= 64 && parse_printf_format(told, 64, b) == n);
	for (size_t i = 0; i < n; i++)
		HOLDS(a[i] == b[i]);
}

static uint32_t little(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static void try_catalogue(struct fuzz_input in)
{
	FILE *f = fopen("catalogue.mo", "w");

	HOLDS(f && fchmod(fileno(f), 0600) == 0);
	HOLDS(fwrite(in.p, 1, in.left, f) == in.left && fclose(f) == 0);
	bool loaded = language_load("catalogue.mo");
	look_at_sentence("%s: no such %s (%zu of %u)");
	if (!loaded)
		return;
	char *text = fuzz_rest(&in);
	uint32_t n = little(text + 8), at = little(text + 12);
	for (uint32_t i = 0; i < n && i < 32; i++) {
		const char *english = text + little(text + at + 8 * i + 4);

		if (*english)
			look_at_sentence(english);
	}
	free(text);
}

/* --- templates --- */

static void try_load(struct message *m, const struct fuzz_input *in, bool loose, bool without)
{
	static const char *const folders[] = { "nowhere", "templates", NULL };
	static char text[TEMPLATE_MAX];
	FILE *f = fopen("templates/en/code.txt", "w");

	HOLDS(f && fchmod(fileno(f), loose ? 0622 : 0600) == 0);
	HOLDS(fwrite(in->p, 1, in->left, f) == in->left && fclose(f) == 0);
	snprintf(m->template, sizeof m->template, "%s", without ? "none" : "code");
	const char *wrong = template_load(folders, "cy", m, text);
	HOLDS(wrong || (m->channel == CHANNEL_EMAIL && !loose && !without));
	if (!wrong)
		HOLDS(strlen(text) == in->left && memcmp(text, in->p, in->left) == 0);
	fuzz_text(&(struct fuzz_input){ in->p, in->left }, '\n', m->template, sizeof m->template);
	(void)template_load(folders, "en_GB", m, text);
}

static void try_template(struct fuzz_input in)
{
	static struct filled f;
	uint8_t how = fuzz_byte(&in);
	struct message m = { .channel = how & 1 ? CHANNEL_SMS : CHANNEL_EMAIL, .minutes = 5 };

	fuzz_text(&in, '\n', m.name, sizeof m.name);
	fuzz_text(&in, '\n', m.practice, sizeof m.practice);
	fuzz_text(&in, '\n', m.what, sizeof m.what);
	if (!(how & 8))
		memcpy(m.code, "123456", 7);
	try_load(&m, &in, how & 2, how & 4);
	char *text = fuzz_rest(&in);
	memset(&f, 0, sizeof f);
	const char *wrong = template_fill(text, &m, &f);
	HOLDS(!wrong || *wrong);
	if (!wrong) {
		HOLDS(!strpbrk(f.subject, "\r\n"));
		HOLDS(strlen(f.subject) < sizeof f.subject && strlen(f.text) < sizeof f.text);
	}
	free(text);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	static char all[4096], path[256];

	fuzz_folder();
	HOLDS(mkdir("templates", 0700) == 0 && mkdir("templates/en", 0700) == 0);
	HOLDS(!language_load("nowhere") && !language_file("en_GB", path) &&
		language_file("cy", path));
	conf_names(all, sizeof all);
	HOLDS(strstr(all, "service require\n") != NULL);
	HOLDS(settings_check(fuzz_file(0, "", 0), "hcauthd.conf") == 0);
	HOLDS(settings_check(fuzz_file(0, "x", 1), "hcauthd.conf") == 1);
	return 0;
}

void fuzz_one(const uint8_t *p, size_t len)
{
	struct fuzz_input in = { p, len };

	switch (fuzz_byte(&in)) {
	case 's': try_settings(in); break;
	case 'c': try_catalogue(in); break;
	case 't': try_template(in); break;
	}
}
