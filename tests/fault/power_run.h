/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_POWER_RUN_H
#define HCAUTH_POWER_RUN_H

#include "fault/power_log.h"
#include "seal.h"

struct world;

/* What is done while it is recorded, and what people were told. */

/* From "hcauth init" to a restored backup. */
void power_run(void);

/* Before it is recorded. */
void power_begin(void);

/* A world on the machine in the current folder, at that time. */
struct world power_world(uint64_t unix_s);

/* What all who were told something before an event may rely on. */
struct told {
	char running[16]; /* a command of root's that was begun, and not done; "": none */
	bool made; /* there is a machine */
	bool enrolled; /* ada has all that she signs in with */
	bool gone; /* bob is switched off */
	uint64_t time; /* of the world, when somebody was told something last */
	char secret[64], recovery[80];
	struct spent {
		char code[32];
		uint64_t time;
	} spent[2]; /* the last of the app's and of the recovery codes that let her in */
};

struct told power_told(const struct power_log *log, size_t at);

/* "hcauth" with words, the recovery key being typed; that it is done. */
bool power_hcauth(const char *key, const char *const *words);

/* "hcauth init", and the recovery key that it shows. */
void power_init(char key[RECOVERY_TEXT]);

#define BOB "bob@example.org"

#endif
