/* SPDX-License-Identifier: Apache-2.0 */
/* The table of results of pam_hcauth: phase x whose name x directory x daemon, each cell run through
 * libpam. What the daemon says matters only where the first table says "daemon"; everywhere else the cell
 * must be the same with every daemon. `pam_table --doc` prints doc/pam-results.md; the last case compares. */
#include <err.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"

enum { PHASES = 5, STATES = 19 };

static const char *const phases[PHASES] = { "auth", "account", "open", "close", "password" };

/* In place of a code: what the daemon decides, about a person, about somebody that its verdict can't fit,
 * about nobody. */
#define PERSON "daemon"
#define MISFIT "daemon, never in"
#define DECOY "decoy"
#define NOT_OURS "USER_UNKNOWN"
#define NO_INFO "AUTHINFO_UNAVAIL"

static const struct who {
	const char *what, *name;
	int directory;
	const char *code[PHASES];
	const char *arguments; /* of the module */
} people[] = {
	{ "a row", "jdoe", 0, { PERSON, PERSON, PERSON, PERSON, PERSON }, "" },
	{ "a row, by e-mail address", "jane@clinic.example", 0,
		{ PERSON, PERSON, PERSON, PERSON, PERSON }, "" },
	{ "a row of the machine's own user", "anna", 0, { PERSON, PERSON, PERSON, PERSON, PERSON },
		"" },
	{ "a row that NSS does not know", "ghost", 0, { MISFIT, MISFIT, MISFIT, MISFIT, MISFIT },
		"" },
	{ "a marker: an address of two people", "shared@clinic.example", 0,
		{ MISFIT, MISFIT, MISFIT, MISFIT, MISFIT }, "" },
	{ "a marker, with the argument chooser", "shared@clinic.example", 0,
		{ PERSON, MISFIT, MISFIT, MISFIT, MISFIT }, "chooser" },
	{ "a row of the machine's own user, with another uid now", "carl", 0,
		{ MISFIT, MISFIT, MISFIT, MISFIT, MISFIT }, "" },
	{ "a row, but a local user has the name", "bob", 0,
		{ NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS }, "" },
	{ "a row, but the name is root", "root", 0,
		{ NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS }, "" },
	{ "no row, a system user", "bin", 0, { NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS },
		"" },
	{ "no row, a local person", "admin", 0,
		{ NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS }, "" },
	{ "no row, a user of another database", "ldap-user", 0,
		{ NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS }, "" },
	{ "no row, and nobody knows the name", "zaphod", 0,
		{ DECOY, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS }, "" },
	{ "directory absent, hcauth's user", "jdoe", ENXIO,
		{ NO_INFO, NO_INFO, NO_INFO, NO_INFO, NO_INFO }, "" },
	{ "directory absent, root", "root", ENXIO,
		{ NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS }, "" },
	{ "directory absent, a local person with a hash", "admin", ENXIO,
		{ NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS }, "" },
	{ "directory absent, a local person whose hash is locked", "anna", ENXIO,
		{ NOT_OURS, NO_INFO, NOT_OURS, NOT_OURS, NO_INFO }, "" },
	{ "directory absent, a local person whose hash is a star", "carl", ENXIO,
		{ NOT_OURS, NO_INFO, NOT_OURS, NOT_OURS, NO_INFO }, "" },
	{ "directory absent, a local person without a line in shadow", "bob", ENXIO,
		{ NOT_OURS, NO_INFO, NOT_OURS, NOT_OURS, NO_INFO }, "" },
	{ "directory absent, a user of another database", "ldap-user", ENXIO,
		{ NO_INFO, NO_INFO, NO_INFO, NO_INFO, NO_INFO }, "" },
	{ "directory absent, nobody knows the name", "zaphod", ENXIO,
		{ NO_INFO, NO_INFO, NO_INFO, NO_INFO, NO_INFO }, "" },
	{ "directory damaged, hcauth's user", "jdoe", EBADMSG,
		{ NO_INFO, NO_INFO, NO_INFO, NO_INFO, NO_INFO }, "" },
	{ "directory damaged, root", "root", EBADMSG,
		{ NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS }, "" },
	{ "directory damaged, a local person with a hash", "admin", EBADMSG,
		{ NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS, NOT_OURS }, "" },
	{ "directory damaged, a local person whose hash is locked", "anna", EBADMSG,
		{ NOT_OURS, NO_INFO, NOT_OURS, NOT_OURS, NO_INFO }, "" },
	{ "directory damaged, nobody knows the name", "zaphod", EBADMSG,
		{ NO_INFO, NO_INFO, NO_INFO, NO_INFO, NO_INFO }, "" },
	{ "directory closed to the module, hcauth's user", "jdoe", EACCES,
		{ NO_INFO, NO_INFO, NO_INFO, NO_INFO, NO_INFO }, "" },
};

#define REFUSALS                                                                                   \
	{                                                                                          \
		"AUTH_ERR", "PERM_DENIED", "SESSION_ERR", "SESSION_ERR", "AUTHTOK_ERR"             \
	}
#define ALL(code)                                                                                  \
	{                                                                                          \
		code, code, code, code, code                                                       \
	}
#define ONLY_OUT                                                                                   \
	{                                                                                          \
		"AUTH_ERR", "PERM_DENIED", "SESSION_ERR", "SUCCESS", "SUCCESS"                     \
	}

static const struct state {
	const char *what;
	enum listener listener;
	const char *script;
	const char *person[PHASES], *misfit[PHASES], *decoy;
} states[STATES] = {
	{ "no socket", LISTEN_ROOT, NULL, ALL(NO_INFO), ALL(NO_INFO), NO_INFO },
	{ "nobody listens", LISTEN_NOBODY, "", ALL(NO_INFO), ALL(NO_INFO), NO_INFO },
	{ "not root's socket", LISTEN_STRANGER, "V granted right", ALL(NO_INFO), ALL(NO_INFO),
		NO_INFO },
	{ "hangs up at once", LISTEN_ROOT, "H", REFUSALS, REFUSALS, "AUTH_ERR" },
	{ "hangs up later", LISTEN_ROOT, "w\nH", REFUSALS, REFUSALS, "AUTH_ERR" },
	{ "stalls", LISTEN_ROOT, "S", ALL(NO_INFO), ALL(NO_INFO), NO_INFO },
	{ "stalls after a sign of life", LISTEN_ROOT, "w\nS", ALL(NO_INFO), ALL(NO_INFO), NO_INFO },
	{ "sends an empty packet", LISTEN_ROOT, "Z\nV granted right", REFUSALS, REFUSALS,
		"AUTH_ERR" },
	{ "speaks something else", LISTEN_ROOT, "G\nV granted right", ALL(NO_INFO), ALL(NO_INFO),
		NO_INFO },
	{ "sends too long a packet", LISTEN_ROOT, "L\nV granted right", ALL(NO_INFO), ALL(NO_INFO),
		NO_INFO },
	{ "REFUSED", LISTEN_ROOT, "V refused right", REFUSALS, REFUSALS, "AUTH_ERR" },
	{ "UNKNOWN", LISTEN_ROOT, "V unknown nobody", REFUSALS, REFUSALS, "AUTH_ERR" },
	{ "DISABLED", LISTEN_ROOT, "V disabled right", ALL("ACCT_EXPIRED"), ALL("ACCT_EXPIRED"),
		"AUTH_ERR" },
	{ "UNAVAILABLE", LISTEN_ROOT, "V unavailable nobody", ALL(NO_INFO), ALL(NO_INFO), NO_INFO },
	{ "GRANTED", LISTEN_ROOT, "V granted right", ALL("SUCCESS"), ONLY_OUT, "AUTH_ERR" },
	{ "GRANTED, another uid", LISTEN_ROOT, "V granted other-uid", ONLY_OUT, ONLY_OUT,
		"AUTH_ERR" },
	{ "GRANTED, another user", LISTEN_ROOT, "V granted other-user", ONLY_OUT, ONLY_OUT,
		"AUTH_ERR" },
	{ "GRANTED, uid 0", LISTEN_ROOT, "V granted root", ONLY_OUT, ONLY_OUT, "AUTH_ERR" },
	{ "GRANTED, no uid", LISTEN_ROOT, "V granted nobody", ONLY_OUT, ONLY_OUT, "AUTH_ERR" },
};

static int run_phase(pam_handle_t *pamh, size_t phase)
{
	switch (phase) {
	case 0: return pam_authenticate(pamh, 0);
	case 1: return pam_acct_mgmt(pamh, 0);
	case 2: return pam_open_session(pamh, 0);
	case 3: return pam_close_session(pamh, 0);
	}
	return pam_chauthtok(pamh, 0);
}

static const char *expected(const struct who *w, const struct state *s, size_t phase)
{
	const char *c = w->code[phase];

	if (strcmp(c, PERSON) == 0)
		return s->person[phase];
	if (strcmp(c, MISFIT) == 0)
		return s->misfit[phase];
	return strcmp(c, DECOY) == 0 ? s->decoy : c;
}

static int cells, failed;

static void report(bool ok, const char *name)
{
	failed += !ok;
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++cells, name);
}

static void run_cell(const struct who *w, const struct state *s, size_t phase)
{
	struct person nobody = { .n = 0 };
	pam_handle_t *pamh = rig_start(w->name, w->arguments, &nobody);
	const char *want = expected(w, s, phase);
	const char *got = rig_code(run_phase(pamh, phase));
	char name[256];

	if (strcmp(want, got) != 0)
		printf("# %s instead of %s\n", got, want);
	snprintf(name, sizeof name, "%s | %s | %s | %s", phases[phase], w->what, s->what, want);
	report(strcmp(want, got) == 0, name);
	pam_end(pamh, 0);
}

static void run_state(const struct state *s)
{
	if (s->script)
		rig_daemon(s->listener, &s->script, 1);
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		rig_world(people[i].directory);
		for (size_t phase = 0; phase < PHASES; phase++)
			run_cell(&people[i], s, phase);
	}
	rig_daemon_stop();
}

static void print_codes(FILE *out, const char *const *codes)
{
	for (size_t i = 0; i < PHASES; i++)
		fprintf(out, " %s |", codes[i]);
	fprintf(out, "\n");
}

static void print_head(FILE *out, const char *title, const char *what)
{
	fprintf(out, "\n## %s\n\n| %s |", title, what);
	print_codes(out, phases);
	fprintf(out, "| --- | --- | --- | --- | --- | --- |\n");
}

static void print_doc(FILE *out)
{
	fprintf(out,
		"# What pam_hcauth returns\n\n"
		"Printed by `pam_table --doc`, which runs every cell of it (tests/pam/table.c). Codes are "
		"without\ntheir `PAM_`. `setcred` succeeds always. An argument that the module does not "
		"know is SERVICE_ERR in every phase,\na conversation function that fails is CONV_ERR.\n");
	print_head(out, "Whose name, and the directory", "name");
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		fprintf(out, "| %s |", people[i].what);
		print_codes(out, people[i].code);
	}
	print_head(out, "Where it says daemon", "the daemon");
	for (size_t i = 0; i < STATES; i++) {
		fprintf(out, "| %s |", states[i].what);
		print_codes(out, states[i].person);
	}
	print_head(out, "Where it says daemon, never in", "the daemon");
	for (size_t i = 0; i < STATES; i++) {
		fprintf(out, "| %s |", states[i].what);
		print_codes(out, states[i].misfit);
	}
	fprintf(out, "\n## Where it says decoy\n\n| the daemon | auth |\n| --- | --- |\n");
	for (size_t i = 0; i < STATES; i++)
		fprintf(out, "| %s | %s |\n", states[i].what, states[i].decoy);
}

static bool doc_is_right(void)
{
	static char doc[65536], file[65536];
	FILE *out = fmemopen(doc, sizeof doc, "w");
	FILE *in = fopen(TEST_DOC, "re");

	if (!in || !out)
		err(1, "%s", TEST_DOC);
	print_doc(out);
	fclose(out);
	size_t n = fread(file, 1, sizeof file - 1, in);
	file[n] = 0;
	fclose(in);
	return strcmp(doc, file) == 0;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/hcauth-test-XXXXXX";

	if (argc == 2 && strcmp(argv[1], "--doc") == 0) {
		print_doc(stdout);
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!mkdtemp(folder) || chdir(folder) < 0)
		err(1, "%s", folder);
	for (size_t i = 0; i < STATES; i++)
		run_state(&states[i]);
	report(!failed, "fo01_every_state_of_every_phase_has_its_result");
	report(doc_is_right(), "doc/pam-results.md is this table");
	nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS);
	printf("1..%d\n", cells);
	return failed > 0;
}
