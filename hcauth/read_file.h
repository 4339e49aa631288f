/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_READ_FILE_H
#define HCAUTH_READ_FILE_H

#include <stddef.h>

/* All of the plain file root/path (root "": the machine's own), with a NUL behind it, to be freed; NULL and errno:
 * EINVAL if it is none, EFBIG beyond max. Waits for nobody: a fifo or a terminal in its place is refused. */
char *read_file(const char *root, const char *path, size_t max, size_t *len);

#endif
