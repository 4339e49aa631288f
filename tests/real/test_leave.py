# SPDX-License-Identifier: Apache-2.0
"""Leavers: every door of a real machine refuses them at once, what they have open is ended and nothing else,
nobody ever gets their uid; the audit tells it, in the journal too, and names what was changed in the store."""
import contextlib
import json
import mmap
import os
import pwd
import select
import signal
import socket
import subprocess
import sys

from drive import PATIENCE, Program
from host import kill, kiosk, local_user, pamtester, pids, until
from people import CODE, PASSWORD, SHELL, SUDO_PASSWORD, Person, hcauth, practice, run
from tap import case, equal, main, true

STORE = "/var/lib/hcauthd/store/data.mdb"
PIN = "70413"

practice()
practice("hill", "Hill Clinic")
ann = Person("ann", 1).enrol()
ben = Person("ben", 2).enrol()
cat = Person("cat", 3, practice="hill").enrol()
dan = Person("dan", 4).enrol()
hcauth("practice", "set", "stj", "--manager", ben.email)
kiosk()
with open("/etc/pam.d/kiosk", "w") as f:
    f.write("auth required pam_hcauth.so\naccount required pam_hcauth.so\n")
local_user("plain", 3000, "a word of plain's")
with open("/etc/sudoers.d/people", "w") as f:
    f.write("Defaults timestamp_timeout=0\n" + "".join("%s ALL=(ALL) ALL\n" % p.user for p in (ann, ben)))


def uid_of(person):
    return pwd.getpwnam(person.user).pw_uid


def key_of(person):
    key = "/run/host/key-" + person.user
    folder = "/home/%s/.ssh" % person.user
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    subprocess.run(["install", "-d", "-m", "700", "-o", person.user, folder], check=True)
    subprocess.run(["install", "-m", "600", "-o", person.user, key + ".pub", folder + "/authorized_keys"], check=True)
    return ("-i", key, "-o", "PreferredAuthentications=publickey")


def choose_pin(person):
    with Program(["hcauth", "pin"], uid=uid_of(person)) as p:
        p.expect(PASSWORD)
        p.secret(person.password)
        p.expect(CODE)
        p.answer(person.code(), shown="")
        for prompt in (r"New PIN: $", r"New PIN again: $"):
            p.expect(prompt)
            p.secret(PIN)
        equal(p.end(), 0, "choosing a PIN")


def unlocks(person, pin=PIN):
    """Whether a locker, which runs as the person, lets them in by their PIN."""
    before = ("setpriv", "--reuid", str(uid_of(person)), "--regid", str(uid_of(person)), "--init-groups")
    return pamtester("kiosk", person.user, answers=[pin], before=before)[0] == 0


def runs_as(uid):
    """The processes of which one uid (real, effective, saved) is that one, zombies apart."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open("/proc/%s/status" % pid) as f:
                status = dict(line.split(":", 1) for line in f if ":" in line)
            if str(uid) in status["Uid"].split()[:3] and "Z" not in status["State"]:
                found.append(int(pid))
    return found


def background(uids, code):
    """A Python program with those uids (real, effective, saved); returns when it is about to wait for ever."""
    read, write = os.pipe()
    p = subprocess.Popen([sys.executable, "-c", "import os, signal\nos.setresuid(%d, %d, %d)\n%s\nos.write(%d, b'x')\n"
                          "while True: signal.pause()" % (*uids, code, write)], pass_fds=[write], start_new_session=True)
    os.close(write)
    true(os.read(read, 1) == b"x", "it runs")
    os.close(read)
    return p


def by_manager(*args):
    """A command by ben, who manages stj, in a session of its own: he is asked for a second factor where it changes
    somebody. Returns its status and what it said after that."""
    with Program(["hcauth", *args], uid=uid_of(ben)) as p:
        if args[0] in ("leave", "attest"):
            p.expect(CODE)
            p.answer(ben.recovery_code(), shown="")
        status = p.end()
        return status, p.screen[p.mark:].replace("\r", "").strip()


def refused_everywhere(person, how):
    """how: ssh's options for their key. What is typed is right, and would be good: a recovery code that was not used."""
    code = person.recovery[min(person.recovery)]
    with person.login() as p:
        p.expect(PASSWORD)
        p.secret(person.password)
        if p.expect(CODE, "Login incorrect") == 0:
            p.answer(code, shown="")
            p.expect("Login incorrect")
    for name in (person.email, person.user):
        with person.ssh("true", name=name) as p:
            person.sign_in(p, code=code)
            p.expect("Permission denied")
    with person.ssh("true", options=how) as p:
        equal(p.end(), 255, "by the ssh key")
    with Program(["su", person.user, "-c", "id -un"], uid=3000) as p:
        person.sign_in(p, code=code)
        true(p.end() != 0, "su by another")
    status, out, _ = run("su", person.user, "-c", "id -un")
    true(status != 0 and not out, "su by root")
    with Program(["sudo", "id", "-u"], uid=uid_of(person)) as p:
        if p.expect(SUDO_PASSWORD, "sudo: ") == 0:
            p.secret(person.password)
            if p.expect(CODE, SUDO_PASSWORD, "sudo: ") == 0:
                p.answer(code, shown="")
                true(p.expect(r"(?m)^0\r?$", SUDO_PASSWORD, "sudo: ") != 0, "sudo")    # it asks three times
    status, out, _ = run("setpriv", "--reuid", str(uid_of(person)), "--regid", str(uid_of(person)), "--init-groups",
                         "sudo", "-n", "id", "-u")
    true(status != 0 and not out, "sudo -n")
    true(not unlocks(person), "the locker")


@case
def ad02_every_door_refuses_a_leaver_and_what_is_open_is_ended():
    how = key_of(ann)
    uid = uid_of(ann)
    with ann.login() as console:
        ann.sign_in(console)
        console.expect(SHELL)
        choose_pin(ann)
        true(unlocks(ann), "the locker, before")
        with ann.ssh("sleep", "1000", options=how) as remote:
            until("the ssh session runs", lambda: set(pids("sleep")) & set(runs_as(uid)))
            stubborn = background((uid, uid, uid), "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
            stopped = background((uid, uid, uid), "")
            os.kill(stopped.pid, signal.SIGSTOP)
            saved = background((0, 0, uid), "")
            others = [background((u, u, u), "") for u in (uid_of(ben), 3000, 0)]
            crontabs()
            hcauth("leave", ann.email)
            refused_everywhere(ann, how)
            true(len(runs_as(uid)) >= 5, "what is open goes on until it is ended")
            console.type("echo still here")
            console.expect(r"(?m)^still here\r?$")
            out = hcauth("leave", ann.email, "--end-sessions")
            true("The sessions of uid %d have ended." % uid in out, out)
            equal(runs_as(uid), [], "processes of hers")
            for p in (stubborn, stopped, saved):
                true(p.wait(PATIENCE) < 0, "ended by a signal")
            for p in others:
                equal(p.poll(), None, "somebody else's process")
                kill(p.pid)
                p.wait()
            true(remote.end() != 0, "ssh's status")
        console.end()
    equal([r["event"] for r in json.loads(hcauth("audit", "--json")) if r["event"] == "sessions-ended"], ["sessions-ended"],
          "in the audit")
    refused_everywhere(ann, how)


def crontabs():
    for p in (ann, ben):
        run("crontab", "-u", p.user, "-", given="* * * * * id -un >/tmp/cron-%s 2>&1\n" % p.user)
        true(os.path.exists("/var/spool/cron/crontabs/" + p.user), "crontab of " + p.user)


@case
def cron_runs_no_leavers_job():
    """Ben's is due at the same minute, which tells that ann's had its chance."""
    def children(pid):
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return f.read().split()

    cron = subprocess.Popen(["cron", "-f"], stdin=subprocess.DEVNULL)
    try:
        until("ben's job has run", lambda: os.path.exists("/tmp/cron-" + ben.user), 3 * PATIENCE)
        until("cron's children have ended", lambda: not children(cron.pid))
    finally:
        kill(cron.pid)
        cron.wait()
    true(not os.path.exists("/tmp/cron-" + ann.user), "a leaver's job did not run")


@case
def a_manager_has_sessions_ended_by_root():
    uid = uid_of(dan)
    p = background((uid, uid, uid), "")
    wake = "/var/lib/hcauthd/guard/ending"
    before = os.stat(wake).st_mtime_ns if os.path.exists(wake) else 0
    status, said = by_manager("leave", dan.user_id, "--end-sessions")
    equal(status, 0, said)
    true("Their open sessions are being ended" in said, said)
    true(os.stat(wake).st_mtime_ns > before, "the file that the unit watches")
    equal(p.poll(), None, "a manager signals nobody")
    status, said = by_manager("end-sessions")
    equal(status, 4, said)
    true("uid %d have ended" % uid in hcauth("end-sessions"), "root ends them")
    equal(p.wait(PATIENCE), -signal.SIGTERM, "how it ended")
    equal(hcauth("end-sessions"), "", "nothing more to do")


@case
def who_goes_on_from_process_to_process_is_ended_too():
    """Each process lives for a moment only, and has made the next: it has another number at every look."""
    hopper = Person("eve", 5)
    uid = uid_of(hopper)
    shared = mmap.mmap(-1, 1)
    read, write = os.pipe()
    if os.fork() == 0:
        os.close(read)
        os.setsid()
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        while True:
            with contextlib.suppress(OSError):
                if not shared[0]:
                    shared[0] = 1
                    os.write(write, b"x")
                if os.fork():
                    os._exit(0)
    os.close(write)
    true(os.read(read, 1) == b"x", "it runs")
    said = hcauth("leave", hopper.user_id, "--end-sessions")
    true("uid %d have ended" % uid in said, said)
    true(select.select([read], [], [], PATIENCE)[0] and os.read(read, 1) == b"", "none holds the pipe any more")
    equal(runs_as(uid), [], "processes")


def preload(name, code):
    """A library that stands before libc."""
    path = "/run/host/%s.so" % name
    subprocess.run(["cc", "-shared", "-fPIC", "-o", path, "-x", "c", "-"], input=code.encode(), check=True)
    return "LD_PRELOAD=" + path


@case
def who_signals_all_is_the_leaver_and_nobody_else():
    """The child that signals all at once can't become the leaver, or keeps a right over others, or is stopped by the
    leaver in that moment: nobody else is signalled, it ends in time, and no end is claimed."""
    leaver = Person("fay", 6)
    uid = uid_of(leaver)
    other = background((uid_of(ben),) * 3, "")
    stays = preload("stays", "int setresuid(int r, int e, int s) { return 0; }\n")
    stopped = preload("stopped", "#include <signal.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n"
                      "int setresuid(int r, int e, int s)\n"
                      "{ long x = syscall(SYS_setresuid, r, e, s); raise(SIGSTOP); return x; }\n")
    hcauth("leave", leaver.user_id)
    for before in (("env", stays), ("setpriv", "--securebits", "+no_setuid_fixup"), ("env", stopped)):
        status, out, err = run("timeout", "50", *before, "hcauth", "leave", leaver.user_id, "--end-sessions")
        equal(status, 1, out + err)
        true("can't be told whether all processes of uid %d have ended" % uid in err, err)
        equal(other.poll(), None, "somebody else's process")
    true("uid %d have ended" % uid in hcauth("end-sessions"), "it waits until it is done")
    kill(other.pid)
    other.wait()


@case
def a_manager_closes_nobody_elsewhere():
    status, said = by_manager("leave", cat.user_id)
    other, there_is_none = by_manager("leave", "HC999999")
    equal(status, 3, said)
    equal(said.replace(cat.user_id, "HC999999"), there_is_none, "what is said")
    equal(other, 3, there_is_none)
    with cat.ssh("true") as p:
        cat.sign_in(p)
        equal(p.end(), 0, "cat")


@case
def a_uid_and_a_name_are_never_given_again():
    uid = uid_of(ann)
    for args in ((ann.user_id, "--user", "another"), ("HC777777", "--user", ann.user)):
        status, _, err = run("hcauth", "account", "add", *args, "--practice", "stj")
        equal(status, 6, err)
    hcauth("account", "add", "HC777777", "--practice", "stj", "--user", "another")
    true(pwd.getpwnam("another").pw_uid != uid, "another's uid")
    equal(pwd.getpwuid(uid).pw_name, ann.user, "whose uid it is")
    true("about 0 people" in hcauth("purge"), "not yet")
    status, _, err = run("hcauth", "account", "enable", ann.user_id)
    equal(status, 1, err)
    true("has left, for good" in err, err)


@case
def review_and_attestation():
    status, said = by_manager("review", "--since", "1 minute", "--days", "1", "--json")
    equal(status, 0, said)
    true(cat.user_id not in said and ann.user_id not in said, said)
    status, said = by_manager("attest", ben.user_id, "HC777777")
    equal(status, 0, said)
    events = [r for r in json.loads(hcauth("audit", "--practice", "stj", "--json")) if r["event"] == "attested"]
    equal([r["account"] for r in events], [ben.user_id, "HC777777"], "vouched for")
    true(all(r["by"].startswith(ben.user_id + " ") for r in events), "by whom: %r" % events)


@case
def the_journal_has_each_record_with_fields():
    os.makedirs("/run/systemd/journal", exist_ok=True)
    path = "/run/systemd/journal/socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(path)
        os.chmod(path, 0o666)
        try:
            with ben.ssh("true") as p:
                ben.sign_in(p, code=ben.wrong_code())
                p.expect("Permission denied")
            entries = []
            while select.select([journal], [], [], 0.2)[0]:
                entries.append(dict(line.split("=", 1) for line in journal.recv(8192).decode().splitlines()))
        finally:
            os.unlink(path)
    last = json.loads(hcauth("audit", "--json"))[-1]
    equal([e["HCAUTH_EVENT"] for e in entries], ["refused"], "events")
    equal(entries[0]["HCAUTH_WHO"], ben.email, "who")
    equal(entries[0]["HCAUTH_NUMBER"], str(last["number"]), "number")
    equal(entries[0]["HCAUTH_SERVICE"], "sshd", "service")
    equal(entries[0]["MESSAGE_ID"][-2:], "02", "message id")
    true("HCAUTH_RHOST" in entries[0], entries[0])


@case
def here_and_over_ssh_at_once_is_a_sign():
    with ben.login() as console:
        ben.sign_in(console)
        if console.expect(SHELL, "another user ID.*press Enter: $") == 1:   # somebody's account is nobody's yet
            console.answer("", shown="")
            console.expect(SHELL)
        with ben.ssh("true") as p:
            ben.sign_in(p)
            equal(p.end(), 0, "it blocks nobody")
        console.type("exit")
        console.end()
    signs = json.loads(hcauth("audit", "--signs", "--json"))
    true(signs and signs[-1]["who"] == ben.email and "two places at once" in signs[-1]["detail"], signs)
    true(json.loads(hcauth("status", "--json"))["shared_login_signs"] >= 1, "in the status")


@case
def verify_names_the_record_that_was_changed_in_the_file():
    true("are as they were written" in hcauth("audit", "verify"), "before")
    record = next(r for r in json.loads(hcauth("audit", "--json")) if r["event"] == "refused" and r["who"] == ben.email)
    with open(STORE, "r+b") as f:
        data = f.read()
        what = record["detail"].encode() + b"\0"
        at = -1
        while (at := data.find(what, at + 1)) >= 0:     # also where an older page has it
            f.seek(at)
            f.write(b"P")
    status, _, err = run("hcauth", "audit", "verify")
    equal(status, 1, err)
    broken = [r["number"] for r in json.loads(hcauth("audit", "--json", "--since", "2000-01-01")) if r["detail"].startswith("P")]
    true("Record %d was changed." % min(broken) in err, err)


main()
