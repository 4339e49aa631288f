/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_BACKUP_H
#define HCAUTH_BACKUP_H

#include <stddef.h>
#include <stdint.h>

#include "seal.h"
#include "store/store.h"

/* A backup: one file with the rows of a store, all of it under the data key, which stands in its head
 * wrapped under the recovery key and under no other:
 *
 *	head	"hcbackup", format (4 bytes), schema of the store (4), when it was made (8), a random number
 *		of its own (16), the wrapping (72), the program's version (16), a checksum of these (16)
 *	blocks	length (4), last (1), that many sealed bytes: rows, each its table (1 byte) and two
 *		fields (codec.h): key, value
 *
 * Numbers are in network order. Each block is sealed with the head's hash, its place and whether it is the
 * last: none can be changed, left out, moved, or come from another backup, nor the end be cut off. */

enum { BACKUP_PROGRAM = 16 };

struct backup {
	uint32_t schema;
	uint64_t made; /* Unix seconds */
	uint8_t number[16];
	uint8_t wrapped[WRAP_BYTES]; /* as "recovery" */
	char program[BACKUP_PROGRAM + 1];
	uint8_t hash[HASH_BYTES]; /* of the head: set by the two functions below */
};

/* Writes a head, then the rows of one transaction. What belongs to one machine and one hour is not among
 * them: sessions, tickets, shifts, codes on their way, messages, recoveries begun. 0 or -errno. */
int backup_begin(int fd, const uint8_t wrapped[WRAP_BYTES], uint64_t made, struct backup *out);
int backup_write(int fd, const struct backup *b, const struct seal *s, struct txn *t);

/* Reads the head, from the file's start. -EUCLEAN when it is no backup, or damaged; -ENOTSUP when it is of
 * a newer hcauth. What it says is believed when the rows have been read. */
int backup_open(int fd, struct backup *out);

/* Reads the rows, from the file's start: fn for each, until it returns other than 0. -EUCLEAN when the file was changed or cut short,
 * which may show after some rows were given: all of them count, or none. -ENOTSUP when rows are such as this hcauth does not know. */
struct backup_row {
	enum table table;
	const uint8_t *key, *value;
	size_t key_len, value_len;
};
int backup_read(int fd, const struct backup *b, const struct seal *s,
	int (*fn)(const struct backup_row *row, void *arg), void *arg);

#endif
