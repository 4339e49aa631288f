/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_FUZZ_INSIDE_STEP_H
#define HCAUTH_FUZZ_INSIDE_STEP_H

/* Between the files of inside.h. */

struct conv;
struct now;
struct store;
struct MDB_txn;

/* What hcauth-talk's main program does after its start, at that time. */
void talk_hold(struct conv *c, const struct now *now);

/* The next process may write. */
void store_mend(struct store *s);
/* An input's transaction. */
int store_begin_whole(struct store *s, struct MDB_txn **out);

/* What is static of hcauth's own stands between: first.c, last.c. */
extern char fuzz_data_first[], fuzz_data_last[], fuzz_bss_first[], fuzz_bss_last[];

#endif
