/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CHILD_H
#define HCAUTH_CHILD_H

#include <stddef.h>

/* Other programs, run by root's hands: by whole paths, with nothing of the caller's environment. */

/* Runs argv, and waits for its end. Its exit status; -1 with a complaint when it has none. */
int child_run(const char *const *argv);

/* The same; what it writes to standard output goes to out, with a NUL behind it, and is cut to size. */
int child_output(const char *const *argv, char *out, size_t size);

/* The same of standard error. */
int child_errors(const char *const *argv, char *out, size_t size);

#endif
