# SPDX-License-Identifier: Apache-2.0
"""hcauth enable and disable, on Debian's own pam.d, sshd_config and nsswitch.conf: real sshd, login and sudo before, between
and after; what root and a local administrator are asked; every byte of /etc."""
import contextlib
import json
import os
import re
import signal
import stat
import subprocess

from drive import Program
from host import (MODULE, daemon_down, daemon_up, kill, local_password, local_user, moved_away, pamtester, until,
                  without_daemon)
from people import PASSWORD, SHELL, SUDO_PASSWORD, Person, hcauth, practice, run
from tap import case, equal, main, true

PORT = "2345"
DROP_IN = "/etc/ssh/sshd_config.d/00-hcauth.conf"
BEFORE = "/var/lib/hcauthd/before"
ROOT = "a word of root's"
BOSS = "a word of the boss"

practice()
ann, ben, cas, dan, eva = (Person(name, n).enrol() for n, name in enumerate(("ann", "ben", "cas", "dan", "eva"), 1))
local_password("root", ROOT)
local_user("boss", 1000, BOSS, groups="sudo")

# From here on it is a machine where hcauth is set up and nothing uses it.
subprocess.run(["pam-auth-update", "--force", "--disable", "hcauth"], check=True, capture_output=True)
with open("/etc/nsswitch.conf") as f:
    names = f.read()
with open("/etc/nsswitch.conf", "w") as f:
    f.write(names.replace(" hcauth", "").replace(" [SUCCESS=merge]", ""))


def etc():
    """What is in /etc, with owners and modes."""
    found = {}
    for folder, folders, files in os.walk("/etc"):
        for name in folders + files:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            if stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    what = f.read()
            else:
                what = os.readlink(path) if stat.S_ISLNK(st.st_mode) else ""
            found[path] = (st.st_mode, st.st_uid, st.st_gid, what)
    return found


def differences(before):
    now = etc()
    return sorted(p for p in before.keys() | now.keys() if before.get(p) != now.get(p))


def untouched(before):
    equal(differences(before), [], "what is another in /etc")


START = etc()


def enable(*args, status=0):
    got, out, err = run("hcauth", "enable", *args)
    if got != status:
        raise AssertionError("hcauth enable %s: status %d, not %d: %s%s" % (" ".join(args), got, status, out, err))
    return out + err


def disable(*args, status=0):
    got, out, err = run("hcauth", "disable", *args)
    if got != status:
        raise AssertionError("hcauth disable %s: status %d, not %d: %s%s" % (" ".join(args), got, status, out, err))
    return out + err


def back_to_start():
    disable("--all", "--yes")
    untouched(START)
    true(not os.path.exists(BEFORE), "no copy is left")


def root_gets_in(service):
    """By the password that root has, and by no other."""
    equal(pamtester(service, "root", "authenticate", "acct_mgmt", answers=[ROOT])[0], 0, "root at " + service)
    true(pamtester(service, "root", answers=[ROOT + "x"])[0] != 0, "root with a wrong password at " + service)


@contextlib.contextmanager
def debians_sshd():
    """sshd with the machine's own settings, as its package starts it; but for where it listens."""
    subprocess.run(["/usr/sbin/sshd", "-p", PORT, "-o", "ListenAddress=127.0.0.1", "-o", "HostKey=/run/host/hostkey",
                    "-E", "/run/host/debian.log"], check=True)
    until("sshd listens", lambda: os.path.exists("/run/sshd.pid") and os.path.getsize("/run/sshd.pid"))
    with open("/run/sshd.pid") as f:
        pid = int(f.read())
    try:
        yield
    finally:
        kill(pid, signal.SIGTERM)


def ssh(name, *command):
    return Program(["ssh", "-p", PORT, "-o", "NumberOfPasswordPrompts=1", "-o", "StrictHostKeyChecking=no",
                    "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", name + "@testhost", *command])


def boss_by_ssh():
    with ssh("boss", "id", "-u") as p:
        p.expect(r"(?i)password: $")
        p.secret(BOSS)
        p.expect(r"(?m)^1000\r?$")
        equal(p.end(), 0, "status")


def as_explained(person, p, service, *args):
    """Signs in at the prompts that "hcauth explain" says, and no others."""
    said = json.loads(hcauth("explain", person.email, "--service", service, *args, "--json"))
    equal(said["verdict"], "let in", "verdict")
    answers = {"Password: ": person.password, "Code: ": None}
    for step in said["steps"]:
        p.expect(re.escape(step["prompt"]) + "$")
        p.secret(answers[step["prompt"]] or person.code())


def ann_by_ssh():
    with ssh(ann.email, "id", "-un") as p:
        as_explained(ann, p, "sshd", "--rhost", "127.0.0.1")
        p.expect(r"(?m)^%s\r?$" % ann.user)
        equal(p.end(), 0, "status")


def ann_is_refused_by_ssh():
    with ssh(ann.email, "true") as p:
        p.expect(r"(?i)password: $")
        p.secret(ann.password)
        p.expect("Permission denied")


@case
def sshd_by_one_command_and_back():
    with debians_sshd():
        boss_by_ssh()
        ann_is_refused_by_ssh()

        said = enable("sshd")
        for line in (r"\+auth\s.*pam_hcauth.so", r"\+PasswordAuthentication no", r"\+passwd: +files hcauth"):
            true(re.search("(?m)^" + line, said), "the diff has " + line)
        true('root: as before: "Password: "' in said, "what root is asked: " + said)
        true('"Password: ", "Code: ", and refused' in said, "what a stranger is asked: " + said)
        true("hcauth enable sshd --yes" in said, "what to do")
        untouched(START)

        true("Open sessions stay" in enable("sshd", "--yes"), "sshd is told")
        equal(differences(START), ["/etc/nsswitch.conf", "/etc/pam.d/sshd", DROP_IN], "what changed")
        for name, path in (("pam.d-sshd", "/etc/pam.d/sshd"), ("nsswitch.conf", "/etc/nsswitch.conf")):
            with open(os.path.join(BEFORE, name), "rb") as f:
                equal(f.read(), START[path][3], "the copy of " + path)
        boss_by_ssh()
        ann_by_ssh()
        root_gets_in("sshd")

        now = etc()
        true("hcauth is on in sshd. Nothing has been changed." in enable("sshd", "--yes"), "once more")
        untouched(now)

        said = disable("sshd")
        true("hcauth disable sshd --yes" in said and "-auth" in said, "it is shown")
        untouched(now)
        disable("sshd", "--yes")
        untouched(START)
        true(not os.path.exists(BEFORE), "no copy is left")
        boss_by_ssh()
        ann_is_refused_by_ssh()
        for again in (("sshd", "--yes"), ("sshd",), ("--all",)):
            true("nothing has been changed" in disable(*again), "nothing is left: %s" % (again,))
        untouched(START)


@case
def login_su_and_sudo():
    for service in ("login", "su", "sudo"):
        enable(service, "--yes")
    root_gets_in("login")
    with ben.login() as p:
        as_explained(ben, p, "login")
        p.expect(SHELL)
        p.type("id -un; hcauth accounts")
        p.expect(r"(?m)^%s\r?$" % ben.user)
        p.expect(ben.user_id)
        p.expect(SHELL)
        p.type("exit")
        p.end()
    with Program(["su", cas.user, "-c", "id -un"], uid=1000) as p:
        cas.sign_in(p)
        p.expect(r"(?m)^%s\r?$" % cas.user)
    with Program(["su", "-c", "id -u"], uid=1000) as p:
        p.expect(PASSWORD)
        p.secret(ROOT)
        p.expect(r"(?m)^0\r?$")
    with Program(["sudo", "id", "-u"], uid=1000) as p:
        p.expect(SUDO_PASSWORD)
        p.secret(BOSS)
        p.expect(r"(?m)^0\r?$")
    back_to_start()


@case
def what_stands_behind_the_common_file_is_reached():
    """pam_group, behind common-auth in Debian's file for login, gives ann a group; by a failure there nobody comes in."""
    with open("/etc/pam.d/login") as f:
        text = f.read()
    try:
        with open("/etc/security/group.conf", "a") as f:
            f.write("login;*;*;Al0000-2400;audio\n")
        enable("login", "--yes")
        with dan.login() as p:
            dan.sign_in(p)
            p.expect(SHELL)
            p.type("id -Gn | grep -ow audio")
            p.expect(r"(?m)^audio\r?$")
        disable("login", "--yes")
        with open("/etc/pam.d/login", "a") as f:
            f.write("auth required pam_deny.so\n")
        enable("login", "--yes")
        true(pamtester("login", dan.email, answers=[dan.password, dan.recovery_code()])[0] != 0, "pam_deny counts")
    finally:
        disable("login", "--yes")
        with open("/etc/pam.d/login", "w") as f:
            f.write(text)
        with open("/etc/security/group.conf", "wb") as f:
            f.write(START["/etc/security/group.conf"][3])
    untouched(START)


def refused(service, why):
    """With --yes and without, and nothing changes."""
    for args in ((service,), (service, "--yes")):
        said = enable(*args, status=1)
        true(re.search(why, said), "%r says %r" % (said, why))
        untouched(START)


@case
def nothing_changes_when_the_trial_fails():
    with without_daemon():
        refused("sshd", "hcauthd does not answer")
    with moved_away(MODULE):
        refused("sshd", "can't load pam_hcauth.so")
    with open(MODULE, "rb") as f:
        module = f.read()
    try:
        with open(MODULE, "wb") as f:
            f.write(module[:1000])     # which kills whatever loads it
        refused("sshd", "hcauth-try was ended by a signal|can't load pam_hcauth.so")
    finally:
        with open(MODULE, "wb") as f:
            f.write(module)


@contextlib.contextmanager
def file(path, text):
    """A file with another text, or a new one."""
    before = START.get(path)
    with open(path, "w") as f:
        f.write(text)
    try:
        yield
    finally:
        if before:
            with open(path, "wb") as f:
                f.write(before[3])
        else:
            os.unlink(path)


@case
def what_it_will_not_edit():
    sshd = START["/etc/pam.d/sshd"][3].decode()
    for service, why in (("nothing", "There is no /etc/pam.d/nothing"), ("common-auth", "pam-auth-update"),
                         ("other", "pam-auth-update"), ("i3lock", 'come from "login"')):
        refused(service, why)
    for name in ("", "..", "../passwd", "a/b", "-x", ".x", "x" * 64):
        equal(run("hcauth", "enable", name)[0], 2, "status for %r" % name)
    os.rename("/etc/pam.d/sshd", "/etc/pam.d/sshd.real")
    os.symlink("sshd.real", "/etc/pam.d/sshd")
    try:
        true("symbolic link" in enable("sshd", "--yes", status=1), "a link")
    finally:
        os.rename("/etc/pam.d/sshd.real", "/etc/pam.d/sshd")
    os.chmod("/etc/pam.d/sshd", 0o666)
    true("others than root" in enable("sshd", "--yes", status=1), "a file of everybody's")
    os.chmod("/etc/pam.d/sshd", 0o644)
    os.link("/etc/pam.d/sshd", "/etc/sshd.second")
    true("second name" in enable("sshd", "--yes", status=1), "a hard link")
    os.unlink("/etc/sshd.second")
    subprocess.run(["unshare", "-m", "sh", "-c", "mount --bind -o ro /etc/pam.d /etc/pam.d && "
                    "mount -o remount,bind,ro /etc/pam.d && ! hcauth enable sshd --yes"], check=True,
                   capture_output=True)
    with file("/etc/pam.d/sshd", "auth [success=1 default=ignore] pam_listfile.so\n" + sshd):
        true("Line 1 of it leaps" in enable("sshd", "--yes", status=1), "a leap")
    with file("/etc/nsswitch.conf", "passwd: compat\ngroup: compat\n"):
        true("by hand" in enable("sshd", "--yes", status=1), "no files")
    untouched(START)
    equal(run("setpriv", "--reuid=1000", "--clear-groups", "hcauth", "enable", "sshd")[0], 4, "status for others")


@case
def sshd_settings_that_win():
    """A file before hcauth's says otherwise: all is put back."""
    with file("/etc/ssh/sshd_config.d/00-cloud.conf", "PasswordAuthentication yes\n"):
        before = etc()
        said = enable("sshd", "--yes", status=1)
        true("passwordauthentication no" in said and "as they were" in said, said)
        untouched(before)
    with file("/etc/ssh/sshd_config.d/50-cloud-init.conf", "PasswordAuthentication yes\n"):
        enable("sshd", "--yes")
        disable("sshd", "--yes")
    with file("/etc/ssh/sshd_config", "PasswordAuthentication maybe\n"):
        true("sshd -T" in enable("sshd", "--yes", status=1), "sshd refuses its settings")
    untouched(START)


@case
def files_edited_meanwhile():
    enable("sshd", "--yes")
    with open("/etc/pam.d/sshd") as f:
        text = f.read()
    with open("/etc/pam.d/sshd", "w") as f:
        f.write("# by hand\n" + text)
    said = disable("sshd", "--yes")
    true("edited since" in said and BEFORE + "/pam.d-sshd" in said, said)
    with open("/etc/pam.d/sshd") as f:
        equal(f.read(), "# by hand\n" + START["/etc/pam.d/sshd"][3].decode(), "the rest is left")
    equal(differences(START), ["/etc/pam.d/sshd"], "what is another")

    with open("/etc/pam.d/sshd", "w") as f:
        f.write(text.replace("user_unknown=ignore", "user_unknown=die", 1))
    said = disable("sshd", "--yes", status=1)
    true("by hand" in said and BEFORE + "/pam.d-sshd" in said, said)
    true("user_unknown=die" in open("/etc/pam.d/sshd").read(), "nothing was taken out")

    with open("/etc/pam.d/sshd", "wb") as f:
        f.write(START["/etc/pam.d/sshd"][3])
    back_to_start()

    enable("login", "--yes")
    with open("/etc/nsswitch.conf", "a") as f:
        f.write("# by hand\n")
    true("nsswitch.conf has been edited" in disable("login", "--yes", status=1), "names")
    with open("/etc/nsswitch.conf", "wb") as f:
        f.write(START["/etc/nsswitch.conf"][3])
    back_to_start()


@case
def somebody_signs_in_to_try_it():
    asks = r"E-mail address \(press Enter to do without\): $"
    with Program(["hcauth", "enable", "login", "--yes"]) as p:
        p.expect(asks)
        p.type(eva.email)
        eva.sign_in(p)
        p.expect("would have let %s in" % eva.email)
        equal(p.end(), 0, "status")
    root_gets_in("login")
    back_to_start()
    with Program(["hcauth", "enable", "login", "--yes"]) as p:
        p.expect(asks)
        p.type(eva.email)
        p.expect(PASSWORD)
        p.secret("not hers at all")
        p.expect("would not have let")
        equal(p.end(), 1, "status")
    untouched(START)
    with Program(["hcauth", "enable", "login", "--yes"]) as p:
        p.expect(asks)
        p.type("", end="\x03")
        p.end()
    back_to_start()     # hcauth has gone into nsswitch.conf, for whoever signs in


@case
def what_fails_in_place_is_put_back():
    """The daemon goes between the trial and the change."""
    with Program(["hcauth", "enable", "login", "--yes"]) as p:
        p.expect(r"E-mail address \(press Enter to do without\): $")
        daemon_down()
        try:
            p.type("")
            p.expect("hcauthd does not answer")
            p.expect("All files are as they were before")
            equal(p.end(), 1, "status")
        finally:
            daemon_up()
    untouched(START)


@case
def removal_needs_nothing():
    """Neither daemon nor module, nor the copies."""
    enable("sshd", "--yes")
    enable("login", "--yes")
    os.unlink(BEFORE + "/pam.d-sshd")
    with without_daemon(), moved_away(MODULE):
        back_to_start()


WRITES = ("write", "fsync", "rename", "unlink")


def killed_at(call, n, *command):
    """Runs hcauth, killed before the nth call of that name. False: it makes no such call."""
    log = "/run/host/killed"
    status, out, err = run("strace", "-o", log, "-e", "trace=" + call, "-e",
                           "inject=%s:signal=KILL:when=%d" % (call, n), "hcauth", *command)
    with open(log) as f:
        killed = "killed by SIGKILL" in f.read()
    true(killed or status == 0, "status %d: %s%s" % (status, out, err))
    return killed


def whole_and_roots(new):
    now = etc()
    for path in ("/etc/pam.d/login", "/etc/nsswitch.conf"):
        true(now[path] in (START[path], new[path]), path + " is whole")
    equal(pamtester("login", "root", answers=[ROOT])[0], 0, "root")


@case
def killed_at_any_step():
    enable("login", "--yes")
    new = etc()
    back_to_start()
    points = 0
    for call in WRITES:
        n = 1
        while killed_at(call, n, "enable", "login", "--yes"):
            whole_and_roots(new)
            if n % 4 == 0:
                enable("login", "--yes")
                untouched(new)
            back_to_start()
            n += 1
        back_to_start()
        points += n - 1
    true(points >= 20, "calls: %d" % points)
    print("# enable, killed at %d calls" % points)


@case
def killed_at_any_step_of_removal():
    enable("login", "--yes")
    new = etc()
    points = 0
    for call in WRITES:
        n = 1
        while killed_at(call, n, "disable", "login", "--yes"):
            whole_and_roots(new)
            disable("login", "--yes")
            untouched(START)
            enable("login", "--yes")
            n += 1
        untouched(START)
        enable("login", "--yes")
        points += n - 1
    back_to_start()
    true(points >= 8, "calls: %d" % points)
    print("# disable, killed at %d calls" % points)


@case
def who_is_signed_in_and_has_become_root():
    """Is asked what they were asked before, as root is."""
    subprocess.run(["sh", "-c", "echo 1000 >/proc/self/loginuid && hcauth enable login >/run/host/said"], check=True)
    with open("/run/host/said") as f:
        true('boss: as before: "Password: "' in f.read(), "the boss too")


main()
