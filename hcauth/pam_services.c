/* SPDX-License-Identifier: Apache-2.0 */
/* Which services PAM has files for. What must hold: none that a program may name is left out, but for the copies that
 * editors and packages leave behind. */
#include "pam_stack.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVICES_MAX = 1024 };

/* Copies: no program calls itself that. */
static bool left_behind(const char *name)
{
	static const char *const marks[] = { ".dpkg-", ".ucf-", ".rpmnew", ".rpmsave", ".rpmorig",
		".pacnew", ".pacsave", ".hcauth-" };
	size_t len = strlen(name);

	if (name[0] == '.' || name[0] == '#' || name[len - 1] == '~')
		return true;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (strstr(name, marks[i]))
			return true;
	return false;
}

static bool has(char **names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool add_folder(const char *path, char **names, size_t *n)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d)
		return false;
	while (*n < SERVICES_MAX && (e = readdir(d))) {
		if (left_behind(e->d_name) || has(names, *n, e->d_name))
			continue;
		names[*n] = strdup(e->d_name);
		if (!names[*n])
			break;
		++*n;
	}
	closedir(d);
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **pam_services(const char *root)
{
	char **names = calloc(SERVICES_MAX + 1, sizeof *names);
	char path[PATH_MAX];
	bool any = false;
	size_t n = 0;

	for (size_t i = 0; names && i < PAM_FOLDERS; i++)
		if (snprintf(path, sizeof path, "%s%s", root, pam_folders[i]) < (int)sizeof path)
			any |= add_folder(path, names, &n);
	if (!names || !any) {
		free(names);
		return NULL;
	}
	qsort(names, n, sizeof *names, by_name);
	return names;
}

void pam_services_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}
