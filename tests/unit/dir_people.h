/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_DIR_PEOPLE_H
#define HCAUTH_TEST_DIR_PEOPLE_H

#include "codec.h"
#include "dir_read.h"
#include "dir_write.h"

/* The program is compiled with HC_STATE_DIR ".": the directory stands in the case's own folder. */

/* Goes to the case's folder, with an empty folder for the directory. */
void people_folder(void);

/* Publishes jdoe-stj (20000: staff, lab), ben (20001: staff), their group users (20000), staff (20010),
 * lab (20011); jane@clinic.example and hc012345 for jdoe-stj, ben@clinic.example for ben, both@clinic.example
 * shared. */
void people_publish(bool list, uint64_t generation);
extern const struct dir_user people_jdoe, people_ben;

/* A cdb file made by hand, for what the writer refuses. */
struct raw;
struct raw *raw_begin(const char *path);
/* A row for key (kind and text) whose fields, after that key's, fields() puts. */
void raw_add(struct raw *f, const char *key, void (*fields)(struct writer *, const void *),
	const void *arg);
/* A row of any bytes. */
void raw_put(struct raw *f, const char *key, const void *row, size_t len);
void raw_end(struct raw *f);

#endif
