/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_COURIER_USER_H
#define HCAUTH_COURIER_USER_H

/* Makes the folder of the socket, if root has started us, and becomes the courier's user, with the groups
 * that /etc/group gives it (a modem's spool is often a group's), for good. Ends the process when it can't, or
 * when somebody else has started it. */
void user_become(void);

#endif
