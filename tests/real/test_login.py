# SPDX-License-Identifier: Apache-2.0
"""login(1)."""
import os
import stat

from people import PASSWORD, SHELL, Person, practice
from tap import case, equal, main, true

practice()
ann = Person("ann", 1)


def in_and_out(p, person):
    p.expect(SHELL)
    p.type("id -un; pwd")
    p.expect(r"\n%s\r?\n/home/%s\r?\n" % (person.user, person.user))
    p.expect(SHELL)
    p.type("exit")
    equal(p.end(), 0, "exit status")


def refused(p):
    p.expect(r"Login incorrect\r?\n(.*\n)*.*login: $")


@case
def first_sign_in_makes_an_0700_home():
    true(not os.path.exists("/home/" + ann.user), "no home yet")
    with ann.login() as p:
        ann.first_sign_in(p)
        in_and_out(p, ann)
    equal(oct(stat.S_IMODE(os.stat("/home/" + ann.user).st_mode)), "0o700", "mode")
    true(os.path.exists("/home/%s/.bashrc" % ann.user), "with what new homes have")


@case
def by_email_and_system_user():
    bob = Person("bob", 2).enrol()
    for name in (bob.email, bob.user):
        with bob.login(name) as p:
            bob.sign_in(p)
            in_and_out(p, bob)


@case
def in_capitals():
    eve = Person("eve", 3).enrol()
    with eve.login(eve.email.upper()) as p:
        eve.sign_in(p)
        in_and_out(p, eve)


@case
def with_a_recovery_code_once():
    code = ann.recovery_code()
    with ann.login() as p:
        ann.sign_in(p, code=code)
        ann.has_phone(p)
        in_and_out(p, ann)
    with ann.login() as p:
        ann.sign_in(p, code=code)
        refused(p)


@case
def refuses_a_wrong_password_and_an_unknown_name_alike():
    fay = Person("fay", 4).enrol()
    said = []
    for name in (fay.email, "nobody@example.org", "nobodye"):
        with fay.login(name) as p:
            p.expect(PASSWORD)
            p.secret("not her password at all")
            refused(p)
            said.append(p.screen.replace(name, "NAME"))
    equal(said[1:], [said[0]] * 2, "what was said")


@case
def refuses_a_wrong_code():
    with ann.login() as p:
        ann.sign_in(p, code=ann.wrong_code())
        refused(p)


@case
def the_activation_code_is_no_password():
    gil = Person("gil", 5).enrol()
    with gil.login() as p:
        p.expect(PASSWORD)
        p.secret(gil.activation)
        refused(p)


@case
def a_hung_up_terminal_counts_nothing():
    hal = Person("hal", 6).enrol()
    for _ in range(8):      # more than the throttle allows, were they counted
        with hal.login() as p:
            p.expect(PASSWORD)
    with hal.login() as p:
        hal.sign_in(p)
        in_and_out(p, hal)


@case
def pc06_an_answer_that_is_too_long_is_refused_whole():
    ida = Person("ida", 7).enrol()
    with ida.login() as p:
        p.expect(PASSWORD)
        p.secret(ida.password + "x" * 600)
        refused(p)


main()
