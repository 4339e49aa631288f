# SPDX-License-Identifier: Apache-2.0
"""Two people with one e-mail address, at login(1) with the example in conf/pam.d, and over ssh."""
import glob
import json
import os
import re
import shutil

from people import NEW_PASSWORD, NEW_PASSWORD_AGAIN, PASSWORD, SHELL, Person, hcauth, practice, run
from tap import case, equal, main, true

TREE = os.environ["HC_TREE"]
SHARES = r"You share ann@example.org with somebody\. An address of your own is better: hcauth email\r?\n"
practice()
hcauth("practice", "set", "stj", "--shared-addresses", "yes")
run("pam-auth-update", "--package", "--remove", "hcauth", env={"DEBIAN_FRONTEND": "noninteractive"})
for f in glob.glob(TREE + "/conf/pam.d/*"):
    shutil.copy(f, "/etc/pam.d/")


class Second(Person):
    """Somebody with the address that another person has."""

    def __init__(self, first, number, other):
        self.name = first.capitalize() + " Example"
        self.email = other.email
        self.user_id = "HC%06d" % number
        self.user = first + "e"
        self.password = "%s likes tall green hills" % first
        self.totp, self.step, self.recovery = None, 0, {}
        said = hcauth("identity", "share", self.email, "--name", self.name)
        self.activation = said.split("\n")[-2].strip()
        hcauth("account", "add", self.user_id, "--practice", "stj", "--identity", self.email, "--name", self.name,
               "--user", self.user)


ann = Person("ann", 1)
bob = None


def is_in(p, person):
    p.expect(SHELL)
    p.type("id -un; echo $HCAUTH_ACCOUNT")
    p.expect(r"\n%s\r?\n%s\r?\n" % (person.user, person.user_id))
    p.expect(SHELL)
    p.type("exit")
    equal(p.end(), 0, "exit status")


def signs_in(person, code=None):
    with person.login() as p:
        person.sign_in(p, code=code)
        p.expect(SHARES)
        if code:
            person.has_phone(p)
        is_in(p, person)


def refused(p):
    p.expect(r"Login incorrect\r?\n(.*\n)*.*login: $")


@case
def the_second_is_let_in_by_the_activation_code_and_chooses_another_password():
    global bob
    ann.enrol()
    bob = Second("bob", 2, ann)
    with bob.login() as p:
        p.expect(PASSWORD)
        p.secret(bob.activation)
        for prompt in (NEW_PASSWORD, NEW_PASSWORD_AGAIN):
            p.expect(prompt)
            p.secret(ann.password)
        p.expect(r"That password cannot be used\. Please choose another\.")
    with bob.login() as p:
        bob.first_sign_in(p)
        p.expect(SHARES)
        is_in(p, bob)


@case
def both_sign_in_by_the_same_address():
    signs_in(ann)
    signs_in(bob)
    signs_in(ann, code=ann.recovery_code())
    with ann.login() as p:
        ann.sign_in(p, code=bob.code())
        refused(p)


@case
def twelve_sign_ins_of_one_do_not_throttle_the_other():
    for _ in range(6):
        for code in (bob.recovery_code(), bob.wrong_code()):
            with bob.login() as p:
                bob.sign_in(p, code=code)
                p.expect(SHARES, r"Login incorrect")
    signs_in(ann)


@case
def a_wrong_guess_counts_for_both_and_looks_like_any():
    said = []
    for name in (ann.email, "nobody@example.org"):
        with ann.login(name) as p:
            p.expect(PASSWORD)
            p.secret("a guess at somebody")
            refused(p)
            said.append(p.screen.replace(name, "NAME"))
    equal(said[0], said[1], "what was said")
    for user_id in (ann.user_id, bob.user_id):
        who = hcauth("identity", "show", user_id)
        true(ann.email in who, who)
    for _ in range(4):
        with ann.login() as p:
            p.expect(PASSWORD)
            p.secret("a guess at somebody")
            refused(p)
    for person in (ann, bob):
        with person.login(person.user) as p:
            p.expect(PASSWORD)
            p.secret(person.password)
            p.expect("Too many tries. Please wait")
    for person in (ann, bob):
        wrong = [r for r in json.loads(hcauth("audit", "--json")) if r["detail"] == "password wrong" and
                 r["who"] == "%s (%s)" % (ann.email, person.user_id)]
        equal(len(wrong), 5, "refusals in the audit")
    hcauth("unlock", ann.user_id)
    hcauth("unlock", bob.user_id)
    signs_in(bob, code=bob.recovery_code())


@case
def over_ssh_the_address_is_nobodys_and_the_system_users_name_works():
    said = []
    for name in (ann.email, "nobody@example.org"):
        with ann.ssh("true", name=name) as p:
            ann.sign_in(p, code=ann.recovery_code() if name == ann.email else "123456")
            p.expect("Permission denied")
            p.end()
            said.append(re.sub(r"\S*%s\S*|\u2022+|\d{6}|[-A-Z0-9]{19,}" % re.escape(name), "X", p.screen))
    equal(said[0], said[1], "what was said")
    for person in (ann, bob):
        with person.ssh("id", "-un", name=person.user) as p:
            person.sign_in(p)
            p.expect(r"(?m)^%s\r?$" % person.user)
            equal(p.end(), 0, "status")


@case
def the_name_service_finds_nobody():
    status, out, _ = run("getent", "passwd", ann.email)
    equal((status, out), (2, ""), "getent passwd")
    status, out, _ = run("getent", "initgroups", ann.email)
    true(bob.user not in out, out)
    equal(run("getent", "passwd", bob.user)[0], 0, "getent passwd of his user")


@case
def commands_ask_which_of_the_two():
    for verb in (("identity", "show"), ("identity", "disable"), ("identity", "reset"), ("unlock",)):
        status, _, err = run("hcauth", *verb, ann.email)
        equal(status, 1, "status of " + " ".join(verb))
        true("Name the person by one of their user IDs." in err, err)
    hcauth("identity", "disable", bob.user_id)
    with bob.login() as p:
        bob.sign_in(p, code=bob.recovery_code())
        p.expect("Your sign-in is switched off")
    hcauth("identity", "enable", bob.user_id)
    signs_in(ann, code=ann.recovery_code())


main()
