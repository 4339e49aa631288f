# SPDX-License-Identifier: Apache-2.0
"""greetd: what a greeter is asked and told, message by message."""
import os
import shutil

from greetd import Greetd, session
from people import Person, audit, hcauth, practice
from tap import case, equal, main, true

PASSWORD = ("auth_message", "secret", "Password: ")
CODE = ("auth_message", "secret", "Code: ")
CHOOSE = ("auth_message", "visible", "Where do you work today? Number, or Enter for 1: ")
REFUSED = ("error", "auth_error")
SUCCESS = ("success",)

shutil.copy(os.environ["HC_TREE"] + "/conf/pam.d/greetd", "/etc/pam.d/")
practice()
practice("elm", "Elm Road Clinic")
ann = Person("ann", 1).enrol()
bob = Person("bob", 2).enrol()
cat = Person("cat", 3).enrol()
hcauth("account", "add", "HC000101", "--practice", "elm", "--identity", ann.email, "--user", "ann-elm")


def records(person):
    return [(r["event"], r["detail"]) for r in audit(person) if r["service"] == "greetd"]


def prove(g, person):
    equal(g.begin(person.email), PASSWORD, "the first prompt")
    equal(g.answer(person.password), CODE, "the second")
    return g.answer(person.code())


def in_as(g, user, practice):
    answered = g.answered
    equal(g.start(), SUCCESS, "start_session")
    g.end()
    begun, who, home, words = session()
    print("# from the last answer to the session: %.2f s" % (begun - answered))
    equal((who, home, words.split()[2]), (user, "/home/" + user, practice), "the session")


@case
def the_account_that_was_chosen_is_the_one_that_signs_in():
    with Greetd() as d:
        g = d.greeter()
        equal(prove(g, ann), ("auth_message", "info", "1  St John's Surgery (HC000001)"), "the first account")
        equal(g.answer(), ("auth_message", "info", "2  Elm Road Clinic (HC000101)"), "the second")
        equal(g.answer(), CHOOSE, "the question")
        equal(g.answer("3"), ("auth_message", "error", "Please type a number from 1 to 2."), "there is no third")
        equal([g.answer(), g.answer(), g.answer()][2], CHOOSE, "again")
        equal(g.answer("2"), SUCCESS, "chosen")
        in_as(g, "ann-elm", "elm")
        d.greeter().end()      # greetd shows one as soon as the session has ended
    equal([r[0] for r in records(ann)], ["sign-in", "session-open", "session-close"], "the audit")


@case
def a_wrong_answer_ends_it_and_the_next_try_is_free_to_begin():
    with Greetd() as d, d.greeter() as g:
        equal(g.begin(bob.email), PASSWORD, "the first prompt")
        equal(g.answer("not his password at all"), REFUSED, "a wrong password")
        g.cancel()
        equal(g.begin(bob.email), PASSWORD, "the first prompt")
        equal(g.answer(bob.password), CODE, "the second")
        equal(g.answer(bob.wrong_code()), REFUSED, "a wrong code")
        g.cancel()
        equal(g.begin("nobody@example.org"), PASSWORD, "nobody's first prompt")
        equal(g.answer(bob.password), REFUSED, "nobody's password")
    equal(records(bob), [("refused", "password wrong"), ("refused", "password right, totp wrong")], "the audit")


@case
def cancelling_in_the_middle_counts_nothing():
    with Greetd() as d:
        g = d.greeter()
        for _ in range(8):      # more than the throttle allows, were they counted
            equal(g.begin(cat.email), PASSWORD, "the first prompt")
            equal(g.cancel(), SUCCESS, "cancel_session")
        equal(g.begin(cat.email), PASSWORD, "the first prompt")
        equal(g.answer(""), ("auth_message", "info",
              "Type your password. New here, or forgotten it? Type the activation code from your practice."), "a hint")
        equal(g.cancel(), SUCCESS, "cancel_session at a message")
        equal(g.begin(cat.email), PASSWORD, "the first prompt")
        equal(g.answer(cat.password), CODE, "the second")
        equal(g.cancel(), SUCCESS, "cancel_session at the code")
        equal(records(cat), [], "the audit")
        equal(prove(g, cat), SUCCESS, "and then in")
        in_as(g, cat.user, "stj")
        d.greeter().end()


@case
def somebody_else_meanwhile_gets_their_own_dialogue():
    with Greetd() as d:
        g = d.greeter()
        equal(g.begin(cat.email), PASSWORD, "cat's first prompt")
        equal(g.answer(cat.password), CODE, "cat's second")
        true(g.begin(bob.email)[0] == "error", "one dialogue at a time")
        g.cancel()
        equal(prove(g, bob), SUCCESS, "bob")
        in_as(g, bob.user, "stj")
        d.greeter().end()


@case
def a_first_sign_in_shows_the_whole_square():
    dan = Person("dan", 4)
    with Greetd() as d, d.greeter() as g:
        equal(g.begin(dan.email), PASSWORD, "the first prompt")
        said = [g.answer(dan.activation)]
        while said[-1][1] in ("info", "error"):
            said.append(g.answer())
        for _ in range(2):
            said.append(g.answer(dan.password))
        while said[-1][1] in ("info", "error"):
            said.append(g.answer())
        square = next(s[2] for s in said if "\u2588" in s[2])
        rows = square.split("\n")
        equal({len(row) for row in rows}, {len(rows[0])}, "each row as long as the first")
        true(len(rows[0]) >= 37 and len(rows) * 2 >= len(rows[0]), "a whole square")
        equal(said[-1], ("auth_message", "visible", "Code from the app: "), "the last prompt")


main()
