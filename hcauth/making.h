/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_MAKING_H
#define HCAUTH_MAKING_H

#include <stdbool.h>
#include <stddef.h>

#include "setup.h"

/* What the commands share that make or change keys and databases: only root, one at a time. */

enum { MAKING_FOLDERS = 4 };

struct making {
	struct owner daemon;
	size_t made; /* how many folders this run made */
	struct {
		const char *path;
		bool daemons; /* nobody but the daemon puts files there */
	} folder[MAKING_FOLDERS];
	int lock;
};

/* STATUS_DONE for root */
int am_root(void);
/* The same, and for a command of one word. */
int only_root(const char *what, size_t n);

/* The lock that all of them take, as a descriptor; or -1 with errno, which is EWOULDBLOCK while another has it. */
int lock_state(void);

/* Finds the daemon's user, makes the settings' and the state's folder, and takes the lock. False with a
 * complaint; making_end() is called either way. */
bool making_begin(struct making *m);

/* And the guard's and the directory's. */
bool making_folders(struct making *m);

/* What is under the names that nothing else looks at: key and database. */
bool drop_unfinished(void);

/* Lets the lock go. Unless done, the folders that this run made go too. */
void making_end(struct making *m, bool done);

/* All is done: a message that can't be shown changes nothing of it. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
