# SPDX-License-Identifier: Apache-2.0
"""What a sysadmin watches: hcauth metrics, as Prometheus' node_exporter reads it, and hcauth trace during real
sign-ins by ssh and login(1)."""
import contextlib
import os
import re
import signal
import stat
import subprocess

from host import until, without_daemon
from people import SHELL, Person, hcauth, practice, run
from tap import case, equal, main, true

SOCKET = "/run/hcauthd/trace.sock"
FILE = "/run/host/hcauth.prom"

practice()
ann = Person("ann", 1).enrol()
ben = Person("ben", 2).enrol()


def samples(text):
    """Each sample of the text exposition format, and nothing but those and comments."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# HELP ") or line.startswith("# TYPE "):
            continue
        match = re.fullmatch(r"(hcauth_[a-z_]+(?:\{[^}]*\})?) (\d+)", line)
        true(match, "a sample: %r" % line)
        true(match.group(1) not in found, "once: " + line)
        found[match.group(1)] = int(match.group(2))
    return found


def metrics():
    return samples(hcauth("metrics"))


def event(name, service, of=None):
    return (of or metrics()).get('hcauth_events_total{event="%s",service="%s"}' % (name, service), 0)


@contextlib.contextmanager
def in_ssh(person):
    """A session, by a recovery code: the app's next code is half a minute away. Which code, too."""
    code = person.recovery_code()
    with person.ssh() as p:
        person.sign_in(p, code=code)
        person.has_phone(p)
        p.expect(SHELL)
        yield code


def ssh_in(person):
    with in_ssh(person) as code:
        return code


@contextlib.contextmanager
def following(name):
    """hcauth trace; what it has said is in .said() when the block has ended."""
    path = "/run/host/trace.log"
    with open(path, "w") as log:
        program = subprocess.Popen(["hcauth", "trace", name], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        said = lambda: open(path).read()
        try:
            until("it follows", lambda: "Following" in said() or program.poll() is not None)
            yield said
        finally:
            program.send_signal(signal.SIGINT)
            equal(program.wait(10), 0, "hcauth trace: " + said())


@case
def sign_ins_over_ssh_are_counted_and_the_count_survives_the_daemon():
    before = event("sign-in", "sshd")
    ssh_in(ann)
    equal(event("sign-in", "sshd"), before + 1, "sign-ins")
    with without_daemon():
        pass
    equal(event("sign-in", "sshd"), before + 1, "after another start")
    equal(metrics()["hcauth_identities"], 2, "people")


@case
def sessions_rise_and_fall():
    def sessions():
        return metrics()["hcauth_sessions"]
    until("none is open", lambda: sessions() == 0)
    with in_ssh(ben):
        equal(sessions(), 1, "with one open")
    until("it has ended", lambda: sessions() == 0)


@case
def a_file_for_node_exporter_is_whole_and_says_when_the_daemon_is_down():
    equal(run("hcauth", "metrics", "--textfile", FILE)[0], 0, "its exit status")
    equal(stat.S_IMODE(os.stat(FILE).st_mode), 0o644, "its mode")
    with open(FILE) as f:
        equal(samples(f.read())["hcauth_up"], 1, "up")
    with without_daemon():
        equal(run("hcauth", "metrics", "--textfile=" + FILE)[0], 5, "its exit status without the daemon")
    with open(FILE) as f:
        equal(samples(f.read()), {"hcauth_up": 0}, "without the daemon")
    folder, name = os.path.split(FILE)
    equal([f for f in os.listdir(folder) if f.startswith(name)], [name], "what is there")


@case
def metrics_are_root_s_and_name_nobody():
    text = hcauth("metrics")
    for word in (ann.email, ann.user, "ann", "stj", "St John"):
        true(word not in text, word)
    status, out, err = run("setpriv", "--reuid", "5001", "--regid", "5001", "--clear-groups", "hcauth", "metrics")
    true(status != 0 and "hcauth_" not in out, out + err)


@case
def a_sign_in_by_ssh_is_followed_from_auth_to_session():
    with following(ann.email) as said:
        true(stat.S_ISSOCK(os.stat(SOCKET).st_mode), "a socket")
        equal(stat.S_IMODE(os.stat(SOCKET).st_mode), 0o600, "its mode")
        with ann.ssh() as p:
            ann.sign_in(p)
            p.expect(SHELL)
        until("the session's end", lambda: "ends a session" in said())
    text = said()
    for want in ("sshd asks who it is (auth), from 127.0.0.1, which counts as the network",
                 "sshd asks for: password, then app", "asked: Password: ", "asked: Code: ", "granted by sshd",
                 "verdict: granted, as " + ann.user, "account", "begins a session"):
        true(want in text, "%r in %s" % (want, text))
    equal(os.path.exists(SOCKET), False, "the socket, after it")


@case
def a_wrong_code_and_a_wrong_password_are_told_apart_to_root():
    with following(ben.user) as said:
        with ben.ssh() as p:
            ben.sign_in(p, code=ben.wrong_code())
            true(p.end() != 0, "refused")
        with ben.ssh() as p:
            ben.sign_in(p, password="not hers at all", code=ben.wrong_code())
            true(p.end() != 0, "refused")
        until("both", lambda: said().count("verdict: refused") >= 2)
    true("password right, totp wrong" in said() and "password wrong" in said(), said())


@case
def no_answer_is_in_a_trace():
    with following(ann.email) as said:
        code = ssh_in(ann)
        until("the session's end", lambda: "ends a session" in said())
    for secret in (ann.password, code):
        true(secret not in said(), said())


@case
def nobody_else_is_followed_and_nobody_but_root_follows():
    with following(ann.email) as said:
        ssh_in(ben)
        ssh_in(ann)
        until("ann", lambda: "ends a session" in said())
    true(ben.user not in said() and ben.email not in said(), said())
    status, out, err = run("setpriv", "--reuid", "5001", "--regid", "5001", "--clear-groups", "hcauth", "trace", ann.email)
    true(status != 0, out + err)
    equal(run("hcauth", "trace", "nobody@example.org")[0], 3, "of nobody")
    equal(os.path.exists(SOCKET), False, "the socket")


@case
def a_follower_that_was_killed_or_does_not_read_stops_nobody():
    program = subprocess.Popen(["hcauth", "trace", ann.email], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    true("Following" in program.stderr.readline(), "it follows")
    program.send_signal(signal.SIGSTOP)
    ssh_in(ann)
    program.kill()
    program.wait()
    program.stderr.close()
    ssh_in(ann)
    with following(ann.email) as said:      # over the socket that it has left
        ssh_in(ann)
        until("ann", lambda: "verdict: granted" in said())


@case
def whoever_follows_last_hears_it_when_the_one_before_stops():
    before = subprocess.Popen(["hcauth", "trace", ben.email], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    true("Following" in before.stderr.readline(), "it follows")
    with following(ann.email) as said:
        before.send_signal(signal.SIGINT)
        equal(before.wait(10), 0, "the one before")
        before.stderr.close()
        ssh_in(ann)
        until("ann", lambda: "verdict: granted" in said())
    equal(os.path.exists(SOCKET), False, "the socket")


main()
