/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PATHS_H
#define HCAUTH_PATHS_H

/* Where things stand, compiled in (Makefile.am): nothing that a caller sets can move them. */

#define HC_ROOT_SOCKET HC_RUN_DIR "/root.sock" /* 0600, root: sshd, login, su, greeters */
#define HC_USER_SOCKET HC_RUN_DIR "/user.sock" /* 0666: lockers, self-service, managers */

#define HC_TRACE_SOCKET                                                                            \
	HC_RUN_DIR "/trace.sock" /* while root follows somebody; the daemon's user writes */

#define HC_CONF_FILE HC_CONF_DIR "/hcauthd.conf"
#define HC_KEY_FILE HC_CONF_DIR "/machine.key" /* 32 bytes, 0400, the daemon's user */
#define HC_ROLES_FILE HC_CONF_DIR "/role-addresses"
#define HC_KEY_CREDENTIAL "machine.key" /* in $CREDENTIALS_DIRECTORY, if systemd gives one */
#ifndef HC_CREDSTORE_DIR /* the check program of "hcauth init" has its own */
#define HC_CREDSTORE_DIR "/etc/credstore.encrypted"
#endif
#define HC_KEY_SEALED HC_CREDSTORE_DIR "/hcauth.machine.key" /* what it makes that one of */
#ifndef HC_SYSTEMD_CREDS /* what seals and unseals it */
#define HC_SYSTEMD_CREDS "/usr/bin/systemd-creds"
#define HC_SYSTEMCTL "/usr/bin/systemctl"
#define HC_SYSTEMD_RUNS "/run/systemd/system" /* sd_booted(3) */
#define HC_KEY_GIVEN "/run/credentials/hcauthd.service/" HC_KEY_CREDENTIAL
#endif

#define HC_LOCK_FILE                                                                               \
	HC_STATE_DIR "/lock" /* 0600, root: one init, enable, disable or restore at a time */
#define HC_BEFORE_DIR                                                                              \
	HC_STATE_DIR "/before" /* 0700, root: files of /etc as they were before "hcauth enable" */
#define HC_STORE_DIR HC_STATE_DIR "/store" /* 0700, the daemon's user */
#define HC_GUARD_DIR HC_STATE_DIR "/guard" /* 0700: notices a database put back */
#define HC_ENDING_FILE HC_GUARD_DIR "/ending" /* written when sessions are to be ended */
#define HC_DIRECTORY_DIR HC_STATE_DIR "/directory" /* 0755 */
#define HC_PUBLIC_FILE HC_DIRECTORY_DIR "/public.cdb" /* 0644 */
#define HC_PRIVATE_FILE HC_DIRECTORY_DIR "/private.cdb" /* 0600 */

/* Where "hcauth init" makes the key and the database, before it moves them into place. */
#define HC_KEY_NEW HC_KEY_FILE ".new"
#define HC_STORE_NEW HC_STORE_DIR ".new"

#define HC_COURIER_RUN_DIR HC_RUN_DIR "-courier" /* 0755, the courier's user */
#define HC_COURIER_SOCKET HC_COURIER_RUN_DIR "/wake" /* an empty datagram: there may be messages */

#define HC_DAEMON_USER "hcauthd"
#define HC_COURIER_USER "hcauth-courier"
#define HC_NEWCOMER_USER "newcomer" /* may ask for a login, and nothing else */
#ifndef HC_PASSWD_FILE /* the check program of "hcauth init" has its own */
#define HC_PASSWD_FILE "/etc/passwd"
#endif
#define HC_TALK HC_LIBEXEC_DIR "/hcauth-talk"
#define HC_TRY HC_LIBEXEC_DIR "/hcauth-try"

/* What makes a PDF of a letter, and the part of it that not every groff has. */
#define HC_GROFF "/usr/bin/groff"
#define HC_GROPDF "/usr/bin/gropdf"

#endif
