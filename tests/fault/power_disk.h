/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_POWER_DISK_H
#define HCAUTH_POWER_DISK_H

#include "fault/power_log.h"

/* What a disk can hold after the power was cut: all that was synced, and of the rest any part. A sector of 512
 * bytes is old or new; of a write any sectors may be there, and the length without the bytes; a name, or that it
 * went, may be there or not, whatever came after it. */

enum { SECTOR = 512, EACH_MAX = 10 };

enum keep {
	KEEP_ALL, /* as if nothing had been cut: the log up to there */
	KEEP_SYNCED, /* what was synced, and no more */
	KEEP_SOME, /* each write that was not synced whole or not at all, by the bits of which */
	KEEP_TORN, /* at random: whole, not at all, or some of its sectors */
};

struct power_cut {
	size_t at; /* after so many events; the next is not complete */
	enum keep keep;
	uint64_t which; /* KEEP_SOME: bits; KEEP_TORN: where the random numbers begin */
};

/* How many events before at may be lost then. */
size_t power_pending(const struct power_log *log, size_t at);

/* Makes the files in folder, which is empty. */
void power_image(const struct power_log *log, const struct power_cut *cut, const char *folder);

/* Takes the syncs of files and folders of that name out (NULL: all); writes that are synced by themselves are not
 * any more either. */
void power_unsync(struct power_log *log, const char *name);

/* Whether what is in the folder are the files of the whole log, byte for byte; else what differs is said. */
bool power_is_whole(const struct power_log *log, const char *folder);

/* The bytes that a file had when it was moved to its name by that event: valid until the next call of these. */
const uint8_t *power_moved(const struct power_log *log, size_t event, size_t *len);

#endif
