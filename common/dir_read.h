/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_DIR_READ_H
#define HCAUTH_DIR_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The directory: two published files in cdb form (D. J. Bernstein's constant database), from which NSS,
 * pam_hcauth and the listener answer without the daemon. A key is a kind (one letter) and a text:
 *
 *	file            key             row
 *	public.cdb      u NAME          a user
 *	                i UID           the same user, by decimal uid
 *	                g NAME          a group
 *	                j GID           the same group, by decimal gid
 *	                m NAME          the gids of the groups that user NAME is a member of
 *	                e INDEX         the name of the INDEXth user to list (0, 1, 2 …; only if listing is on)
 *	                f INDEX         the name of the INDEXth group to list
 *	                v               the directory's generation
 *	private.cdb     n NAME          the user that a sign-in name (e-mail address, user ID) stands for
 *	                v               the directory's generation
 *
 * Rows are fields of codec.h. A row begins with the key that it answers, and is refused when that is not
 * the one asked for. */

enum dir_kind {
	DIR_USER = 'u',
	DIR_UID = 'i',
	DIR_GROUP = 'g',
	DIR_GID = 'j',
	DIR_MEMBER = 'm',
	DIR_LIST_USER = 'e',
	DIR_LIST_GROUP = 'f',
	DIR_GENERATION = 'v',
	DIR_NAME = 'n',
};

/* Field tags of a row. */
enum dir_tag {
	DIR_T_KEY = 1, /* text: kind and key */
	DIR_T_NAME = 2, /* text: pw_name or gr_name */
	DIR_T_UID = 3, /* u32 */
	DIR_T_GID = 4, /* u32 */
	DIR_T_GECOS = 5, /* text */
	DIR_T_HOME = 6, /* text */
	DIR_T_SHELL = 7, /* text */
	DIR_T_FLAGS = 8, /* u8: enum dir_flag */
	DIR_T_MEMBERS = 9, /* list of texts */
	DIR_T_GIDS = 10, /* bytes: 4 each, network order */
	DIR_T_GENERATION = 11, /* u64 */
};

enum dir_flag {
	DIR_EXISTING = 1, /* the machine's own user: the rest stands in /etc/passwd */
	DIR_SHARED = 2, /* a marker: the name is ours but stands for nobody by itself */
};

enum { DIR_ROW_MAX = 65536 };

/* Copies the row of (kind, key) from the file at path into buf. 0 and *len; -ENOENT when there is no
 * such row; -ERANGE when buf is too small; -EBADMSG when the file is damaged or the row answers another
 * key; else -errno of open. No allocation, no lock, no state. */
int dir_find(
	const char *path, enum dir_kind kind, const char *key, void *buf, size_t size, size_t *len);

struct dir_user {
	const char *name, *gecos, *home, *shell;
	uint32_t uid, gid;
	uint8_t flags;
};

/* A user's row, in place: the texts point into row. -EBADMSG when damaged, or when uid or gid is below
 * UID_FLOOR (a marker row, DIR_SHARED, has neither and is returned with uid UINT32_MAX). */
int dir_user(const void *row, size_t len, struct dir_user *out);

struct dir_group {
	const char *name;
	uint32_t gid;
	const uint8_t *members; /* members_len bytes of texts: reader_of(), next_text() */
	size_t members_len;
};

int dir_group(const void *row, size_t len, struct dir_group *out);

/* Finds a person's row by any name: the public file by system user name, then the private one by normal
 * form. Results as dir_find() and dir_user(); -ENOENT also for a caller who may not read the private
 * file, and for what can't be a name. */
int dir_find_user(const char *name, void *buf, size_t size, struct dir_user *out);

#endif
