/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_POWER_LOG_H
#define HCAUTH_POWER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All that a process and those that it starts do to the files of a folder, in order: what they write, and what
 * they wait for to be on the disk. */

enum change {
	WRITE, /* bytes into a file; at once on the disk if sync */
	CUT, /* its length becomes offset */
	MODE, /* its owner and mode */
	NAME, /* file gets a name in folder, in place of what had it */
	MOVE, /* and loses another (from, old) */
	DROP, /* the name goes */
	SYNC, /* what was written to file before the event since is on the disk; attributes and names as well if whole */
	MARK, /* somebody was told something */
};

struct event {
	enum change change;
	ino_t file, folder, from;
	char name[64], old[64];
	uint64_t offset;
	size_t len;
	uint8_t *bytes;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool sync, whole;
	size_t since;
	char text[200]; /* of a mark */
};

struct power_log {
	struct event *event;
	size_t n;
	ino_t root;
};

/* Runs fn in a process of its own, in the current folder, and records it all. Ends the case when fn fails, or
 * changes a file in a way that is not recorded. */
void power_record(struct power_log *log, void (*fn)(void));

/* In fn: somebody was told. */
void power_mark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The files whose bytes nobody is asked to keep. */
bool power_ignored(const char *name);

#endif
