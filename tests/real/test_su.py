# SPDX-License-Identifier: Apache-2.0
"""su, sudo, runuser and passwd(1)."""
import pwd

from drive import Program
from host import local_password, local_user, pamtester
from people import CODE, PASSWORD, SUDO_PASSWORD, Person, hcauth, practice, run
from tap import case, equal, main, true

practice()
ann = Person("ann", 1).enrol()
ben = Person("ben", 2).enrol()
local_user("plain", 3000, "a word of plain's")
local_password("root", "a word of root's")
with open("/etc/sudoers.d/hcauth", "w") as f:
    f.write("%s ALL=(ALL) ALL\nDefaults timestamp_timeout=0\n" % ann.user)


def uid_of(person):
    return pwd.getpwnam(person.user).pw_uid


@case
def su_to_a_person_takes_her_password_and_code():
    for name, options in ((ann.user, []), (ann.email, ["-l"])):
        with Program(["su", *options, name, "-c", "id -un"], uid=3000) as p:
            ann.sign_in(p, code=ann.recovery_code())
            p.expect(r"(?m)^%s\r?$" % ann.user)
            equal(p.end(), 0, "status")


@case
def su_refuses_a_wrong_code():
    with Program(["su", ann.user, "-c", "id -un"], uid=3000) as p:
        ann.sign_in(p, code=ann.wrong_code())
        p.expect("Authentication failure")
        true(p.end() != 0, "status")


@case
def pc29_a_person_becomes_another_with_the_others_factors_only():
    with Program(["su", ben.user, "-c", "id -un"], uid=uid_of(ann)) as p:
        ann.sign_in(p)
        p.expect("Authentication failure")
    with Program(["su", ben.user, "-c", "id -un"], uid=uid_of(ann)) as p:
        ben.sign_in(p)
        p.expect(r"(?m)^%s\r?$" % ben.user)
        equal(p.end(), 0, "status")


@case
def root_becomes_anybody_without_being_asked():
    for argv in (["su", ann.user, "-c", "id -un"], ["su", "-", ann.user, "-c", "id -un"],
                 ["runuser", "-u", ann.user, "--", "id", "-un"], ["runuser", "-l", ann.user, "-c", "id -un"]):
        status, out, err = run(*argv)
        equal((status, out.strip()), (0, ann.user), " ".join(argv) + " (%s)" % err)


@case
def root_does_not_become_a_disabled_person_by_accident():
    dan = Person("dan", 3)
    hcauth("identity", "disable", dan.email)
    status, out, _ = run("su", dan.user, "-c", "id -un")
    true(status != 0 and not out, "su to a disabled person")


@case
def a_person_becomes_root_with_roots_password():
    with Program(["su", "-c", "id -u"], uid=uid_of(ann)) as p:
        p.expect(PASSWORD)
        p.secret("a word of root's")
        p.expect(r"(?m)^0\r?$")
        equal(p.end(), 0, "status")


@case
def sudo_asks_the_person_who_calls_it():
    eve = Person("eve", 4).enrol()
    with open("/etc/sudoers.d/eve", "w") as f:
        f.write("%s ALL=(ALL) ALL\nDefaults timestamp_timeout=0, passwd_tries=1\n" % eve.user)
    with Program(["sudo", "id", "-u"], uid=uid_of(eve)) as p:
        eve.sign_in(p, prompt=SUDO_PASSWORD)
        p.expect(r"(?m)^0\r?$")
        equal(p.end(), 0, "status")
    status, out, err = run("setpriv", "--reuid", str(uid_of(eve)), "--regid", str(uid_of(eve)), "--init-groups",
                           "sudo", "-S", "id", "-u", given="%s\n%s\n" % (eve.password, eve.code()))
    equal((status, out.strip()), (0, "0"), "sudo -S (%s)" % err)
    with Program(["sudo", "id", "-u"], uid=uid_of(eve)) as p:
        eve.sign_in(p, prompt=SUDO_PASSWORD, code=eve.wrong_code())
        p.expect("incorrect password attempt")
        true(p.end() != 0, "status")


@case
def sudo_refuses_at_once_where_it_cannot_ask():
    status, _, err = run("setpriv", "--reuid", str(uid_of(ann)), "--regid", str(uid_of(ann)), "--init-groups",
                         "sudo", "-n", "id", "-u")
    true(status != 0, "sudo -n (%s)" % err)


@case
def passwd_changes_a_persons_password():
    fay = Person("fay", 5).enrol()
    with Program(["passwd"], uid=uid_of(fay)) as p:
        while True:
            n = p.expect("[Pp]assword: $", CODE, "updated successfully", "again: $")
            if n == 1:
                p.answer(fay.code(), shown="")
            elif n == 2:
                break
            elif "New" in p.before or n == 3:
                p.secret("twelve brown hens in a barn")
            else:
                p.secret(fay.password)
        equal(p.end(), 0, "status")
    with fay.ssh("true") as p:
        fay.sign_in(p)
        p.expect("Permission denied")
    fay.password = "twelve brown hens in a barn"
    with fay.ssh("true") as p:
        fay.sign_in(p)
        equal(p.end(), 0, "with the new password")


@case
def passwd_never_makes_a_local_hash():
    def line():
        with open("/etc/shadow") as f:
            return [x for x in f if x.startswith(ann.user + ":")]

    for argv in (["passwd", ann.user], ["chpasswd"]):
        status, _, _ = run(*argv, given="%s:twelve brown hens\ntwelve brown hens\n" % ann.user)
        true(status != 0, " ".join(argv))
        equal(line(), [], "lines in /etc/shadow")


@case
def local_people_change_their_passwords_as_before():
    with Program(["passwd"], uid=3000) as p:
        p.expect("Current password: $")
        p.secret("a word of plain's")
        p.expect("New password: $")
        p.secret("An0ther word of plain's")
        p.expect("Retype new password: $")
        p.secret("An0ther word of plain's")
        p.expect("updated successfully")
        equal(p.end(), 0, "status")
    status, _ = pamtester("sshd", "plain", answers=["An0ther word of plain's"])
    equal(status, 0, "the new password")


main()
