/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CONF_SET_H
#define HCAUTH_CONF_SET_H

#include "conf.h"

/* Between conf.c, which reads lines and sections, and conf_set.c, which knows the settings. */

enum {
	CONF_LINE_MAX = 190, /* bytes; inih cuts longer ones, as it is built, at 197 */
	CONF_SETTINGS = 28,
	CONF_SECTIONS = 4, /* with a name of their own */
	SET_REQUIRE = 16, /* places in the table of settings */
	SET_LOCAL = 17,
	SET_ONE_PROMPT = 18,
	SET_HOURS = 19,
	SET_SHIFT = 20,
	SET_MESSAGES = 21,
	SET_PROMPTS = 22,
};

struct reading {
	const char *file;
	const char *at, *end;
	unsigned line;
	char *error; /* "" as long as all is well */
	struct conf *conf;
	const char *section; /* NULL before the first; "service" with the number of it in service */
	size_t service;
	/* The lines where things stand, 0 for nowhere: to refuse repeats and to name lines later on. */
	unsigned service_line[SERVICES_MAX], section_line[CONF_SECTIONS],
		given[SERVICES_MAX][CONF_SETTINGS];
};

/* Notes the first error; line 0 for the file as a whole. Always false. */
__attribute__((format(printf, 3, 4))) bool conf_fail(
	struct reading *f, unsigned line, const char *format, ...);

/* Takes NAME = TEXT, which stands in f->line of f->section. */
bool conf_set(struct reading *f, const char *name, const char *text);

#endif
