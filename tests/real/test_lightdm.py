# SPDX-License-Identifier: Apache-2.0
"""lightdm with its GTK greeter: what people read there, what they type, and whose session they get."""
import difflib
import os
import shutil
import threading

from host import pamtester, until
from people import SECRET, APP_CODE, NEW_PASSWORD, NEW_PASSWORD_AGAIN, PASSWORD, Person, audit, hcauth, practice
from seat import Seat, Session
from tap import case, equal, main, true

TREE = os.environ["HC_TREE"]
CODE = r"Code:"
INCORRECT = "Your password is incorrect. Please try again."     # the greeter's own words
CODE_WRONG = "That code is not right. Press Enter to go on."

shutil.copy(TREE + "/conf/pam.d/lightdm", "/etc/pam.d/")
practice()
practice("elm", "Elm Road Clinic")
ann = Person("ann", 1).enrol()
bob = Person("bob", 2).enrol()
cat = Person("cat", 3).enrol()
hcauth("account", "add", "HC000101", "--practice", "elm", "--identity", ann.email, "--user", "ann-elm")
seat = Seat()
screen = seat.screen


def records(person):
    return [(r["event"], r["detail"]) for r in audit(person) if r["service"] == "lightdm"]


def picture(name):
    """For doc/: what a case is about is what can be seen."""
    folder = os.environ.get("HC_PICTURES")
    if folder:
        screen.shot("%s/%s.png" % (folder, name), "-crop", "560x300+120+150", "+repage", "+dither", "-colors", "32")


def in_and_out(user, practice):
    session = Session()
    equal((session.user, session.hcauth.split()[2]), (user, practice), "whose session")
    print("# from the last answer to the session: %.2f s" % (session.begun - screen.typed))
    session.end()
    screen.says("Log In")
    return session


@case
def password_code_and_the_choice_of_a_practice():
    picture("greeter-name")
    seat.name(ann.email)
    screen.type(ann.password)
    screen.says(CODE)
    picture("greeter-code")
    screen.type(ann.code())
    screen.reads("1 St John's Surgery (HC000001) 2 Elm Road Clinic (HC000101) Where do you work today? Number, or")
    picture("greeter-chooser")
    screen.type("2")
    session = in_and_out("ann-elm", "elm")
    equal((session.home, session.hcauth), ("/home/ann-elm", "ann@example.org HC000101 elm"), "where")
    equal([r[0] for r in records(ann)], ["sign-in", "session-open", "session-close"], "the audit")


@case
def what_was_wrong_can_be_read():
    seat.name(bob.email)
    screen.type("not his password at all")
    screen.reads(INCORRECT)
    screen.type(bob.password)
    screen.says(CODE)
    screen.type(bob.wrong_code())
    screen.reads(CODE_WRONG)
    picture("greeter-wrong-code")
    screen.type("")
    screen.reads(INCORRECT)
    screen.type("")
    screen.reads("Type your password. New here, or forgotten it? Type the activation code from your practice.")
    screen.type(bob.password)
    screen.says(CODE)
    screen.type("")
    screen.says(r"Type the .*app.* Code:")
    screen.type(bob.code())
    in_and_out(bob.user, "stj")
    equal([r for r in records(bob) if r[0] == "refused"],
          [("refused", "password wrong"), ("refused", "password right, totp wrong")], "the audit")


@case
def dk02_cancel_at_each_prompt_counts_nothing():
    before = records(cat)
    for _ in range(6):      # more than the throttle allows, were they counted
        seat.name(cat.email)
        screen.click("Cancel")
    seat.name(cat.email)
    screen.type(cat.password)
    screen.says(CODE)
    screen.click("Cancel", anew=True)
    screen.says(r"^(?!.*Code:)")
    equal(records(cat), before, "the audit")
    seat.name(cat.email)
    screen.type(cat.password)
    screen.says(CODE)
    screen.type(cat.code())
    in_and_out(cat.user, "stj")


@case
def dk07_somebody_else_in_the_middle_of_a_dialogue():
    before = records(cat)
    seat.name(cat.email)
    screen.type(cat.password)
    screen.says(CODE)
    screen.click(cat.email)
    screen.key("ctrl+a")
    seat.name(bob.email)
    before_code = seat.prompted()       # the greeter leaves "Code:" standing, so what it says tells nothing
    screen.type(bob.password)
    until("a prompt for the code", lambda: seat.prompted() > before_code)
    screen.settle()
    screen.type(bob.code())
    in_and_out(bob.user, "stj")
    equal(records(cat), before, "the audit")


@case
def dk03_a_service_that_cannot_ask_takes_nothing_from_the_dialogue():
    """As a fingerprint's service beside the password's: it ends at once, counts nothing, and takes no answer."""
    shutil.copy(TREE + "/conf/pam.d/lightdm", "/etc/pam.d/gdm-fingerprint")
    before = records(cat)
    seat.name(cat.email)
    screen.type(cat.password)
    screen.says(CODE)
    ends = []
    beside = [threading.Thread(target=lambda: ends.append(pamtester("gdm-fingerprint", cat.email)))
              for _ in range(6)]
    for t in beside:
        t.start()
    for t in beside:
        t.join()
    equal([e[0] != 0 for e in ends], [True] * 6, "refused: %s" % ends)
    screen.type(cat.code())
    in_and_out(cat.user, "stj")
    equal([r for r in records(cat)[len(before):] if r[0] == "refused"], [], "the audit")


@case
def a_first_sign_in_is_done_whole_at_the_greeter():
    dan = Person("dan", 4)
    with dan.login() as p:      # a secret of 32 letters: read where it can be read without a mistake
        p.expect(PASSWORD)
        p.secret(dan.activation)
        p.expect(NEW_PASSWORD)
        p.secret(dan.password)
        p.expect(NEW_PASSWORD_AGAIN)
        p.secret(dan.password)
        p.expect(SECRET)
        dan.totp = p.match.group(1).replace(" ", "")
        p.expect(APP_CODE)
    seat.name(dan.email)
    screen.type(dan.activation)
    screen.reads("The password you chose:")
    screen.type(dan.password)
    screen.says(r"Secret: ([^:]+) Code from")
    shown = screen.match.group(1).replace(" ", "")
    alike = difflib.SequenceMatcher(None, shown, dan.totp, autojunk=False).ratio()
    true(alike > 0.8, "%s is read of %s" % (shown, dan.totp))   # one letter in thirty is misread
    picture("greeter-app")
    screen.type(dan.code())
    screen.reads("Your 12 recovery codes. Each works once, in place of any other code. Keep them safe:")
    screen.says("12-")
    picture("greeter-codes")
    screen.type("yes")
    screen.reads("All set. From now on, sign in as dan@example.org with your password and a code from the app. Press Enter")
    screen.type("")
    in_and_out(dan.user, "stj")


main()
