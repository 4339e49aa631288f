/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PUBLISH_H
#define HCAUTH_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

struct conf;
struct store;

/* Whether both published files in folder are of this store's directory and of these settings. */
bool publish_is_current(struct store *s, const struct conf *conf, const char *folder);

/* Publishes the directory if it is not current: the store or the settings have changed, nothing is
 * published, or it is damaged. Every conversation calls it, before its flow and after it: one that was
 * killed between its commit and its publishing is mended by the next. 0 or -errno. */
int publish_if_behind(struct store *s, const struct conf *conf, const char *folder);

#endif
