# SPDX-License-Identifier: Apache-2.0
"""Debian's packages on a machine: installed, upgraded, downgraded, removed and purged in every order, with the profile on;
what is kept, and what an administrator has written by hand. After each step root comes in, no stack asks for a module that
is not there, and once nothing is left of the packages /etc is what it was, to the byte."""
import hashlib
import os
import re
import subprocess

from machine import (NAMES, debs, differences, etc, installed, later, module, names_module, root_comes_in, run,
                     prepare)
from drive import Program
from people import PASSWORD, SHELL
from tap import case, equal, main, true

PROFILE = "/usr/share/pam-configs/hcauth"
baseline = {}


def purge():
    return run("dpkg", "--purge", *NAMES)


def profile():
    return run("pam-auth-update", "--enable", "hcauth") if os.path.exists(PROFILE) else ""


OPERATIONS = {
    "install": lambda: run("dpkg", "--install", *debs()),           # the lower version: a downgrade, too
    "upgrade": lambda: run("dpkg", "--install", *debs("9.0")),
    "profile": profile,
    "remove": lambda: run("dpkg", "--remove", *NAMES),
    "purge": purge,
}


def every_order(symbols):
    """Each pair of them, one after the other: a sequence of de Bruijn's."""
    left = [(a, b) for a in symbols for b in symbols]
    path, stack = [], [symbols[0]]
    while stack:
        following = next((b for a, b in left if a == stack[-1]), None)
        if following is None:
            path.append(stack.pop())
        else:
            left.remove((stack[-1], following))
            stack.append(following)
    return path[::-1]


def look(what):
    """What must hold between any two steps."""
    root_comes_in()
    states = {installed(name) for name in NAMES}
    true(len(states) == 1, "%s: %s" % (what, states))
    state, = states | set()
    equal(run("dpkg", "--audit"), "", what)
    equal(len(module()), int(state == "installed"), what + ": modules")
    true(module() or not names_module(), "%s: asked for by %s" % (what, names_module()))
    with open("/etc/nsswitch.conf") as f:
        lines = [re.sub(r"\s+", " ", line) for line in re.findall(r"(?m)^(?:passwd|group):.*hcauth.*$", f.read())]
    equal(lines, ["passwd: files hcauth", "group: files [SUCCESS=merge] hcauth"] if state == "installed" else [], what)
    if not any(installed(name) for name in NAMES):
        equal(differences(baseline, etc()), [], what + ": /etc")


@case
def a_machine_with_what_hcauth_needs():
    prepare()
    run("apt-get", "-q", "-y", "install", *debs())
    purge()
    later("9.0")
    baseline.update(etc())
    equal([installed(name) for name in NAMES], ["", "", ""], "packages")
    root_comes_in()


@case
def pk01_every_step_after_every_other():
    done = []
    for name in every_order(sorted(OPERATIONS)):
        done.append(name)
        if name in ("remove", "purge") and not any(map(installed, NAMES)):
            continue    # dpkg takes it for a mistake
        said = OPERATIONS[name]()
        true("recovery key" not in said.lower(), "keys are init's: " + said)
        states = [installed(n) for n in NAMES]
        if name == "remove":    # two have nothing to keep
            equal(states, ["config-files", "", ""], " ".join(done))
            root_comes_in()
            equal((module(), names_module()), ([], []), " ".join(done))
            continue
        look(" ".join(done))
    equal(len(done), len(OPERATIONS) ** 2 + 1, "steps")


@case
def root_signs_in_at_a_console_with_the_profile_on():
    OPERATIONS["install"]()
    profile()
    true("/etc/pam.d/common-auth" in names_module(), "it is on")
    with Program(["login"]) as p:
        p.expect(r"login: $")
        p.type("root")
        p.expect(PASSWORD)
        p.secret("the root of all this")
        p.expect(SHELL)
        p.type("exit")
        p.end()


@case
def the_order_of_packages_does_not_matter():
    """Any one is removed, or dpkg refuses since another needs it."""
    for first in NAMES:
        OPERATIONS["install"]()
        profile()
        for name in [first] + [n for n in NAMES if n != first] + NAMES:
            run("dpkg", "--purge", name, status=None)
            root_comes_in()
            true(module() or not names_module(), "%s: asked for by %s" % (name, names_module()))
        equal(differences(baseline, etc()), [], "/etc after %s first" % first)


def hashes():
    """Of the key and of the database."""
    found = {}
    for path in ("/etc/hcauth/machine.key", "/var/lib/hcauthd/store/data.mdb"):
        with open(path, "rb") as f:
            found[path] = hashlib.sha256(f.read()).hexdigest()
    return found


@case
def pk07_key_and_store_outlive_everything_but_a_yes():
    OPERATIONS["install"]()
    run("hcauth", "init")
    kept = hashes()
    for name in ("upgrade", "install", "remove", "install", "remove", "purge", "install", "upgrade", "purge"):
        OPERATIONS[name]()
        equal(hashes(), kept, name)
        true(re.search(r"(?m)^hcauthd:", open("/etc/passwd").read()), "whose they are")
    equal(differences(baseline, etc()),
          ["/etc/group", "/etc/gshadow", "/etc/hcauth", "/etc/hcauth/machine.key", "/etc/passwd", "/etc/shadow"],
          "what stays")
    run("debconf-set-selections", given="hcauthd hcauthd/delete-store boolean true\n")
    OPERATIONS["install"]()
    run("debconf-set-selections", given="hcauthd hcauthd/delete-store boolean true\n")
    purge()
    true(not os.path.exists("/var/lib/hcauthd"), "the store is gone")
    equal(differences(baseline, etc()), [], "/etc")


@case
def somebody_called_newcomer_stays():
    run("useradd", "--uid", "1500", "newcomer")
    OPERATIONS["install"]()
    purge()
    true(re.search(r"(?m)^newcomer:", open("/etc/passwd").read()), "they had the name before")
    run("userdel", "newcomer")
    equal(differences(baseline, etc()), [], "/etc")


@case
def pk08_what_is_installed_has_its_owners_and_modes():
    OPERATIONS["install"]()
    run("hcauth", "init")
    wanted = {"/etc/hcauth": "755 root root", "/etc/hcauth/hcauthd.conf": "644 root root",
              "/etc/hcauth/machine.key": "400 hcauthd hcauthd", "/var/lib/hcauthd": "755 root root",
              "/var/lib/hcauthd/store": "700 hcauthd hcauthd", "/var/lib/hcauthd/guard": "700 hcauthd hcauthd",
              "/var/lib/hcauthd/directory": "755 hcauthd hcauthd"}
    equal({p: run("stat", "-c", "%a %U %G", p).strip() for p in wanted}, wanted, "modes")
    found = subprocess.run(["sh", "-c", "dpkg-query -L %s | xargs -d '\\n' -I F find F -maxdepth 0 ! -type l "
                            "\\( -perm /6000 -o -perm -0002 \\)" % " ".join(NAMES)], capture_output=True, text=True).stdout
    equal(found, "", "setuid, or for anybody to write")


@case
def pk04_what_an_administrator_wrote_is_left_alone():
    """nsswitch.conf without hcauth stays so; settings too; and a stack edited by hand is not rewritten, but named."""
    nss = open("/etc/nsswitch.conf").read()
    without = nss.replace(" hcauth", "").replace(" [SUCCESS=merge]", "")
    with open("/etc/nsswitch.conf", "w") as f:
        f.write(without)
    with open("/etc/hcauth/hcauthd.conf", "a") as f:
        f.write("# ours\n")
    OPERATIONS["upgrade"]()
    equal(open("/etc/nsswitch.conf").read(), without, "nsswitch.conf")
    true(open("/etc/hcauth/hcauthd.conf").read().endswith("# ours\n"), "settings")
    profile()
    common = open("/etc/pam.d/common-auth").read()
    with open("/etc/pam.d/common-auth", "w") as f:
        f.write(common.replace("\tpam_unix.so", "\tpam_unix.so nodelay"))
    edited = open("/etc/pam.d/common-auth").read()
    true(edited != common, "edited")
    OPERATIONS["install"]()
    true("nodelay" in open("/etc/pam.d/common-auth").read(), "common-auth after an upgrade")
    said = OPERATIONS["remove"]()
    true("nodelay" in open("/etc/pam.d/common-auth").read(), "common-auth after the packages have gone")
    true(all(f in said for f in names_module()), "what is left is named: " + said)
    root_comes_in()


main()
