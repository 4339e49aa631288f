# SPDX-License-Identifier: Apache-2.0
"""A first sign-in that is cut off goes on where it was, by whatever door, with the code from the letter."""
import re

from people import (APP_CODE, CODE, KEPT, NEW_PASSWORD, NEW_PASSWORD_AGAIN, PASSWORD, RECOVERY, SECRET, SHELL,
                    Person, hcauth, practice)
from tap import case, equal, main, true

practice()
CHOSEN = r"The password you chose: $"


def choose_password(p, person):
    p.expect(NEW_PASSWORD)
    p.secret(person.password)
    p.expect(NEW_PASSWORD_AGAIN)
    p.secret(person.password)


def begin(p, person, chosen):
    p.expect(PASSWORD)
    p.secret(person.activation)
    if chosen:
        p.expect(CHOSEN)
        p.secret(person.password)


def set_up_app(p, person):
    p.expect(SECRET)
    person.totp, person.step = p.match.group(1).replace(" ", ""), 0
    p.expect(APP_CODE)
    p.answer(person.code(), shown="")


def keep_codes(p, person):
    p.expect(KEPT)
    person.recovery = {int(s): c for c, s in re.findall(RECOVERY, p.before.replace("\r", ""))}
    equal(len(person.recovery), 12, "recovery codes")
    p.answer("yes", shown="")


@case
def cut_off_after_each_step_at_login_and_over_ssh():
    ann = Person("ann", 1)
    with ann.login() as p:      # before anything is chosen
        begin(p, ann, False)
        p.expect(NEW_PASSWORD)
    with ann.ssh() as p:
        begin(p, ann, False)
        choose_password(p, ann)
        p.expect(APP_CODE)
    with ann.login() as p:
        begin(p, ann, True)
        set_up_app(p, ann)
        p.expect(KEPT)
    with ann.ssh() as p:
        begin(p, ann, True)
        keep_codes(p, ann)
        p.expect(SHELL)
        p.type("exit")
        equal(p.end(), 0, "status")
    with ann.ssh("true") as p:
        ann.sign_in(p, code=ann.recovery_code())
        ann.has_phone(p)
        equal(p.end(), 0, "with one of the codes that were kept")
    with ann.ssh("true") as p:
        ann.sign_in(p)
        equal(p.end(), 0, "with the app")


@case
def the_letter_alone_is_not_enough_once_a_password_is_chosen():
    bob = Person("bob", 2)
    with bob.ssh() as p:
        begin(p, bob, False)
        choose_password(p, bob)
        p.expect(APP_CODE)
    with bob.ssh() as p:
        p.expect(PASSWORD)
        p.secret(bob.activation)
        p.expect(CHOSEN)
        p.secret("somebody who found the letter")
        if p.expect(CODE, SECRET) == 0:     # no verdict before the end
            p.answer(bob.activation, shown="")
        p.expect("Permission denied")


@case
def ot09_an_app_that_no_code_has_confirmed_is_no_factor():
    eve = Person("eve", 3)
    with eve.ssh() as p:
        begin(p, eve, False)
        choose_password(p, eve)
        p.expect(SECRET)
        eve.totp = p.match.group(1).replace(" ", "")
        p.expect(APP_CODE)
    with eve.ssh("true") as p:
        eve.sign_in(p)
        p.expect("Permission denied")


@case
def the_letter_is_good_once():
    fay = Person("fay", 4).enrol()
    with fay.ssh() as p:
        fay.sign_in(p, password=fay.activation, code="000000")
        p.expect("Permission denied")


@case
def a_reset_starts_again_with_a_new_letter():
    gil = Person("gil", 5).enrol()
    password, code = gil.password, gil.recovery_code()
    gil.activation = hcauth("identity", "reset", gil.email).split("\n")[-2].strip()
    with gil.ssh() as p:
        gil.sign_in(p, password=password, code=code)
        p.expect("Permission denied")
    gil.password, gil.step = "nine new words that gil likes", 0
    gil.enrol()
    with gil.ssh("true") as p:
        gil.sign_in(p)
        equal(p.end(), 0, "with the new ones")


@case
def two_different_passwords_are_asked_for_again():
    hal = Person("hal", 6)
    with hal.login() as p:
        begin(p, hal, False)
        p.expect(NEW_PASSWORD)
        p.secret(hal.password)
        p.expect(NEW_PASSWORD_AGAIN)
        p.secret(hal.password + "x")
        p.expect("not the same")
        choose_password(p, hal)
        set_up_app(p, hal)
        keep_codes(p, hal)
        p.expect(SHELL)


@case
def a_wrong_code_from_the_app_is_asked_for_again():
    ida = Person("ida", 7)
    with ida.login() as p:
        begin(p, ida, False)
        choose_password(p, ida)
        p.expect(SECRET)
        ida.totp = p.match.group(1).replace(" ", "")
        p.expect(APP_CODE)
        p.answer(ida.wrong_code(), shown="")
        p.expect("does not match")
        p.expect(APP_CODE)
        p.answer(ida.code(), shown="")
        keep_codes(p, ida)
        p.expect(SHELL)


@case
def a_legacy_account_signs_in_by_its_user_id():
    out = hcauth("account", "add", "HC000088", "--practice", "stj", "--user", "legacye")
    joe = Person.__new__(Person)
    joe.email, joe.user, joe.password, joe.step = "HC000088", "legacye", "joe likes tall green hills", 0
    joe.activation = out.split("\n")[-2].strip()
    with joe.login() as p:
        joe.first_sign_in(p)
        p.expect(SHELL)
    for name in ("HC000088", "hc000088", "legacye"):
        with joe.ssh("id", "-un", name=name) as p:
            joe.sign_in(p, code=joe.recovery_code())
            joe.has_phone(p)
            p.expect(r"(?m)^legacye\r?$")
            true(p.end() == 0, "as " + name)


main()
