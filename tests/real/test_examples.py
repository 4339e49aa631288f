# SPDX-License-Identifier: Apache-2.0
"""The examples in conf/pam.d, in place of Debian's files, without anything of hcauth in common-*."""
import glob
import os
import pwd
import shutil
import stat

from drive import Program
from host import kiosk, local_password, local_user, pamtester, until
from people import CODE, PASSWORD, SHELL, SUDO_PASSWORD, Person, hcauth, practice, run
from tap import case, equal, main, true

CHOOSE = r"Where do you work today\? Number, or Enter for 1: $"
TREE = os.environ["HC_TREE"]
practice()
practice("elm", "Elm Road Clinic")


def before_and_after_pam_auth_update():
    """Takes the profile out again; returns whether the common-* files then are what they were before it."""
    def common():
        return {f: open(f).read() for f in sorted(glob.glob("/etc/pam.d/common-*")) if "." not in f}
    status, _, err = run("pam-auth-update", "--package", "--remove", "hcauth", env={"DEBIAN_FRONTEND": "noninteractive"})
    equal(status, 0, "pam-auth-update (%s)" % err)
    without = common()
    status, _, err = run("pam-auth-update", "--enable", "hcauth", env={"DEBIAN_FRONTEND": "noninteractive"})
    equal(status, 0, "pam-auth-update (%s)" % err)
    true(all("pam_hcauth" in common()[f] for f in common()), "enabled again")
    run("pam-auth-update", "--package", "--remove", "hcauth", env={"DEBIAN_FRONTEND": "noninteractive"})
    return without == common()


@case
def the_profile_goes_as_it_came():
    true(before_and_after_pam_auth_update(), "common-* after on and off")
    for f in glob.glob("/etc/pam.d/*"):
        with open(f) as text:
            true("hcauth" not in text.read() or ".pam-old" in f, f)


def use_examples():
    for f in glob.glob(TREE + "/conf/pam.d/*"):
        shutil.copy(f, "/etc/pam.d/")


@case
def local_people_sign_in_with_the_examples():
    use_examples()
    local_password("root", "a word of root's")
    local_user("boss", 1000, "a word of the boss")
    for service in ("sshd", "login", "su", "sudo"):
        for name, password in (("root", "a word of root's"), ("boss", "a word of the boss")):
            if service == "su":
                continue    # pamtester is root, and root is not asked
            equal(pamtester(service, name, "authenticate", "acct_mgmt", answers=[password])[0], 0, "%s for %s" % (service, name))
            true(pamtester(service, name, answers=[password + "x"])[0] != 0, "%s for %s, wrong" % (service, name))


@case
def ssh():
    ann = Person("ann", 1)
    with ann.ssh("id", "-un") as p:
        ann.first_sign_in(p)
        p.expect(r"(?m)^%s\r?$" % ann.user)
        equal(p.end(), 0, "status")
    equal(oct(stat.S_IMODE(os.stat("/home/" + ann.user).st_mode)), "0o700", "mode of the home")
    with ann.ssh("true") as p:
        ann.sign_in(p, code=ann.wrong_code())
        p.expect("Permission denied")
    with ann.ssh("true") as p:
        ann.sign_in(p)
        equal(p.end(), 0, "status")


@case
def login_offers_the_accounts():
    bob = Person("bob", 2)
    hcauth("account", "add", "HC000022", "--practice", "elm", "--identity", bob.email, "--user", "bob-elm")
    with bob.login() as p:
        bob.first_sign_in(p)
        p.expect(CHOOSE)
        p.answer("", shown="")
        p.expect(SHELL)
        p.type("exit")
        p.end()
    for user, first in (("bobe", True), ("bob-elm", False)):
        with bob.login() as p:
            bob.sign_in(p, code=bob.recovery_code())
            bob.has_phone(p)
            p.expect(CHOOSE)
            lines = [x for x in p.before.splitlines() if "Elm Road" in x or "St John" in x]
            number = next(x.split()[0].strip(".)") for x in lines if ("St John" in x) == first)
            p.answer(number, shown="")
            p.expect(SHELL)
            p.type("id -un")
            p.expect(r"(?m)^%s\r?$" % user)
            p.expect(SHELL)
            p.type("exit")
            p.end()
    with bob.login("bob-elm") as p:     # who names a user has chosen
        bob.sign_in(p, code=bob.recovery_code())
        bob.has_phone(p)
        p.expect(SHELL)
        p.type("id -un")
        p.expect(r"(?m)^bob-elm\r?$")


@case
def su_and_sudo():
    eve = Person("eve", 3).enrol()
    local_user("plain", 3000, "a word of plain's")
    with Program(["su", eve.user, "-c", "id -un"], uid=3000) as p:
        eve.sign_in(p)
        p.expect(r"(?m)^%s\r?$" % eve.user)
    equal(run("su", eve.user, "-c", "id -un")[1].strip(), eve.user, "root")
    with open("/etc/sudoers.d/eve", "w") as f:
        f.write("%s ALL=(ALL) ALL\n" % eve.user)
    with Program(["sudo", "id", "-u"], uid=pwd.getpwnam(eve.user).pw_uid) as p:
        eve.sign_in(p, prompt=SUDO_PASSWORD)
        p.expect(r"(?m)^0\r?$")


@case
def a_kiosk_takes_a_pin_and_nobody_elses():
    fay = Person("fay", 4).enrol()
    kiosk()
    with Program(["hcauth", "pin"], uid=pwd.getpwnam(fay.user).pw_uid) as p:
        p.expect(PASSWORD)
        p.secret(fay.password)
        p.expect(CODE)
        p.answer(fay.code(), shown="")
        for prompt in (r"New PIN: $", r"New PIN again: $"):
            p.expect(prompt)
            p.secret("70413")
        equal(p.end(), 0, "status")
    until("the PIN is enough", lambda: pamtester("kiosk", fay.email, "authenticate", "acct_mgmt", answers=["70413"])[0] == 0)
    true(pamtester("kiosk", fay.email, answers=["70414"])[0] != 0, "a wrong PIN")
    true(pamtester("sshd", fay.email, answers=["70413", "70413"])[0] != 0, "the PIN over the network")
    true(pamtester("kiosk", "boss", answers=["a word of the boss"])[0] != 0, "a local user at the kiosk")


main()
