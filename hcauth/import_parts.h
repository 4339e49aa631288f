/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_IMPORT_PARTS_H
#define HCAUTH_IMPORT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Files that root reads for the daemon, which can't: gathered in memory that has no name, as parts (a line
 * "NAME LENGTH", then LENGTH bytes). */

struct parts {
	int fd;
	size_t len;
	bool bad; /* something was wrong, and has been complained about */
};

struct parts parts_new(void); /* bad, if there is no memory */

/* One more: text, of the user of ("-": of many). */
void parts_add(struct parts *p, const char *of, const char *text, size_t len);

/* What a file must be, looked at when it is open. */
struct file_rule {
	uid_t owner; /* or root's; (uid_t)-1: anybody's */
	mode_t not ; /* bits that its mode must not have */
	size_t most; /* bytes */
};

/* Reads the file at path below the folder dir (AT_FDCWD: as it stands). The last part of path is no symbolic
 * link where rule has an owner. 1; 0: there is none such (ENOENT); -1: it was complained about as shown. */
int file_read(int dir, const char *path, const char *shown, const struct file_rule *rule,
	char **text, size_t *len);
void file_free(char *text, size_t len);

/* A file of root's choice: as one part. */
void parts_add_file(
	struct parts *p, const char *of, const char *path, const struct file_rule *rule);

/* Says the words to the daemon with what was gathered, and closes it. */
int parts_send(struct parts *p, const char *const *words, size_t n, const char *letter);

#endif
