# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""E-mail addresses of one's own, and what else people are asked about themselves."""
import os
import pwd
import re

from drive import Program
from host import daemon_down, daemon_up, local_user, until
from people import (APP_CODE, CODE, MAIL_CODE, PASSWORD, SECRET, SHELL, SMS_CODE, Person, arrived, hcauth, mails,
                    practice, run, wait_mail, wait_sms)
from tap import case, equal, main, true

ADDRESS = r"Your own e-mail address( \(Enter to skip for now\))?: $"
YOURS = r"Is (\S+) your own e-mail address\? Type yes .*: $"
MOBILE = r"Your mobile number.*: $"
NEW_ADDRESS = r"Your new e-mail address: $"
OTHER_ID = r"Do you have another user ID.*: $"

practice()
local_user("plain", 3000, "a word of plain's")


class Legacy(Person):
    """Somebody who has an account and signs in with its user ID; the address is the one that she will give."""

    def __init__(self, first, number, practice="stj"):
        self.name = first.capitalize() + " Example"
        self.email = first + "@example.org"
        self.user_id = "HC%06d" % number
        self.user = first + "e"
        self.password = "%s likes tall green hills" % first
        self.step = 0
        self.activation = hcauth("account", "add", self.user_id, "--practice", practice,
                                 "--user", self.user).split("\n")[-2].strip()

    def give_address(self, p, email=None):
        """From the question for the address on, until she is told that it is her name now."""
        email = email or self.email
        p.expect(ADDRESS)
        p.type(email)
        p.expect(MAIL_CODE)
        p.type(wait_mail(email).code)
        p.expect(r"From now on, sign in as %s. Your user ID %s does not sign in any more." %
                 (re.escape(email), self.user_id))

    def enrol(self, ssh=False):
        """The first sign-in, by user ID; the address is skipped."""
        with (self.ssh(name=self.user_id) if ssh else self.login(self.user_id)) as p:
            self.first_sign_in(p)
            p.expect(ADDRESS)
            p.type("")
            leave(p)
        return self


def leave(p, *skipped):
    """Skips what else may be asked, up to the shell, and ends the session."""
    while p.expect(MOBILE, OTHER_ID, SHELL) < 2:
        p.type("")
    p.type("exit")
    p.end()


def getent(name):
    return run("getent", "passwd", name)[0] == 0


def settings(old, new):
    with open("/etc/hcauth/hcauthd.conf") as f:
        text = f.read()
    true(old in text, old)
    with open("/etc/hcauth/hcauthd.conf", "w") as f:
        f.write(text.replace(old, new))
    daemon_down()
    daemon_up()


def is_nobody(person):
    """Her user ID is refused at login, ssh, su and by getent, in any case of its letters."""
    until("the directory has forgotten " + person.user_id,
          lambda: run("hcauth", "status")[0] == 0 and not getent(person.user_id))
    true(not getent(person.user_id.lower()), "in small letters")
    with person.login(person.user_id) as p:
        p.expect(PASSWORD)
        p.secret(person.password)
        if p.expect(CODE, "Login incorrect") == 0:
            p.answer(person.code(), shown="")
            p.expect("Login incorrect")
    with person.ssh("true", name=person.user_id.lower()) as p:
        person.sign_in(p)
        true(p.end() != 0, "ssh")
    with Program(["su", person.user_id, "-c", "id -un"], uid=3000) as p:
        p.expect(r"does not exist|Authentication failure|cannot")
        true(p.end() != 0, "su")


@case
def an_activation_code_leads_to_an_address_of_ones_own():
    ann = Legacy("ann", 11)
    with ann.login(ann.user_id.lower()) as p:
        ann.first_sign_in(p)
        ann.give_address(p)
        p.expect(MOBILE)
        p.type("")
        p.expect(SHELL, OTHER_ID)
        if p.match.re.pattern == OTHER_ID:
            p.type("")
            p.expect(SHELL)
        p.type("id -un; pwd; echo $HCAUTH_IDENTITY")
        p.expect(r"\n%s\r?\n/home/%s\r?\n%s\r?\n" % (ann.user, ann.user, ann.email))
        p.type("exit")
        p.end()
    is_nobody(ann)
    with ann.login() as p:
        ann.sign_in(p, code=ann.recovery_code())
        ann.has_phone(p)
        leave(p)
    with ann.ssh("id -un") as p:
        ann.sign_in(p)
        p.expect(r"(?m)^%s\r?$" % ann.user)
        equal(p.end(), 0, "status")
    true(getent(ann.email) and getent(ann.user), "her address and her user")


@case
def over_ssh_too():
    bob = Legacy("bob", 12)
    with bob.ssh(name=bob.user_id.lower()) as p:
        bob.first_sign_in(p)
        bob.give_address(p)
        p.expect(MOBILE)
        p.type("")
        if p.expect(SHELL, OTHER_ID) == 1:
            p.type("")
            p.expect(SHELL)
        p.type("id -un; pwd")
        p.expect(r"\n%s\r?\n/home/%s\r?\n" % (bob.user, bob.user))
        p.type("exit")
        p.end()
    is_nobody(bob)
    with bob.ssh("id -un") as p:
        bob.sign_in(p)
        p.expect(r"(?m)^%s\r?$" % bob.user)
        equal(p.end(), 0, "status")


@case
def skipped_as_long_as_the_settings_allow():
    cat = Legacy("cat", 13).enrol()
    for _ in range(2):
        with cat.login(cat.user_id) as p:
            cat.sign_in(p, code=cat.recovery_code())
            cat.has_phone(p)
            p.expect(ADDRESS)
            p.type("")
            leave(p)
    settings("migrate = optional", "migrate = by 2099-01-31")
    with cat.login(cat.user_id) as p:
        cat.sign_in(p, code=cat.recovery_code())
        cat.has_phone(p)
        p.expect("Until 31 January 2099 you can go on with your user ID")
        p.expect(ADDRESS)
        p.type("")
        leave(p)
    settings("migrate = by 2099-01-31", "migrate = by 2020-01-31")
    with cat.login(cat.user_id) as p:
        cat.sign_in(p, code=cat.recovery_code())
        cat.has_phone(p)
        for _ in range(3):
            p.expect(ADDRESS)
            p.type("")
        p.expect("You can sign in once you have given an e-mail address of your own")
        p.expect("Login incorrect")
    settings("migrate = by 2020-01-31", "migrate = now")
    with cat.ssh("true", name=cat.user_id) as p:
        cat.sign_in(p)
        p.expect(ADDRESS)
        p.type("")
        p.expect(ADDRESS)
        p.type("reception@example.org")
        p.expect("reception@example.org belongs to a desk, not to a person")
        p.expect(ADDRESS)
        p.type("")
        true(p.end() != 0, "refused")
    with cat.ssh("id -un", name=cat.user_id) as p:
        cat.sign_in(p)
        cat.give_address(p)
        while p.expect(MOBILE, OTHER_ID, r"(?m)^%s\r?$" % cat.user) < 2:
            p.type("")
        equal(p.end(), 0, "status")
    settings("migrate = now", "migrate = optional")


@case
def cut_off_at_the_code_it_goes_on_there():
    dan = Legacy("dan", 14).enrol()
    with dan.ssh("true", name=dan.user_id) as p:
        dan.sign_in(p)
        p.expect(ADDRESS)
        p.type(dan.email)
        p.expect(MAIL_CODE)
    code = wait_mail(dan.email).code
    with dan.ssh("id -un", name=dan.user_id) as p:
        dan.sign_in(p)
        equal(p.expect(MAIL_CODE, ADDRESS), 0, "the question")
        p.type(code)
        while p.expect(MOBILE, OTHER_ID, r"(?m)^%s\r?$" % dan.user) < 2:
            p.type("")
        equal(p.end(), 0, "status")


@case
def a_desks_address_is_nobodys():
    status, _, err = run("hcauth", "identity", "add", "info@example.org", "--name", "Somebody")
    true(status == 1 and "belongs to a desk" in err, err)
    os.rename("/etc/hcauth/role-addresses", "/etc/hcauth/away")
    status, _, err = run("hcauth", "identity", "add", "eve@example.net", "--name", "Somebody")
    os.rename("/etc/hcauth/away", "/etc/hcauth/role-addresses")
    true(status == 1 and "cannot be checked" in err, err)


@case
def a_password_alone_leads_to_nothing_while_there_is_an_activation_code():
    fay = Legacy("fay", 16)
    with fay.login(fay.user_id) as p:
        p.expect(PASSWORD)
        p.secret(fay.activation)
        for _ in range(2):
            p.expect(r"New password( again)?: $")
            p.secret(fay.password)
        p.expect(APP_CODE)
    before = mails()
    with fay.ssh("true", name=fay.user_id) as p:
        p.expect(PASSWORD)
        p.secret(fay.password)
        while p.expect(CODE, r"denied") == 0:
            p.secret("")
        true(p.end() != 0, "ssh")
    equal(mails(), before, "e-mail sent")
    # nor here, while the activation code is good
    with fay.login(fay.user_id) as p:
        p.expect(PASSWORD)
        p.secret(fay.password)
        for _ in range(3):
            p.expect(CODE)
            p.secret("")
        p.expect("Login incorrect")
    equal(mails(), before, "e-mail sent")
    with fay.login(fay.user_id) as p:
        p.expect(PASSWORD)
        p.secret(fay.password)
        p.expect(CODE)
        p.secret(fay.activation)
        p.expect(SECRET)
        fay.totp = p.match.group(1).replace(" ", "")


def sam():
    """Somebody whom root has added, signed in once, with nothing verified; made once."""
    if not hasattr(sam, "person"):
        sam.person = Person("sam", 17)
        with sam.person.login() as p:
            sam.person.first_sign_in(p)
            p.expect(YOURS)
            p.type("yes")
            p.expect(MAIL_CODE)
            p.type(wait_mail(sam.person.email).code)
            p.expect("Your e-mail address is verified")
            p.expect(MOBILE)
            p.type("01632 960017")
            p.expect("with its country")
            p.expect(MOBILE)
            p.type("0044 1632 960017")
            p.expect(SMS_CODE)
            p.type(wait_sms("+441632960017").code)
            p.expect("Your mobile number is verified")
            leave(p)
    return sam.person


def prove(p, person):
    p.expect(PASSWORD)
    p.secret(person.password)
    p.expect(CODE)
    p.answer(person.recovery_code(), shown="")


@case
def details_are_verified_at_sign_in():
    me = sam()
    with me.ssh("true") as p:
        me.sign_in(p)
        equal(p.end(), 0, "status, with nothing more to be asked")


@case
def an_address_and_a_number_are_changed_in_a_session():
    me = sam()
    uid = pwd.getpwnam(me.user).pw_uid
    with Program(["hcauth", "email"], uid=uid) as p:
        prove(p, me)
        p.expect(NEW_ADDRESS)
        p.type("sam@home.example")
        p.expect(MAIL_CODE)
        p.type(wait_mail("sam@home.example").code)
        p.expect("From now on, sign in as sam@home.example")
        equal(p.end(), 0, "status")
    until("the old address is told", lambda: "another address" in wait_mail(me.email).text)
    true(not getent(me.email) and getent("sam@home.example"), "in the directory")
    me.email = "sam@home.example"
    with Program(["hcauth", "mobile", "+441632960018"], uid=uid) as p:
        prove(p, me)
        p.expect(SMS_CODE)
        p.type(wait_sms("+441632960018").code)
        equal(p.end(), 0, "status")
    until("the old number is told", lambda: "mobile number" in wait_sms("+441632960017").text)
    until("and the address", lambda: "mobile number" in wait_mail(me.email).text)
    with me.login() as p:
        me.sign_in(p, code=me.recovery_code())
        me.has_phone(p)
        leave(p)


@case
def a_taken_address_is_told_to_its_owner_alone():
    me, gus = sam(), Person("gus", 18)
    before = arrived(os.environ["MAIL_DIR"])
    with Program(["hcauth", "email", gus.email], uid=pwd.getpwnam(me.user).pw_uid) as p:
        prove(p, me)
        p.expect("A code is on its way to " + gus.email)
        p.expect(MAIL_CODE)
        m = wait_mail(gus.email, since=before)
        true(m.code is None and "tried to take" in m.text, m.text)
        p.type("123456")
        p.expect("does not match")
        for _ in range(2):
            p.expect(MAIL_CODE)
            p.type("")
        equal(p.end(), 1, "status")


main()
