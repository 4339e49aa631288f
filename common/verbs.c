/* SPDX-License-Identifier: Apache-2.0 */
/* What hcauth can be told to do. What must hold: the longest name wins, whole words only, so that no
 * command can be taken for another; names and exit statuses are other people's scripts, and stay. */
#include "verbs.h"

#include <string.h>

#define SELF "For yourself"
#define PRACTICES "Practices (root and managers)"
#define IDENTITIES "People (root)"
#define ACCOUNTS "Accounts (root and managers)"
#define JOINING "Joining (managers and root)"
#define LEAVERS "Leavers, review and audit (managers, root)"
#define MACHINE "This machine"

static const struct verb verbs[] = {
	{ .name = "password",
		.usage = "password",
		.summary = "Change your password",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details = "Asks for what you sign in with, then for a new password, twice.\n" },
	{ .name = "pin",
		.usage = "pin",
		.summary = "Choose or change your PIN",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"A PIN is for this practice's own screens and kiosks. It never works over the\n"
			"network.\n" },
	{ .name = "totp",
		.usage = "totp",
		.summary = "Set up an authenticator app",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Shows a QR code and the same secret as text, and asks for one code. The app that\n"
			"you used before goes on working until that code is right.\n" },
	{ .name = "codes",
		.usage = "codes",
		.summary = "Get new recovery codes",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Shows 12 codes, once. Each signs you in one time without your authenticator app.\n"
			"The codes that you had before stop working.\n" },
	{ .name = "email",
		.usage = "email [ADDRESS]",
		.summary = "Change the e-mail address that you sign in with",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Asks for what you sign in with, and for a code that is sent to the new address,\n"
			"which must be your own and nobody else's. The old address is told.\n" },
	{ .name = "mobile",
		.usage = "mobile [NUMBER]",
		.summary = "Give or change your mobile number",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Asks for what you sign in with, and for a code that is sent to the number. With\n"
			"it you can set a PIN or a password anew when you have forgotten it. Write it with\n"
			"its country: +44 7700 900123.\n" },
	{ .name = "second",
		.usage = "second [app|sms|remove app|remove sms]",
		.summary = "Show or choose how your codes come",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Without a word it lists what there is: the app, the number that text messages go\n"
			"to, your recovery codes. With app or sms it asks for what you sign in with, and\n"
			"from then on for that one first; if you do not have it yet, it is set up. A mobile\n"
			"number that is given this way, or with hcauth mobile later on, counts after 24\n"
			"hours. One without which some service here would not let you in cannot be removed.\n" },
	{ .name = "accounts",
		.usage = "accounts [--json]",
		.summary = "List your accounts, and where they are",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "unlink",
		.usage = "unlink USERID",
		.summary = "Ask a practice to end the link to one of your accounts",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details = "Nothing changes until its manager does it.\n" },
	{ .name = "link",
		.usage = "link",
		.summary = "Bring another account under your name",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Asks for what you sign in with, then for the other account's user ID and its\n"
			"password (or activation code), and a code from its app if it has one. From then\n"
			"on you reach it by your own name; its user ID and password stop working. Its home\n"
			"and files stay as they are, apart from yours.\n" },
	{ .name = "default",
		.usage = "default [USERID]",
		.summary = "Choose the account that your name stands for",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Your e-mail address signs in to this account over ssh, and the chooser offers it\n"
			"first, until you sign in to another. Without USERID it asks which.\n" },
	{ .name = "switch",
		.usage = "switch [ACCOUNT]",
		.summary = "Open a session as another account of yours",
		.heading = SELF,
		.where = VERB_HERE,
		.details =
			"ACCOUNT is a user ID, a practice or a system user; without it you are asked which.\n"
			"It is su -l, and asks what su asks: at a workstation where you have signed in with\n"
			"password and code within the last hours, your PIN alone. \"exit\" brings you back.\n" },
	{ .name = "status",
		.usage = "status [--json]",
		.summary = "Show your shift, and what you sign in with",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"A shift is the time after a sign-in at this workstation with password and code in\n"
			"which your PIN alone unlocks its screen. For root it says instead whether sign-in\n"
			"works on this machine, whether messages can be sent, and how many wait.\n" },
	{ .name = "lock",
		.usage = "lock [PERSON]",
		.summary = "End your shift: your PIN alone is not enough any more",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"From now on this workstation asks you for your password and a code again. It does\n"
			"not lock the screen. Managers and root can end the shift of another PERSON, by\n"
			"e-mail address, user ID or system user.\n" },
	{ .name = "ssh-keys",
		.usage = "ssh-keys [--json]",
		.summary = "List your ssh keys",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "ssh-keys add",
		.usage = "ssh-keys add [FILE]",
		.summary = "Add an ssh key",
		.heading = SELF,
		.where = VERB_HERE,
		.details =
			"FILE is a public key, such as ~/.ssh/id_ed25519.pub.\n"
			"Without FILE the line is asked for; RSA keys are too long for that. Asks for what\n"
			"you sign in with. Good are ed25519, ECDSA, RSA from 3072 bits on, and security\n"
			"keys (sk-). A key serves all of your accounts, on this machine.\n" },
	{ .name = "ssh-keys remove",
		.usage = "ssh-keys remove KEY",
		.summary = "Remove an ssh key",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"KEY is its number or its name in the list. Asks for what you sign in with. From\n"
			"then on nobody signs in by that key; sessions that are open stay.\n" },

	{ .name = "who",
		.usage = "who [--names full|initials|first] [--json]",
		.summary = "List who is signed in at this machine",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Colleagues of the practices that you work at, where they sit, since when, and by\n"
			"what they signed in. Names are as the machine's settings say, or shorter. Managers\n"
			"see their practices, root all.\n" },
	{ .name = "yubikey",
		.usage = "yubikey [--json]",
		.summary = "List your YubiKeys",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Their public identity, when each was last used, and what you call it.\n" },
	{ .name = "yubikey add",
		.usage = "yubikey add [NAME]",
		.summary = "Add a YubiKey",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Asks for what you sign in with, then for the key to be touched twice. It is\n"
			"known here if your practice had it imported; else you are asked for the secret\n"
			"key and the private identity that it was programmed with.\n" },
	{ .name = "yubikey new",
		.usage = "yubikey new [NAME]",
		.summary = "Program a YubiKey, and add it",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"Shows what to program a key with, once, for ykman(1) or ykpersonalize(1), then\n"
			"asks for it to be touched twice.\n" },
	{ .name = "yubikey remove",
		.usage = "yubikey remove NAME",
		.summary = "Take one of your YubiKeys away",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details =
			"From then on it signs nobody in. NAME may be its public identity. The last way to\n"
			"give a code stays.\n" },
	{ .name = "yubikey rename",
		.usage = "yubikey rename NAME NEW",
		.summary = "Call one of your YubiKeys something else",
		.heading = SELF,
		.where = VERB_DAEMON,
		.details = "" },

	{ .name = "practice add",
		.usage = "practice add ID NAME",
		.summary = "Add a practice",
		.heading = PRACTICES,
		.where = VERB_DAEMON,
		.details =
			"ID is a short word that never changes, such as stjohns. NAME is what people see,\n"
			"in quotes if it has spaces.\n" },
	{ .name = "practice set",
		.usage = "practice set ID [--name TEXT] [--require FACTORS] [--network yes|no] "
			 "[--hours HOURS] [--shared-addresses yes|no] [--migrate WHEN] "
			 "[--manager PERSON] [--not-manager PERSON] [--break-glass yes|no] "
			 "[--rollout DAYS] [--ask HOW] [--force]",
		.summary = "Change a practice: its name, policy, opening hours and managers",
		.heading = PRACTICES,
		.where = VERB_DAEMON,
		.details =
			"A practice can be stricter than the machine's settings, never laxer.\n"
			"FACTORS, such as password,totp, are asked for in every sign-in there (none: as the\n"
			"machine says). With --network no, nobody signs in over the network. HOURS, such as\n"
			"\"Mon-Fri 07:30-19:00, Sat 08:00-12:00\" or always, are when people may sign in.\n"
			"WHEN is optional, now, or \"by 2027-03-31\": until then user IDs go on without an\n"
			"e-mail address. PERSON is an e-mail address or user ID of somebody who works\n"
			"there. The last manager goes with --force only, by root. --break-glass yes allows a\n"
			"code in a sealed envelope, where the machine does: see \"break-glass new\".\n"
			"DAYS, such as \"2026-07-31 over 30 days\" or no, are when people without a PIN are\n"
			"asked to choose one, at their next sign-in; HOW is optional (they may skip it),\n"
			"\"nag 3 times\" (then they may not), or required.\n" },
	{ .name = "practice list",
		.usage = "practice list [--json]",
		.summary = "List the practices",
		.heading = PRACTICES,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "practice show",
		.usage = "practice show ID [--json]",
		.summary = "Show a practice",
		.heading = PRACTICES,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "rollout",
		.usage = "rollout [--practice ID] [--json]",
		.summary = "Show how far the roll-out of PINs is",
		.heading = PRACTICES,
		.where = VERB_DAEMON,
		.details =
			"For each practice: its people, how many of them have a PIN, are due to choose one\n"
			"at their next sign-in here (and of these, how many have skipped it before), and\n"
			"have their day still to come. The last column is how they are asked.\n" },

	{ .name = "break-glass",
		.usage = "break-glass [--json]",
		.summary = "List the codes in sealed envelopes: who made them, who used them",
		.heading = PRACTICES,
		.where = VERB_DAEMON,
		.details = "No code is shown.\n" },
	{ .name = "break-glass new",
		.usage = "break-glass new ID",
		.summary = "Make a practice's code for a sealed envelope",
		.heading = PRACTICES,
		.where = VERB_DAEMON,
		.details =
			"Prints it once, with what to write on the envelope; the code before stops working.\n"
			"At the workstation it stands in, once, for a password, a PIN or a code that somebody\n"
			"of the practice has lost; all else is asked for. For two hours what was lost is not\n"
			"asked of them there. All managers are told at once.\n" },
	{ .name = "break-glass drop",
		.usage = "break-glass drop ID",
		.summary = "Take that code back",
		.heading = PRACTICES,
		.where = VERB_DAEMON,
		.details = "Whoever is in by it is asked for everything at the next sign-in.\n" },

	{ .name = "identity add",
		.usage = "identity add EMAIL --name \"FULL NAME\"",
		.summary = "Add a person",
		.heading = IDENTITIES,
		.where = VERB_DAEMON,
		.details =
			"The last line that it prints is the activation code: give it to that person and\n"
			"nobody else. At the first sign-in it stands in place of the password, which the\n"
			"person then chooses. Nobody else ever chooses or learns a password.\n" },
	{ .name = "identity share",
		.usage = "identity share EMAIL --name \"FULL NAME\"",
		.summary = "Add a second person with the same e-mail address",
		.heading = IDENTITIES,
		.where = VERB_DAEMON,
		.details =
			"For two people with one mailbox, where every practice of both allows it. The\n"
			"last line that it prints is the second person's activation code. Each has a\n"
			"password of their own, which picks the person at login and at greeters; over\n"
			"ssh they use the name of their system user. An address of one's own is better.\n"
			"Other commands take a user ID of the person's in place of EMAIL from then on.\n" },
	{ .name = "identity list",
		.usage = "identity list [--json]",
		.summary = "List the people",
		.heading = IDENTITIES,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "identity show",
		.usage = "identity show EMAIL|USERID [--json]",
		.summary = "Show a person",
		.heading = IDENTITIES,
		.where = VERB_DAEMON,
		.details = "Shows which factors the person has set up, never what they are.\n" },
	{ .name = "identity disable",
		.usage = "identity disable EMAIL|USERID [--force]",
		.summary = "Keep a person out, at every door",
		.heading = IDENTITIES,
		.where = VERB_DAEMON,
		.details =
			"Takes effect at once. Nothing is deleted: \"identity enable\" takes it back. A\n"
			"practice's last manager goes with --force only.\n" },
	{ .name = "identity enable",
		.usage = "identity enable EMAIL|USERID",
		.summary = "Let a disabled person in again",
		.heading = IDENTITIES,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "identity reset",
		.usage = "identity reset EMAIL|USERID",
		.summary = "Start a person again with a new activation code",
		.heading = IDENTITIES,
		.where = VERB_DAEMON,
		.details =
			"For somebody who has lost everything they sign in with. The last line that it\n"
			"prints is the activation code, as with \"identity add\".\n" },

	{ .name = "account add",
		.usage =
			"account add USERID --practice ID [--identity EMAIL [--name \"FULL NAME\"]] "
			"--user SYSTEMUSER [--groups a,b] [--existing]",
		.summary = "Add an account at a practice",
		.heading = ACCOUNTS,
		.where = VERB_DAEMON,
		.details =
			"USERID is the practice's own name for it, such as HC012345. It signs in as the\n"
			"system user SYSTEMUSER, a member of the groups named. With --existing that is a\n"
			"user whom this machine has already; otherwise hcauth provides it.\n"
			"Without --identity the account is nobody's yet: it signs in by its user ID, and\n"
			"the last line printed is its activation code.\n"
			"Where two people share the address, --name says whose the account is; or EMAIL is\n"
			"one of that person's user IDs.\n" },
	{ .name = "account list",
		.usage = "account list [--practice ID] [--json]",
		.summary = "List the accounts",
		.heading = ACCOUNTS,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "account show",
		.usage = "account show USERID [--json]",
		.summary = "Show an account",
		.heading = ACCOUNTS,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "account disable",
		.usage = "account disable USERID [--force]",
		.summary = "Close an account",
		.heading = ACCOUNTS,
		.where = VERB_DAEMON,
		.details =
			"Its person's other accounts are not touched. Nothing is deleted. The last manager's\n"
			"own account goes with --force only, by root.\n" },
	{ .name = "account enable",
		.usage = "account enable USERID",
		.summary = "Open a closed account again",
		.heading = ACCOUNTS,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "account reset",
		.usage = "account reset USERID",
		.summary = "Let somebody set their sign-in up anew",
		.heading = ACCOUNTS,
		.where = VERB_DAEMON,
		.details =
			"A message goes to the person: an activation code if that is safe, else how to do it\n"
			"themselves. Nothing changes until the code is typed, and nobody but the person sees\n"
			"it. For root, on an account that is nobody's yet, the code is the last line printed;\n"
			"for a person's account use identity reset.\n" },
	{ .name = "account unlink",
		.usage = "account unlink USERID [--force]",
		.summary = "End the link between an account and its person",
		.heading = ACCOUNTS,
		.where = VERB_DAEMON,
		.details =
			"The account is switched off and nobody's, with its files, until it is given to\n"
			"somebody. The person is told. Their accounts elsewhere are not touched.\n" },
	{ .name = "account keep",
		.usage = "account keep USERID",
		.summary = "Refuse the end of a link that its person asked for",
		.heading = ACCOUNTS,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "unlock",
		.usage = "unlock EMAIL|USERID",
		.summary = "End the waits after wrong passwords, codes and PINs",
		.heading = ACCOUNTS,
		.where = VERB_DAEMON,
		.details = "" },

	{ .name = "invite",
		.usage = "invite --practice ID --name \"FULL NAME\" [--userid USERID] "
			 "[--user SYSTEMUSER] [--email EMAIL] [--mobile NUMBER] [--groups a,b] "
			 "[--letter FILE] [--send]",
		.summary = "Invite a person to a practice",
		.heading = JOINING,
		.where = VERB_DAEMON,
		.details =
			"Makes an account that is nobody's yet, and a letter with its activation code,\n"
			"which is good for 14 days. The letter is printed, or written to FILE, which\n"
			"ends in .pdf or .txt and must not be there yet; with --send it goes to EMAIL\n"
			"and the code is not shown. What is left out is chosen: the next user ID, and\n"
			"a system user from the name. Managers give groups that others of the practice\n"
			"have already.\n" },
	{ .name = "letter",
		.usage = "letter USERID [--letter FILE]",
		.summary = "Make a new letter for a person who has not signed in yet",
		.heading = JOINING,
		.where = VERB_DAEMON,
		.details = "The activation code of the letter before stops working.\n" },
	{ .name = "requests",
		.usage = "requests [--json]",
		.summary = "List who has asked for a login",
		.heading = JOINING,
		.where = VERB_DAEMON,
		.details = "They are kept for 30 days.\n" },
	{ .name = "approve",
		.usage = "approve REQUEST [--userid USERID] [--user SYSTEMUSER] [--groups a,b] "
			 "[--letter FILE] [--send]",
		.summary = "Invite the person who made a request",
		.heading = JOINING,
		.where = VERB_DAEMON,
		.details =
			"As \"invite\", with what the person has typed. REQUEST is what \"requests\" shows,\n"
			"such as stj/7; who manages one practice may type the number alone. Make sure\n"
			"first that it is the person whom the name says.\n" },
	{ .name = "refuse",
		.usage = "refuse REQUEST",
		.summary = "Drop a request",
		.heading = JOINING,
		.where = VERB_DAEMON,
		.details = "REQUEST is what \"requests\" shows, such as stj/7.\n" },
	{ .name = "request",
		.usage = "request",
		.summary = "Ask a practice for a login",
		.heading = JOINING,
		.where = VERB_DAEMON,
		.details =
			"Asks for the practice, a name, an e-mail address and a mobile number. Signs\n"
			"nobody in. It is also what the user newcomer has in place of a shell.\n" },
	{ .name = "import",
		.usage = "import FILE [--letter FILE] [--dry-run]",
		.summary = "Add many people and accounts from a file (root)",
		.heading = JOINING,
		.where = VERB_HERE,
		.details =
			"FILE holds comma-separated values. Its first line names the columns, in any\n"
			"order: practice, userid, user, name, email, mobile, groups, manager. Lines with\n"
			"the same e-mail address are one person; those without one are accounts that are\n"
			"nobody's yet. All of it is added, or nothing: then every wrong line is told.\n"
			"With --dry-run nothing is changed.\n" },
	{ .name = "import passwd",
		.usage =
			"import passwd --practice ID [--emails FILE] [--letter FILE] [--dry-run] USER ...|--all",
		.summary =
			"Make users of this machine people's accounts, with their passwords (root)",
		.heading = JOINING,
		.where = VERB_HERE,
		.details =
			"Takes the named users, or those that FILE names (lines of USER,E-MAIL ADDRESS), or\n"
			"with --all everybody with a login shell who is no administrator. They sign in by\n"
			"user name and the password that they have; then a code sent to the address in\n"
			"FILE, or an activation code, leads to the setting up of the rest. /etc/shadow is\n"
			"not changed.\n" },
	{ .name = "import google-authenticator",
		.usage =
			"import google-authenticator --user USER FILE|--homes [USER ...] [--dry-run]",
		.summary = "Take over people's apps from google-authenticator (root)",
		.heading = JOINING,
		.where = VERB_HERE,
		.details =
			"FILE is USER's .google_authenticator. With --homes it is looked for in the home of\n"
			"every user of this machine, or of those named; who is not one of hcauth's is left\n"
			"out. The people must be known: see \"import passwd\" and \"import\".\n" },
	{ .name = "import oath",
		.usage = "import oath FILE [--dry-run]",
		.summary = "Take over people's apps from pam_oath (root)",
		.heading = JOINING,
		.where = VERB_HERE,
		.details =
			"FILE is its usersfile, such as /etc/users.oath: lines of HOTP/T30/6.\n" },
	{ .name = "import yubico",
		.usage = "import yubico FILE|--homes [USER ...] [--dry-run]",
		.summary = "Take over from pam_yubico whose YubiKey is which (root)",
		.heading = JOINING,
		.where = VERB_HERE,
		.details =
			"FILE is its authfile, such as /etc/yubikey_mappings: USER:ID:ID. It has no secrets:\n"
			"only keys that \"yubikey import\" has made known go to their people.\n" },

	{ .name = "audit",
		.usage =
			"audit [--practice ID] [--since TIME] [--identity EMAIL|USERID] [--signs] [--json]",
		.summary = "Show who did what, when, where and by whom",
		.heading = LEAVERS,
		.where = VERB_DAEMON,
		.details =
			"Without --since, the last 100 records. TIME is a day or a time, such as\n"
			"2026-03-31 or \"2026-03-31 14:05\", or how long ago, such as \"2 hours\".\n"
			"With --signs only signs of a login that several people use.\n"
			"Managers see what concerns their own practices.\n" },
	{ .name = "audit verify",
		.usage = "audit verify [--json]",
		.summary = "Look whether records were changed or taken away (root)",
		.heading = LEAVERS,
		.where = VERB_DAEMON,
		.details =
			"Names the first record that is not as it was written; the status is then 1.\n" },
	{ .name = "leave",
		.usage = "leave EMAIL|USERID|SYSTEMUSER [--end-sessions] [--force]",
		.summary = "Keep somebody who has left out, at every door and for good",
		.heading = LEAVERS,
		.where = VERB_HERE,
		.details =
			"Takes effect at once. For a manager it is the accounts at their own practices that\n"
			"are named; root closes all that the person has by naming their e-mail address.\n"
			"With --end-sessions what they have open is ended too.\n"
			"The last manager of a practice leaves only with --force, which is root's.\n" },
	{ .name = "end-sessions",
		.usage = "end-sessions",
		.summary = "End the sessions of those who have left (root)",
		.heading = LEAVERS,
		.where = VERB_HERE,
		.details =
			"Ends what managers have asked to be ended by \"leave --end-sessions\". With systemd\n"
			"hcauthd-end-sessions.path starts it when there is something to do.\n" },
	{ .name = "review",
		.usage = "review [--days N] [--since TIME] [--practice ID] [--json]",
		.summary = "List accounts that nobody uses or has vouched for",
		.heading = LEAVERS,
		.where = VERB_DAEMON,
		.details =
			"Those who have not signed in for N days (90), and those of whom nobody has said\n"
			"since TIME (a year ago) that they are still needed: see \"attest\".\n" },
	{ .name = "attest",
		.usage = "attest USERID ...",
		.summary = "Say that accounts are still needed",
		.heading = LEAVERS,
		.where = VERB_DAEMON,
		.details = "Up to 23 at a time: all of them, or none if one is unknown.\n" },
	{ .name = "purge",
		.usage = "purge [--dry-run]",
		.summary = "Delete what is kept of people who left long ago (root)",
		.heading = LEAVERS,
		.where = VERB_DAEMON,
		.details =
			"After the days that hcauthd.conf calls retention: names, addresses and numbers, and\n"
			"the audit's records about them. User ID, system user and uid stay, so that nobody\n"
			"else ever gets them. With systemd hcauthd-purge.timer runs it daily.\n" },

	{ .name = "outbox",
		.usage = "outbox [--json]",
		.summary = "List the messages that have not gone out (root)",
		.heading = MACHINE,
		.where = VERB_DAEMON,
		.details =
			"Those given up stay in the list until they are tried again or dropped.\n" },
	{ .name = "outbox retry",
		.usage = "outbox retry NUMBER",
		.summary = "Try a message again now (root)",
		.heading = MACHINE,
		.where = VERB_DAEMON,
		.details =
			"One that had a code in it can't be: its code is not good any more. Whoever waits\n"
			"for it can have another one sent.\n" },
	{ .name = "outbox drop",
		.usage = "outbox drop NUMBER",
		.summary = "Take a message out of the list, unsent (root)",
		.heading = MACHINE,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "authorized-keys",
		.usage = "authorized-keys USER",
		.summary = "Print the ssh keys of a system user, for sshd",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"For AuthorizedKeysCommand in sshd_config. Runs as root or the user hcauthd, without\n"
			"the daemon. Prints nothing for people who are switched off or have left.\n" },
	{ .name = "init",
		.usage = "init",
		.summary = "Set hcauth up on this machine (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"Makes the folders, the machine key and an empty database, and prints the\n"
			"recovery key, once. Changes nothing on a machine that is set up. If it was\n"
			"interrupted, run it again.\n" },
	{ .name = "accept-database",
		.usage = "accept-database",
		.summary = "Accept a database that was put back from a copy (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"A database older than this machine remembers is refused, since codes that were\n"
			"used since could be used again. This says that you put it back yourself.\n" },
	{ .name = "export",
		.usage = "export FILE",
		.summary = "Make a backup of the database (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"While hcauthd goes on. FILE must not be there yet; all of it is encrypted, and only\n"
			"the recovery key opens it. It holds people, accounts, practices, what they sign in\n"
			"with, and the audit; not settings, sessions, or codes on their way.\n" },
	{ .name = "restore",
		.usage = "restore FILE [--dry-run] [--force]",
		.summary = "Put a backup in place, here or on another machine (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"Asks for the recovery key. hcauthd must be stopped. With --dry-run it only looks\n"
			"whether FILE is whole. A database that is here stays, unless --force is given: then\n"
			"it is kept under another name, with its key. If it was interrupted, run it again,\n"
			"with --force.\n" },
	{ .name = "rekey",
		.usage = "rekey [--recovery|--seal]",
		.summary = "Make a new machine key, or a new recovery key (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"While hcauthd goes on; the key before opens the database no more. With --recovery\n"
			"a new recovery key is printed, once; backups made before still need the old one.\n"
			"With --seal systemd seals the machine key, to the TPM if there is one, and restarts\n"
			"hcauthd. If it was interrupted, run it again.\n" },
	{ .name = "recover",
		.usage = "recover",
		.summary = "Make a new machine key where it is lost (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"Asks for the recovery key, which \"init\" has printed. Nothing else changes. A key\n"
			"file that is there is kept under another name.\n" },
	{ .name = "yubikey import",
		.usage = "yubikey import FILE",
		.summary = "Make a box of YubiKeys known (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"FILE is the log of Yubico's personalization tool, in its traditional or its\n"
			"Yubico format, or what ykman(1) writes. All of it is imported, or nothing: then\n"
			"every wrong line is told. People then add the keys with \"yubikey add\", by\n"
			"touch alone. Delete FILE afterwards.\n" },
	{ .name = "yubikey pool",
		.usage = "yubikey pool [--json]",
		.summary = "List imported YubiKeys that are nobody's yet (root)",
		.heading = MACHINE,
		.where = VERB_DAEMON,
		.details = "By their public identity.\n" },
	{ .name = "yubikey drop",
		.usage = "yubikey drop PUBLIC-ID",
		.summary = "Forget an imported YubiKey that is nobody's yet (root)",
		.heading = MACHINE,
		.where = VERB_DAEMON,
		.details = "" },
	{ .name = "complete",
		.usage = "complete -- WORD ...",
		.summary = "Say what may come next, for shells",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"The last WORD is what is typed of the next one so far, or empty. A line is a word\n"
			"and what it does, with a tab between; the line :files stands for names of files.\n" },
	{ .name = "doctor",
		.usage = "doctor [--json]",
		.summary = "Say what lets somebody in by each service, and what is wrong (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"Reads PAM's files, sshd's settings, sudoers, nsswitch.conf, shadow and hcauth's own\n"
			"files, changes nothing, and says of each service what a person, root and a stranger\n"
			"must prove and how it could be bypassed; then what is wrong, with the line that mends\n"
			"it. The status is 1 when something is wrong.\n" },
	{ .name = "enable",
		.usage = "enable SERVICE [--yes]",
		.summary = "Put hcauth into one service of PAM (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"SERVICE is a file in /etc/pam.d, such as sshd. Without --yes it shows what would\n"
			"change, and tries that in a copy: root must be asked what root was asked before,\n"
			"and somebody whom nobody knows must be refused. With --yes, at a terminal, one of\n"
			"hcauth's people may sign in to try it; then it is put in place. For sshd its own\n"
			"settings are seen to as well.\n" },
	{ .name = "disable",
		.usage = "disable SERVICE|--all [--yes]",
		.summary = "Take hcauth out of a service of PAM again (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"What \"enable\" has put in goes; the files are then what they were, but for what\n"
			"somebody else has changed since. Without --yes it only shows what would change.\n" },
	{ .name = "explain",
		.usage = "explain PERSON --service SERVICE [--rhost ADDRESS] [--json]",
		.summary = "Say what a sign-in would ask, and why (root and managers)",
		.heading = MACHINE,
		.where = VERB_DAEMON,
		.details =
			"Nobody is signed in, and nothing is counted or sent. PERSON is an e-mail address,\n"
			"a user ID or a system user; SERVICE is one of PAM's, such as sshd. With --rhost the\n"
			"sign-in comes from there. The prompts that would come, in order, and for each\n"
			"which setting asks for it; then whether right answers would be enough, and if not,\n"
			"why. For a name that nobody has: what a stranger is asked, and the status is 3.\n" },
	{ .name = "help",
		.usage = "help [COMMAND]",
		.summary = "Show how a command is used",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details = "" },
	{ .name = "metrics",
		.usage = "metrics [--textfile FILE]",
		.summary = "Counters and gauges for Prometheus (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"Nobody is named in them. With --textfile they go to FILE, which is replaced in one\n"
			"step, for node_exporter's textfile collector; hcauth_up is 0 there when the daemon\n"
			"does not answer.\n" },
	{ .name = "trace",
		.usage = "trace PERSON",
		.summary = "Follow one person's next sign-in, step by step (root)",
		.heading = MACHINE,
		.where = VERB_HERE,
		.details =
			"Shows what is asked of them, how long each answer takes and what comes of it, as\n"
			"it happens, for ten minutes or until Ctrl-C. Never an answer. It stands in the\n"
			"audit.\n" },
};

enum { VERBS = sizeof verbs / sizeof *verbs };

/* How many words name has, if the first of n words are they; else 0. */
static size_t matches(const char *name, const char *const *words, size_t n)
{
	size_t used = 0;

	for (;;) {
		size_t len = strcspn(name, " ");

		if (used == n || strlen(words[used]) != len || memcmp(words[used], name, len) != 0)
			return 0;
		used++;
		if (name[len] == 0)
			return used;
		name += len + 1;
	}
}

const struct verb *verb_find(const char *const *words, size_t n, size_t *used)
{
	const struct verb *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < VERBS; i++) {
		size_t m = matches(verbs[i].name, words, n);

		if (m > most) {
			most = m;
			best = &verbs[i];
		}
	}
	if (best)
		*used = most;
	return best;
}

const struct verb *verb_at(size_t i)
{
	return i < VERBS ? &verbs[i] : NULL;
}
