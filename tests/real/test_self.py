# SPDX-License-Identifier: Apache-2.0
"""What people change about themselves, with the hcauth command on a terminal."""
import json
import pwd
import re

from drive import Program
from people import (APP_CODE, CODE, KEPT, LOST_PHONE, NEW_PASSWORD, NEW_PASSWORD_AGAIN, PASSWORD, RECOVERY, SECRET, Person,
                    audit, practice, run)
from tap import case, equal, main, true

practice()
ann = Person("ann", 1).enrol()
UID = pwd.getpwnam(ann.user).pw_uid


def hcauth(*args):
    return Program(["hcauth", *args], uid=UID)


def prove(p):
    p.expect(PASSWORD)
    p.secret(ann.password)
    p.expect(CODE)
    p.answer(ann.recovery_code(), shown="")


def lets_in(**how):
    with ann.ssh("true") as p:
        ann.sign_in(p, **how)
        if "code" in how and p.expect(LOST_PHONE, "Permission denied") == 0:
            p.answer("", shown="")
        return p.end() == 0


@case
def changes_her_password():
    old, ann.password = ann.password, "seven slow boats to somewhere"
    with hcauth("password") as p:
        ann.password, new = old, ann.password
        prove(p)
        p.expect(NEW_PASSWORD)
        p.secret(new)
        p.expect(NEW_PASSWORD_AGAIN)
        p.secret(new)
        equal(p.end(), 0, "status")
    ann.password = new
    true(not lets_in(password=old, code=ann.recovery_code()), "the old one is refused")
    true(lets_in(code=ann.recovery_code()), "the new one lets in")


@case
def keeps_her_password_if_the_two_differ_or_are_poor():
    with hcauth("password") as p:
        prove(p)
        for poor in ("short", "password1234", "ann example ann example"):
            p.expect(NEW_PASSWORD)
            p.secret(poor)
            if p.expect(NEW_PASSWORD_AGAIN, "choose another|characters or more") == 0:
                p.secret(poor)
                p.expect("choose another|characters or more")
    with hcauth("password") as p:
        prove(p)
        p.expect(NEW_PASSWORD)
        p.secret("one long password of hers")
        p.expect(NEW_PASSWORD_AGAIN)
        p.secret("another long password of hers")
        p.expect("not the same")
    true(lets_in(code=ann.recovery_code()), "the password that she has lets in")


@case
def sets_up_another_app():
    old = ann.totp
    with hcauth("totp") as p:
        prove(p)
        p.expect(SECRET)
        ann.totp, ann.step = p.match.group(1).replace(" ", ""), 0
        true(ann.totp != old, "a new secret")
        p.expect(APP_CODE)
        p.answer(ann.code(), shown="")
        equal(p.end(), 0, "status")
    true(lets_in(), "the new app's code lets in")
    new, step = ann.totp, ann.step
    ann.totp, ann.step = old, 0
    true(not lets_in(), "the old one's does not")
    ann.totp, ann.step = new, step


@case
def keeps_her_app_until_the_new_one_is_confirmed():
    with hcauth("totp") as p:
        prove(p)
        p.expect(SECRET)
        true(p.match.group(1).replace(" ", "") != ann.totp, "a new secret")
        p.expect(APP_CODE)
    true(lets_in(), "the app that she has lets in")


@case
def gets_new_recovery_codes():
    old = ann.recovery_code()
    with hcauth("codes") as p:
        prove(p)
        p.expect(KEPT)
        new = {int(slot): code for code, slot in re.findall(RECOVERY, p.before.replace("\r", ""))}
        equal(len(new), 12, "new codes")
        p.answer("yes", shown="")
        equal(p.end(), 0, "status")
    true(not lets_in(code=old), "an old code is refused")
    ann.recovery = new
    true(lets_in(code=ann.recovery_code()), "a new one lets in")


@case
def lists_her_accounts():
    status, out, err = run("setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups",
                           "hcauth", "accounts", "--json")
    equal(status, 0, "status (%s)" % err)
    true(ann.user in json.dumps(json.loads(out)), "her user is in it: " + out)


@case
def changes_nothing_with_wrong_answers():
    with hcauth("password") as p:
        p.expect(PASSWORD)
        p.secret(ann.password)
        p.expect(CODE)
        p.answer(ann.wrong_code(), shown="")
        equal(p.end(), 1, "status")
    true(lets_in(code=ann.recovery_code()), "all is as it was")


@case
def the_terminal_shows_its_echo_again_after_ctrl_c():
    with Program(["sh", "-c", "trap : INT; hcauth password; stty -a; echo; read x"], uid=UID) as p:
        p.expect(PASSWORD)
        p.type("\x03", end="")
        p.expect(r"[; ](-?echo)[; ]")
        equal(p.match.group(1), "echo", "the terminal's setting")


@case
def others_can_not():
    status, _, err = run("hcauth", "password")
    true(status != 0, "root: " + err)
    status, _, err = run("setpriv", "--reuid", "65000", "--regid", "65000", "--clear-groups", "hcauth", "password")
    true(status != 0, "somebody who is not in the directory: " + err)


@case
def every_change_is_in_the_audit():
    changed = [r["detail"].split()[0] for r in audit(ann) if r["event"] == "credential-set"]
    equal(changed[:3], ["password", "totp", "recovery"], "at the first sign-in")
    equal(sorted(set(changed[3:])), ["password", "recovery", "totp"], "since")


main()
