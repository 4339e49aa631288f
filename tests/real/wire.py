# SPDX-License-Identifier: Apache-2.0
"""A terminal of the tests' own on hcauthd's root socket, as root: the protocol of common/wire.h once more,
from its description. It has the face of drive.Program, so that people.Person can use either."""
import socket
import struct
import time

from drive import Screen, Unexpected

ROOT_SOCKET = "/run/hcauthd/root.sock"
AUTH, ACCOUNT, OPEN, CLOSE, PASSWORD, COMMAND = 1, 2, 3, 4, 5, 16
HELLO, ASK, ANSWER, TELL, WAIT, VERDICT = range(1, 7)
RESULTS = ["refused", "granted", "unknown", "disabled", "unavailable"]


def field(tag, value):
    return struct.pack(">BH", tag, len(value)) + value


def text(tag, s):
    return field(tag, s.encode() + b"\0")


def fields(body):
    found = {}
    while body:
        tag, n = struct.unpack(">BH", body[:3])
        found[tag], body = body[3:3 + n], body[3 + n:]
    return found


def plain(value):
    return value[:-1].decode()


class Talk(Screen):
    """A conversation. Its end is a verdict, or "hung up"."""

    def __init__(self, purpose, service="hcauth", name="", tty="", rhost="", args=(), ticket="", have="", ssh_auth="",
                 path=ROOT_SOCKET):
        self.asked = 0
        self.result = None
        self.user = self.ticket = ""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(path)
        hello = (field(1, b"\0\2") + field(2, bytes([purpose])) + text(3, service) + text(4, name) + text(5, tty) +
                 text(6, rhost) + text(7, "") + field(8, b"\0\0\0\0") + field(9, b"\0\0\0\0") + text(10, have) +
                 text(11, ticket) + field(12, b"".join(a.encode() + b"\0" for a in args)) +
                 (text(13, ssh_auth) if ssh_auth else b""))
        self.send(bytes([HELLO]) + hello)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, packet):
        try:
            self.socket.send(packet)
        except (BrokenPipeError, ConnectionResetError):
            pass    # killed: the next read tells

    def take(self, deadline):
        """Takes one packet. False at the end."""
        if self.result is not None:
            return False
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            packet = self.socket.recv(8192)
        except ConnectionResetError:
            packet = b""
        except TimeoutError:
            raise Unexpected("nothing more; said:\n" + self.screen) from None
        body = fields(packet[1:])
        if not packet:
            self.result = "hung up"
        elif packet[0] == ASK:
            self.asked += 1
            self.screen += plain(body[3])
        elif packet[0] == TELL:
            self.screen += plain(body[2]) + "\n"
        elif packet[0] == VERDICT:
            self.result = RESULTS[body[1][0]]
            self.user, self.ticket = plain(body[2]), plain(body[5])
        elif packet[0] != WAIT:
            raise Unexpected("a packet of kind %d" % packet[0])
        return True

    def missed(self, what):
        return Unexpected("%s; waited for %s; said:\n%s" % (self.result, what, self.screen))

    def answer(self, s, shown=None):
        self.screen += "\n"
        self.send(bytes([ANSWER]) + text(1, s))

    secret = answer

    def end(self):
        """Waits for the end; returns how it ended."""
        deadline = time.monotonic() + self.patience
        while self.take(deadline):
            pass
        self.socket.close()
        return self.result


def sign_in(person, *answers, service="sshd", rhost="192.0.2.1", tty=""):
    """A sign-in with these answers; returns how it ended."""
    with Talk(AUTH, service, person.email, tty, rhost) as t:
        for a in answers:
            asked = t.asked
            deadline = time.monotonic() + 60
            while t.asked == asked:
                if not t.take(deadline):
                    return t.result
            t.answer(a)
        return t.end()


def enrol(person):
    """The first sign-in, at a workstation."""
    with Talk(AUTH, "login", person.email) as t:
        person.first_sign_in(t)
        if t.end() != "granted":
            raise Unexpected("first sign-in of %s: %s:\n%s" % (person.email, t.result, t.screen))
    return person
