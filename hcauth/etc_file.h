/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ETC_FILE_H
#define HCAUTH_ETC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* The administrator's own files, changed by root's hands. Functions that return bool have complained when it is
 * false, unless they say otherwise. */

struct etc_file {
	const char *path;
	bool there;
	char *bytes; /* to be freed; NULL when it is not there */
	size_t len;
	struct stat st; /* as it was read */
	uid_t uid; /* as it is to be written */
	gid_t gid;
	mode_t mode;
};

/* Reads a file that may be replaced: plain, no link, with one name, root's. One that is not there is no
 * complaint. */
bool etc_read(const char *path, struct etc_file *f);
void etc_drop(struct etc_file *f);

/* Puts bytes in its place, whole or not at all, with its owner and mode (root's and 0644 where there was none), and
 * reads it again; refused when somebody has changed it since it was read. */
bool etc_write(struct etc_file *f, const char *bytes, size_t len);

/* Removes what a run that was killed has left beside it. */
void etc_clean(const char *path);

/* Removes a file; true also when there is none. */
bool etc_remove(const char *path);

/* Makes a folder's changes durable. */
bool etc_flush_folder(const char *path);

#endif
