# SPDX-License-Identifier: Apache-2.0
"""A fingerprint, by fprintd and pam_fprintd before login(1): libfprint's virtual reader stands for the device.
It spares the PIN, here and of root's programs alone; whatever else pam_fprintd says leads to the PIN."""
import os
import pwd
import shutil
import socket
import subprocess

from drive import Program
from host import MODULE, daemon_down, daemon_up, kill, local_password, moved_away, until
from people import PASSWORD, SHELL, Person, audit, practice, run
from tap import case, equal, main, true

TREE = os.environ["HC_TREE"]
FPRINTD = os.path.dirname(MODULE) + "/pam_fprintd.so"
READER = "/run/host/finger"
PIN = r"PIN: $"
SWIPE = "Swipe your right index finger"


def on_bus(name):
    out = run("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/",
              "org.freedesktop.DBus.NameHasOwner", "string:" + name)[1]
    return "true" in out


def start(name, *argv, **env):
    with open("/run/host/%s.log" % name.rsplit(".", 1)[1], "a") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(os.environ, **env))
    until("%s is on the bus" % name, lambda: on_bus(name))
    return process


def start_fprintd():
    if os.path.exists(READER):      # of one that was killed
        os.unlink(READER)
    return start("net.reactivated.Fprint", "/usr/libexec/fprintd", "--no-timeout", FP_VIRTUAL_DEVICE=READER)


def reader(what):
    """Does something at the reader, which listens while somebody looks at it."""
    def say():
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect(READER)
            except OSError:
                return False
            s.sendall(what.encode())
            s.shutdown(socket.SHUT_WR)
            s.recv(100)
            return True
    until("the reader listens", say)


def enrol_finger(user, finger):
    with Program(["fprintd-enroll", "-f", "right-index-finger", user]) as p:
        p.expect("Enrolling right-index-finger")
        for _ in range(4):
            reader("SCAN " + finger)
            p.expect("enroll-stage-passed")
        reader("SCAN " + finger)
        p.expect("enroll-completed")
        equal(p.end(), 0, "fprintd-enroll")


def settings(*lines):
    daemon_down()
    with open("/run/host/hcauthd.conf") as old, open("/etc/hcauth/hcauthd.conf", "w") as f:
        f.write(old.read().replace("[service login]\n", "[service login]\nrequire = fingerprint | pin\n")
                + "".join(line + "\n" for line in lines))
    daemon_up()


def choose_pin(person):
    with Program(["hcauth", "pin"], uid=pwd.getpwnam(person.user).pw_uid) as p:
        person.sign_in(p)
        for _ in range(2):
            p.expect(r"PIN[^\n]*: $")
            p.secret("73915")
        equal(p.end(), 0, "hcauth pin")


practice()
ann = Person("ann", 1).enrol()
bob = Person("bob", 2).enrol()
for who in (ann, bob):
    choose_pin(who)
local_password("root", "a word of root's")
shutil.copy(TREE + "/build/unpacked/libpam-fprintd/lib/%s/security/pam_fprintd.so" % FPRINTD.split("/")[-3], FPRINTD)
shutil.copy("/etc/pam.d/login", "/run/host/login")
shutil.copy(TREE + "/conf/pam.d/login-fingerprint", "/etc/pam.d/login")
shutil.copy("/etc/hcauth/hcauthd.conf", "/run/host/hcauthd.conf")
os.unlink("/usr/share/dbus-1/system-services/net.reactivated.Fprint.service")  # or the bus starts one without our reader
os.makedirs("/run/dbus", exist_ok=True)
subprocess.run(["dbus-daemon", "--system", "--fork", "--nopidfile"], check=True)
start("org.freedesktop.PolicyKit1", "/usr/lib/polkit-1/polkitd", "--no-debug")
fprintd = start_fprintd()
enrol_finger(ann.user, "ann-finger")
enrol_finger("root", "root-finger")
settings("[service mykiosk]", "local = yes", "require = pin")


def last(person):
    return audit(person)[-1]


def signed_in(p, person):
    p.expect(SHELL)
    p.type("id -un")
    p.expect(r"(?m)^%s\r?$" % person.user)
    p.expect(SHELL)
    p.type("exit")
    p.end()


def sign_ins(person):
    return [r["detail"] for r in audit(person) if r["event"] == "sign-in" and r["service"] == "login"]


def by_pin(p, person):
    """The PIN is asked for, and is what lets in."""
    equal(p.expect(PIN, SHELL), 0, "the PIN is asked for")
    p.secret("73915")
    signed_in(p, person)
    equal(sign_ins(person)[-1], "pin right", "by what she signed in")


@case
def a_finger_that_is_known_spares_the_pin():
    with ann.login(ann.user) as p:
        p.expect(SWIPE)
        reader("SCAN ann-finger")
        equal(p.expect(SHELL, PIN), 0, "no PIN is asked for")
        p.type("exit")
        p.end()
    equal(sign_ins(ann)[-1], "fingerprint right", "what the audit says")


@case
def a_finger_that_is_not_leads_to_the_pin():
    with ann.login(ann.user) as p:
        p.expect(SWIPE)
        reader("SCAN somebody-s-finger")
        by_pin(p, ann)
    with ann.login(ann.user) as p:
        p.expect(SWIPE)
        reader("SCAN somebody-s-finger")
        p.expect(PIN)
        p.secret("11119")
        p.expect("Login incorrect")


@case
def a_finger_of_somebody_else_is_none_of_hers():
    with ann.login(ann.user) as p:
        p.expect(SWIPE)
        reader("SCAN root-finger")
        by_pin(p, ann)


@case
def a_reader_that_fails_leads_to_the_pin():
    with ann.login(ann.user) as p:
        p.expect(SWIPE)
        reader("ERROR 0")
        by_pin(p, ann)


@case
def whoever_waits_is_asked_for_the_pin():
    """Nobody touches the reader for the ten seconds that pam_fprintd waits."""
    with ann.login(ann.user) as p:
        p.expect(SWIPE)
        by_pin(p, ann)


@case
def nobody_s_prints_and_a_name_without_prints_lead_to_the_pin():
    for person, name in ((bob, bob.user), (ann, ann.email)):
        with person.login(name) as p:
            by_pin(p, person)
            true(SWIPE not in p.screen, "no finger is asked for: " + p.screen)


@case
def fprintd_that_ends_or_is_not_there_leads_to_the_pin():
    global fprintd
    with ann.login(ann.user) as p:
        p.expect(SWIPE)
        kill(fprintd.pid)
        fprintd.wait()
        by_pin(p, ann)
    with ann.login(ann.user) as p:
        by_pin(p, ann)
    with moved_away(FPRINTD):
        with ann.login(ann.user) as p:
            by_pin(p, ann)
    fprintd = start_fprintd()


@case
def a_finger_lets_no_local_user_in():
    with Program(["login"]) as p:
        p.expect(r"login: $")
        p.type("root")
        p.expect(SWIPE)
        reader("SCAN root-finger")
        equal(p.expect(PASSWORD, SHELL), 0, "root's password is asked for")
        p.secret("not root's word")
        p.expect("Login incorrect")


@case
def a_finger_lets_nobody_in_who_is_switched_off():
    run("hcauth", "account", "disable", bob.user_id)
    run("hcauth", "identity", "disable", ann.email)
    with ann.login(ann.user) as p:
        p.expect(SWIPE)
        reader("SCAN ann-finger")
        equal(p.expect("Login incorrect", SHELL, PIN), 0, "refused")
        true("switched off" in p.screen, "and told: " + p.screen)
    run("hcauth", "identity", "enable", ann.email)
    run("hcauth", "account", "enable", bob.user_id)


@case
def a_program_of_her_own_is_not_believed():
    """The module, in a process of the person's, through the everybody-socket: its word is worth nothing."""
    with open("/etc/pam.d/mykiosk", "w") as f:
        f.write("auth required pam_hcauth.so have=fingerprint\naccount required pam_permit.so\n")
    uid = pwd.getpwnam(ann.user).pw_uid
    with Program(["pamtester", "mykiosk", ann.user, "authenticate"], uid=uid) as p:
        true(p.expect(PIN, PASSWORD, "successfully") < 2, "something is asked for: " + p.screen)
    with Program(["pamtester", "mykiosk", ann.user, "authenticate"]) as p:
        equal(p.expect("successfully", PIN, PASSWORD), 0, "root's program is")


@case
def over_ssh_it_is_not_believed():
    with open("/etc/pam.d/sshd") as f:
        before = f.read()
    with open(TREE + "/conf/pam.d/sshd") as f:
        example = f.read()
    with open("/etc/pam.d/sshd", "w") as f:
        f.write(example.replace("default=die]  pam_hcauth.so\nauth ", "default=die]  pam_hcauth.so have=fingerprint\nauth "))
    try:
        true("have=fingerprint" in open("/etc/pam.d/sshd").read(), "the line is there")
        with ann.ssh("true", name=ann.user) as p:
            ann.sign_in(p)
            equal(p.end(), 0, "password and code are asked for")
    finally:
        with open("/etc/pam.d/sshd", "w") as f:
            f.write(before)


main()
