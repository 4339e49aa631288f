/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CONFINE_H
#define HCAUTH_CONFINE_H

/* Both end the process, with a line in the log, when they can't do their work: they are for its start. */

/* Limits that conversations inherit, and what only root may raise. */
void confine_limits(void);

/* From root to the daemon's user, for good. Does nothing but check when started as another user. */
void confine_drop(void);

#endif
