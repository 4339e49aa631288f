/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_PAM_FILES_H
#define HCAUTH_TEST_PAM_FILES_H

#include <stddef.h>

/* A machine's files in a folder of the case's own. */

/* Writes root/path, with the folders above it. */
void plant(const char *root, const char *path, const char *text);
void plant_bytes(const char *root, const char *path, const void *bytes, size_t len);

#endif
