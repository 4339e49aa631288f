/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_JOURNAL_H
#define HCAUTH_JOURNAL_H

#include "audit.h"

/* The audit's records as they are also sent to the machine's own log, after their commit: to systemd's
 * journal with a field each (systemd.journal-fields(7), doc/audit.md), without it to syslog, without
 * that to stderr, as one line. Nobody waits for any of them. */

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET "/dev/log"

void journal_audit(const char *journal, const char *syslog, const struct audit_row *a);

/* The MESSAGE_ID of an event, for "journalctl MESSAGE_ID=...": 32 hexadecimal digits that never change. */
enum { MESSAGE_ID_TEXT = 33 };
void journal_message_id(enum audit_event event, char out[MESSAGE_ID_TEXT]);

#endif
