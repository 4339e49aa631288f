# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""Coming to share an e-mail address at login(1), what the mailbox is told, and an address of one's own again."""
import os
import pwd
import shutil

from drive import Program
from people import CODE, MAIL_CODE, PASSWORD, SHELL, Person, hcauth, practice, run, wait_mail
from tap import case, equal, main, true

ADDRESS = r"Your own e-mail address.*: $"
SKIPPED = r"(Is \S+ your own e-mail address\?.*|Your mobile number.*|Do you have another user ID.*): $"
CURRENT = r"Current password: $"
SHARES = r"You share cat@example.org with somebody\."

for name in ("login", "sshd"):
    shutil.copy("%s/conf/pam.d/%s" % (os.environ["HC_TREE"], name), "/etc/pam.d/")
practice()


class Legacy(Person):
    """Somebody who signs in by a user ID."""

    def __init__(self, first, number):
        self.name = first.capitalize() + " Example"
        self.user_id = self.email = "HC%06d" % number
        self.user = first + "e"
        self.password = "%s likes tall green hills" % first
        self.totp, self.step, self.recovery = None, 0, {}
        said = hcauth("account", "add", self.user_id, "--practice", "stj", "--user", self.user)
        self.activation = said.split("\n")[-2].strip()


cat = Person("cat", 1)
dan = Legacy("dan", 2)


def is_in(p, person):
    """Skips what else may be asked, up to the shell, and ends the session."""
    while p.expect(SKIPPED, SHELL) == 0:
        p.type("")
    p.type("id -un")
    p.expect(r"(?m)^%s\r?$" % person.user)
    p.expect(SHELL)
    p.type("exit")
    equal(p.end(), 0, "status")


def gives_address(p, code_to):
    p.expect(ADDRESS)
    p.type(code_to)
    p.expect(MAIL_CODE)
    p.type(wait_mail(code_to).code)


@case
def it_is_somebody_elses_where_the_practice_does_not_allow_it():
    with cat.login() as p:
        cat.first_sign_in(p)
        is_in(p, cat)
    with dan.login() as p:
        dan.first_sign_in(p)
        gives_address(p, cat.email)
        p.expect("already signs in here")
        is_in(p, dan)


@case
def a_user_id_becomes_the_address_that_somebody_has():
    hcauth("practice", "set", "stj", "--shared-addresses", "yes")
    with dan.login() as p:
        dan.sign_in(p)
        gives_address(p, cat.email)
        p.expect(CURRENT)
        p.secret(dan.password)
        p.expect(r"From now on, sign in as cat@example\.org\.")
        p.expect(SHARES)
        is_in(p, dan)
    dan.email = cat.email


@case
def the_mailbox_is_told():
    m = wait_mail(cat.email)
    equal(m.subject, "Two people sign in with this e-mail address", "subject")
    true("St John's Surgery" in m.text and "cat@example.org" in m.text and "hcauth email" in m.text, m.text)
    true(cat.name not in m.text and dan.name not in m.text, m.text)


@case
def the_password_picks_the_person():
    for person in (cat, dan):
        with person.login() as p:
            person.sign_in(p)
            p.expect(SHARES)
            is_in(p, person)
    equal(run("getent", "passwd", cat.email)[0], 2, "getent passwd")


@case
def an_address_of_ones_own_ends_it():
    with Program(["hcauth", "email", "dan@example.org"], uid=pwd.getpwnam(dan.user).pw_uid) as p:
        p.expect(PASSWORD)
        p.secret(dan.password)
        p.expect(CODE)
        p.answer(dan.code(), shown="")
        p.expect(MAIL_CODE)
        p.answer(wait_mail("dan@example.org").code, shown="")
        equal(p.end(), 0, "status")
    dan.email = "dan@example.org"
    for person in (cat, dan):
        with person.ssh("id", "-un") as p:
            person.sign_in(p)
            while p.expect(SKIPPED, r"(?m)^%s\r?$" % person.user) == 0:
                p.type("")
            equal(p.end(), 0, "status")
        true(SHARES not in p.screen, "nobody shares any more")


main()
