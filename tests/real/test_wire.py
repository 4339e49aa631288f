# SPDX-License-Identifier: Apache-2.0
"""What no honest terminal says or does on hcauthd's sockets. What must hold: a hang-up and no verdict, nothing
counted, nothing left over; and whoever signs in meanwhile does not notice."""
import os
import pwd
import re
import signal
import socket
import time

import wire
from host import daemon_pid, pamtester, pids, until
from packets import AUTH, COMMAND, Talk, as_user, field, hello, text
from people import Person, audit, hcauth, practice, run
from tap import case, equal, main, true

USER_SOCKET = "/run/hcauthd/user.sock"
practice()
ann = Person("ann", 1).enrol()
ben = Person("ben", 2).enrol()
cat = Person("cat", 4).enrol()
new = Person("new", 3)      # has an activation code and nothing else
ben_uid, cat_uid = (pwd.getpwnam(p.user).pw_uid for p in (ben, cat))


def nobody_talks():
    until("no conversation is left", lambda: not pids("hcauth-talk"), 60)


def rss():
    with open("/proc/%d/status" % daemon_pid()) as f:
        return int(re.search(r"VmRSS:\s*(\d+)", f.read()).group(1))


def hung_up(*packets, path=wire.ROOT_SOCKET):
    """Sends them, each when something was said to the one before; True if the end was a hang-up."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(60)
        s.connect(path)
        for packet in packets:
            try:
                s.send(packet)
                said = s.recv(8192)
            except (BrokenPipeError, ConnectionResetError):
                return True
            if not said:
                return True
            true(said[0] != wire.VERDICT, "a verdict to %r" % packet[:40])
        return False


def blocked():
    """Conversations that wait in poll(2)."""
    waiting = []
    for pid in pids("hcauth-talk"):
        try:
            with open("/proc/%d/syscall" % pid) as f:
                waiting += [pid] if f.read().split()[0] in ("7", "271") else []     # poll, ppoll (x86-64)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return waiting


def answer(s):
    return bytes([wire.ANSWER]) + text(1, s)


HELLO = hello(AUTH, "login", ann.email)


def refuses(*packets):
    before = audit(ann)
    true(hung_up(*packets), "hung up at %r" % packets[-1][:60])
    nobody_talks()
    equal(audit(ann), before, "the audit")


@case
def wp01_empty_packets_first_and_between():
    refuses(b"")
    refuses(HELLO, b"")


@case
def wp02_packets_that_are_too_long_and_lengths_that_lie():
    for size in (4097, 128 * 1024):
        refuses(HELLO + b"x" * (size - len(HELLO)))
    refuses(HELLO[:-1])
    refuses(HELLO + b"\0")
    refuses(b"\x01" + b"\x01\xff\xff" + HELLO[4:])
    refuses(b"\x01" + b"\x01\0\0" + HELLO[4:])


@case
def wp04_other_versions_kinds_and_tags():
    for version in (0, 3, 0x0100, 0x0200, 0xffff):
        refuses(b"\x01" + field(1, version.to_bytes(2, "big")) + HELLO[6:])
    for kind in (0, 2, 4, 5, 6, 7, 99, 255):
        refuses(bytes([kind]) + HELLO[1:])
    refuses(HELLO + field(99, b"x"))
    refuses(hello(3, "login", ann.email)[:7] + b"\x63" + HELLO[8:])     # a purpose that there isn't


@case
def wp05_messages_whose_turn_it_is_not():
    refuses(answer(ann.password))
    refuses(HELLO, HELLO)
    refuses(HELLO, b"\x07" + field(1, b"data"))
    with wire.Talk(wire.ACCOUNT, "sshd", ann.email) as t:
        equal(t.end(), "granted", "account")
    t = Talk(hello(2, "sshd", ann.email), wire.ROOT_SOCKET)
    equal(t.said(), 1, "its verdict")
    try:
        t.socket.send(answer(ann.password))
    except BrokenPipeError:
        pass
    equal(t.said(), None, "after the verdict")


@case
def wp12_a_peer_that_is_gone_is_still_who_connected():
    """hcauthd looks only when ben's process has ended: nobody's words must not become root's."""
    before = audit(ann)
    os.kill(daemon_pid(), signal.SIGSTOP)
    try:
        def say_and_go():
            for words in (["identity", "disable", ann.email], ["unlock", ann.email]):
                s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                s.connect(USER_SOCKET)
                s.send(hello(COMMAND, "hcauth", args=words))
            return True
        true(as_user(ben_uid, say_and_go), "said")
    finally:
        os.kill(daemon_pid(), signal.SIGCONT)
    equal(run("hcauth", "status")[0], 0, "served since")
    nobody_talks()
    equal(audit(ann), before, "the audit")
    equal(wire.sign_in(ann, ann.password, ann.code()), "granted", "Ann")


@case
def wp17_a_peer_that_does_not_read_is_not_waited_for():
    for _ in range(400):    # records enough for more packets than a socket holds
        hcauth("unlock", ann.email)
    many = []
    for _ in range(8):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.connect(wire.ROOT_SOCKET)
        s.send(hello(COMMAND, "hcauth", args=["audit", "--since", "1 hours"]))
        many.append(s)
    until("all eight wait for a reader", lambda: len(blocked()) == 8, 30)
    equal(wire.sign_in(ann, ann.password, ann.code()), "granted", "Ann meanwhile")
    nobody_talks()
    for s in many:
        s.close()


@case
def wp19_two_answers_in_one_packet_and_more_behind_an_answer():
    refuses(HELLO, answer(ann.password) + text(1, "123456"))
    refuses(HELLO, answer(ann.password) + b"\0")
    refuses(HELLO, bytes([wire.ANSWER]) + text(1, ann.password)[:-1])


@case
def dl03_connections_that_say_nothing():
    """Ten seconds of them, from a person's uid, each held as long as it is let."""
    before = rss()

    def flood():
        held = []
        for _ in range(500):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.setblocking(False)
            try:
                s.connect(USER_SOCKET)
                held.append(s)
            except BlockingIOError:
                pass
            time.sleep(0.02)    # so many a second
        return len(held)
    done = as_user(ben_uid, flood)
    true(done > 0, "connected")
    with wire.Talk(wire.ACCOUNT, "sshd", ann.email) as t:
        equal(t.end(), "granted", "Ann")
    nobody_talks()
    true(rss() - before < 512, "hcauthd has grown from %d to %d KiB" % (before, rss()))


@case
def pc05_an_empty_password_for_somebody_who_has_none():
    for how in ("authenticate", "authenticate(PAM_DISALLOW_NULL_AUTHTOK)"):
        status, out = pamtester("login", new.email, how, answers=["", "", "", "", ""])
        true(status != 0, out)


@case
def pc09_bytes_that_are_no_text():
    for bad in (b"\xff\xfe\xc0\xaf", b"\x1b[2J\x1b]0;x\x07", b"%n%s%n%s%n", b"\r\n<3>root: granted"):
        with wire.Talk(AUTH, "sshd", ann.email, rhost="192.0.2.9") as t:
            for _ in range(2):
                asked, deadline = t.asked, time.monotonic() + 60
                while t.asked == asked:
                    true(t.take(deadline), "a prompt")
                t.send(bytes([wire.ANSWER]) + field(1, bad + b"\0"))
            equal(t.end(), "refused", repr(bad))
        with open(os.environ["HCAUTH_LOG"], "rb") as f:
            log = f.read()
        true(bad not in log and b"\x1b" not in log, "the log")
        true("root: granted" not in run("hcauth", "audit", "--json")[1], "the audit")
    hcauth("unlock", ann.email)


@case
def lr12_a_persons_own_malware_is_limited_as_anybody():
    def guesses():
        said = []
        for k in range(20):
            t = Talk(hello(AUTH, "i3lock", cat.email))
            prompt = t.said()
            while isinstance(prompt, str):
                prompt = t.answer("guess %d" % k)
            said.append(prompt)
        return said
    true(1 not in as_user(cat_uid, guesses), "let in")
    looked = [r for r in audit(cat) if r["event"] == "refused" and "wrong" in r["detail"]]
    true(0 < len(looked) <= 5, "looked at: %d" % len(looked))
    equal(wire.sign_in(cat, cat.password, cat.code(), service="login", rhost=""), "granted", "Cat at the workstation")


main()
