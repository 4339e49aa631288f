# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""Practice managers at work, as themselves, in sessions of login(1) and ssh; and what a practice decides at the door:
opening hours, required factors, no network."""
import datetime
import os
import pwd
import re
import subprocess

from host import kiosk, pamtester
from people import (CODE, MAIL_CODE, NEW_PASSWORD, OTHER_ID, PASSWORD, SHELL, YOUR_ADDRESS, Person, hcauth, mails,
                    practice, run, wait_mail)
from tap import case, equal, main, true

PIN = "73915"
LATER = r"skip for now\): $"
SAME = "If that can be done, a message is on its way to the person."

kiosk()
practice()
practice("hill", "Hill Clinic")


def settle(p):
    """What may be asked after a sign-in: nothing of it matters here."""
    while True:
        n = p.expect(SHELL, LATER, OTHER_ID, YOUR_ADDRESS)
        if n == 0:
            return
        p.answer("" if n < 3 else "no", shown="")


def somebody(first, number, practice="stj"):
    """Signed in once, with a PIN and a verified e-mail address."""
    who = Person(first, number, practice=practice)
    with who.login() as p:
        who.first_sign_in(p)
        for prompt in (r"New PIN: $", r"New PIN again: $"):
            p.expect(prompt)
            p.secret(PIN)
        p.expect(YOUR_ADDRESS)
        p.answer("yes", shown="")
        p.expect(MAIL_CODE)
        p.answer(wait_mail(who.email).code, shown="")
        settle(p)
        p.type("exit")
        p.end()
    return who


ann = somebody("ann", 1)
ben = somebody("ben", 2)
mat = somebody("mat", 3, "hill")
hcauth("practice", "set", "stj", "--manager", ann.email)
hcauth("practice", "set", "hill", "--manager", mat.user_id)


class At:
    """A session of somebody's, at login(1) or over ssh, in which to say commands."""

    def __init__(self, who, ssh=False):
        self.who = who
        self.p = who.ssh() if ssh else who.login()

    def __enter__(self):
        self.who.sign_in(self.p)
        settle(self.p)
        return self

    def __exit__(self, *_):
        self.p.type("exit")
        self.p.close()

    def say(self, command, asked=None, code=None):
        """Says a command; returns its status and what it said. asked: whether a second factor must be; None: as it comes."""
        self.p.type(command + "; echo =$?=")
        n = self.p.expect(r"(?m)^Code: $", r"(?m)^=(\d+)=\r?$")
        said = self.p.before
        equal(n == 0, n == 0 if asked is None else asked, "a second factor is asked for by %r" % command)
        if n == 0:
            self.p.answer(self.who.recovery_code() if code is None else code, shown="")
            self.p.expect(r"(?m)^=(\d+)=\r?$")
            said += self.p.before
        status = int(self.p.match.group(1))
        self.p.expect(SHELL)
        return status, said


def refused(p):
    return p.expect("Login incorrect", SHELL) == 0


here = At(ann).__enter__()   # all day long


@case
def a_second_factor_is_asked_for_once_in_a_session():
    equal(here.say("hcauth account list", asked=False)[0], 0, "reading")
    equal(here.say("hcauth attest HC000002", asked=True)[0], 0, "the first")
    equal(here.say("hcauth attest HC000002", asked=False)[0], 0, "the second")
    equal(here.say("setsid -w hcauth attest HC000002", asked=True)[0], 0, "a session of the kernel's own")
    with At(ann, ssh=True) as there:
        equal(there.say("hcauth attest HC000002", asked=True, code="000000")[0], 1, "a wrong code")
        equal(there.say("hcauth attest HC000002", asked=True)[0], 0, "over ssh")
        equal(there.say("hcauth attest HC000002", asked=False)[0], 0, "and again")


@case
def a_manager_unlocks_a_pin():
    for _ in range(10):
        pamtester("kiosk", ben.email, answers=["11223"])
    true(pamtester("kiosk", ben.email, answers=[PIN])[0] != 0, "locked")
    equal(here.say("hcauth unlock " + ben.email)[0], 0, "unlock")
    equal(pamtester("kiosk", ben.email, answers=[PIN])[0], 0, "the PIN")


@case
def a_manager_switches_off_and_on():
    equal(here.say("hcauth account disable HC000002")[0], 0, "disable")
    with ben.login() as p:
        ben.sign_in(p, code=ben.recovery_code())
        true(refused(p), "login")
    equal(here.say("hcauth account enable HC000002")[0], 0, "enable")
    equal(pamtester("kiosk", ben.email, answers=[PIN])[0], 0, "on again")


@case
def another_practices_manager_sees_and_changes_nothing():
    with At(mat) as there:
        for command in ("unlock %s", "account show %s", "account disable %s", "account reset %s", "account unlink %s"):
            asked = command.startswith("unlock")
            said = [there.say("hcauth " + command % name, asked=asked and name == "HC000002")
                    for name in ("HC000002", "HC999999")]
            equal(said[0][0], 3, command)
            for k in (0, 1):
                said[k] = re.sub("HC000002|HC999999", "HC", said[k][1].split("\n")[-2])
            equal(said[0], said[1], command)
        equal("HC000002" in there.say("hcauth account list", asked=False)[1], False, "the list")


@case
def a_person_says_nothing_of_a_managers():
    with At(ben) as there:
        equal(there.say("hcauth account list", asked=False)[0], 4, "list")
        equal(there.say("hcauth unlock HC000001", asked=False)[0], 4, "unlock")


@case
def a_reset_is_sent_to_the_person_and_works_once():
    cat = somebody("cat", 4)
    since = mails()
    status, said = here.say("hcauth account reset HC000004")
    equal(status, 0, "reset")
    true(SAME in said, said)
    status, again = here.say("hcauth account reset HC000002")
    true(SAME in again, again)
    letter = wait_mail(cat.email, since)
    code = re.search(r"(?m)^\s*([A-Z0-9]{4}(?:-[A-Z0-9]{4}){3})\s*$", letter.text).group(1)
    true(code not in said, "the manager sees no code")
    with At(cat):  # until it is typed, everything goes on
        pass
    true(pamtester("kiosk", cat.email, answers=[PIN])[0] == 0, "the PIN")
    old = cat.password
    here.say("hcauth account reset HC000004")
    cat.activation = re.search(r"(?m)^\s*([A-Z0-9]{4}(?:-[A-Z0-9]{4}){3})\s*$", wait_mail(cat.email).text).group(1)
    cat.password, cat.step = "cat has a whole new password", 0
    with cat.login() as p:
        cat.first_sign_in(p)
        for prompt in (r"New PIN: $", r"New PIN again: $"):
            p.expect(prompt)
            p.secret("82604")
        settle(p)
        p.type("exit")
        p.end()
    true(pamtester("kiosk", cat.email, answers=[PIN])[0] != 0, "the old PIN")
    true(pamtester("kiosk", cat.email, answers=["82604"])[0] == 0, "the new PIN")
    with cat.login() as p:
        p.expect(PASSWORD)
        p.secret(cat.activation)
        true(p.expect(NEW_PASSWORD, "Login incorrect|did not match") == 1, "the code is used up")
    with cat.login() as p:
        p.expect(PASSWORD)
        p.secret(old)
        true(p.expect(CODE, "Login incorrect") == 1, "the old password")


@case
def a_link_is_ended_and_the_person_is_told():
    dan = somebody("dan", 5)
    key = key_of(dan)
    equal(by_key(dan, key), 0, "the ssh key before")
    with At(dan) as there:
        equal(there.say("hcauth unlink HC000005")[0], 0, "the request")
    since = mails()
    true("asks" in here.say("hcauth requests")[1], "the manager sees it")
    equal(here.say("hcauth account unlink HC000005")[0], 0, "unlink")
    true("HC000005 at St John's Surgery" in wait_mail(dan.email, since).text.replace("\n", " "), "the message")
    with dan.login() as p:
        dan.sign_in(p, code=dan.recovery_code())
        true(refused(p), "login")
    true(by_key(dan, key) != 0, "the ssh key")


def key_of(person):
    key = "/run/host/key-" + person.user
    home = pwd.getpwnam(person.user)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    folder = "/home/%s/.ssh" % person.user
    subprocess.run(["install", "-d", "-m", "700", "-o", str(home.pw_uid), "-g", str(home.pw_gid), folder], check=True)
    subprocess.run(["install", "-m", "600", "-o", str(home.pw_uid), key + ".pub", folder + "/authorized_keys"], check=True)
    return key


def by_key(person, key):
    status, _, _ = run("ssh", "-i", key, "-o", "PreferredAuthentications=publickey", "-o", "BatchMode=yes", "-p",
                       os.environ["SSH_PORT"], "%s@testhost" % person.user, "true")
    return status


def in_three_days():
    day = datetime.date.today() + datetime.timedelta(days=3)
    return day.strftime("%a") + " 00:00-00:01"


@case
def a_practice_that_is_closed_lets_in_cron_and_its_managers_alone():
    key = key_of(ben)
    hcauth("practice", "set", "stj", "--hours", in_three_days())
    try:
        with ben.login() as p:
            ben.sign_in(p, code=ben.recovery_code())
            p.expect("St John's Surgery is closed now")
            true(refused(p), "login")
        with ben.ssh("true") as p:
            ben.sign_in(p, code=ben.recovery_code())
            true(p.end() != 0, "ssh")
        true(by_key(ben, key) != 0, "an ssh key")
        equal(pamtester("cron", ben.user, "acct_mgmt")[0], 0, "cron")
        equal(here.say("hcauth practice set stj --hours always")[0], 0, "the manager mends it")
        equal(by_key(ben, key), 0, "the ssh key")
    finally:
        hcauth("practice", "set", "stj", "--hours", "always")


@case
def a_practice_without_network_is_at_the_workstation():
    hcauth("practice", "set", "stj", "--network", "no")
    try:
        with ben.ssh("true") as p:
            ben.sign_in(p, code=ben.recovery_code())
            true(p.end() != 0, "ssh")
        true(by_key(ben, "/run/host/key-" + ben.user) != 0, "an ssh key")
        equal(pamtester("kiosk", ben.email, answers=[PIN])[0], 0, "here")
    finally:
        hcauth("practice", "set", "stj", "--network", "yes")
    with ben.ssh("true") as p:
        ben.sign_in(p)
        equal(p.end(), 0, "ssh, with the network")


@case
def a_kiosk_asks_for_what_the_practice_requires():
    hcauth("practice", "set", "stj", "--require", "password,totp")
    try:
        equal(pamtester("kiosk", ben.email, answers=[PIN, ben.password, ben.recovery_code(), ""])[0], 0, "all three")
        true(pamtester("kiosk", ben.email, answers=[PIN])[0] != 0, "the PIN alone")
        true(pamtester("kiosk", ben.email, answers=[PIN, "wrong"])[0] != 0, "a wrong password")
    finally:
        hcauth("practice", "set", "stj", "--require", "none")
    equal(pamtester("kiosk", ben.email, answers=[PIN])[0], 0, "the PIN alone again")


@case
def ad03_the_last_manager_stays():
    for command in ("account disable HC000001", "account unlink HC000001",
                    "practice set stj --not-manager HC000001"):
        status, said = here.say("hcauth " + command)
        equal(status, 1, command)
        true("last manager" in said, said)
    equal(here.say("hcauth practice set stj --manager HC000002")[0], 0, "another")
    equal(here.say("hcauth practice set stj --not-manager HC000001")[0], 0, "herself")
    equal(here.say("hcauth account list", asked=False)[0], 4, "she is one no more")


main()
