# SPDX-License-Identifier: Apache-2.0
"""greetd on a private host, and a greeter for it that a test drives, message by message (greetd-ipc(7)).

What must hold: greetd starts its greeter by itself, so the greeter's socket is handed to the test by a file; a
greeter that is done ends, as greetd starts the session only then."""
import json
import os
import socket
import struct
import subprocess
import time

from drive import PATIENCE
from host import kill, until

FOLDER = "/run/greetd-test"
END = FOLDER + "/end"

# As greetd's greeter: says where the socket is, and stays for as long as the test wants it to.
GREETER = """#!/bin/sh
echo "$GREETD_SOCK" >%s/new.$$
mv %s/new.$$ %s/greeter
read -r _ <%s/end
""" % ((FOLDER,) * 4)

SESSION = """#!/bin/sh
{ date +%%s.%%N; id -un; pwd; echo "$HCAUTH_IDENTITY $HCAUTH_ACCOUNT $HCAUTH_PRACTICE"; } >%s/session.$$
mv %s/session.$$ %s/session
""" % ((FOLDER,) * 3)

CONFIG = """[terminal]
vt = "none"

[default_session]
command = "%s/greeter.sh"
user = "_greetd"
""" % FOLDER


def write(path, text, mode=0o644):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


class Greetd:
    def __enter__(self):
        os.makedirs(FOLDER, exist_ok=True)
        os.chmod(FOLDER, 0o1777)
        write(FOLDER + "/greeter.sh", GREETER, 0o755)
        write(FOLDER + "/session.sh", SESSION, 0o755)
        write(FOLDER + "/config.toml", CONFIG)
        if os.path.exists(END):
            os.unlink(END)      # a greeter that was killed may still read from it
        os.mkfifo(END)
        os.chmod(END, 0o666)
        self.log = open(FOLDER + "/log", "wb")
        self.greetd = subprocess.Popen(["greetd", "--config", FOLDER + "/config.toml"], stdin=subprocess.DEVNULL,
                                       stdout=self.log, stderr=self.log)
        return self

    def __exit__(self, *_):
        kill(self.greetd.pid, 15)
        self.greetd.wait()
        self.log.close()

    def greeter(self):
        """The greeter that greetd has started: a connexion to greetd."""
        until("a greeter", lambda: os.path.exists(FOLDER + "/greeter"))
        with open(FOLDER + "/greeter") as f:
            path = f.read().strip()
        os.unlink(FOLDER + "/greeter")
        return Greeter(path)


class Greeter:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.answered = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """As a greeter that has no more to do."""
        self.socket.close()
        with open(END, "w") as f:
            f.write("\n")

    def receive(self, n):
        data = b""
        while len(data) < n:
            piece = self.socket.recv(n - len(data))
            if not piece:
                raise AssertionError("greetd has hung up")
            data += piece
        return data

    def call(self, kind, **what):
        data = json.dumps(dict(what, type=kind)).encode()
        self.answered = time.time()
        self.socket.sendall(struct.pack("=I", len(data)) + data)
        reply = json.loads(self.receive(struct.unpack("=I", self.receive(4))[0]))
        return tuple(reply[k] for k in sorted(reply, reverse=True) if k != "description")

    def begin(self, name):
        return self.call("create_session", username=name)

    def answer(self, text=None):
        """None acknowledges a message."""
        return self.call("post_auth_message_response", **({} if text is None else {"response": text}))

    def cancel(self):
        return self.call("cancel_session")

    def start(self):
        return self.call("start_session", cmd=[FOLDER + "/session.sh"], env=[])


def session():
    """What the session has said of itself: when it began, whose it is, where, and hcauth's words."""
    until("a session", lambda: os.path.exists(FOLDER + "/session"))
    with open(FOLDER + "/session") as f:
        lines = f.read().split("\n")
    os.unlink(FOLDER + "/session")
    return float(lines[0]), lines[1], lines[2], lines[3]
