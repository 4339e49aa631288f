/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LMDB_ENV_H
#define HCAUTH_LMDB_ENV_H

#include <lmdb.h>

/* Between store_lmdb.c and the store's files. */

#define STORE_DATA "data.mdb"

/* LMDB's result as 0 or -errno. */
int error_of(int rc);

/* Opens LMDB's environment with the settings that all processes share. LMDB's result. */
int env_open(MDB_env **env, const char *path, unsigned flags);

/* Sees to it that LMDB's lock file is ours and whole: a hole in it is a SIGBUS on a full disk. data is
 * the open data file. -EBUSY when it has been taken away under somebody who uses it. */
int lock_file_keep(int folder, int data);

/* -EUCLEAN when this is not a store of ours, -ENOTSUP when it is of a newer schema. */
int schema_check(MDB_txn *t, MDB_dbi rows);

/* Fills the reserve up if it is low. -ENOSPC when it is and the disk has no room. */
int reserve_keep(MDB_env *env, MDB_dbi rows, int folder);

/* r, after writing; but -ENOSPC for the -EIO with which LMDB means that it could write but a part. */
int write_error(int folder, int r);

#endif
