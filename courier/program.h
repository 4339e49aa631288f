/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PROGRAM_H
#define HCAUTH_PROGRAM_H

#include <stddef.h>

enum { SAID_MAX = 512 };

/* What became of a program: its exit status, or one of these. */
enum { PROGRAM_FAILED = -1, PROGRAM_KILLED = -2, PROGRAM_TIMED_OUT = -3 };

/* Runs argv[0] (a full path) with text on its standard input, an environment of PATH and HOME alone, and a
 * process group of its own, which is killed if it has not ended after so many milliseconds, and is waited for no
 * longer. said gets the end of what it printed, on either channel. */
int program_run(const char *const argv[], const char *text, int milliseconds, char said[SAID_MAX]);

#endif
