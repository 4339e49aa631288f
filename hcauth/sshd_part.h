/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SSHD_PART_H
#define HCAUTH_SSHD_PART_H

#include <stdbool.h>

/* What sshd's own settings must be for people who are asked several things. Functions that return bool have
 * complained when it is false. */

#define SSHD_FILE                                                                                  \
	"/etc/ssh/sshd_config.d/00-hcauth.conf" /* sshd takes the first value that it finds */
#define SSHD_FOLDER "/etc/ssh/sshd_config.d"

extern const char sshd_text[];

/* Whether sshd would take its settings as they stand; *right says whether they are what is needed. */
bool sshd_look(bool *right);

/* Which of them is not. "" when all are. */
const char *sshd_wrong(void);

/* "canonical" where this sshd wants PAM_USER to be the system user's name; else "". */
const char *sshd_argument(void);

/* Lets a running sshd read its settings anew; open sessions stay. */
bool sshd_reload(void);

#endif
