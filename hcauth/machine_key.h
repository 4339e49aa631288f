/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_MACHINE_KEY_H
#define HCAUTH_MACHINE_KEY_H

#include "setup.h"

/* The machine key of a machine that is set up: a file, or a credential that systemd has sealed
 * (systemd-creds(1)), which is then never on a disk in the clear. Functions that return bool or a descriptor have
 * complained when it is false or -1. */
struct machine_key {
	bool sealed; /* a credential */
	int fd; /* of the key; -1: none */
};

/* Where it is kept here; NULL when there is none. */
const char *machine_key_path(void);

/* Opens the one in place. */
bool machine_key_open(const struct owner *who, struct machine_key *out);

/* Makes a new one, which is not in place yet. What an earlier one left under its name is thrown away. */
bool machine_key_make(const struct owner *who, bool sealed, struct machine_key *out);

/* Puts it in place of the one that is there, if there is one: in one step. */
bool machine_key_replace(const struct machine_key *k);

void machine_key_close(struct machine_key *k);

#endif
