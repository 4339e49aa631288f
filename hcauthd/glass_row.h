/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_GLASS_ROW_H
#define HCAUTH_GLASS_ROW_H

#include "glass.h"

/* Between the files of break-glass: what a code has opened for a person. */

struct glass_open {
	enum factor_id lost; /* FACTOR_TOTP: a code of whatever kind */
	char practice[PRACTICE_ID_MAX + 1]; /* whose code it was: for its accounts alone */
	uint64_t until_ms; /* by the boot clock, */
	uint8_t boot[16]; /* of that boot */
	uint8_t basis[32]; /* what was lost, as it stood (glass_basis()) */
};

int glass_save(struct txn *t, const char *practice, const struct glass *v);
void glass_hash(const struct conv *c, const char *practice, const uint8_t token[TOKEN_BYTES],
	uint8_t out[32]);

/* -ENOENT: there is none. */
int glass_open_load(struct txn *t, const struct id *owner, struct glass_open *out);
/* Saves it, and drops those of others that are over. */
int glass_open_save(
	struct txn *t, const struct id *owner, const struct now *now, const struct glass_open *v);

/* What p's factors that the code stands for are now: any that is set up anew, used or reset makes another. */
int glass_basis(struct txn *t, const struct conv *c, const struct person *p, uint32_t bits,
	uint8_t out[32]);

#endif
