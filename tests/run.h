/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RUN_H
#define HCAUTH_RUN_H

#include <stdio.h>
#include <sys/types.h>

/* Runs a program of the build folder in the test's own folder, with text as its standard input. */
struct outcome {
	int status; /* -1 when a signal ended it */
	char out[16384], err[16384];
};

/* Enters the test's folder, open to the daemon's user; ends the case, with a remark, unless root runs it. */
void in_folder_as_root(void);

/* program is a path below the build folder. uid: who runs it. */
struct outcome run_as(uid_t uid, const char *input, const char *program, const char *const *words);

/* A path of the build folder, for exec. Of unit itself when name is "". */
void built(const char *name, char out[4096]);

#endif
