/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_DIR_WRITE_H
#define HCAUTH_DIR_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dir_read.h"

/* Writes the directory (dir_read.h): begin, add everything, finish.
 *
 *	dir_write_begin(HC_DIRECTORY_DIR, conf.list_users, &w)
 *	store_read(...): dir_add_user(w, …) and so on, and the generation
 *	dir_write_finish(w, generation)
 *
 * All return 0 or -errno. An entry that can't be published is left out whole, with -EINVAL (dir_read.h
 * would refuse it), -EEXIST (its name or id is taken) or -E2BIG (more than DIR_GIDS_MAX groups), and the
 * caller goes on or gives up; any other error sticks, and finish then returns it. Until finish has
 * returned 0, the live files are those of before, but that the private one may be newer. */

struct dir_writer;

/* Waits until no other writer is at work in folder. Call it before the store is read: of two that
 * publish at once the later reads the newer state, so the newest commit always wins. */
int dir_write_begin(const char *folder, bool list, struct dir_writer **out);

/* A system user: its row by name and by uid, the gids of its groups, and its place in the list. */
int dir_add_user(struct dir_writer *w, const struct dir_user *u, const uint32_t *gids, size_t n);

/* Members that don't fit a row (65,000 bytes of names) are left out of the group's list, not of the
 * group: what a login gets comes from dir_add_user(). dir_write_unlisted() says how many there were. */
int dir_add_group(struct dir_writer *w, const struct dir_group *g);
size_t dir_write_unlisted(const struct dir_writer *w);

/* The ssh keys of a system user: texts, each with its NUL. */
int dir_add_keys(struct dir_writer *w, const char *user, const void *texts, size_t len);

/* A sign-in name in normal form and the user that it stands for; NULL when two people share it. */
int dir_add_name(struct dir_writer *w, const char *name, const struct dir_user *u);

/* Makes what was added the directory, durably, and frees w. */
int dir_write_finish(struct dir_writer *w, uint64_t generation);

/* Frees w and leaves the directory as it was. */
void dir_write_drop(struct dir_writer *w);

/* The generation of a published file. -ENXIO when there is none. */
int dir_generation(const char *path, uint64_t *out);

#endif
