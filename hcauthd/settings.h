/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SETTINGS_H
#define HCAUTH_SETTINGS_H

/* The settings as the listener has them: bytes that it never looks into. */

/* Copies the file into memory that nobody can change any more. A descriptor, or -1 after logging why. */
int settings_load(const char *file);

#endif
