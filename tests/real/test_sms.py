# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""Codes by text message as a second factor, through gammu's spool: at login(1), over ssh, and by hcauth's own
commands; cut off, with a wrong password, and with a gateway that hangs or lies."""
import contextlib
import os
import pwd
import re
import time

from drive import Program
from host import daemon_down, daemon_up, sshd_gives_up
from people import (APP_CODE, CODE, KEPT, NEW_PASSWORD, NEW_PASSWORD_AGAIN, PASSWORD, RECOVERY, SECRET, SHELL,
                    Message, Person, arrived, audit, practice, wait_sms)
from tap import case, equal, main, true

CONF = "/etc/hcauth/hcauthd.conf"
WAY = r"How do you want your codes\?[^:]*3 for both: $"
SMS_CODE = r"Code from the text message: $"
YOUR_ADDRESS = r"Is \S+ your own e-mail address\?[^:]*: $"
SENT = "We have sent a code by text message to the number ending %s"
APP, TEXTS, BOTH = "1", "2", "3"

with open(CONF) as conf:
    WITH_TEXTS = conf.read().replace("require = password, totp\n", "require = password, totp | sms\n")


def settings(text):
    with open(CONF, "w") as f:
        f.write(text)
    daemon_down()
    daemon_up()


settings(WITH_TEXTS)
practice()


def texts(who):
    """How many codes have been sent to somebody."""
    folder = os.environ["SMS_DIR"]
    found = [Message(folder, n + 1) for n in range(arrived(folder))]
    return sum(m.to == who.mobile and m.code is not None for m in found)


class Texted(Person):
    """Somebody who has chosen how codes come, at the first sign-in."""

    def __init__(self, first, number, way):
        super().__init__(first, number)
        self.mobile = "+4416329601%02d" % number
        with self.login() as p:
            p.expect(PASSWORD)
            p.secret(self.activation)
            for prompt in (NEW_PASSWORD, NEW_PASSWORD_AGAIN):
                p.expect(prompt)
                p.secret(self.password)
            p.expect(WAY)
            p.answer(way, shown="")
            if way in (APP, BOTH):
                p.expect(SECRET)
                self.totp = p.match.group(1).replace(" ", "")
                p.expect(APP_CODE)
                p.answer(self.code(), shown="")
            if way in (TEXTS, BOTH):
                p.expect(r"[Mm]obile number[^:]*: $")
                p.answer(self.mobile, shown="")
                p.expect(SMS_CODE)
                p.answer(self.sms(), shown="")
            p.expect(KEPT)
            self.recovery = {int(slot): code for code, slot in re.findall(RECOVERY, p.before.replace("\r", ""))}
            p.answer("yes")
            p.expect(YOUR_ADDRESS)
            p.answer("", shown="")
            if way == APP:
                p.expect(r"Your mobile number[^:]*: $")
                p.answer("", shown="")
            in_and_out(p, self)

    def ending(self):
        return self.mobile[-2:]

    def sms(self):
        """The next code by text message: what tells of a change has none."""
        while True:
            m = wait_sms(self.mobile)
            if m.code:
                return m.code

    def is_told(self, what):
        while what not in wait_sms(self.mobile).text:
            pass

    def prove(self, p, code):
        """The password, and a code; what is not the app's is asked for by the caller."""
        p.expect(PASSWORD)
        p.secret(self.password)
        p.expect(CODE)
        p.answer(code(), shown="")

    def run(self, *words):
        return Program(["hcauth", *words], uid=pwd.getpwnam(self.user).pw_uid)


def in_and_out(p, who):
    p.expect(SHELL)
    p.type("id -un")
    p.expect(r"(?m)^%s\r?$" % who.user)
    p.expect(SHELL)
    p.type("exit")
    equal(p.end(), 0, "status")


def details(who):
    return [r["detail"] for r in audit(who) if r["event"] == "sign-in"]


@case
def a_text_message_comes_first():
    ann = Texted("ann", 1, TEXTS)
    with ann.login() as p:
        p.expect(PASSWORD)
        p.secret(ann.password)
        p.expect(SENT % ann.ending())
        p.expect(CODE)
        p.answer(ann.sms(), shown="")
        in_and_out(p, ann)
    with ann.ssh("id", "-un") as p:
        ann.prove(p, lambda: ann.sms())
        p.expect(r"(?m)^%s\r?$" % ann.user)
        equal(p.end(), 0, "status")
    with ann.ssh("true") as p:      # and a recovery code does as well
        ann.prove(p, ann.recovery_code)
        p.expect(r"Have you lost your phone\?[^:]*: $")
        p.answer("", shown="")
        equal(p.end(), 0, "status")
    equal(details(ann)[-3:], ["password right, sms right"] * 2 + ["password right, recovery right"], "the audit")
    true(ann.sms(), "the last code was sent for nothing, and is waited for")


@case
def an_empty_answer_has_one_sent():
    bob = Texted("bob", 2, BOTH)
    with bob.login() as p:
        bob.sign_in(p)
        in_and_out(p, bob)
    before = texts(bob)
    with bob.login() as p:
        p.expect(PASSWORD)
        p.secret(bob.password)
        p.expect(CODE)
        equal(texts(bob), before, "text messages before one is asked for")
        p.answer("", shown="")
        p.expect(SENT % bob.ending())
        p.expect(CODE)
        p.answer(bob.sms(), shown="")
        in_and_out(p, bob)
    with bob.ssh("true") as p:
        p.expect(PASSWORD)
        p.secret(bob.password)
        p.expect(CODE)
        p.answer("", shown="")
        p.expect("If all was right so far and your codes can come by text message")
        p.expect(CODE)
        p.answer(bob.sms(), shown="")
        equal(p.end(), 0, "status")
    with bob.ssh("true") as p:      # the app's code is taken as well after that
        p.expect(PASSWORD)
        p.secret(bob.password)
        p.expect(CODE)
        p.answer("", shown="")
        p.expect(CODE)
        p.answer(bob.code(), shown="")
        equal(p.end(), 0, "status")
    true(bob.sms(), "that was sent as well")


@case
def ot11_a_wrong_password_sends_nothing():
    cat = Texted("cat", 3, TEXTS)
    before, said = texts(cat), []
    for name in (cat.email, "nobody@example.org"):
        with cat.ssh(name=name) as p:
            p.expect(PASSWORD)
            p.secret("not this password")
            for answer in ("", "123456"):
                p.expect(CODE)
                p.answer(answer, shown="")
            p.expect("Permission denied")
            p.end()
            said.append(p.screen.replace(name, "NAME"))
    equal(said[1], said[0], "what was said")
    with cat.login() as p:
        p.expect(PASSWORD)
        p.secret("not this password")
        p.expect("Login incorrect")
    with cat.ssh("true") as p:      # the first message since is this one's
        cat.prove(p, lambda: cat.sms())
        equal(p.end(), 0, "status")
    equal(texts(cat), before + 1, "text messages")


@case
def ot12_cut_off_it_goes_on_with_the_same_code():
    dan = Texted("dan", 4, TEXTS)
    with dan.ssh() as p:
        p.expect(PASSWORD)
        p.secret(dan.password)
        p.expect(CODE)
        code = dan.sms()
        sshd_gives_up()
        p.answer(code, shown="")
        p.expect("(?i)connection (closed|reset)")
    before = texts(dan)
    with dan.login() as p:          # not at another door
        p.expect(PASSWORD)
        p.secret(dan.password)
        p.expect(SENT % dan.ending())
        p.expect(CODE)
        p.answer(code, shown="")
        p.expect("Login incorrect")
    true(dan.sms(), "the login's own")
    equal(texts(dan), before + 1, "text messages")
    with dan.ssh("id", "-un") as p:
        dan.prove(p, lambda: code)
        p.expect(r"(?m)^%s\r?$" % dan.user)
        equal(p.end(), 0, "status")
    equal(texts(dan), before + 1, "text messages, none of them for what was cut off")
    with dan.ssh("true") as p:      # and it is spent
        p.expect(PASSWORD)
        p.secret(dan.password)
        p.expect(CODE)
        true(dan.sms(), "another is sent")
        p.answer(code, shown="")
        p.expect("Permission denied")


@case
def ot17_another_number_waits():
    eve = Texted("eve", 5, TEXTS)
    new = "+441632960199"
    with eve.run("mobile", new) as p:
        eve.prove(p, lambda: eve.sms())
        p.expect(SMS_CODE)
        p.answer(wait_sms(new).code, shown="")
        p.expect("The number ending 99 counts from this time tomorrow on")
        equal(p.end(), 0, "status")
    true("ending 99" in wait_sms(new).text, "the new number is told")
    eve.is_told("ending 99")
    with eve.run("second") as p:
        p.expect("to the number ending %s" % eve.ending())
        p.expect("to the number ending 99, from")
        equal(p.end(), 0, "status")
    with eve.login() as p:
        p.expect(PASSWORD)
        p.secret(eve.password)
        p.expect(SENT % eve.ending())
        p.expect(CODE)
        p.answer(eve.sms(), shown="")
        in_and_out(p, eve)


@case
def which_comes_first_is_changed():
    fay = Texted("fay", 6, BOTH)
    with fay.run("second", "sms") as p:
        fay.prove(p, fay.code)
        p.expect("From now on a code comes by text message at once")
        equal(p.end(), 0, "status")
    fay.is_told("Which code you are asked for first was changed just now")
    with fay.ssh("true") as p:
        fay.prove(p, lambda: fay.sms())
        equal(p.end(), 0, "status")
    with fay.run("second", "remove", "app") as p:
        fay.prove(p, lambda: fay.sms())
        equal(p.end(), 0, "status")
    fay.is_told("Your authenticator app was removed just now")
    with fay.run("second", "remove", "sms") as p:
        fay.prove(p, lambda: fay.sms())
        p.expect("That is the last one")
        equal(p.end(), 1, "status")


GATEWAYS = {"hangs": "exec sleep 1000", "dies": "kill -KILL $$", "says no": "exit 1",
            "prints megabytes": "cat >/dev/null; head -c 20000000 /dev/zero",
            "says yes and sends nothing": "cat >/dev/null; exit 0"}


@contextlib.contextmanager
def gateway(script):
    with open("/usr/local/bin/gateway", "w") as f:
        f.write("#!/bin/sh\n" + script + "\n")
    os.chmod("/usr/local/bin/gateway", 0o755)
    settings(re.sub(r"(?m)^sms = .*$", "sms = /usr/local/bin/gateway", WITH_TEXTS))
    try:
        yield
    finally:
        settings(WITH_TEXTS)


@case
def ot14_a_bad_gateway_holds_nobody_up():
    gus = Texted("gus", 7, BOTH)
    with gus.run("second", "sms") as p:
        gus.prove(p, gus.code)
        equal(p.end(), 0, "status")
    for what, script in GATEWAYS.items():
        with gateway(script), gus.ssh("true") as p:
            began = time.monotonic()
            p.expect(PASSWORD)
            p.secret(gus.password)
            p.expect(CODE)
            took = time.monotonic() - began
            p.answer(gus.recovery_code(), shown="")
            p.expect(r"Have you lost your phone\?[^:]*: $")
            p.answer("", shown="")
            equal(p.end(), 0, "status with a gateway that " + what)
            true(took < 20, "%.1f s to the prompt with a gateway that %s" % (took, what))


main()
