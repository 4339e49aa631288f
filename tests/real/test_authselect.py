# SPDX-License-Identifier: Apache-2.0
"""hcauth's profile for authselect: by rules on its text for every set of features, and in libpam, with login, sshd,
su and passwd in Fedora's shape. Then the cases of test_local.py, in these stacks."""
import importlib
import itertools
import os
import pwd
import re
import shutil

import authselect
from drive import Program
from host import MODULE, local_password
from people import NEW_PASSWORD, NEW_PASSWORD_AGAIN, SHELL, Person, run
from tap import case, equal, true

PAM = "/etc/pam.d"
ORDER = {"auth": "done", "account": "ok", "password": "done", "session": "ok"}
CODES = ("success open_err symbol_err service_err system_err buf_err perm_denied auth_err cred_insufficient "
         "authinfo_unavail user_unknown maxtries new_authtok_reqd acct_expired session_err cred_unavail cred_expired "
         "cred_err no_module_data conv_err authtok_err authtok_recover_err authtok_lock_busy authtok_disable_aging "
         "try_again ignore abort authtok_expired module_unknown bad_item conv_again incomplete").split()


def every_set():
    found = authselect.features()
    for n in range(len(found) + 1):
        yield from itertools.combinations(found, n)


def position(rows, module):
    return next(k for k, row in enumerate(rows) if row[1] == module)


@case
def every_set_of_features_keeps_the_control_values():
    for chosen in every_set():
        for name in authselect.STACKS:
            text = authselect.render(name, chosen)
            true("{" not in text and "nullok" not in text, text)
            for phase, success in ORDER.items():
                rows = list(authselect.lines(text, phase))
                ours = position(rows, "pam_hcauth.so")
                equal(rows[ours][0], authselect.CONTROL % success, "%s with %s: %s" % (name, chosen, phase))
                equal(sum(r[1] == "pam_hcauth.so" for r in rows), 1, "once in " + phase)
                true(ours < position(rows, "pam_unix.so"), "before pam_unix in " + phase)
            auth = list(authselect.lines(text, "auth"))
            true(all(r[0] == "required" for r in auth[:position(auth, "pam_hcauth.so")]), auth)
            equal(auth[-1][1], "pam_deny.so", "the last of auth")


@case
def every_set_of_features_makes_homes_first_and_asks_for_users_last():
    for chosen in every_set():
        rows = list(authselect.lines(authselect.render("system-auth", chosen), "session"))
        ours = position(rows, "pam_hcauth.so")
        home = "pam_oddjob_mkhomedir.so" if "with-mkhomedir" in chosen else "pam_mkhomedir.so"
        equal(rows[ours - 2][:2], ("[success=ignore default=1]", "pam_succeed_if.so"), "who gets a home")
        equal(rows[ours - 1][1:], (home, "umask=0077"), "the one line that is leapt over")
        for module in ("pam_limits.so", "pam_systemd.so", "pam_unix.so"):
            true(position(rows, module) > ours, module)


@case
def the_readme_names_the_features_that_there_are():
    named = re.findall(r"(?m)^(with[a-z-]+)::$", authselect.read("README"))
    equal(sorted(named), authselect.features(), "features")


@case
def names_are_looked_up_in_local_files_first():
    maps = dict(line.split(":", 1) for line in authselect.render("nsswitch.conf").splitlines() if line[:1] not in "#")
    equal({m: s.split() for m, s in maps.items()},
          {"passwd": ["files", "hcauth", "systemd"],
           "group": ["files", "[SUCCESS=merge]", "hcauth", "[SUCCESS=merge]", "systemd"]}, "maps")


def may(service, name, password, *phases):
    return run("pamtester", service, name, *phases, given=password + "\n")[0] == 0


def without_delay(text):
    return re.sub(r"(?m)^auth.*pam_faildelay.*\n", "", text)


@case
def fo04_each_result_of_the_module_leads_where_it_should():
    """In the place of ours a module that says what it is told to: success alone admits, and two results alone leave
    the word to pam_unix, which would admit."""
    for result in CODES:
        def change(text):
            return without_delay(text).replace("pam_hcauth.so", "pam_debug.so auth=%s acct=%s open_session=%s" %
                                               (result, result, result))
        authselect.install(PAM, change=change)
        good = result in ("success", "user_unknown", "module_unknown")
        for service in ("login", "sudo"):       # a substack, and an include
            equal(may(service, "plain", "a word of nobody's", "authenticate"), good, "%s at %s" % (result, service))
            equal(may(service, "plain", "", "acct_mgmt"), good, "%s in account at %s" % (result, service))
            equal(may(service, "plain", "", "open_session"), good, "%s in session at %s" % (result, service))
            equal(may(service, "plain", "wrong", "authenticate"), result == "success", "%s, wrong word" % result)
    authselect.install(PAM)


@case
def a_finger_or_a_card_alone_signs_nobody_in():
    for name in authselect.CLOSED:
        for user in ("plain", "root"):
            for phase in ("authenticate", "acct_mgmt", "open_session", "chauthtok"):
                true(not may(name, user, "a word of nobody's", phase), "%s: %s by %s" % (user, phase, name))


@case
def local_users_are_locked_out_by_faillock_where_that_is_wanted():
    shutil.rmtree("/run/faillock", ignore_errors=True)
    authselect.install(PAM, ["with-faillock"], without_delay)
    for _ in range(3):      # faillock.conf's own number
        true(not may("login", "plain", "wrong", "authenticate"), "a wrong password")
    true(not may("login", "plain", "a word of nobody's", "authenticate"), "the right one, too late")
    shutil.rmtree("/run/faillock")
    true(may("login", "plain", "a word of nobody's", "authenticate"), "the right one")
    authselect.install(PAM)


@case
def bo_signs_in_at_every_door():
    bo = Person("bo", 2).enrol()
    with bo.login() as p:
        bo.sign_in(p)
        p.expect(SHELL)
        p.type("umask 022; stat -c %a:%U $HOME; echo $HCAUTH_IDENTITY at $HCAUTH_PRACTICE")
        p.expect(r"700:boe\r\nbo@example.org at stj\r\n")
        p.type("exit")
        p.end()
    with bo.ssh("id -un") as p:
        bo.sign_in(p)
        p.expect("boe")
        equal(p.end(), 0, "status")
    with bo.ssh("true") as p:
        bo.sign_in(p, code=bo.wrong_code())
        true(p.end() != 0, "a wrong code")
    with Program(["su", "boe", "-c", "id -un"], uid=3000) as p:
        bo.sign_in(p)
        p.expect("boe")
        equal(p.end(), 0, "su")
    for phases in (("authenticate",), ("authenticate", "acct_mgmt")):
        true(not may("sshd", bo.email, bo.password, *phases), "the password alone")


def local_pwquality():
    """A module that Fedora has, and the host has not: from its package, unpacked (tests/packages)."""
    for where, _, files in os.walk(os.environ["HC_TREE"] + "/build/unpacked/libpam-pwquality"):
        for name in files:
            if name.endswith(".so"):
                shutil.copy(os.path.join(where, name), os.path.dirname(MODULE))


@case
def passwd_changes_a_persons_password_and_a_local_users():
    local_pwquality()
    cy = Person("cy", 3).enrol()
    uid = pwd.getpwnam(cy.user).pw_uid
    with Program(["passwd"], uid=uid) as p:
        cy.sign_in(p, prompt=r"Current password: $")
        cy.password = "cy likes deep blue lakes"
        for prompt in (NEW_PASSWORD, NEW_PASSWORD_AGAIN):
            p.expect(prompt)
            p.secret(cy.password)
        equal(p.end(), 0, "passwd")
    with cy.ssh("true") as p:
        cy.sign_in(p)
        equal(p.end(), 0, "with the new password")
    with Program(["passwd"], uid=3000) as p:
        p.expect(r"[Cc]urrent password: $")
        p.secret("a word of nobody's")
        for prompt in (r"New password: $", r"Retype new password: $"):
            p.expect(prompt)
            p.secret("Quite-another-phrase-4")
        equal(p.end(), 0, "a local user's passwd")
    true(may("login", "plain", "Quite-another-phrase-4", "authenticate"), "with the new password")
    local_password("plain", "a word of nobody's")


authselect.install(PAM)
importlib.import_module("test_local")   # its people are made, and all cases are run
