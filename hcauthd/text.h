/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEXT_H
#define HCAUTH_TEXT_H

/* Every sentence that a person at a sign-in sees. Short, plain British English; each says what to do next. */

/* Prompts. Programs match on the first: it is exactly this. */
#define TEXT_PASSWORD "Password: "
#define TEXT_CURRENT_PASSWORD "Current password: "
#define TEXT_CHOSEN_PASSWORD "The password you chose: "
#define TEXT_CODE "Code: "
#define TEXT_PIN "PIN: "
#define TEXT_NEW_PASSWORD "New password: "
#define TEXT_NEW_PASSWORD_AGAIN "New password again: "
#define TEXT_NEW_PIN "New PIN: "
#define TEXT_NEW_PIN_AGAIN "New PIN again: "
#define TEXT_APP_CODE "Code from the app: "
#define TEXT_KEPT "Type \"yes\" when you have written them down: "
#define TEXT_CHOOSE "Where do you work today? Number, or Enter for 1: "
#define TEXT_CHOOSE_NUMBER "Please type a number from 1 to %zu."
#define TEXT_WHICH "Change your password (1) or your PIN (2)? "

/* After an empty answer. */
#define TEXT_HINT_PASSWORD                                                                         \
	"Type your password. New here, or forgotten it? Type the activation code from your practice."
#define TEXT_HINT_CODE                                                                             \
	"Type the 6 digits from your app. No phone at hand, or lost it? Type one of your recovery codes."
#define TEXT_HINT_CODE_TEXTED                                                                      \
	"Type the 6 digits from your app or text message. No phone at hand, or lost it? Type one of your recovery codes."
#define TEXT_HINT_PIN                                                                              \
	"Type your PIN. Forgotten it? Sign in with your password, or ask your practice."
#define TEXT_HINT_ANSWER "Please type an answer."

/* First sign-in and changes. */
#define TEXT_WELCOME                                                                               \
	"Welcome, %s. Let us set up your sign-in. If you are cut off, sign in again with the same activation code: we go on from there."
#define TEXT_WELCOME_BARE                                                                          \
	"Welcome, %s. Let us set up your sign-in. If you are cut off, sign in again with your password: we go on from there."
#define TEXT_PASSWORD_ADVICE                                                                       \
	"Choose a password of %u characters or more. Three or four odd words are good."
#define TEXT_PASSWORD_SHORT "That is too short. Please use %u characters or more."
#define TEXT_PASSWORD_CONTROL                                                                      \
	"That has a key in it that cannot be typed everywhere. Please use letters, digits, spaces and signs."
#define TEXT_PASSWORD_OWN_NAME "That has your own name in it. Please choose another."
#define TEXT_PASSWORD_KNOWN "That is one of the passwords people try first. Please choose another."
#define TEXT_PASSWORD_ACTIVATION                                                                   \
	"That is your activation code. Please choose a password of your own."
#define TEXT_DIFFERENT "The two were not the same. Please try again."
#define TEXT_PIN_ADVICE "Choose a PIN of %u digits for this workstation."
#define TEXT_PIN_LENGTH "Please use exactly %u digits."
#define TEXT_PIN_EASY "That PIN is easily guessed. Please choose another."
#define TEXT_TOTP_ADVICE                                                                           \
	"Open the authenticator app on your phone, add an account, and point the camera at this square:"
#define TEXT_TOTP_SECRET "Or type this into the app.\nAccount: %s\nSecret: %s"
#define TEXT_TOTP_WRONG                                                                            \
	"That code does not match. Please wait for the next one in the app and type it."
#define TEXT_CODES_ADVICE                                                                          \
	"Your 12 recovery codes. Each works once, in place of any other code. Keep them safe:\n\n%s"
#define TEXT_CODES_KEPT_HINT                                                                       \
	"Please type yes. If you cannot write them down now, stop here: these will not count, and you can get new ones later."
#define TEXT_CODES_FEW "You have %u recovery codes left. Make new ones with: hcauth codes"
#define TEXT_CODES_LEFT "You have %u recovery codes left."
#define TEXT_CODES_ONE "You have 1 recovery code left. Make new ones with: hcauth codes"
#define TEXT_CODES_NONE "That was your last recovery code. Make new ones with: hcauth codes"
#define TEXT_SET_UP                                                                                \
	"All set. From now on, sign in as %s with your password and a code from the app."
#define TEXT_SET_UP_USERID "Your password and your codes are set up."
#define TEXT_PASSWORD_CHANGED "Your password is changed."
#define TEXT_PIN_CHANGED "Your PIN is changed."
#define TEXT_TOTP_CHANGED "Your app is set up. Its codes are the ones that count now."
#define TEXT_CODES_CHANGED "Your old recovery codes have stopped working. Keep the new ones safe."

/* Refusals: only where the program shows them, and only what the person may know. */
#define TEXT_WAIT "Too many tries. Please wait %u seconds, then try again."
#define TEXT_OFF "Too many tries. Please ask your practice to unlock your sign-in."
#define TEXT_PIN_OFF                                                                               \
	"Your PIN is locked after too many tries. Please sign in with your password and code, or ask your practice."
#define TEXT_NOT_MATCHED "That did not match. Please try again."
#define TEXT_NOT_MATCHED_END "That did not match. Nothing is changed. To try again, run it again."
#define TEXT_DISABLED "Your sign-in is switched off. Please ask your practice."
#define TEXT_RESET                                                                                 \
	"Your practice has just reset your sign-in. Please sign in again, with the new activation code."
#define TEXT_GIVE_UP "That is enough tries for now. Please start again."
#define TEXT_ONLY_THEMSELVES                                                                       \
	"Nobody but the person can choose this password. To let them choose anew: hcauth identity reset EMAIL"
#define TEXT_MEANWHILE "Something has changed meanwhile. Please try again."
#define TEXT_BUSY "Many people are signing in just now. Please try again in a moment."

/* Codes by text message. */
#define TEXT_SMS_SENT "We have sent a code by text message to the number ending %s."
#define TEXT_SMS_STILL                                                                             \
	"The code that we sent to the number ending %s still counts. Press Enter for a new one."
#define TEXT_SMS_PERHAPS                                                                           \
	"If all was right so far and your codes can come by text message, one is on its way, unless three were sent just now: then type the last one, or try again later. A code from your app or a recovery code will do as well."
#define TEXT_SMS_ENTER "Press Enter to have one sent to you by text message."
#define TEXT_SMS_KNOWN                                                                             \
	"Codes go to your number ending %s. Press Enter if that is right, or type another: "
#define TEXT_SMS_YOURS "Is %s your mobile number? Type yes, or the right one: "
#define TEXT_SMS_WAITS                                                                             \
	"The number ending %s counts from this time tomorrow on. Until then all stays as it is."
#define TEXT_SMS_NONE "There are no codes by text message here."
#define TEXT_WAY                                                                                   \
	"How do you want your codes? Type 1 for an app on your phone, 2 for text messages, 3 for both: "
#define TEXT_WAY_HINT "Please type 1, 2 or 3."
#define TEXT_WAY_APP_ONLY "Some sign-ins here take codes from an app only."
#define TEXT_LOST_PHONE_WAY                                                                        \
	"Have you lost your phone? Type 1 to set up an app on another, 2 to have text messages sent to another number, or press Enter: "
#define TEXT_SET_UP_TEXTED                                                                         \
	"All set. From now on, sign in as %s with your password and a code that comes by text message."
#define TEXT_SECOND_APP                                                                            \
	"The app is asked for first from now on. Press Enter at \"Code:\" for a text message."
#define TEXT_SECOND_SMS                                                                            \
	"From now on a code comes by text message at once. One from the app will do as well."
#define TEXT_SECOND_LAST                                                                           \
	"That is the last one with which you can sign in everywhere here. Set up the other first."
#define TEXT_SECOND_REMOVED "It does not sign you in any more."
#define TEXT_SECOND_NOT "You do not have that."

/* Codes that were sent. */
#define TEXT_CODE_AGAIN "A new code is on its way. The old one does not count any more."
#define TEXT_CODE_ENOUGH                                                                           \
	"No more codes can be sent for now. Please type the last one, or try again in 15 minutes."
#define TEXT_CODE_PERHAPS                                                                          \
	"If we can send you one, another code is on its way, unless three were sent just now: then type the last one, or try again in 15 minutes. Only the newest counts."
#define TEXT_CODE_WRONG                                                                            \
	"That code does not match. Please type it again, or press Enter for a new one."

#define TEXT_CODE_WRONG_OTHER                                                                      \
	"That code does not match. Please type it again, press Enter for a new one, or type another address."

/* E-mail addresses, mobile numbers, user IDs. */
#define TEXT_ADDRESS_FORM                                                                          \
	"That is not an e-mail address. Please write it in full, like ann.lee@example.org."
#define TEXT_ADDRESS_DESK                                                                          \
	"%s belongs to a desk, not to a person: whoever reads it could sign in as you. Please use your own."
#define TEXT_ADDRESS_UNCHECKED                                                                     \
	"Addresses cannot be checked just now; ask your system administrator."
#define TEXT_ADDRESS_WHY                                                                           \
	"Please give an e-mail address that only you read. You then sign in with it, and it gets you back in when you have forgotten something."
#define TEXT_ADDRESS_UNTIL "Until %s you can go on with your user ID."
#define TEXT_ADDRESS "Your own e-mail address: "
#define TEXT_ADDRESS_SKIP "Your own e-mail address (Enter to skip for now): "
#define TEXT_ADDRESS_HINT "Your own e-mail address (Enter for %s): "
#define TEXT_ADDRESS_HINT_SKIP "Your own e-mail address (Enter for %s, \"no\" to skip for now): "
#define TEXT_ADDRESS_NEEDED                                                                        \
	"An e-mail address of your own is needed to sign in. A code goes there, to see that it is yours."
#define TEXT_ADDRESS_REFUSED                                                                       \
	"You can sign in once you have given an e-mail address of your own. If you have none, ask your practice."
#define TEXT_ADDRESS_SENT "A code is on its way to %s."
#define TEXT_ADDRESS_STILL "The code that we sent to %s still counts."
#define TEXT_ADDRESS_MISTYPED "If that address is not right, type another one in place of the code."
#define TEXT_ADDRESS_UNVERIFIED                                                                    \
	"Your address is not verified yet; you will be asked again at the next sign-in."
#define TEXT_ADDRESS_CODE "Code from the e-mail: "
#define TEXT_ADDRESS_LIVE_USER "From now on, sign in as %s."
#define TEXT_ADDRESS_LIVE "From now on, sign in as %s. Your user ID %s does not sign in any more."
#define TEXT_ADDRESS_TAKEN                                                                         \
	"This address already signs in here. To bring this account under it, sign in with the address and run: hcauth link"
#define TEXT_ADDRESS_LATER "That could not be done just now. Please tell your system administrator."
#define TEXT_ADDRESS_YOURS                                                                         \
	"Is %s your own e-mail address? Type yes to have a code sent there, or press Enter to skip for now: "
#define TEXT_ADDRESS_OTHER "To give another address, run: hcauth email"
#define TEXT_ADDRESS_UNVERIFIED_OTHER                                                              \
	"Your address is not verified yet. To give another address, run: hcauth email"
#define TEXT_ADDRESS_VERIFIED "Thank you. Your e-mail address is verified."
#define TEXT_ADDRESS_NEW "Your new e-mail address: "
#define TEXT_ADDRESS_SAME "That is your address already."
#define TEXT_ADDRESS_CHANGED "From now on, sign in as %s."
#define TEXT_ADDRESS_USERID                                                                        \
	"You sign in with a user ID. Your e-mail address is asked for when you next sign in."
#define TEXT_SECOND_USERID                                                                         \
	"Nothing is changed: this is for those who sign in with an e-mail address, and you sign in with a user ID. Your address is asked for when you next sign in."
#define TEXT_HINT_ACTIVATION "Type your activation code."
#define TEXT_HINT_BARE "Type your activation code. If you have none any more, press Enter again."
#define TEXT_BARE                                                                                  \
	"You have no app for codes yet. To set it up, we send a code to your e-mail address first."
#define TEXT_BARE_NONE                                                                             \
	"You have no app for codes yet. Please ask your practice for a new activation code."
#define TEXT_BARE_SEND "Type yes to have a code sent to %s: "
#define TEXT_MOBILE_ASK "Your mobile number gets you back in when you have forgotten something."
#define TEXT_MOBILE_SKIP "Your mobile number, like +44 7700 900123 (Enter to skip for now): "
#define TEXT_MOBILE_YOURS                                                                          \
	"Is %s your mobile number? Type yes to have a code sent there, another number, or press Enter to skip for now: "
#define TEXT_MOBILE "Your mobile number, like +44 7700 900123: "
#define TEXT_MOBILE_FORM                                                                           \
	"Please write the number with its country, like +44 7700 900123 or 0044 7700 900123."
#define TEXT_MOBILE_CODE "Code from the text message: "
#define TEXT_MOBILE_VERIFIED "Thank you. Your mobile number is verified."
#define TEXT_MESSAGES_NONE                                                                         \
	"This machine cannot send you a code. Please ask your system administrator."

/* Linking, choosing and switching. */
#define TEXT_LINK_FIRST                                                                            \
	"Please give an e-mail address of your own first: sign in again, and you are asked for it. Then run hcauth link."
#define TEXT_LINK_USERID "User ID of the other account: "
#define TEXT_LINK_PASSWORD "Its password, or activation code: "
#define TEXT_LINK_CODE "Code from the app of that account: "
#define TEXT_LINK_CODE_IF_ANY "Code from the app of that account (if it has none, press Enter): "
#define TEXT_HINT_LINK "Type what that account signs in with, or its activation code."
#define TEXT_LINK_WRONG "That user ID and password do not match."
#define TEXT_LINK_FULL "You have %u accounts, and there can be no more. Please ask your practice."
#define TEXT_LINK_SHARED                                                                           \
	"Somebody else has your e-mail address, too, which that practice does not allow. Please ask there."
#define TEXT_LINKED                                                                                \
	"%s at %s is yours now: from now on, sign in as %s. Its own user ID and password have stopped working."
#define TEXT_LINK_OFFER                                                                            \
	"Do you have another user ID? Type it to bring it under %s, or press Enter: "
#define TEXT_LINK_LATER "You can do this at any time with: hcauth link"
#define TEXT_CHOOSE_DEFAULT "Which account shall be your default? Number, or Enter for 1: "
#define TEXT_CHOOSE_SWITCH "Switch to which account? Number, or Enter for 1: "
#define TEXT_ONE_ACCOUNT "You have one account only. If another is yours: hcauth link"
#define TEXT_NO_SUCH_ACCOUNT "You have no such account. To see those that you have: hcauth accounts"
#define TEXT_ACCOUNT_OFF "That account is switched off. Please ask your practice."
#define TEXT_ACCOUNTS_THERE                                                                        \
	"You have more than one account there. Please give its user ID: hcauth accounts"
#define TEXT_ALREADY_THERE "You are in that account now."
#define TEXT_DEFAULT_IS "%s at %s is your default account now."
#define TEXT_SWITCHING "%s (%s). To come back, type: exit"

/* A shared address. */
#define TEXT_SHARED "You share %s with somebody. An address of your own is better: hcauth email"
#define TEXT_SHARED_TAKEN "That password cannot be used. Please choose another."
#define TEXT_SHARED_OFFER                                                                          \
	"Somebody else signs in with %s, too. To share it, type your password once more. An address of your own is better: press Enter."
#define TEXT_SHARED_SAME                                                                           \
	"That address cannot be yours with the password that you have. Change that first: hcauth password"

/* Forgotten PIN or password, lost phone. */
#define TEXT_HINT_PASSWORD_FORGOTTEN                                                               \
	"Type your password, or the activation code from your practice. Forgotten it? Press Enter once more."
#define TEXT_HINT_PIN_FORGOTTEN "Type your PIN. Forgotten it? Press Enter once more."
#define TEXT_PIN_LOCKED "Your PIN is locked after too many tries."
#define TEXT_FORGOTTEN "Forgotten it? Type yes to get back in, or press Enter: "
#define TEXT_RECOVER_BEGIN                                                                         \
	"If we know your e-mail address and your mobile number, a code is on its way by e-mail. After it comes one by text message. Cut off? Come back here within 15 minutes: we go on from there."
#define TEXT_RECOVER_EMAIL "Code from the e-mail: "
#define TEXT_RECOVER_MOBILE_NEXT "Thank you. Now a code is on its way to your mobile."
#define TEXT_RECOVER_MOBILE_STILL "The code that we sent to your mobile still counts."
#define TEXT_RECOVER_MOBILE "Code from the text message: "
#define TEXT_RECOVER_SECOND "Thank you. Now a code from your app, or one of your recovery codes."
#define TEXT_RECOVER_FAILED                                                                        \
	"That did not work. Please try again (by your own user name if you share an e-mail address), or ask your practice."
#define TEXT_RECOVER_PIN_SET "Your new PIN is set."
#define TEXT_RECOVER_PASSWORD_SET "Your new password is set."
#define TEXT_RECOVER_LATER "Please sign in again. (The screen may say that the sign-in failed.)"
#define TEXT_LOST_PHONE                                                                            \
	"Have you lost your phone? Type yes to set up the app on another, or press Enter: "

/* YubiKeys. */
#define TEXT_HINT_CODE_YUBIKEY                                                                     \
	"Type your 6 digits, or touch your YubiKey. Neither at hand, or lost? Type one of your recovery codes."
#define TEXT_YUBIKEY_NOT_PASSWORD                                                                  \
	"That was your YubiKey. Please type your password here; touch the key when you are asked for a code."
#define TEXT_YUBIKEY_PROGRAM                                                                                       \
	"Program the key with these now (its second slot, a long touch). In another window: ykman otp yubiotp 2\n" \
	"Public ID:  %s\nPrivate ID: %s\nSecret key: %s\n"                                                         \
	"Or: ykpersonalize -2 -ofixed=%s -ouid -a\n"                                                               \
	"Keep these to yourself. If you are cut off before the key is added: hcauth yubikey add"
#define TEXT_YUBIKEY_TOUCH "Touch your YubiKey: "
#define TEXT_YUBIKEY_TOUCH_LONG "Touch your YubiKey for three seconds: "
#define TEXT_YUBIKEY_AGAIN "And once more: "
#define TEXT_YUBIKEY_HINT "Please touch the key: it types by itself."
#define TEXT_YUBIKEY_NO_OTP                                                                        \
	"That is not what a YubiKey types. Is Caps Lock off? Please touch the key again."
#define TEXT_YUBIKEY_NO_CODE                                                                       \
	"That is not what a YubiKey types. Is Caps Lock off? Touch the key when you are next asked for a code."
#define TEXT_YUBIKEY_OTHER                                                                         \
	"That was another key, or another touch: a short one and a long one type different things. Please try again."
#define TEXT_YUBIKEY_SAME                                                                          \
	"That is what the key typed before: it was not touched anew. Please touch it again."
#define TEXT_YUBIKEY_PRIVATE "Its private ID (12 digits and letters a to f, not shown): "
#define TEXT_YUBIKEY_SECRET "Its secret key (32 digits and letters a to f, not shown): "
#define TEXT_YUBIKEY_DIGITS "Please type exactly %u digits and letters from a to f."
#define TEXT_YUBIKEY_UNKNOWN "This key is not known here yet. You need what it was programmed with."
#define TEXT_YUBIKEY_WRONG                                                                         \
	"The key and what it was programmed with do not fit together. Please start again, and touch the key afresh each time."
#define TEXT_YUBIKEY_ADDED "%s is yours now."
#define TEXT_YUBIKEY_USED "When you are asked for a code, touch it."
#define TEXT_YUBIKEY_UNUSED                                                                        \
	"Nothing on this machine asks for it yet: please tell your system administrator."
#define TEXT_YUBIKEY_FULL "You have %u YubiKeys, and there can be no more. Remove one first."
#define TEXT_YUBIKEY_YOURS "That key is yours already: %s."
#define TEXT_YUBIKEY_NAMED "You have a YubiKey of that name already."
#define TEXT_YUBIKEY_NAME "Please give it a name of 1 to %u letters."
#define TEXT_YUBIKEY_NONE "You have no YubiKey of that name. To see yours: hcauth yubikey"
#define TEXT_YUBIKEY_LAST                                                                          \
	"Without that key you could not sign in everywhere here. Set up another first."
#define TEXT_YUBIKEY_REMOVED "%s does not sign you in any more."
#define TEXT_YUBIKEY_RENAMED "It is called %s now."

/* Practices and managers. */
#define TEXT_FRESH "This changes somebody. Please type a code of your own."
#define TEXT_FRESH_NONE                                                                            \
	"This changes somebody, and you have no second factor to confirm it. Set one up with: hcauth totp"
#define TEXT_CLOSED "%s is closed now. Please sign in when it is open."
#define TEXT_ASKS_MORE "%s asks for more than you typed. Please sign in there as %s."

/* Joining. The letter's lines are short, so that they fit on paper as they are. */
#define TEXT_LETTER_READY                                                                          \
	"Your sign-in at this practice is ready for you to set up. Please keep this\n"             \
	"letter to yourself: whoever has it can set up your sign-in in your place."
#define TEXT_LETTER_STEPS                                                                          \
	"1. At one of the practice's workstations, where it asks for \"login\" or a\n"             \
	"   user name, type your %s: %s\n"                                                         \
	"2. Where it asks for the password, type the activation code. Capitals and\n"              \
	"   dashes do not matter.\n"                                                               \
	"3. Choose a password of your own, of %u characters or more. Nobody will\n"                \
	"   ever ask you for it.\n"                                                                \
	"4. Set up an authenticator app on your phone: point its camera at the\n"                  \
	"   square on the screen, then type the code that the app shows.\n"
#define TEXT_LETTER_KEEP                                                                           \
	"5. Write down the recovery codes that the screen shows, and keep them safe:\n"            \
	"   they help you in when your phone is not at hand."
#define TEXT_LETTER_ADDRESS                                                                        \
	"5. Write down the recovery codes that the screen shows, and keep them safe.\n"            \
	"   When it asks for an e-mail address, give one of your own: from then on\n"              \
	"   you sign in with that.\n\n"                                                            \
	"Do you sign in with an e-mail address here already? Then sign in as usual,\n"             \
	"type hcauth link, and give this user ID and code."
#define TEXT_LETTER_LOST                                                                           \
	"If you are cut off, sign in again with the same code: it goes on from there.\n"           \
	"Was this letter opened, or is the code too old? Ask the practice for a new one."
#define TEXT_REQUEST_INTRO                                                                         \
	"Here you can ask a practice for a login. Press Ctrl-D to stop at any time."
#define TEXT_REQUEST_NONE "There is no practice here yet. Please ask your system administrator."
#define TEXT_REQUEST_PRACTICE "Which practice? Its number: "
#define TEXT_REQUEST_NUMBER "Please type a number from 1 to %u."
#define TEXT_REQUEST_NAME "Your full name: "
#define TEXT_REQUEST_NAME_BAD "Please type your name as you write it, in letters."
#define TEXT_REQUEST_EMAIL "Your e-mail address: "
#define TEXT_REQUEST_MOBILE "Your mobile number, like +44 7700 900123, or Enter to skip: "
#define TEXT_REQUEST_MOBILE_BAD                                                                    \
	"Please type it with its country, such as +44 7700 900123, or press Enter to skip."
#define TEXT_REQUEST_THANKS "Thank you. The managers of %s will see it."
#define TEXT_REQUEST_ENOUGH                                                                        \
	"There are too many requests just now. Please try again in an hour, or ask the practice."
#define TEXT_REQUEST_YOURS                                                                         \
	"You have %d requests open already. Please wait for an answer, or ask the practice itself."
#define TEXT_REQUEST_FULL "Too many people have asked %s already. Please ask the practice itself."
#define TEXT_REQUEST_NOT_HERE                                                                      \
	"You cannot ask for a login from here. Please ask the practice itself."

/* The roll-out of PINs. */
#define TEXT_ROLLOUT_WHY                                                                           \
	"A PIN is quicker: it unlocks the screen that you have signed in at, and nothing elsewhere."
#define TEXT_ROLLOUT_LEFT "You can skip this %u more times."
#define TEXT_ROLLOUT_LAST "You can skip this once more, then a PIN is needed."
#define TEXT_ROLLOUT_NEEDED                                                                        \
	"Please choose a PIN now: it unlocks the screen that you have signed in at, and nothing elsewhere."
#define TEXT_PIN_NEEDED "A PIN is needed here. Nothing is lost: sign in again, and choose one."
#define TEXT_ROLLOUT_PIN "New PIN (Enter to skip for now): "
#define TEXT_ROLLOUT_PIN_AGAIN "New PIN again (Enter to skip for now): "
#define TEXT_ROLLOUT_LATER "You can do this at any time with: hcauth pin"
#define TEXT_ROLLOUT_SET "Your PIN is set."

/* A shift. */
#define TEXT_SHIFT_ENDED                                                                           \
	"Your shift here is over: the next sign-in asks for your password and a code."
#define TEXT_SHIFT_OVER "Your shift here is over. Please try again with your password and a code."
#define TEXT_SHIFT_NOT_YOURS                                                                       \
	"Only the managers of a practice and root may end somebody else's shift. Your own: hcauth lock"

/* Greeters that hide prompts and show one message at a time. */
#define TEXT_ENTER "Press Enter to go on. "
#define TEXT_PIN_WRONG "That PIN is not right."
#define TEXT_SECOND_WRONG "That code is not right."
#define TEXT_TOTP_ADVICE_TYPED                                                                     \
	"Open the authenticator app on your phone, add an account, choose to type a secret or key, and type this:"
#define TEXT_TOTP_SECRET_TYPED "Account: %s\nSecret: %s"

/* A fingerprint, and ssh keys. */
#define TEXT_FINGERPRINT_MISSING                                                                   \
	"Your fingerprint is needed here, and was not read. Please try again."
#define TEXT_KEY_LINE "Public key (one line, as in a file that ends in .pub): "
#define TEXT_KEY_HINT "Paste the line, or press Enter again to stop."
#define TEXT_KEY_TYPE                                                                              \
	"That is not a public key. It must begin with its type: ssh-ed25519, ecdsa-sha2-..., ssh-rsa or sk-..."
#define TEXT_KEY_PRIVATE                                                                           \
	"That is a private key. Keep it to yourself; what is wanted is the file that ends in .pub."
#define TEXT_KEY_BROKEN                                                                            \
	"That key is not complete, or not what its first word says. Please copy the whole line."
#define TEXT_KEY_SHORT                                                                             \
	"That RSA key is shorter than 3072 bits. Please make a new key: ssh-keygen -t ed25519"
#define TEXT_KEY_LINES "That is more than one line. Please give one key at a time."
#define TEXT_KEY_THERE "You have that key already."
#define TEXT_KEYS_FULL "You have %d keys already. Remove one first: hcauth ssh-keys remove NUMBER"
#define TEXT_KEYS_NONE "You have no ssh keys here. To add one: hcauth ssh-keys add FILE"
#define TEXT_KEY_STOPPED "No key was added. To add one from a file: hcauth ssh-keys add FILE"
#define TEXT_KEY_ADDED "Added: %s %s"
#define TEXT_KEY_REMOVED "Removed: %s %s"
#define TEXT_KEY_NO_SUCH "You have no such key. See: hcauth ssh-keys"
#define TEXT_KEY_TWO                                                                               \
	"You have more than one key of that name. Please give its number: hcauth ssh-keys"

/* Break-glass. */
#define TEXT_GLASS_TOLD "Signed in by break-glass until %s. Your managers have been told."
#define TEXT_GLASS_RECORDED "Signed in by break-glass until %s. This is recorded for your managers."
#define TEXT_GLASS_OPEN "You are in by break-glass until %s."
#define TEXT_GLASS_PASSWORD                                                                        \
	"To choose a new password, press Enter twice where it is asked for, or ask your practice for a reset."
#define TEXT_GLASS_PIN "To choose a new PIN, run: hcauth pin"
#define TEXT_GLASS_CODE "To set up your app again, ask your practice for a reset of your sign-in."

/* What goes into the sealed envelope, and onto it. */
#define TEXT_GLASS_ENVELOPE                                                                        \
	"%s: break-glass code, made on %s\n\n"                                                     \
	"Write on the envelope:\n\n"                                                               \
	"    BREAK-GLASS, %s. Open only when somebody must sign in at\n"                           \
	"    once and has lost a password, a PIN or their phone. Opening it tells\n"               \
	"    all managers.\n\n"                                                                    \
	"Put into it:\n\n"                                                                         \
	"    %s\n\n"                                                                               \
	"    1. Sign in at the workstation with your own name, as always.\n"                       \
	"    2. Where it asks for what you have lost (Password, PIN or Code), type\n"              \
	"       the code above. Capitals and dashes do not matter.\n"                              \
	"    3. Give everything else that it asks for. What you have lost is not\n"                \
	"       asked for again there for %u hours.\n\n"                                           \
	"This code is not shown again. It works once; an older one has stopped working."

/* Leaving. */
#define TEXT_HAS_LEFT "%s has left, for good. To have them back, invite them anew."

#endif
