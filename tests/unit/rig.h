/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RIG_H
#define HCAUTH_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What tests of the store share: places, children, and calls that fail when a test wants them to. */

/* A path below the case's folder; sixteen of them are good at a time. */
const char *in_folder(const char *name);

/* Makes a folder (0700) below the case's own, and a store in it unless bare. Its path. */
const char *store_folder(bool bare);

/* Runs fn(arg) in a process of its own; its wait status. */
int in_child(int (*fn)(void *), void *arg);
pid_t child_begin(int (*fn)(void *), void *arg);
int child_end(pid_t pid);

void file_write(const char *path, const void *p, size_t n, mode_t mode);

/* Mounts a tmpfs of that size on path, seen by this process and its children alone. */
void small_disk(const char *path, const char *size);

extern size_t rig_map; /* bytes of LMDB's map; 0: what the code asks for */
extern int rig_sync_fails; /* fdatasync fails with EIO, so many times */
extern int rig_syncs; /* fdatasync calls */
extern long rig_timer_us; /* what the next setitimer of 10 s is made; 0: 10 s */

#endif
