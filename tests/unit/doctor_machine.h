/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_DOCTOR_MACHINE_H
#define HCAUTH_TEST_DOCTOR_MACHINE_H

#include "../../hcauth/doctor.h"

/* A machine in a folder: hcauth's and Debian's modules, root, the administrator boss, and hcauth's people: ada, whom it provides,
 * and ben, whom /etc/passwd has. */
const char *clinic(void);

/* What the daemon says there. */
void hear_all(struct facts *f);

/* Its services and users, looked at. */
struct doctor examined(const char *root);

/* The finding of that id, or NULL; fail when there is none, or one. */
const struct finding *finding(const struct doctor *d, const char *id);
void check_found(const struct doctor *d, const char *id, enum severity s, const char *where);
void check_none(const struct doctor *d, const char *id);
void check_nothing_wrong(const struct doctor *d);

const struct door *door(const struct doctor *d, const char *service);

/* Does to the machine what the finding says. */
void mend(const char *root, const struct finding *f);

#endif
