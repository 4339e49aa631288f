/* SPDX-License-Identifier: Apache-2.0 */
/* A PAM module for the tests: before pam_hcauth ("set") it leaves what the file "preset" holds as the
 * password of an earlier module, after it ("note") it writes what pam_hcauth has left behind to the files
 * "authtok" and "oldauthtok": an application can do neither. Whose password it is told to change is in
 * "updated". */
#include <security/pam_modules.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static void set(pam_handle_t *pamh, int which)
{
	char text[16384];
	FILE *f = fopen("preset", "re");
	size_t n;

	if (!f)
		return;
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = 0;
	fclose(f);
	pam_set_item(pamh, which, text);
}

static void note(pam_handle_t *pamh, int which, const char *path)
{
	const void *v = NULL;

	(void)unlink(path); /* absent is how an unset item reads */
	if (pam_get_item(pamh, which, &v) != PAM_SUCCESS || !v)
		return;

	FILE *f = fopen(path, "we");
	if (f) {
		fputs(v, f);
		fclose(f);
	}
}

static int probe(pam_handle_t *pamh, int which, int argc, const char **argv)
{
	if (argc == 1 && strcmp(argv[0], "set") == 0)
		set(pamh, which);
	if (argc == 1 && strcmp(argv[0], "note") == 0) {
		note(pamh, PAM_AUTHTOK, "authtok");
		note(pamh, PAM_OLDAUTHTOK, "oldauthtok");
	}
	return PAM_IGNORE;
}

EXPORT int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return probe(pamh, PAM_AUTHTOK, argc, argv);
}

EXPORT int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	if (flags & PAM_UPDATE_AUTHTOK)
		note(pamh, PAM_USER, "updated");
	return probe(pamh, PAM_OLDAUTHTOK, argc, argv);
}

EXPORT int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_IGNORE;
}
