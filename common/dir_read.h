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
 *	                m NAME          the gids of the groups that user NAME is a member of: every u has one
 *	                e INDEX         the name of the INDEXth user to list (0, 1, 2 …; only if listing is on)
 *	                f INDEX         the name of the INDEXth group to list
 *	                v               the directory's generation
 *	private.cdb     n NAME          the user that a sign-in name (e-mail address, user ID) stands for
 *	                k NAME          the ssh keys of user NAME, if they may sign in: the same key tells that
 *	                                two users are one person's
 *	                v               the directory's generation
 *
 * Rows are fields of codec.h. A row begins with the key that it answers, ends with a sum over itself,
 * and is refused when either is not right: a damaged file is a miss or an error, never somebody else.
 * Unknown tags are passed over: a long-lived program may hold a module older than the file. */

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
	DIR_KEYS = 'k',
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
	DIR_T_KEYS = 12, /* list of texts: "TYPE BASE64" */
	DIR_T_SUM = 255, /* u32: cdb's hash of the row's bytes before this field. Always the last */
};

enum dir_flag {
	DIR_EXISTING = 1, /* the machine's own user: the rest stands in /etc/passwd */
	DIR_SHARED = 2, /* a marker: the name is ours but stands for nobody by itself */
};

enum {
	DIR_ROW_MAX = 65536,
	DIR_GIDS_MAX = 1000, /* of a member row: it is read into 4 KiB of a stranger's stack */
};

/* Copies the row of (kind, key), without its sum, from the file at path into buf. 0 and *len; -ENOENT
 * when there is no such row, -ENXIO when there is no such file; -ERANGE when buf is too small (a row is
 * asked for with room for its sum, 7 bytes); -EBADMSG when the file is damaged or the row answers another
 * key; else -errno of open. No allocation, no lock, no state. */
int dir_find(
	const char *path, enum dir_kind kind, const char *key, void *buf, size_t size, size_t *len);

struct reader;

struct dir_user {
	const char *name, *gecos, *home, *shell;
	uint32_t uid, gid;
	uint8_t flags;
};

/* A user's row, in place: the texts point into row. -EBADMSG when damaged, when uid or gid is below
 * UID_FLOOR or nobody's, or when a text can't stand in a passwd line. What a row does not have is "" or
 * UINT32_MAX: all but the flags of a marker (DIR_SHARED), all but name and uid of a DIR_EXISTING row. */
int dir_user(const void *row, size_t len, struct dir_user *out);

struct dir_group {
	const char *name;
	uint32_t gid;
	const uint8_t *members; /* members_len bytes of texts: reader_of(), next_text() */
	size_t members_len;
};

int dir_group(const void *row, size_t len, struct dir_group *out);

/* A member row: the ith gid is dir_gid(*gids, i), i < *n. -EBADMSG when damaged, when there are more than
 * DIR_GIDS_MAX, or when one of them is below UID_FLOOR or nobody's. */
int dir_gids(const void *row, size_t len, const uint8_t **gids, size_t *n);
uint32_t dir_gid(const uint8_t *gids, size_t i);

/* A row of ssh keys: next_text() of *out. -EBADMSG when damaged, or one could not stand in a line. */
int dir_keys(const void *row, size_t len, struct reader *out);

/* The name in a row of a list; NULL when damaged. */
const char *dir_listed(const void *row, size_t len);

/* Finds a person's row by any name: the public file by system user name, then the private one by normal
 * form. Results as dir_find() and dir_user(); -ENOENT also for a caller who may not read the private
 * file, and for what can't be a name. */
int dir_find_user(const char *name, void *buf, size_t size, struct dir_user *out);

/* The same in the private file alone. */
int dir_find_sign_in(const char *name, void *buf, size_t size, struct dir_user *out);

#endif
