/* SPDX-License-Identifier: Apache-2.0 */
#include "pam_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"

void plant_bytes(const char *root, const char *path, const void *bytes, size_t len)
{
	char full[PATH_MAX];

	CHECK(snprintf(full, sizeof full, "%s%s", root, path) < (int)sizeof full);
	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		CHECK(mkdir(full, 0755) == 0 || errno == EEXIST);
	}
	FILE *f = fopen(full, "w");
	CHECK(f != NULL);
	CHECK_INT(fwrite(bytes, 1, len, f), len);
	CHECK_INT(fclose(f), 0);
}

void plant(const char *root, const char *path, const char *text)
{
	plant_bytes(root, path, text, strlen(text));
}
