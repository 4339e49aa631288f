/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CASES_H
#define HCAUTH_CASES_H

#include "check.h"
#include "rig.h"

/* The cases of pam_hcauth. Numbers in their names are those of the project's list of hostile cases. */

#define CHECK_CODE(got, want) CHECK_TEXT(rig_code(got), want)
#define PASSWORD "correct horse"
#define SIGN_IN "P Password: \nC Code: \nv granted jdoe 20001 -"

extern volatile struct seen *seen;
extern const char *const right[2]; /* the answers to SIGN_IN */

/* A world whose daemon follows this script; the case goes on in a folder of its own. */
void begin(const char *script);

/* A person who gives these answers, and then fails. */
struct person with(const char *const *answers, size_t n);

/* One auth phase on a handle of its own. */
int sign_in(const char *user, const char *arguments, struct person *p);

/* What an earlier module leaves as the password; what a later one finds in "authtok" or "oldauthtok":
 * "(none)" for an unset item. */
void preset(const char *text);
const char *left(const char *file);

const char *user_of(pam_handle_t *pamh);
size_t open_files(void);

#endif
