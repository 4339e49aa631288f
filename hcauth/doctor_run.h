/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_DOCTOR_RUN_H
#define HCAUTH_DOCTOR_RUN_H

#include <stdbool.h>

/* Runs a program that says what is in force, for ten seconds at most and in an empty environment. What it has written, on
 * stderr as well if both, to be freed; NULL: it could not be run, or has written more than 256 KiB. *status: its exit
 * status, 255 if it was ended. */
char *run_program(const char *const *argv, bool both, int *status);

#endif
