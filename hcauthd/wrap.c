/* SPDX-License-Identifier: Apache-2.0 */
/* Where the data key stands wrapped. What must hold: whatever is cut short in "hcauth rekey", the machine
 * key that is in place opens the store, and whoever reads rows and key while they change is not refused. */
#include "wrap.h"

#include <errno.h>
#include <string.h>

#include "store/store.h"

static const char *const row_of[] = { [WRAP_MACHINE] = "wrap.machine",
	[WRAP_NEXT] = "wrap.machine.next",
	[WRAP_RECOVERY] = "wrap.recovery" };

int wrap_get(struct txn *t, enum wrapping which, uint8_t out[WRAP_BYTES])
{
	struct bytes row;
	int r = txn_get(t, TABLE_META, row_of[which], strlen(row_of[which]), &row);

	if (r < 0)
		return r;
	if (row.len != WRAP_BYTES)
		return -EUCLEAN;
	memcpy(out, row.p, WRAP_BYTES);
	return 0;
}

int wrap_put(struct txn *t, enum wrapping which, const uint8_t wrapped[WRAP_BYTES])
{
	return txn_put(t, TABLE_META, row_of[which], strlen(row_of[which]), wrapped, WRAP_BYTES);
}

int wrap_del(struct txn *t, enum wrapping which)
{
	int r = txn_del(t, TABLE_META, row_of[which], strlen(row_of[which]));

	return r == -ENOENT ? 0 : r;
}

int wrap_machine(
	struct txn *t, enum wrapping which, const struct seal *s, const uint8_t key[KEY_BYTES])
{
	uint8_t wrapped[WRAP_BYTES];

	seal_wrap(s, "machine", key, wrapped);
	return wrap_put(t, which, wrapped);
}

struct machine_rows {
	uint8_t now[WRAP_BYTES], next[WRAP_BYTES];
	bool has_next;
};

static int get_machine_rows(struct txn *t, void *arg)
{
	struct machine_rows *m = arg;
	int r = wrap_get(t, WRAP_MACHINE, m->now);

	if (r < 0)
		return r;
	r = wrap_get(t, WRAP_NEXT, m->next);
	m->has_next = r == 0;
	return r == -ENOENT ? 0 : r;
}

int wrap_open(struct store *s, const uint8_t key[KEY_BYTES], struct seal **out)
{
	struct machine_rows m;
	int r = store_read(s, get_machine_rows, &m);

	if (r < 0)
		return r;
	r = seal_unwrap(m.now, "machine", key, out);
	return r == -EKEYREJECTED && m.has_next ? seal_unwrap(m.next, "machine", key, out) : r;
}
