# SPDX-License-Identifier: Apache-2.0
"""A machine that systemd has booted (tests/real/boot): the suite that imports this boots it on its private host and
runs itself there. There it finds hcauth's units installed and none of them enabled."""
import os
import re
import signal
import subprocess
import sys
import tempfile

from host import daemon_down, kill, pid_of, until
from people import MAIL_CODE, MOBILE, SHELL, YOUR_ADDRESS, Person, run, wait_mail
from tap import true
from tap import main as run_cases

TREE = os.environ["HC_TREE"]
GROUPS = "/run/host/cgroup"


# --- on the private host ---

def boot():
    """Boots the machine, and runs this file on it; its exit status."""
    daemon_down()
    for name in ("hcauth-courier", "sshd"):
        kill(pid_of(name), signal.SIGTERM)
    open("/etc/fstab", "w").close()
    os.mkdir(GROUPS)
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", GROUPS], check=True)
    group = tempfile.mkdtemp(prefix="hcauth-test-", dir=GROUPS)     # other suites boot, too
    try:
        with subprocess.Popen([TREE + "/tests/real/boot"], env=dict(os.environ, HC_CGROUP=group)) as machine:
            try:
                return on(machine)
            finally:
                machine.kill()
    finally:
        until("the machine's processes have ended", lambda: "populated 0" in open(group + "/cgroup.events").read())
        for folder, _, _ in os.walk(group, topdown=False):
            os.rmdir(folder)


def on(machine):
    children = "/proc/%d/task/%d/children" % (machine.pid, machine.pid)
    first = until("the machine's first process", lambda: open(children).read().split())[0]
    enter = ["nsenter", "--target", first, "--mount", "--pid", "--uts", "--ipc", "--cgroup"]
    until("systemd listens", lambda: os.path.exists("/proc/%s/root/run/systemd/private" % first))
    subprocess.run([*enter, "systemctl", "is-system-running", "--wait"], stdout=subprocess.DEVNULL, check=True)
    subprocess.run([*enter, "systemctl", "start", "systemd-user-sessions"], check=True)     # not part of it; ends nologin
    return subprocess.run([*enter, sys.executable, os.path.abspath(sys.argv[0]), *sys.argv[1:]],
                          env=dict(os.environ, HC_BOOTED="1")).returncode


# --- on the machine ---

def systemctl(*args):
    status, out, err = run("systemctl", *args)
    true(status == 0, "systemctl %s: %s%s%s" % (" ".join(args), out, err, run("journalctl", "-n", "20")[1]))
    return out


def shown(unit, what):
    return systemctl("show", "--value", "--property=" + what, unit).strip()


def readme(pattern):
    """The units that the README's lines like that name, in order."""
    with open(TREE + "/README.md") as f:
        return [units.split("#")[0].split() for units in re.findall(pattern, f.read(), re.M)]


def readme_blocks(heading):
    """The commands in the README's part of that heading: a list of lines for each block."""
    with open(TREE + "/README.md") as f:
        part = re.split(r"(?m)^#+ ", f.read().split("\n### %s\n" % heading)[1])[0]
    return [[line.strip() for line in block.splitlines()] for block in re.findall(r"(?m)(?:^    .*\n)+", part)]


class Staff(Person):
    def enrol(self):
        """By the console; proves the address by what the courier delivers."""
        with self.login() as p:
            self.first_sign_in(p)
            p.expect(YOUR_ADDRESS)
            p.answer("yes", shown="")
            p.expect(MAIL_CODE)
            p.answer(wait_mail(self.email).code, shown="")
            p.expect(MOBILE)
            p.answer("", shown="")
            p.expect(SHELL)
            p.type("exit")
            p.end()
        return self


def main():
    if "HC_BOOTED" not in os.environ:
        sys.exit(boot())
    run_cases()
