/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CHILD_H
#define HCAUTH_CHILD_H

/* Runs another program at this terminal, by its whole path, with nothing of the caller's environment, and waits for
 * its end. Its exit status; -1 with a complaint when it has none. */
int child_run(const char *const *argv);

#endif
