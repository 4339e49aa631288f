/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "codec.h"
#include "store.h"

void number_key(uint64_t number, uint8_t out[NUMBER_KEY])
{
	number_put(out, number, NUMBER_KEY);
}

int txn_next_number(struct txn *t, enum table table, uint64_t *number, struct bytes *value)
{
	struct key at = { .len = NUMBER_KEY };

	number_key(*number, at.bytes);
	int r = txn_next(t, table, "", 0, &at, value);
	if (r < 0)
		return r;
	if (at.len != NUMBER_KEY)
		return -EUCLEAN;
	*number = number_get(at.bytes, NUMBER_KEY);
	return 0;
}
