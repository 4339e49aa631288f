/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for the directory and for NSS in the copy of pam_hcauth that the tests load (it is compiled
 * with dir_find_user and getpwnam_r renamed to these). Both read small files in the working folder:
 *	directory	first line: a number, 0 or the errno that each look-up ends with; then NAME USER UID FLAGS
 *	nss		NAME USER UID
 * How long the module waits for a packet is the daemon's to say (fake_daemon.c): for one that stalls a moment, else
 * longer than any machine is busy. */
#include "fake_system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The line of the file that begins with name: its second word into user (32 bytes), the rest to *rest. */
static bool find_line(const char *file, const char *name, char *line, size_t size, char **words)
{
	FILE *f = fopen(file, "re");
	bool found = false;

	while (f && !found && fgets(line, (int)size, f)) {
		char *save;

		line[strcspn(line, "\n")] = 0;
		words[0] = strtok_r(line, " ", &save);
		for (int i = 1; i < 4; i++)
			words[i] = strtok_r(NULL, " ", &save);
		found = words[2] && strcmp(words[0], name) == 0;
	}
	if (f)
		fclose(f);
	return found;
}

static int directory_state(void)
{
	FILE *f = fopen("directory", "re");
	char line[64] = "5";

	if (!f)
		return -EIO;
	if (!fgets(line, sizeof line, f))
		line[0] = '5';
	fclose(f);
	return -atoi(line);
}

int fake_find_user(const char *name, void *buf, size_t size, struct dir_user *out)
{
	char *words[4];
	int r = directory_state();

	if (r != 0)
		return r;
	if (!find_line("directory", name, buf, size, words) || !words[3])
		return -ENOENT;
	*out = (struct dir_user){ .name = words[1],
		.gecos = "",
		.home = "",
		.shell = "",
		.uid = (uint32_t)strtoul(words[2], NULL, 10),
		.gid = UINT32_MAX,
		.flags = (uint8_t)atoi(words[3]) };
	return 0;
}

int64_t fake_patience_ms(void)
{
	return access(FAKE_STALLS, F_OK) == 0 ? 150 : 60000;
}

int fake_getpwnam_r(
	const char *name, struct passwd *user, char *buf, size_t size, struct passwd **found)
{
	char *words[4];

	*found = NULL;
	if (!find_line("nss", name, buf, size, words))
		return 0;
	*user = (struct passwd){ .pw_name = words[1],
		.pw_uid = (uid_t)strtoul(words[2], NULL, 10) };
	*found = user;
	return 0;
}
