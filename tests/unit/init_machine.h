/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_INIT_MACHINE_H
#define HCAUTH_INIT_MACHINE_H

#define INIT_COMMAND "hcauth/hcauth-check"

enum { DAEMON = 12345 };

/* A machine with nothing but the programs and the daemon's user, in the test's folder. */
void machine(void);
/* Who there is on it. */
void machine_people(void);

/* The names that init works under are not there. */
void check_nothing_unfinished(void);

#endif
