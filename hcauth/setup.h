/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SETUP_H
#define HCAUTH_SETUP_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* What setting up does to files. Functions that return bool have complained when it is false. */

struct owner {
	uid_t uid;
	gid_t gid;
};

/* The daemon's user, from the machine's own file. */
bool owner_of_daemon(struct owner *out);

/* Makes a folder of that owner and mode, whole or not at all; *made says whether it did. One that is
 * there already must have both. */
bool folder_make(const char *path, const struct owner *who, mode_t mode, bool *made);

/* Removes a folder of plain files. True also when there is none. */
bool folder_drop(const char *path);

/* Whether something is at path; a folder: whether something is in it. */
bool is_there(const char *path);
bool folder_has_files(const char *path);

/* Writes a new random key, durably: to an open file, which becomes that owner's, or to a new one. */
bool key_write(int fd, const struct owner *who);
bool key_make(const char *path, const struct owner *who);

/* A name beside path that is free: path.old1 and so on. */
bool old_name(const char *path, char out[PATH_MAX]);

bool same_file(const char *a, const char *b);

/* Moves the folder from over one that is not there, or empty; durably. *placed says whether it was moved, even if
 * that is not known to be durable. */
bool store_place(const char *from, const char *to, bool *placed);

/* Moves the file from to a name that is free, durably. While it has not succeeded, from is there. */
bool key_place(const char *from, const char *to);

/* The folder that path is in, on disk. */
bool flush_parent(const char *path);

/* Descriptors for hcauth-talk (hands.h); -1: none. */
struct talk_fds {
	int keep; /* stays open in it, as long as it lives */
	int in; /* its standard input, in place of ours */
	int backup, key, key_new;
};
static inline struct talk_fds no_fds(void)
{
	return (struct talk_fds){ .keep = -1, .in = -1, .backup = -1, .key = -1, .key_new = -1 };
}

/* Runs hcauth-talk with that option as the daemon's user. Its exit status; STATUS_UNAVAILABLE, with a
 * sentence, when it has none. */
int talk_run(const char *option, const struct owner *who, const struct talk_fds *fds);

#endif
