/* SPDX-License-Identifier: Apache-2.0 */
/* The store itself, and how another process would find it. */
#include "inside_step.h"
#include "store/store_lmdb.c" /* NOLINT */

void store_mend(struct store *s)
{
	s->broken = false;
	s->committed = NULL;
}

int store_begin_whole(struct store *s, struct MDB_txn **out)
{
	return error_of(mdb_txn_begin(s->env, NULL, 0, out));
}
