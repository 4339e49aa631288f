/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_GUARD_H
#define HCAUTH_GUARD_H

#include <stdint.h>

struct store;

/* Notices a whole database put back: the last store_serial() seen, kept in a folder of its own (0700, of
 * the daemon's user; -EPERM else), so that whoever restores the one doesn't restore the other. */

/* Before a conversation. 0, or -ESTALE when the guard has seen a later serial than the store's, which is
 * read after the guard: others go on committing. Makes the guard when there is none: the first start.
 * -EUCLEAN when what stands there is no guard; both are refused until root accepts. */
int guard_check(const char *folder, struct store *s);

/* After a commit. Writes at most once a second; what a put-back can hide is that second. */
int guard_note(const char *folder, uint64_t serial);

/* Root's word that this database is the one: sets the guard, whatever it says now, and leaves it to the
 * folder's owner. */
int guard_accept(const char *folder, uint64_t serial);

#endif
