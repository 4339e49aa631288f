# SPDX-License-Identifier: Apache-2.0
"""The roll-out of PINs at login(1), and the shift: su and login with the PIN alone, status and lock."""
import contextlib
import json
import os
import pwd
import shutil

from drive import Program
from host import without_daemon
from people import PASSWORD, SHELL, SUDO_PASSWORD, Person, hcauth, practice, run
from tap import case, equal, main, true

SKIP = r"New PIN \(Enter to skip for now\): $"
SKIP_AGAIN = r"New PIN again \(Enter to skip for now\): $"
NEW = r"New PIN: $"
NEW_AGAIN = r"New PIN again: $"
PIN = r"PIN: $"
PIN_OF_ANN = "70413"
SETTINGS = "/etc/hcauth/hcauthd.conf"

for example in ("login", "su", "sudo"):
    shutil.copy("%s/conf/pam.d/%s" % (os.environ["HC_TREE"], example), "/etc/pam.d/")
practice()
practice("elm", "Elm Road Clinic")
ann = Person("ann", 1).enrol()
hcauth("account", "add", "HC000002", "--practice", "elm", "--identity", ann.email, "--user", "ann-elm")
with open("/etc/sudoers.d/hcauth", "w") as f:
    f.write("%s ALL=(ALL) ALL\nDefaults timestamp_timeout=0, passwd_tries=1\n" % ann.user)


def roll_out(day, ask):
    hcauth("practice", "set", "stj", "--rollout", "%s over 1 days" % day, "--ask", ask)


def counts():
    return json.loads(hcauth("rollout", "--practice", "stj", "--json"))[0]


def proved(p, person=ann):
    person.sign_in(p, code=person.recovery_code())
    person.has_phone(p)


def leave(p):
    p.expect(SHELL)
    p.type("exit")
    equal(p.end(), 0, "exit status")


@case
def nobody_is_asked_before_the_day():
    roll_out("2099-01-01", "required")
    with ann.login(ann.user) as p:
        proved(p)
        leave(p)
    equal((counts()["waiting"], counts()["due"]), (1, 0), "hcauth rollout")


@case
def nag_is_skipped_by_enter_and_not_by_hanging_up():
    roll_out("2020-01-01", "nag 1 times")
    with ann.login(ann.user) as p:
        proved(p)
        p.expect(SKIP)
    with ann.login(ann.user) as p:
        proved(p)
        p.expect(SKIP)
        p.secret(PIN_OF_ANN)
        p.expect(SKIP_AGAIN)
    equal((counts()["due"], counts()["skipped"]), (1, 0), "hcauth rollout")
    with ann.login(ann.user) as p:
        proved(p)
        p.expect(SKIP)
        p.secret("")
        p.expect("You can do this at any time with: hcauth pin")
        leave(p)
    equal((counts()["due"], counts()["skipped"]), (1, 1), "hcauth rollout")


@case
def after_that_it_is_chosen_or_there_is_no_sign_in():
    with ann.login(ann.user) as p:
        proved(p)
        for _ in range(3):
            p.expect(NEW)
            p.secret("")
        p.expect("Login incorrect")
    with ann.login(ann.user) as p:
        proved(p)
        p.expect(NEW)
        p.secret("12345")
        p.expect("easily guessed")
        p.expect(NEW)
        p.secret(PIN_OF_ANN)
        p.expect(NEW_AGAIN)
        p.secret(PIN_OF_ANN)
        leave(p)
    equal((counts()["with_pin"], counts()["due"]), (1, 0), "hcauth rollout")


@case
def who_has_one_is_not_asked_and_who_is_new_chooses_at_once():
    with ann.login(ann.user) as p:
        proved(p)
        leave(p)
    new = Person("cat", 4)
    with new.login() as p:
        new.first_sign_in(p)
        p.expect(NEW)
        p.secret(PIN_OF_ANN)
        p.expect(NEW_AGAIN)
        p.secret(PIN_OF_ANN)
        leave(p)


@case
def within_a_shift_su_takes_the_pin_and_sudo_does_not_until_hcauth_lock():
    with ann.login(ann.user) as p:
        proved(p)
        p.expect(SHELL)
        p.type("hcauth status")
        p.expect(r"Shift: until [^\n]*, begun at \S+ with password and recovery code\.")
        p.expect("PIN: works")
        p.expect(SHELL)
        for command in ("hcauth switch HC000002", "su -l ann-elm"):
            p.type(command)
            p.expect(PIN)
            p.secret(PIN_OF_ANN)
            p.expect(SHELL)
            p.type("id -un; exit")
            p.expect(r"\nann-elm\r?\n")
            p.expect(SHELL)
        p.type("sudo id -u")
        equal(p.expect(SUDO_PASSWORD, PIN), 0, "what sudo asks")
        p.interrupt()
        p.expect(SHELL)
        p.type("hcauth lock")
        p.expect("Your shift here is over")
        p.expect(SHELL)
        p.type("hcauth status")
        p.expect("Shift: none now")
        p.expect(SHELL)
        p.type("su -l ann-elm")
        equal(p.expect(PASSWORD, PIN), 0, "what su asks")
        p.interrupt()
        p.expect(SHELL)
        p.type("true")
        leave(p)


@case
def root_ends_somebody_s_shift():
    with ann.login(ann.user) as p:
        proved(p)
        p.expect(SHELL)
        p.type("su -l ann-elm")
        p.expect(PIN)
        p.secret(PIN_OF_ANN)
        p.expect(SHELL)
        p.type("exit")
        p.expect(SHELL)
        hcauth("lock", ann.email)
        p.type("su -l ann-elm")
        equal(p.expect(PASSWORD, PIN), 0, "what su asks")
        p.interrupt()
        p.expect(SHELL)
        p.type("true")
        leave(p)


@contextlib.contextmanager
def settings(before, after):
    """hcauthd.conf with something else in place of before."""
    with open(SETTINGS) as f:
        text = f.read()
    true(before in text, before)
    with without_daemon():
        with open(SETTINGS, "w") as f:
            f.write(text.replace(before, after))
    try:
        yield
    finally:
        with without_daemon(), open(SETTINGS, "w") as f:
            f.write(text)


@case
def a_login_takes_the_pin_where_the_settings_say_so():
    with ann.login(ann.user) as p:
        proved(p)
        leave(p)
    with settings("[service login]\n", "[service login]\nshift = yes\n"):
        with ann.login() as p:
            p.expect(PIN)
            p.secret(PIN_OF_ANN)
            p.expect(r"Where do you work today[^:]*: $")
            p.answer("1")
            leave(p)
        hcauth("lock", ann.email)
        with ann.login() as p:
            equal(p.expect(PASSWORD, PIN), 0, "what login asks")


@case
def sudo_takes_the_pin_where_the_settings_say_so():
    with settings("[service login]\n", "[service sudo]\nshift = yes\n[service login]\n"):
        with ann.login(ann.user) as p:
            proved(p)
            p.expect(SHELL)
            p.type("sudo id -u")
            p.expect(PIN)
            p.secret(PIN_OF_ANN)
            p.expect(r"(?m)^0\r?$")
            leave(p)


@case
def nobody_else_is_within_her_shift():
    dan = Person("dan", 5)
    with ann.login(ann.user) as p:
        proved(p)
        p.expect(SHELL)
        uid = pwd.getpwnam(dan.user).pw_uid
        with Program(["su", ann.user, "-c", "true"], uid=uid) as q:
            equal(q.expect(PASSWORD, PIN), 0, "what su asks")
        status, out, err = run("setpriv", "--reuid", str(uid), "--clear-groups", "hcauth", "lock", ann.email)
        true(status != 0 and "Only the managers" in out + err, "hcauth lock by a colleague: %s%s" % (out, err))
        p.type("true")
        leave(p)


main()
