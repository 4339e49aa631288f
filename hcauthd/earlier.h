/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_EARLIER_H
#define HCAUTH_EARLIER_H

#include "proof.h"

/* What was proved before hcauth was asked: a fingerprint, by a module of the same PAM stack (the module
 * argument have=fingerprint), and an ssh key, by sshd (hello.ssh_auth). */

/* Whether an earlier module of a program of root's, at the workstation, knows the person's finger. */
bool earlier_fingerprint(const struct conv *c);

/* Takes p's next step without a prompt: it was proved already (then it is matched), or it names nothing that
 * could be asked for (then the sign-in will be refused, and over the network nobody is told so). False: the
 * step is to be asked. */
bool earlier_step(struct conv *c, struct proof *p, uint32_t step);

#endif
