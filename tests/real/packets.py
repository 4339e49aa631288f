# SPDX-License-Identifier: Apache-2.0
"""hcauthd's wire by hand (common/wire.h), for what no honest terminal says."""
import json
import os
import socket
import struct
import traceback

AUTH, COMMAND = 1, 16


def field(tag, data):
    return struct.pack(">BH", tag, len(data)) + data


def text(tag, s):
    return field(tag, s.encode() + b"\0")


def hello(purpose, service="login", name="", tty="", args=()):
    return (b"\x01" + field(1, struct.pack(">H", 1)) + field(2, bytes([purpose])) + text(3, service) + text(4, name) +
            text(5, tty) + text(6, "") + text(7, "") + field(8, struct.pack(">I", 0)) +
            field(9, struct.pack(">I", 0)) + text(10, "") + text(11, "") +
            field(12, b"".join(a.encode() + b"\0" for a in args)))


class Talk:
    """A conversation. said() is the next prompt, or the verdict as a number, or None for a hang-up."""

    def __init__(self, packet, path="/run/hcauthd/user.sock"):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.socket.send(packet)

    def said(self):
        while True:
            try:
                packet = self.socket.recv(5000)
            except ConnectionResetError:
                packet = b""
            if not packet:
                return None
            at, fields = 1, {}
            while at < len(packet):
                tag, size = struct.unpack_from(">BH", packet, at)
                fields[tag] = packet[at + 3:at + 3 + size]
                at += 3 + size
            if packet[0] == 2:
                return fields[3][:-1].decode()
            if packet[0] == 6:
                return fields[1][0]

    def answer(self, s):
        self.socket.send(b"\x03" + text(1, s))
        return self.said()


def as_user(uid, f):
    """What f() returns in a process of that uid."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(r)
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.write(w, json.dumps(f()).encode())
        except Exception:   # the caller sees that nothing was written
            traceback.print_exc()
        finally:
            os._exit(0)     # never back into the test
    os.close(w)
    with open(r) as f:
        out = f.read()
    os.waitpid(pid, 0)
    return json.loads(out)
