# SPDX-License-Identifier: Apache-2.0
"""From a fresh Debian 12 to a sign-in with a second factor by ssh, with packages and the README's commands alone, typed at
a terminal; and back. The machine is booted by systemd and has no network: apt has what it needs in its cache."""
import os
import pwd
import re
import subprocess
import time

from machine import TREE, debs, differences, etc, installed, module, names_module, root_comes_in, run, prepare
from drive import Program
from people import CODE, PASSWORD, SHELL, Person
from tap import case, equal, main, true

MOST = 6            # commands, those included that the person types


def readme(heading):
    """The commands of the README's first example under a heading, without remarks."""
    with open(TREE + "/README.md") as f:
        part = f.read().split("\n### %s\n" % heading)[1]
    lines = re.search(r"(?m)^(?:    .*\n)+", part).group().splitlines()
    return [re.sub(r"\s+#.*", "", line).strip() for line in lines]


class Ada(Person):
    """Added by the README's commands; what Person has of them is told by what they print."""

    def __init__(self, letter):
        self.activation = re.search(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b", letter).group()
        self.password = "ada likes tall green hills"
        self.totp, self.step, self.recovery = None, 0, {}


def typed(command, **how):
    """A command, typed by root into a terminal."""
    return Program(["bash", "-c", command], env={"HOME": "/root", "PATH": os.environ["PATH"]}, cwd="/root", **how)


def finish(p):
    status = p.end(timeout=120)
    equal(status, 0, "%s: status" % p.screen)
    return p.screen


before, commands, letter = {}, [], []


@case
def the_readme_needs_no_more_than_six_commands():
    commands.extend(readme("With Debian's packages"))
    true(0 < len(commands) <= MOST, "%d commands: %s" % (len(commands), commands))
    prepare()
    before.update(etc())


@case
def they_lead_to_a_sign_in_with_a_second_factor():
    begin = time.monotonic()
    for command in commands[:-1]:
        with typed(command) as p:
            if command.startswith("apt "):
                p.expect(r"Do you want to continue\? \[Y/n\] $")
                p.type("")
            screen = finish(p)
        if " invite " in command:
            letter.append(screen)
    ada = Ada(letter[0])
    for sign_in in (ada.first_sign_in, ada.sign_in):
        with typed(commands[-1]) as p:
            if sign_in == ada.first_sign_in:
                p.expect(r"continue connecting[^?]*\? $")
                p.type("yes")
            sign_in(p)
            p.expect(SHELL)
            p.type("whoami; id -u; pwd; exit")
            p.end()
            user = commands[-1].split()[1].split("@")[0]
            uid = pwd.getpwnam(user).pw_uid
            for what in (user, str(uid), "/home/" + user):
                true(re.search(r"(?m)^%s\r?$" % what, p.screen), "%s: %s" % (what, p.screen))
    seconds = time.monotonic() - begin
    print("# from nothing to two sign-ins in %.0f seconds, %d commands" % (seconds, len(commands)))
    true(seconds < 600, "ten minutes")


@case
def the_password_alone_opens_nothing():
    ada = Ada(letter[0])
    with typed(commands[-1] + " -o NumberOfPasswordPrompts=1") as p:
        p.expect(PASSWORD)
        p.secret(ada.password)
        p.expect(CODE)
        p.answer("000000")
        p.expect("Permission denied")
        equal(p.end(), 255, "ssh")


@case
def root_still_comes_in():
    root_comes_in("login", "sshd", "su")
    with Program(["login"]) as p:
        p.expect(r"login: $")
        p.type("root")
        p.expect(PASSWORD)
        p.secret("the root of all this")
        p.expect(SHELL)
        p.type("exit")
        p.end()


@case
def pk12_what_the_readme_removes_is_gone_to_the_last_byte():
    command, = readme("Removing it")
    with typed(command) as p:
        p.expect(r"Do you want to continue\? \[Y/n\] $")
        p.type("")
        p.expect(r"Delete all people and their accounts\? \[yes/no\] $")
        p.type("yes")
        finish(p)
    for name in ("hcauthd", "libpam-hcauth", "libnss-hcauth"):
        equal(installed(name), "", name)
    equal((module(), names_module()), ([], []), "the module")
    equal(differences(before, etc()), [], "/etc")
    true(not os.path.exists("/var/lib/hcauthd"), "the store is gone")
    equal(run("systemctl", "list-units", "--all", "--plain", "--no-legend", "hcauth*"), "", "units")
    root_comes_in("login", "sshd", "su")


@case
def what_autopkgtest_would_run_passes():
    """As it does: as root, from the source, on a machine with the packages and what the tests ask for."""
    run("apt-get", "-q", "-y", "install", *debs())
    with open(TREE + "/debian/tests/control") as f:
        tests, depends = re.match(r"Tests: (.*)\nDepends: @, (.*)\n", f.read()).groups()
    for name in depends.split(", "):
        equal(installed(name), "installed", name)
    for name in tests.split():
        p = subprocess.run([TREE + "/debian/tests/" + name], cwd=TREE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=240)
        equal((name, p.returncode), (name, 0), p.stdout)


main()
