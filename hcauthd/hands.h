/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_HANDS_H
#define HCAUTH_HANDS_H

/* What hcauth-talk does for root's command ("hcauth init" and its like), as the daemon's user, with the store
 * and the keys: one option each. Root does what it takes root for, and hands over descriptors:
 *
 *	0  the recovery key as it was typed, or a person who answers
 *	3  the backup's file
 *	4  the machine key
 *	5  the new machine key
 *
 *	--init               makes the store (init.h)
 *	--accept-database    the store is the one, whatever the guard remembers
 *	--export             writes a backup to 3 (4 opens the store)
 *	--restore            makes the store HC_STORE_NEW of 3, for the key 5
 *	--look-backup        says what 3 holds
 *	--publish            writes the directory of the store in place
 *	--rekey              adds 5 as the next machine key (4 opens the store)
 *	--rekeyed            4 is the machine key, and any other is none
 *	--new-recovery       makes another recovery key (4 opens the store)
 *	--recover            the recovery key opens the store, and 5 is the machine key */

/* An enum status. -1: there is no such option. STATUS_NOT_ALLOWED means that the recovery key is not the
 * one: it may be asked for again. */
int hands_main(const char *option);

#endif
