/* SPDX-License-Identifier: Apache-2.0 */
/* What the cases of pam_hcauth share. */
#include "cases.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

volatile struct seen *seen;
const char *const right[2] = { PASSWORD, "123456" };

void begin(const char *script)
{
	CHECK(chdir(test_folder()) == 0 && chmod(".", 0711) == 0);
	rig_world(0);
	seen = rig_daemon(LISTEN_ROOT, &script, 1);
}

int sign_in(const char *user, const char *arguments, struct person *p)
{
	pam_handle_t *pamh = rig_start(user, arguments, p);
	int r = pam_authenticate(pamh, 0);

	pam_end(pamh, r);
	return r;
}

struct person with(const char *const *answers, size_t n)
{
	return (struct person){ .answers = answers, .n = n };
}

const char *left(const char *file)
{
	static char text[1024];
	FILE *f = fopen(file, "re");

	if (!f)
		return "(none)";
	text[fread(text, 1, sizeof text - 1, f)] = 0;
	fclose(f);
	return text;
}

void preset(const char *text)
{
	FILE *f = fopen("preset", "we");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

const char *user_of(pam_handle_t *pamh)
{
	const void *v = NULL;

	CHECK(pam_get_item(pamh, PAM_USER, &v) == PAM_SUCCESS);
	return v;
}

size_t open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	CHECK(d != NULL);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}
