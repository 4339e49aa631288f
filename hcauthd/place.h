/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PLACE_H
#define HCAUTH_PLACE_H

#include <sys/types.h>

/* Folders and files that belong to one user alone: nobody else may have put them there, read them or
 * changed them. Descriptors are close-on-exec; functions return one, or -errno. */

/* The folder at path: not a symbolic link, of owner's, mode 0700. -EPERM else. */
int place_folder(const char *path, uid_t owner);

/* The file in folder (AT_FDCWD: by path): not a symbolic link, regular, of owner's, mode 0600. -EPERM
 * else. access: O_RDONLY or O_RDWR. */
int place_file(int folder, const char *name, int access, uid_t owner);

/* Writes all of it. 0 or -errno. */
int place_write(int fd, const void *p, size_t n);

/* Makes the file, empty, mode 0600 whatever the umask, and opens it O_RDWR. -EEXIST. */
int place_new(int folder, const char *name);

#endif
