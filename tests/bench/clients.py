# SPDX-License-Identifier: Apache-2.0
"""Real ssh clients, and an sshd for each stack (tests/bench/stacks.py)."""
import base64
import hashlib
import hmac
import os
import select
import struct
import subprocess
import threading
import time

import stacks
from host import listening, until

STEP, MARGIN = 30, 10
ASKPASS = "/run/host/bench-askpass"
OPTIONS = ("-F", "none", "-o", "KexAlgorithms=curve25519-sha256", "-o", "StrictHostKeyChecking=no", "-o",
           "UserKnownHostsFile=/dev/null", "-o", "NumberOfPasswordPrompts=1", "-o", "PubkeyAuthentication=no", "-o",
           "LogLevel=ERROR")


def totp(secret, step):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    h = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = h[-1] & 15
    return "%06d" % ((struct.unpack(">I", h[at:at + 4])[0] & 0x7fffffff) % 1000000)


class Verifier:
    """The people of a stack, and codes that are good for seconds yet; those that bench_crowd has used are known."""

    def __init__(self, name):
        self.people = stacks.people(name)
        self.used = self.read("%s/%s.steps" % (stacks.FOLDER, name))
        self.next = 0
        self.lock = threading.Lock()

    def read(self, path):
        if not os.path.exists(path):
            return [0] * len(self.people)
        with open(path, "rb") as f:
            return list(struct.unpack("=%dQ" % len(self.people), f.read(8 * len(self.people))))

    def take(self):
        with self.lock:
            while True:
                for _ in self.people:
                    who, self.next = self.next, (self.next + 1) % len(self.people)
                    step = max(self.used[who] + 1, int(time.time() + MARGIN) // STEP - 1)
                    if step <= time.time() // STEP + 1:
                        self.used[who] = step
                        return self.people[who], totp(self.people[who][2], step)
                time.sleep(STEP - time.time() % STEP)   # all are used: the clock brings new ones


class Client:
    """One ssh, which asks a script for each answer. elsewhere: it stands for another machine, and yields to all that
    is this one's."""

    def __init__(self, port, who, code, elsewhere=False):
        name, password, _ = who
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*(("nice", "-n", "19") if elsewhere else ()), "ssh", *OPTIONS, "-p", str(port), "-l", name, "127.0.0.1", "true"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": "/root", "SSH_ASKPASS": ASKPASS, "SSH_ASKPASS_REQUIRE": "force",
                 "BENCH_PASSWORD": password, "BENCH_CODE": code})

    def ms(self):
        """What it took; None: refused. (wait() with a limit looks every 50 ms.)"""
        fd = os.pidfd_open(self.process.pid)
        try:
            if not select.select([fd], [], [], 120)[0]:
                raise TimeoutError("an ssh client goes on for two minutes")
        finally:
            os.close(fd)
        status = self.process.wait()
        return (time.monotonic() - self.began) * 1000 if status == 0 else None


def sshd_of(name):
    """The port of an sshd whose PAM service is bench-NAME."""
    if not os.path.exists(ASKPASS):
        with open(ASKPASS, "w") as f:
            f.write('#!/bin/sh\ncase $1 in\n*assword:*) echo "$BENCH_PASSWORD" ;;\n*) echo "$BENCH_CODE" ;;\nesac\n')
        os.chmod(ASKPASS, 0o755)
    port = next(p for p in range(2400, 2500) if not listening(p))
    settings = "/run/host/bench-%s.sshd" % name
    with open("/run/host/sshd_config") as f:
        lines = [line for line in f if line.split()[0] not in ("Port", "PidFile")]
    with open(settings, "w") as f:
        f.writelines(lines + ["Port %d\n" % port, "PidFile none\n", "MaxStartups 100\n"])
    subprocess.run(["/usr/sbin/bench-" + name, "-f", settings, "-E", "/run/host/bench-%s.log" % name], check=True)
    until("sshd listens", lambda: listening(port))
    return port
