# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""Getting back in by oneself: a forgotten or locked PIN, a forgotten password, a lost phone. At login(1), at
login(1) as a kiosk, and over ssh, with connections that are cut."""
import contextlib
import os
import pwd
import shutil

from drive import Program
from host import daemon_down, daemon_up, pamtester, sshd_gives_up
from people import (APP_CODE, CODE, FORGOTTEN, LOST_PHONE, MAIL_CODE, MOBILE, NEW_PASSWORD, NEW_PASSWORD_AGAIN,
                    PASSWORD, PIN_AGAIN, PIN_NEW, PIN_PROMPT, SECRET, SHELL, SMS_CODE, YOUR_ADDRESS, Person, audit,
                    mails, practice, run, wait_mail, wait_sms)
from tap import case, equal, main, true

CONF = "/etc/hcauth/hcauthd.conf"
LOGIN = "/etc/pam.d/login"
PIN, NEW_PIN = "73915", "82604"



def settings(text):
    with open(CONF, "w") as f:
        f.write(text)
    daemon_down()
    daemon_up()


with open(CONF) as conf:
    AS_SHIPPED = conf.read()
with open(LOGIN) as conf:
    LOGIN_AS_IT_IS = conf.read()
WITH_PINS = AS_SHIPPED + "\n[service kiosk]\nrequire = pin\nlocal = yes\n"
settings(WITH_PINS)
practice()


@contextlib.contextmanager
def kiosk():
    """login(1) as a terminal at a bedside."""
    shutil.copy(os.environ["HC_TREE"] + "/conf/pam.d/kiosk", LOGIN)
    settings(AS_SHIPPED.replace("[service login]\n", "[service login]\nrequire = pin\n"))
    try:
        yield
    finally:
        with open(LOGIN, "w") as f:
            f.write(LOGIN_AS_IT_IS)
        settings(WITH_PINS)


def somebody(first, number):
    """Signed in once, with a PIN, and an e-mail address and a mobile number that are verified."""
    who = Person(first, number)
    who.mobile = "+4416329600%02d" % number
    with who.login() as p:
        who.first_sign_in(p)
        for prompt in (PIN_NEW, PIN_AGAIN):
            p.expect(prompt)
            p.secret(PIN)
        p.expect(YOUR_ADDRESS)
        p.answer("yes", shown="")
        p.expect(MAIL_CODE)
        p.answer(wait_mail(who.email).code, shown="")
        p.expect(MOBILE)
        p.answer(who.mobile, shown="")
        p.expect(SMS_CODE)
        p.answer(wait_sms(who.mobile).code, shown="")
        in_and_out(p, who)
    true("Your mobile number was changed just now" in wait_mail(who.email).text, "that there is a number now is told")
    return who


def in_and_out(p, who):
    p.expect(SHELL)
    p.type("id -un")
    p.expect(r"(?m)^%s\r?$" % who.user)
    p.expect(SHELL)
    p.type("exit")
    equal(p.end(), 0, "status")


def forgotten(p, prompt):
    """Enter, Enter, yes."""
    for _ in range(2):
        p.expect(prompt)
        p.secret("")
    p.expect(FORGOTTEN)
    p.answer("yes", shown="")


def type_codes(p, who):
    p.expect(MAIL_CODE)
    p.answer(wait_mail(who.email).code, shown="")
    p.expect(SMS_CODE)
    p.answer(wait_sms(who.mobile).code, shown="")


def choose_pin(p):
    for prompt in (PIN_NEW, PIN_AGAIN):
        p.expect(prompt)
        p.secret(NEW_PIN)
    p.expect("Your new PIN is set")


def choose_password(p, new):
    for prompt in (NEW_PASSWORD, NEW_PASSWORD_AGAIN):
        p.expect(prompt)
        p.secret(new)
    p.expect("Your new password is set")


def told(who, what):
    """Both channels have been."""
    true(what in wait_mail(who.email).text, "the e-mail says: " + what)
    true(what in wait_sms(who.mobile).text, "the text message says: " + what)


def recovered(who):
    return [r["detail"] for r in audit(who) if r["event"] == "recovered"]


@case
def a_forgotten_pin_at_a_kiosk():
    ann = somebody("ann", 1)
    with kiosk():
        with ann.login() as p:
            forgotten(p, PIN_PROMPT)
            type_codes(p, ann)
            choose_pin(p)
            p.expect(PIN_PROMPT)
            p.secret(NEW_PIN)
            in_and_out(p, ann)
        told(ann, "Your PIN was changed just now")
        true(pamtester("login", ann.email, answers=[PIN])[0] != 0, "the old PIN")
        equal(pamtester("login", ann.email, answers=[NEW_PIN])[0], 0, "the new PIN")
    equal(recovered(ann), ["pin"], "what the audit says")


@case
def ten_wrong_pins_lead_there():
    bob = somebody("bob", 2)
    with kiosk():
        for _ in range(9):
            true(pamtester("login", bob.email, answers=["40404"])[0] != 0, "a wrong PIN")
        with bob.login() as p:
            p.expect(PIN_PROMPT)
            p.secret("40404")
            p.expect("Your PIN is locked")
            p.expect(FORGOTTEN)     # cut off here, it is locked and leads here again
        with bob.login() as p:
            p.expect(PIN_PROMPT)
            p.secret(PIN)
            p.expect(FORGOTTEN)
            p.answer("yes", shown="")
            type_codes(p, bob)
            choose_pin(p)
            p.expect(PIN_PROMPT)
            p.secret(NEW_PIN)
            in_and_out(p, bob)
        told(bob, "Your PIN was changed just now")


@case
def a_forgotten_password_at_login():
    eve = somebody("eve", 3)
    old, new = eve.password, "nine loud badgers at noon"
    with eve.login() as p:
        forgotten(p, PASSWORD)
        type_codes(p, eve)
        p.expect(CODE)
        p.answer(eve.recovery_code(), shown="")
        choose_password(p, new)
        eve.sign_in(p, password=new)
        in_and_out(p, eve)
    told(eve, "Your password was changed just now")
    with eve.ssh("true") as p:
        eve.sign_in(p, password=old)
        p.expect("Permission denied")
    equal(recovered(eve), ["password"], "what the audit says")


@case
def a_forgotten_password_over_ssh_whenever_it_is_cut_off():
    fay = somebody("fay", 4)
    new = "nine loud badgers at noon"
    with fay.ssh() as p:
        forgotten(p, PASSWORD)
        p.expect(MAIL_CODE)
        sshd_gives_up()
        p.answer("123456", shown="")
        p.expect("(?i)connection (closed|reset)")
    code = wait_mail(fay.email).code
    with fay.ssh() as p:
        forgotten(p, PASSWORD)
        p.expect(MAIL_CODE)
        p.answer(code, shown="")
        p.expect(SMS_CODE)
    sms = wait_sms(fay.mobile).code
    with fay.ssh() as p:        # the e-mail's code is not asked for again
        forgotten(p, PASSWORD)
        equal(p.expect(SMS_CODE, MAIL_CODE), 0, "where it goes on")
        p.answer(sms, shown="")
        p.expect(CODE)
    with fay.ssh() as p:        # the same code from the text message
        forgotten(p, PASSWORD)
        p.expect(SMS_CODE)
        p.answer(sms, shown="")
        p.expect(CODE)
        p.answer(fay.recovery_code(), shown="")
        p.expect(NEW_PASSWORD)
    with fay.ssh("id", "-un") as p:     # the second factor has been given, and is not asked for again
        forgotten(p, PASSWORD)
        p.expect(SMS_CODE)
        p.answer(sms, shown="")
        equal(p.expect(NEW_PASSWORD, CODE), 0, "where it goes on")
        p.secret(new)
        p.expect(NEW_PASSWORD_AGAIN)
        p.secret(new)
        p.expect("Your new password is set")
        fay.sign_in(p, password=new)
        p.expect(r"(?m)^%s\r?$" % fay.user)
        equal(p.end(), 0, "status")
    told(fay, "Your password was changed just now")      # and no other code was sent between


@case
def over_ssh_nobody_learns_who_exists():
    """Somebody without a verified address, and a name that sshd does not know."""
    gil = Person("gil", 5)
    before, said = mails(), []
    for name in (gil.email, "nobody@example.org"):
        with gil.ssh(name=name) as p:
            forgotten(p, PASSWORD)
            for _ in range(6):
                p.expect(MAIL_CODE)
                p.answer("123456", shown="")
            p.expect("Permission denied")
            p.end()
            said.append(p.screen.replace(name, "NAME"))
    equal(said[1], said[0], "what was said")
    equal(mails(), before, "e-mails")


@case
def a_script_without_a_terminal_ends_and_sends_nothing():
    hal = somebody("hal", 6)
    askpass = "/run/host/askpass-nothing"
    with open(askpass, "w") as f:
        f.write("#!/bin/sh\necho\n")
    os.chmod(askpass, 0o755)
    before = mails()
    status, _, err = run("ssh", "-p", os.environ["SSH_PORT"], "-o", "NumberOfPasswordPrompts=1", "-l", hal.email,
                         "testhost", "true", env={"SSH_ASKPASS": askpass, "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"})
    equal(status, 255, "status (%s)" % err)
    with hal.ssh("true") as p:
        hal.sign_in(p)
        equal(p.end(), 0, "a sign-in after it")
    equal(mails(), before, "e-mails")


@case
def a_lost_phone():
    ida = somebody("ida", 7)
    for begin in (lambda: ida.login(), lambda: ida.ssh()):
        with begin() as p:      # cut off with the new app on the screen: the old one goes on
            ida.sign_in(p, code=ida.recovery_code())
            p.expect(LOST_PHONE)
            p.answer("yes", shown="")
            p.expect(APP_CODE)
        with begin() as p:
            ida.sign_in(p, code=ida.recovery_code())
            p.expect(LOST_PHONE)
            p.answer("yes", shown="")
            p.expect(SECRET)
            ida.totp, ida.step = p.match.group(1).replace(" ", ""), 0
            p.expect(APP_CODE)
            p.answer(ida.code(), shown="")
            in_and_out(p, ida)
        told(ida, "Your authenticator app was changed just now")
        with begin() as p:
            ida.sign_in(p)
            in_and_out(p, ida)


@case
def what_is_changed_in_a_session_is_told_too():
    jon = somebody("jon", 8)
    uid = pwd.getpwnam(jon.user).pw_uid
    with Program(["hcauth", "pin"], uid=uid) as p:
        jon.sign_in(p)
        for prompt in (PIN_NEW, PIN_AGAIN):
            p.expect(prompt)
            p.secret(NEW_PIN)
        equal(p.end(), 0, "status")
    told(jon, "Your PIN was changed just now")
    with Program(["hcauth", "password"], uid=uid) as p:     # and the way back is there
        forgotten(p, PASSWORD)
        type_codes(p, jon)
        p.expect(CODE)
        p.answer(jon.recovery_code(), shown="")
        choose_password(p, "nine loud badgers at noon")
        told(jon, "Your password was changed just now")


main()
