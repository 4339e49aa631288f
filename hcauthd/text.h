/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEXT_H
#define HCAUTH_TEXT_H

/* Every sentence that a person at a sign-in sees. Short, plain British English; each says what to do next. */

/* In the machine's language (language.h). Tests, which join them to others, have them as they stand here. */
#ifdef TEXT_PLAIN
#define T(english) english
#else
#include "language.h"
#define T(english) language_text(english)
#endif

/* Prompts. Programs match on the first: it is exactly this, in every language (password_prompt()). */
#define TEXT_PASSWORD "Password: "
#define TEXT_PASSWORD_HERE T("Password: ")
#define TEXT_CURRENT_PASSWORD T("Current password: ")
#define TEXT_CHOSEN_PASSWORD T("The password you chose: ")
#define TEXT_CODE T("Code: ")
#define TEXT_PIN T("PIN: ")
#define TEXT_NEW_PASSWORD T("New password: ")
#define TEXT_NEW_PASSWORD_AGAIN T("New password again: ")
#define TEXT_NEW_PIN T("New PIN: ")
#define TEXT_NEW_PIN_AGAIN T("New PIN again: ")
#define TEXT_APP_CODE T("Code from the app: ")
#define TEXT_KEPT T("Type \"yes\" when you have written them down: ")
#define TEXT_CHOOSE T("Where do you work today? Number, or Enter for 1: ")
#define TEXT_CHOOSE_NUMBER T("Please type a number from 1 to %zu.")
#define TEXT_WHICH T("Change your password (1) or your PIN (2)? ")

/* After an empty answer. */
#define TEXT_HINT_PASSWORD                                                                         \
	T("Type your password. New here, or forgotten it? Type the activation code from your practice.")
#define TEXT_HINT_CODE                                                                             \
	T("Type the 6 digits from your app. No phone at hand, or lost it? Type one of your recovery codes.")
#define TEXT_HINT_CODE_TEXTED                                                                      \
	T("Type the 6 digits from your app or text message. No phone at hand, or lost it? Type one of your recovery codes.")
#define TEXT_HINT_PIN                                                                              \
	T("Type your PIN. Forgotten it? Sign in with your password, or ask your practice.")
#define TEXT_HINT_ANSWER T("Please type an answer.")

/* First sign-in and changes. */
#define TEXT_WELCOME                                                                               \
	T("Welcome, %s. Let us set up your sign-in. If you are cut off, sign in again with the same activation code: we go on from there.")
#define TEXT_WELCOME_BARE                                                                          \
	T("Welcome, %s. Let us set up your sign-in. If you are cut off, sign in again with your password: we go on from there.")
#define TEXT_PASSWORD_ADVICE                                                                       \
	T("Choose a password of %u characters or more. Three or four odd words are good.")
#define TEXT_PASSWORD_SHORT T("That is too short. Please use %u characters or more.")
#define TEXT_PASSWORD_CONTROL                                                                      \
	T("That has a key in it that cannot be typed everywhere. Please use letters, digits, spaces and signs.")
#define TEXT_PASSWORD_OWN_NAME T("That has your own name in it. Please choose another.")
#define TEXT_PASSWORD_KNOWN                                                                        \
	T("That is one of the passwords people try first. Please choose another.")
#define TEXT_PASSWORD_ACTIVATION                                                                   \
	T("That is your activation code. Please choose a password of your own.")
#define TEXT_DIFFERENT T("The two were not the same. Please try again.")
#define TEXT_PIN_ADVICE T("Choose a PIN of %u digits for this workstation.")
#define TEXT_PIN_LENGTH T("Please use exactly %u digits.")
#define TEXT_PIN_EASY T("That PIN is easily guessed. Please choose another.")
#define TEXT_TOTP_ADVICE                                                                           \
	T("Open the authenticator app on your phone, add an account, and point the camera at this square:")
#define TEXT_TOTP_SECRET T("Or type this into the app.\nAccount: %s\nSecret: %s")
#define TEXT_TOTP_WRONG                                                                            \
	T("That code does not match. Please wait for the next one in the app and type it.")
#define TEXT_CODES_ADVICE                                                                          \
	T("Your 12 recovery codes. Each works once, in place of any other code. Keep them safe:\n\n%s")
#define TEXT_CODES_KEPT_HINT                                                                       \
	T("Please type yes. If you cannot write them down now, stop here: these will not count, and you can get new ones later.")
#define TEXT_CODES_FEW T("You have %u recovery codes left. Make new ones with: hcauth codes")
#define TEXT_CODES_LEFT T("You have %u recovery codes left.")
#define TEXT_CODES_ONE T("You have 1 recovery code left. Make new ones with: hcauth codes")
#define TEXT_CODES_NONE T("That was your last recovery code. Make new ones with: hcauth codes")
#define TEXT_SET_UP                                                                                \
	T("All set. From now on, sign in as %s with your password and a code from the app.")
#define TEXT_SET_UP_USERID T("Your password and your codes are set up.")
#define TEXT_PASSWORD_CHANGED T("Your password is changed.")
#define TEXT_PIN_CHANGED T("Your PIN is changed.")
#define TEXT_TOTP_CHANGED T("Your app is set up. Its codes are the ones that count now.")
#define TEXT_CODES_CHANGED                                                                         \
	T("Your old recovery codes have stopped working. Keep the new ones safe.")

/* Refusals: only where the program shows them, and only what the person may know. */
#define TEXT_WAIT T("Too many tries. Please wait %u seconds, then try again.")
#define TEXT_OFF T("Too many tries. Please ask your practice to unlock your sign-in.")
#define TEXT_PIN_OFF                                                                               \
	T("Your PIN is locked after too many tries. Please sign in with your password and code, or ask your practice.")
#define TEXT_NOT_MATCHED T("That did not match. Please try again.")
#define TEXT_NOT_MATCHED_END                                                                       \
	T("That did not match. Nothing is changed. To try again, run it again.")
#define TEXT_DISABLED T("Your sign-in is switched off. Please ask your practice.")
#define TEXT_RESET                                                                                 \
	T("Your practice has just reset your sign-in. Please sign in again, with the new activation code.")
#define TEXT_GIVE_UP T("That is enough tries for now. Please start again.")
#define TEXT_ONLY_THEMSELVES                                                                       \
	T("Nobody but the person can choose this password. To let them choose anew: hcauth identity reset EMAIL")
#define TEXT_MEANWHILE T("Something has changed meanwhile. Please try again.")
#define TEXT_BUSY T("Many people are signing in just now. Please try again in a moment.")

/* Codes by text message. */
#define TEXT_SMS_SENT T("We have sent a code by text message to the number ending %s.")
#define TEXT_SMS_STILL                                                                             \
	T("The code that we sent to the number ending %s still counts. Press Enter for a new one.")
#define TEXT_SMS_PERHAPS                                                                           \
	T("If all was right so far and your codes can come by text message, one is on its way, unless three were sent just now: then type the last one, or try again later. A code from your app or a recovery code will do as well.")
#define TEXT_SMS_ENTER T("Press Enter to have one sent to you by text message.")
#define TEXT_SMS_KNOWN                                                                             \
	T("Codes go to your number ending %s. Press Enter if that is right, or type another: ")
#define TEXT_SMS_YOURS T("Is %s your mobile number? Type yes, or the right one: ")
#define TEXT_SMS_WAITS                                                                             \
	T("The number ending %s counts from this time tomorrow on. Until then all stays as it is.")
#define TEXT_SMS_NONE T("There are no codes by text message here.")
#define TEXT_WAY                                                                                   \
	T("How do you want your codes? Type 1 for an app on your phone, 2 for text messages, 3 for both: ")
#define TEXT_WAY_HINT T("Please type 1, 2 or 3.")
#define TEXT_WAY_APP_ONLY T("Some sign-ins here take codes from an app only.")
#define TEXT_LOST_PHONE_WAY                                                                        \
	T("Have you lost your phone? Type 1 to set up an app on another, 2 to have text messages sent to another number, or press Enter: ")
#define TEXT_SET_UP_TEXTED                                                                         \
	T("All set. From now on, sign in as %s with your password and a code that comes by text message.")
#define TEXT_SECOND_APP                                                                            \
	T("The app is asked for first from now on. Press Enter at \"Code:\" for a text message.")
#define TEXT_SECOND_SMS                                                                            \
	T("From now on a code comes by text message at once. One from the app will do as well.")
#define TEXT_SECOND_LAST                                                                           \
	T("That is the last one with which you can sign in everywhere here. Set up the other first.")
#define TEXT_SECOND_REMOVED T("It does not sign you in any more.")
#define TEXT_SECOND_NOT T("You do not have that.")

/* Codes that were sent. */
#define TEXT_CODE_AGAIN T("A new code is on its way. The old one does not count any more.")
#define TEXT_CODE_ENOUGH                                                                           \
	T("No more codes can be sent for now. Please type the last one, or try again in 15 minutes.")
#define TEXT_CODE_PERHAPS                                                                          \
	T("If we can send you one, another code is on its way, unless three were sent just now: then type the last one, or try again in 15 minutes. Only the newest counts.")
#define TEXT_CODE_WRONG                                                                            \
	T("That code does not match. Please type it again, or press Enter for a new one.")

#define TEXT_CODE_WRONG_OTHER                                                                      \
	T("That code does not match. Please type it again, press Enter for a new one, or type another address.")

/* E-mail addresses, mobile numbers, user IDs. */
#define TEXT_ADDRESS_FORM                                                                          \
	T("That is not an e-mail address. Please write it in full, like ann.lee@example.org.")
#define TEXT_ADDRESS_DESK                                                                          \
	T("%s belongs to a desk, not to a person: whoever reads it could sign in as you. Please use your own.")
#define TEXT_ADDRESS_UNCHECKED                                                                     \
	T("Addresses cannot be checked just now; ask your system administrator.")
#define TEXT_ADDRESS_WHY                                                                           \
	T("Please give an e-mail address that only you read. You then sign in with it, and it gets you back in when you have forgotten something.")
#define TEXT_ADDRESS_UNTIL T("Until %s you can go on with your user ID.")
#define TEXT_ADDRESS T("Your own e-mail address: ")
#define TEXT_ADDRESS_SKIP T("Your own e-mail address (Enter to skip for now): ")
#define TEXT_ADDRESS_HINT T("Your own e-mail address (Enter for %s): ")
#define TEXT_ADDRESS_HINT_SKIP T("Your own e-mail address (Enter for %s, \"no\" to skip for now): ")
#define TEXT_ADDRESS_NEEDED                                                                        \
	T("An e-mail address of your own is needed to sign in. A code goes there, to see that it is yours.")
#define TEXT_ADDRESS_REFUSED                                                                       \
	T("You can sign in once you have given an e-mail address of your own. If you have none, ask your practice.")
#define TEXT_ADDRESS_SENT T("A code is on its way to %s.")
#define TEXT_ADDRESS_STILL T("The code that we sent to %s still counts.")
#define TEXT_ADDRESS_MISTYPED                                                                      \
	T("If that address is not right, type another one in place of the code.")
#define TEXT_ADDRESS_UNVERIFIED                                                                    \
	T("Your address is not verified yet; you will be asked again at the next sign-in.")
#define TEXT_ADDRESS_CODE T("Code from the e-mail: ")
#define TEXT_ADDRESS_LIVE                                                                          \
	T("From now on, sign in as %s. Your user ID %s does not sign in any more.")
#define TEXT_ADDRESS_TAKEN                                                                         \
	T("This address already signs in here. To bring this account under it, sign in with the address and run: hcauth link")
#define TEXT_ADDRESS_LATER                                                                         \
	T("That could not be done just now. Please tell your system administrator.")
#define TEXT_ADDRESS_YOURS                                                                         \
	T("Is %s your own e-mail address? Type yes to have a code sent there, or press Enter to skip for now: ")
#define TEXT_ADDRESS_OTHER T("To give another address, run: hcauth email")
#define TEXT_ADDRESS_UNVERIFIED_OTHER                                                              \
	T("Your address is not verified yet. To give another address, run: hcauth email")
#define TEXT_ADDRESS_VERIFIED T("Thank you. Your e-mail address is verified.")
#define TEXT_ADDRESS_NEW T("Your new e-mail address: ")
#define TEXT_ADDRESS_SAME T("That is your address already.")
#define TEXT_ADDRESS_CHANGED T("From now on, sign in as %s.")
#define TEXT_ADDRESS_USERID                                                                        \
	T("You sign in with a user ID. Your e-mail address is asked for when you next sign in.")
#define TEXT_SECOND_USERID                                                                         \
	T("Nothing is changed: this is for those who sign in with an e-mail address, and you sign in with a user ID. Your address is asked for when you next sign in.")
#define TEXT_HINT_ACTIVATION T("Type your activation code.")
#define TEXT_HINT_BARE T("Type your activation code. If you have none any more, press Enter again.")
#define TEXT_BARE                                                                                  \
	T("You have no app for codes yet. To set it up, we send a code to your e-mail address first.")
#define TEXT_BARE_NONE                                                                             \
	T("You have no app for codes yet. Please ask your practice for a new activation code.")
#define TEXT_BARE_SEND T("Type yes to have a code sent to %s: ")
#define TEXT_MOBILE_ASK T("Your mobile number gets you back in when you have forgotten something.")
#define TEXT_MOBILE_SKIP T("Your mobile number, like +44 7700 900123 (Enter to skip for now): ")
#define TEXT_MOBILE_YOURS                                                                          \
	T("Is %s your mobile number? Type yes to have a code sent there, another number, or press Enter to skip for now: ")
#define TEXT_MOBILE T("Your mobile number, like +44 7700 900123: ")
#define TEXT_MOBILE_FORM                                                                           \
	T("Please write the number with its country, like +44 7700 900123 or 0044 7700 900123.")
#define TEXT_MOBILE_CODE T("Code from the text message: ")
#define TEXT_MOBILE_VERIFIED T("Thank you. Your mobile number is verified.")
#define TEXT_MESSAGES_NONE                                                                         \
	T("This machine cannot send you a code. Please ask your system administrator.")

/* Linking, choosing and switching. */
#define TEXT_LINK_FIRST                                                                            \
	T("Please give an e-mail address of your own first: sign in again, and you are asked for it. Then run hcauth link.")
#define TEXT_LINK_USERID T("User ID of the other account: ")
#define TEXT_LINK_PASSWORD T("Its password, or activation code: ")
#define TEXT_LINK_CODE T("Code from the app of that account: ")
#define TEXT_LINK_CODE_IF_ANY T("Code from the app of that account (if it has none, press Enter): ")
#define TEXT_HINT_LINK T("Type what that account signs in with, or its activation code.")
#define TEXT_LINK_WRONG T("That user ID and password do not match.")
#define TEXT_LINK_FULL                                                                             \
	T("You have %u accounts, and there can be no more. Please ask your practice.")
#define TEXT_LINK_SHARED                                                                           \
	T("Somebody else has your e-mail address, too, which that practice does not allow. Please ask there.")
#define TEXT_LINKED                                                                                \
	T("%s at %s is yours now: from now on, sign in as %s. Its own user ID and password have stopped working.")
#define TEXT_LINK_OFFER                                                                            \
	T("Do you have another user ID? Type it to bring it under %s, or press Enter: ")
#define TEXT_LINK_LATER T("You can do this at any time with: hcauth link")
#define TEXT_CHOOSE_DEFAULT T("Which account shall be your default? Number, or Enter for 1: ")
#define TEXT_CHOOSE_SWITCH T("Switch to which account? Number, or Enter for 1: ")
#define TEXT_ONE_ACCOUNT T("You have one account only. If another is yours: hcauth link")
#define TEXT_NO_SUCH_ACCOUNT                                                                       \
	T("You have no such account. To see those that you have: hcauth accounts")
#define TEXT_ACCOUNT_OFF T("That account is switched off. Please ask your practice.")
#define TEXT_ACCOUNTS_THERE                                                                        \
	T("You have more than one account there. Please give its user ID: hcauth accounts")
#define TEXT_ALREADY_THERE T("You are in that account now.")
#define TEXT_DEFAULT_IS T("%s at %s is your default account now.")
#define TEXT_SWITCHING T("%s (%s). To come back, type: exit")

/* A shared address. */
#define TEXT_SHARED T("You share %s with somebody. An address of your own is better: hcauth email")
#define TEXT_SHARED_TAKEN T("That password cannot be used. Please choose another.")
#define TEXT_SHARED_OFFER                                                                          \
	T("Somebody else signs in with %s, too. To share it, type your password once more. An address of your own is better: press Enter.")
#define TEXT_SHARED_SAME                                                                           \
	T("That address cannot be yours with the password that you have. Change that first: hcauth password")

/* Forgotten PIN or password, lost phone. */
#define TEXT_HINT_PASSWORD_FORGOTTEN                                                               \
	T("Type your password, or the activation code from your practice. Forgotten it? Press Enter once more.")
#define TEXT_HINT_PIN_FORGOTTEN T("Type your PIN. Forgotten it? Press Enter once more.")
#define TEXT_PIN_LOCKED T("Your PIN is locked after too many tries.")
#define TEXT_FORGOTTEN T("Forgotten it? Type yes to get back in, or press Enter: ")
#define TEXT_RECOVER_BEGIN                                                                         \
	T("If we know your e-mail address and your mobile number, a code is on its way by e-mail. After it comes one by text message. Cut off? Come back here within 15 minutes: we go on from there.")
#define TEXT_RECOVER_EMAIL T("Code from the e-mail: ")
#define TEXT_RECOVER_MOBILE_NEXT T("Thank you. Now a code is on its way to your mobile.")
#define TEXT_RECOVER_MOBILE_STILL T("The code that we sent to your mobile still counts.")
#define TEXT_RECOVER_MOBILE T("Code from the text message: ")
#define TEXT_RECOVER_SECOND T("Thank you. Now a code from your app, or one of your recovery codes.")
#define TEXT_RECOVER_FAILED                                                                        \
	T("That did not work. Please try again (by your own user name if you share an e-mail address), or ask your practice.")
#define TEXT_RECOVER_PIN_SET T("Your new PIN is set.")
#define TEXT_RECOVER_PASSWORD_SET T("Your new password is set.")
#define TEXT_RECOVER_LATER T("Please sign in again. (The screen may say that the sign-in failed.)")
#define TEXT_LOST_PHONE                                                                            \
	T("Have you lost your phone? Type yes to set up the app on another, or press Enter: ")

/* YubiKeys. */
#define TEXT_HINT_CODE_YUBIKEY                                                                     \
	T("Type your 6 digits, or touch your YubiKey. Neither at hand, or lost? Type one of your recovery codes.")
#define TEXT_YUBIKEY_NOT_PASSWORD                                                                  \
	T("That was your YubiKey. Please type your password here; touch the key when you are asked for a code.")
#define TEXT_YUBIKEY_PROGRAM                                                                                         \
	T("Program the key with these now (its second slot, a long touch). In another window: ykman otp yubiotp 2\n" \
	  "Public ID:  %s\nPrivate ID: %s\nSecret key: %s\n"                                                         \
	  "Or: ykpersonalize -2 -ofixed=%s -ouid -a\n"                                                               \
	  "Keep these to yourself. If you are cut off before the key is added: hcauth yubikey add")
#define TEXT_YUBIKEY_TOUCH T("Touch your YubiKey: ")
#define TEXT_YUBIKEY_TOUCH_LONG T("Touch your YubiKey for three seconds: ")
#define TEXT_YUBIKEY_AGAIN T("And once more: ")
#define TEXT_YUBIKEY_HINT T("Please touch the key: it types by itself.")
#define TEXT_YUBIKEY_NO_OTP                                                                        \
	T("That is not what a YubiKey types. Is Caps Lock off? Please touch the key again.")
#define TEXT_YUBIKEY_NO_CODE                                                                       \
	T("That is not what a YubiKey types. Is Caps Lock off? Touch the key when you are next asked for a code.")
#define TEXT_YUBIKEY_OTHER                                                                         \
	T("That was another key, or another touch: a short one and a long one type different things. Please try again.")
#define TEXT_YUBIKEY_SAME                                                                          \
	T("That is what the key typed before: it was not touched anew. Please touch it again.")
#define TEXT_YUBIKEY_PRIVATE T("Its private ID (12 digits and letters a to f, not shown): ")
#define TEXT_YUBIKEY_SECRET T("Its secret key (32 digits and letters a to f, not shown): ")
#define TEXT_YUBIKEY_DIGITS T("Please type exactly %u digits and letters from a to f.")
#define TEXT_YUBIKEY_UNKNOWN                                                                       \
	T("This key is not known here yet. You need what it was programmed with.")
#define TEXT_YUBIKEY_WRONG                                                                         \
	T("The key and what it was programmed with do not fit together. Please start again, and touch the key afresh each time.")
#define TEXT_YUBIKEY_ADDED T("%s is yours now.")
#define TEXT_YUBIKEY_USED T("When you are asked for a code, touch it.")
#define TEXT_YUBIKEY_UNUSED                                                                        \
	T("Nothing on this machine asks for it yet: please tell your system administrator.")
#define TEXT_YUBIKEY_FULL T("You have %u YubiKeys, and there can be no more. Remove one first.")
#define TEXT_YUBIKEY_YOURS T("That key is yours already: %s.")
#define TEXT_YUBIKEY_NAMED T("You have a YubiKey of that name already.")
#define TEXT_YUBIKEY_NAME T("Please give it a name of 1 to %u letters.")
#define TEXT_YUBIKEY_NONE T("You have no YubiKey of that name. To see yours: hcauth yubikey")
#define TEXT_YUBIKEY_LAST                                                                          \
	T("Without that key you could not sign in everywhere here. Set up another first.")
#define TEXT_YUBIKEY_REMOVED T("%s does not sign you in any more.")
#define TEXT_YUBIKEY_RENAMED T("It is called %s now.")

/* Practices and managers. */
#define TEXT_FRESH T("This changes somebody. Please type a code of your own.")
#define TEXT_FRESH_NONE                                                                            \
	T("This changes somebody, and you have no second factor to confirm it. Set one up with: hcauth totp")
#define TEXT_CLOSED T("%s is closed now. Please sign in when it is open.")
#define TEXT_ASKS_MORE T("%s asks for more than you typed. Please sign in there as %s.")

/* Joining. The letter's lines are short, so that they fit on paper as they are. */
#define TEXT_LETTER_READY                                                                          \
	T("Your sign-in at this practice is ready for you to set up. Please keep this\n"           \
	  "letter to yourself: whoever has it can set up your sign-in in your place.")
#define TEXT_LETTER_STEPS                                                                          \
	T("1. At one of the practice's workstations, where it asks for \"login\" or a\n"           \
	  "   user name, type your %s: %s\n"                                                       \
	  "2. Where it asks for the password, type the activation code. Capitals and\n"            \
	  "   dashes do not matter.\n"                                                             \
	  "3. Choose a password of your own, of %u characters or more. Nobody will\n"              \
	  "   ever ask you for it.\n"                                                              \
	  "4. Set up an authenticator app on your phone: point its camera at the\n"                \
	  "   square on the screen, then type the code that the app shows.\n")
#define TEXT_LETTER_KEEP                                                                           \
	T("5. Write down the recovery codes that the screen shows, and keep them safe:\n"          \
	  "   they help you in when your phone is not at hand.")
#define TEXT_LETTER_ADDRESS                                                                        \
	T("5. Write down the recovery codes that the screen shows, and keep them safe.\n"          \
	  "   When it asks for an e-mail address, give one of your own: from then on\n"            \
	  "   you sign in with that.\n\n"                                                          \
	  "Do you sign in with an e-mail address here already? Then sign in as usual,\n"           \
	  "type hcauth link, and give this user ID and code.")
#define TEXT_LETTER_LOST                                                                           \
	T("If you are cut off, sign in again with the same code: it goes on from there.\n"         \
	  "Was this letter opened, or is the code too old? Ask the practice for a new one.")
#define TEXT_REQUEST_INTRO                                                                         \
	T("Here you can ask a practice for a login. Press Ctrl-D to stop at any time.")
#define TEXT_REQUEST_NONE T("There is no practice here yet. Please ask your system administrator.")
#define TEXT_REQUEST_PRACTICE T("Which practice? Its number: ")
#define TEXT_REQUEST_NUMBER T("Please type a number from 1 to %u.")
#define TEXT_REQUEST_NAME T("Your full name: ")
#define TEXT_REQUEST_NAME_BAD T("Please type your name as you write it, in letters.")
#define TEXT_REQUEST_EMAIL T("Your e-mail address: ")
#define TEXT_REQUEST_MOBILE T("Your mobile number, like +44 7700 900123, or Enter to skip: ")
#define TEXT_REQUEST_MOBILE_BAD                                                                    \
	T("Please type it with its country, such as +44 7700 900123, or press Enter to skip.")
#define TEXT_REQUEST_THANKS T("Thank you. The managers of %s will see it.")
#define TEXT_REQUEST_ENOUGH                                                                        \
	T("There are too many requests just now. Please try again in an hour, or ask the practice.")
#define TEXT_REQUEST_YOURS                                                                         \
	T("You have %d requests open already. Please wait for an answer, or ask the practice itself.")
#define TEXT_REQUEST_FULL                                                                          \
	T("Too many people have asked %s already. Please ask the practice itself.")
#define TEXT_REQUEST_NOT_HERE                                                                      \
	T("You cannot ask for a login from here. Please ask the practice itself.")

/* The roll-out of PINs. */
#define TEXT_ROLLOUT_WHY                                                                           \
	T("A PIN is quicker: it unlocks the screen that you have signed in at, and nothing elsewhere.")
#define TEXT_ROLLOUT_LEFT T("You can skip this %u more times.")
#define TEXT_ROLLOUT_LAST T("You can skip this once more, then a PIN is needed.")
#define TEXT_ROLLOUT_NEEDED                                                                        \
	T("Please choose a PIN now: it unlocks the screen that you have signed in at, and nothing elsewhere.")
#define TEXT_PIN_NEEDED T("A PIN is needed here. Nothing is lost: sign in again, and choose one.")
#define TEXT_ROLLOUT_PIN T("New PIN (Enter to skip for now): ")
#define TEXT_ROLLOUT_PIN_AGAIN T("New PIN again (Enter to skip for now): ")
#define TEXT_ROLLOUT_LATER T("You can do this at any time with: hcauth pin")
#define TEXT_ROLLOUT_SET T("Your PIN is set.")

/* A shift. */
#define TEXT_SHIFT_ENDED                                                                           \
	T("Your shift here is over: the next sign-in asks for your password and a code.")
#define TEXT_SHIFT_OVER                                                                            \
	T("Your shift here is over. Please try again with your password and a code.")
#define TEXT_SHIFT_NOT_YOURS                                                                       \
	T("Only the managers of a practice and root may end somebody else's shift. Your own: hcauth lock")

/* Greeters that hide prompts and show one message at a time. */
#define TEXT_ENTER T("Press Enter to go on. ")
#define TEXT_PIN_WRONG T("That PIN is not right.")
#define TEXT_SECOND_WRONG T("That code is not right.")
#define TEXT_TOTP_ADVICE_TYPED                                                                     \
	T("Open the authenticator app on your phone, add an account, choose to type a secret or key, and type this:")
#define TEXT_TOTP_SECRET_TYPED T("Account: %s\nSecret: %s")

/* A fingerprint, and ssh keys. */
#define TEXT_FINGERPRINT_MISSING                                                                   \
	T("Your fingerprint is needed here, and was not read. Please try again.")
#define TEXT_KEY_LINE T("Public key (one line, as in a file that ends in .pub): ")
#define TEXT_KEY_HINT T("Paste the line, or press Enter again to stop.")
#define TEXT_KEY_TYPE                                                                              \
	T("That is not a public key. It must begin with its type: ssh-ed25519, ecdsa-sha2-..., ssh-rsa or sk-...")
#define TEXT_KEY_PRIVATE                                                                           \
	T("That is a private key. Keep it to yourself; what is wanted is the file that ends in .pub.")
#define TEXT_KEY_BROKEN                                                                            \
	T("That key is not complete, or not what its first word says. Please copy the whole line.")
#define TEXT_KEY_SHORT                                                                             \
	T("That RSA key is shorter than 3072 bits. Please make a new key: ssh-keygen -t ed25519")
#define TEXT_KEY_LINES T("That is more than one line. Please give one key at a time.")
#define TEXT_KEY_THERE T("You have that key already.")
#define TEXT_KEYS_FULL                                                                             \
	T("You have %d keys already. Remove one first: hcauth ssh-keys remove NUMBER")
#define TEXT_KEYS_NONE T("You have no ssh keys here. To add one: hcauth ssh-keys add FILE")
#define TEXT_KEY_STOPPED T("No key was added. To add one from a file: hcauth ssh-keys add FILE")
#define TEXT_KEY_ADDED T("Added: %s %s")
#define TEXT_KEY_REMOVED T("Removed: %s %s")
#define TEXT_KEY_NO_SUCH T("You have no such key. See: hcauth ssh-keys")
#define TEXT_KEY_TWO                                                                               \
	T("You have more than one key of that name. Please give its number: hcauth ssh-keys")

/* Break-glass. */
#define TEXT_GLASS_TOLD T("Signed in by break-glass until %s. Your managers have been told.")
#define TEXT_GLASS_RECORDED                                                                        \
	T("Signed in by break-glass until %s. This is recorded for your managers.")
#define TEXT_GLASS_OPEN T("You are in by break-glass until %s.")
#define TEXT_GLASS_PASSWORD                                                                        \
	T("To choose a new password, press Enter twice where it is asked for, or ask your practice for a reset.")
#define TEXT_GLASS_PIN T("To choose a new PIN, run: hcauth pin")
#define TEXT_GLASS_CODE                                                                            \
	T("To set up your app again, ask your practice for a reset of your sign-in.")

/* What goes into the sealed envelope, and onto it. */
#define TEXT_GLASS_ENVELOPE                                                                        \
	T("%s: break-glass code, made on %s\n\n"                                                   \
	  "Write on the envelope:\n\n"                                                             \
	  "    BREAK-GLASS, %s. Open only when somebody must sign in at\n"                         \
	  "    once and has lost a password, a PIN or their phone. Opening it tells\n"             \
	  "    all managers.\n\n"                                                                  \
	  "Put into it:\n\n"                                                                       \
	  "    %s\n\n"                                                                             \
	  "    1. Sign in at the workstation with your own name, as always.\n"                     \
	  "    2. Where it asks for what you have lost (Password, PIN or Code), type\n"            \
	  "       the code above. Capitals and dashes do not matter.\n"                            \
	  "    3. Give everything else that it asks for. What you have lost is not\n"              \
	  "       asked for again there for %u hours.\n\n"                                         \
	  "This code is not shown again. It works once; an older one has stopped working.")

/* Answers. */
/* po: three letters or more; "no" has fewer: over sshd the length is all that is known of an answer. */
#define TEXT_YES T("yes")
#define TEXT_NO T("no")
#define TEXT_WAY_APP T("app")
#define TEXT_WAY_SMS T("text messages")
#define TEXT_WAY_BOTH T("both")

/* What one signs in with, in the middle of a sentence. */
#define TEXT_WORD_PASSWORD T("password")
#define TEXT_WORD_TOTP T("app")
#define TEXT_WORD_RECOVERY T("recovery code")
#define TEXT_WORD_PIN T("PIN")
#define TEXT_WORD_SMS T("text message")
#define TEXT_WORD_YUBIKEY T("YubiKey")
#define TEXT_WORD_KEY T("ssh key")
#define TEXT_WORD_FINGERPRINT T("fingerprint")
#define TEXT_WORD_AND T(" and ")
#define TEXT_WORD_CODE T("code")

/* What has changed, in messages: the templates go on "... just now". */
#define TEXT_TOLD_PASSWORD T("Your password was changed")
#define TEXT_TOLD_TOTP T("Your authenticator app was changed")
#define TEXT_TOLD_RECOVERY T("Your recovery codes were changed")
#define TEXT_TOLD_PIN T("Your PIN was changed")
#define TEXT_TOLD_SMS T("Your codes by text message were changed")
#define TEXT_TOLD_SIGN_IN T("Your sign-in was changed")
#define TEXT_TOLD_MOBILE T("Your mobile number was changed")
#define TEXT_TOLD_MOBILE_BACK T("The change of your mobile number was taken back")
#define TEXT_TOLD_EMAIL T("Your e-mail address was changed")
#define TEXT_TOLD_KEYS T("Your ssh keys were changed")
#define TEXT_TOLD_YUBIKEYS T("Your YubiKeys were changed")
#define TEXT_TOLD_FIRST T("Which code you are asked for first was changed")
#define TEXT_TOLD_SMS_REMOVED T("Your codes by text message were removed")
#define TEXT_TOLD_TAKEN_OVER                                                                       \
	T("Your authenticator app was taken over from this computer's old sign-in")
#define TEXT_TOLD_TOTP_REMOVED T("Your authenticator app was removed")
#define TEXT_TOLD_GLASS                                                                            \
	T(", in place of the %s%s%s. To switch that account off: hcauth account disable %s")
#define TEXT_TOLD_AT T(", at ")
#define TEXT_TOLD_LOST T("your %s")
#define TEXT_TOLD_RESET T("All that you sign in with was set up anew")

/* Lists and "hcauth status". */
#define TEXT_SHIFT_NEVER T("Shift: this machine has none.")
#define TEXT_SHIFT_NONE                                                                            \
	T("Shift: none now. One begins when you sign in here with your password and a code.")
#define TEXT_SHIFT_ON T("Shift: until %s, begun at %s with %s. To end it: hcauth lock")
#define TEXT_SHIFT_NO_PIN                                                                          \
	T("Shift: until %s, begun at %s with %s. Your PIN would be enough, but you have none: hcauth pin")
#define TEXT_GLASS_STATUS                                                                          \
	T("BREAK-GLASS: until %s your %s is not asked for at this workstation. Ask your practice about what you have lost.")
#define TEXT_STATE_SPARED T("not asked for just now")
#define TEXT_STATE_UNUSED T("set up, but nothing on this machine asks for it")
#define TEXT_STATE_WORKS T("works")
#define TEXT_STATE_PIN_LOCKED                                                                      \
	T("locked after too many tries: sign in with your password and a code, then run hcauth pin")
#define TEXT_STATE_LOCKED T("too many tries: wait, or ask your practice")
#define TEXT_STATUS_CODES T("Recovery codes: %u left")
#define TEXT_STATUS_NO_PIN T("PIN: none. To choose one: hcauth pin")
#define TEXT_STATUS_NO_CODES T("Recovery codes: none. To get some: hcauth codes")
#define TEXT_SECOND_FIRST T(", asked for first")
#define TEXT_SECOND_LIST_SMS T("text messages   to the number ending %s%s")
#define TEXT_SECOND_LIST_NEXT T("text messages   to the number ending %s, from %s on")
#define TEXT_SECOND_LIST_APP T("app             set up%s")
#define TEXT_SECOND_LIST_YUBIKEY T("YubiKey         set up. To see yours: hcauth yubikey")
#define TEXT_SECOND_LIST_CODES T("recovery codes  %u left")
#define TEXT_NONE T("none")
#define TEXT_NOT_USED T("not used")
#define TEXT_HERE T("  (you are here)")
#define TEXT_DEFAULT T("  (default)")
#define TEXT_LEFT T("  (left)")
#define TEXT_SWITCHED_OFF T("  (switched off)")
#define TEXT_WHO_PERSON T("PERSON")
#define TEXT_WHO_PRACTICE T("PRACTICE")
#define TEXT_WHO_WHERE T("WHERE")
#define TEXT_WHO_SINCE T("SINCE")
#define TEXT_WHO_HOW T("HOW")
#define TEXT_WHO_NOBODY T("Nobody is signed in.")
#define TEXT_WHO_NAMES T("--names takes full, initials or first.")
#define TEXT_YUBIKEYS_NONE T("You have no YubiKey. To add one: hcauth yubikey add")
#define TEXT_UNLINK_NONE T("You have no accounts that are linked.")
#define TEXT_UNLINK_ASKED                                                                          \
	T("The practice is asked to end the link. Until it does, nothing changes.")

/* A command that was not understood, or is not the caller's. */
#define TEXT_USAGE T("Usage: hcauth %s")
#define TEXT_NO_COMMAND T("There is no such command. See: hcauth help")
#define TEXT_MAY_NOT T("You may not do this.")
#define TEXT_MANAGERS_ONLY                                                                         \
	T("Only the managers of a practice and root may do this. Ask yours, or try: sudo hcauth %s")
#define TEXT_ROOT_ONLY T("Only root may do this. Try: sudo hcauth %s")

/* Days, as in "Monday 4 May 2026". */
#define TEXT_DAY T("%u %s %u")
#define TEXT_DAY_CLOCK T("%s %u %s %u, %02u:%02u")
#define TEXT_MONTHS                                                                                \
	{                                                                                          \
		T("January"), T("February"), T("March"), T("April"), T("May"), T("June"),          \
			T("July"), T("August"), T("September"), T("October"), T("November"),       \
			T("December")                                                              \
	}
#define TEXT_WEEKDAYS                                                                              \
	{                                                                                          \
		T("Sunday"), T("Monday"), T("Tuesday"), T("Wednesday"), T("Thursday"),             \
			T("Friday"), T("Saturday")                                                 \
	}
#define TEXT_WEEKDAYS_SHORT                                                                        \
	{                                                                                          \
		T("Sun"), T("Mon"), T("Tue"), T("Wed"), T("Thu"), T("Fri"), T("Sat")               \
	}

/* The letter's labels, which the command knows again (letter_line.h). */
#define TEXT_LETTER_USERID_LABEL T("User ID: ")
#define TEXT_LETTER_EMAIL_LABEL T("E-mail address: ")
#define TEXT_LETTER_CODE_LABEL T("Activation code: ")
#define TEXT_LETTER_UNTIL_LABEL T("Use it by: ")
#define TEXT_LETTER_STEPS_TITLE T("What to do")
#define TEXT_LETTER_BY_EMAIL T("e-mail address")
#define TEXT_LETTER_BY_USERID T("user ID")

/* Leaving. */
#define TEXT_HAS_LEFT T("%s has left, for good. To have them back, invite them anew.")

#endif
