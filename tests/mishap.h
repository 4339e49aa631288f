/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_MISHAP_H
#define HCAUTH_MISHAP_H

#include <stdbool.h>

/* What happens to a process that is about to change something. */
enum mishap { KILLED, FAILING };

/* Runs the command (words: argv; input: a file) with a mishap at the nth call by which it, or what it
 * starts, changes something. False when it ended before; else *end is how it ended. What it said is in
 * first.out. */
bool run_until(const char *command, const char *const *words, const char *input, int n,
	enum mishap mishap, int *end);

#endif
