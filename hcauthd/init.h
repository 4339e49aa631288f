/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_INIT_H
#define HCAUTH_INIT_H

#include <stdint.h>

#include "seal.h"

struct store;

/* Makes a store in folder (which is there, and empty) with a new data key, wrapped under key and under
 * a new recovery key; the latter is written to out, as text for a person, before the commit: who has
 * not been given it has no store. The guard in that folder is set to it. 0 or -errno. */
int init_store(const char *folder, const char *guard, const uint8_t key[KEY_BYTES], int out);

/* Writes a recovery key to out, as text for a person. */
int recovery_show(int out, const uint8_t key[KEY_BYTES]);

/* The seal of an open store, by the machine key (arguments as machine_key_read()). -ENOENT when the
 * store was never finished, -EUCLEAN when the wrapping can't be one, -EKEYREJECTED for another store's
 * key, else as machine_key_read(). */
int init_open(struct store *s, const char *credentials, const char *file, struct seal **out);

/* hcauth-talk --init, which "hcauth init" runs as the daemon's user: makes the store in HC_STORE_NEW
 * with the key HC_KEY_NEW. Where there is no HC_STORE_NEW, it says whether that key fits the store in
 * HC_STORE_DIR. An enum status. */
int init_main(void);

/* hcauth-talk --accept-database: the store in HC_STORE_DIR is the one, whatever the guard remembers. An
 * enum status. */
int accept_main(void);

#endif
