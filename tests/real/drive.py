# SPDX-License-Identifier: Apache-2.0
"""Drives a program on a terminal of its own, as a person would: waits for what it says, then types.

What must hold: a secret is typed only once the program has switched the echo off (else it would be lost
when the program flushes its input, or be shown); EIO is not the end (login hangs the terminal up and opens
it anew): the end is when the program has ended; every wait has a deadline and says what was on the screen
when it was missed."""
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import tty


PATIENCE = 60       # seconds: what waits in vain has failed anyway, and a loaded machine may be slow


class Unexpected(Exception):
    """A program did not say what it should, in time."""


class Screen:
    """What has been said, in .screen, and the patterns that a test waits for in it. take(deadline) waits for more
    and is False when there is none and never will be; missed(what) is the error to raise."""
    patience = PATIENCE
    screen = ""
    mark = 0            # up to here, expect() has used it up

    def expect(self, *patterns, timeout=None):
        """Waits for one of the patterns; returns its number and leaves the match in .match. At the same
        place the first pattern in the list wins."""
        deadline = time.monotonic() + (self.patience if timeout is None else timeout)
        more = True
        while True:
            for n, pattern in enumerate(patterns):
                m = re.search(pattern, self.screen[self.mark:])
                if m:
                    self.match = m
                    self.before = self.screen[self.mark:self.mark + m.start()]
                    self.mark += m.end()
                    return n
            if not more or time.monotonic() > deadline:
                raise self.missed(" or ".join(repr(p) for p in patterns))
            more = self.take(deadline)


class Program(Screen):
    def __init__(self, argv, env=None, uid=None, cwd="/", rows=60, columns=100, watch=None):
        self.name = os.path.basename(argv[0])
        self.watch = watch   # called with each piece of the screen, and with what is typed unseen
        self.status = None   # as a shell has it: exit status, or 128 + signal
        self.rest = b""      # a character cut by a read
        self.master, slave = pty.openpty()
        name = os.ttyname(slave)
        if uid is not None:
            os.fchown(slave, uid, -1)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
                       "TERM": "dumb", "LC_ALL": "C.UTF-8"}
        environment.update(env or {})
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                tty_fd = os.open(name, os.O_RDWR)
                for k in (0, 1, 2):
                    os.dup2(tty_fd, k)
                os.closerange(3, 256)
                os.chdir(cwd)
                if uid is not None:
                    os.setgroups([])
                    os.setresgid(uid, uid, uid)
                    os.setresuid(uid, uid, uid)
                for s in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
                    signal.signal(s, signal.SIG_DFL)
                os.execvpe(argv[0], argv, environment)
            except OSError as e:
                os.write(2, ("%s: %s\n" % (argv[0], e.strerror)).encode())
            finally:
                os._exit(127)
        os.close(slave)
        self.pidfd = os.pidfd_open(self.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def show(self, text):
        self.screen += text
        if self.watch:
            self.watch(text)

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self.status = code if code >= 0 else 128 - code
        return self.status is not None

    def read(self, seconds):
        """Reads what there is, waiting at most so long. False when there is nothing and never will be."""
        can, _, _ = select.select([self.master], [], [], max(0, seconds))
        if not can:
            return not self.ended()
        try:
            data = os.read(self.master, 65536)
        except OSError as e:
            if e.errno != errno.EIO:
                raise
            data = b""
        if not data:    # nobody has the terminal open: at the end, or between two openings
            if self.ended():
                return False
            select.select([self.pidfd], [], [], min(0.05, max(0, seconds)))
            return True
        data = self.rest + data
        try:
            text, self.rest = data.decode(), b""
        except UnicodeDecodeError as e:
            if len(data) - e.start < 4 and e.reason == "unexpected end of data":
                text, self.rest = data[:e.start].decode(), data[e.start:]
            else:
                text, self.rest = data.decode(errors="replace"), b""
        self.show(text)
        return True

    def missed(self, what):
        how = "ended with status %s" % self.status if self.status is not None else "is still running"
        return Unexpected("%s %s; waited for %s; said since:\n%s" %
                          (self.name, how, what, self.screen[self.mark:]))

    def take(self, deadline):
        return self.read(min(1, deadline - time.monotonic()))

    def echoes(self):
        try:
            return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)
        except termios.error:
            return True

    def type(self, text, end="\r"):
        os.write(self.master, (text + end).encode())

    def interrupt(self):
        """Ctrl-C, once the program in the foreground waits for a key: sudo notes it in a handler and reads on, so
        that one that comes between its prompt and its read(2) is lost."""
        deadline = time.monotonic() + self.patience
        while not self.waits_for_key():
            if time.monotonic() > deadline or not self.read(0.01):
                raise self.missed("a program that waits for a key")
        self.type("\x03", end="")

    def waits_for_key(self):
        try:
            with open("/proc/%d/syscall" % os.tcgetpgrp(self.master)) as f:
                return f.read().split()[0] == "0"      # read (x86-64)
        except (FileNotFoundError, ProcessLookupError):
            return False

    def answer(self, text, shown=None):
        """Types an answer. If the terminal does not echo it, the screen gets what is shown in its place."""
        if shown is not None and not self.echoes():
            self.show(shown)
        self.type(text)

    def secret(self, text, shown=None):
        """Types an answer that must not be echoed."""
        deadline = time.monotonic() + self.patience
        while self.echoes():
            if time.monotonic() > deadline or not self.read(0.01):
                raise self.missed("the echo to be off")
        self.show("\u2022" * len(text) if shown is None else shown)
        self.type(text)

    def end(self, timeout=PATIENCE):
        """Waits until the program has ended; returns its exit status."""
        deadline = time.monotonic() + timeout
        while self.read(min(1, deadline - time.monotonic())):
            if time.monotonic() > deadline:
                raise self.missed("its end")
        return self.status

    def close(self):
        """Ends the program if it has not, as a terminal does that is switched off."""
        if self.master is not None:
            os.close(self.master)
            self.master = None
        if not self.ended():
            select.select([self.pidfd], [], [], 2)
            if not self.ended():
                os.kill(self.pid, signal.SIGKILL)
                select.select([self.pidfd], [], [], 5)
                self.ended()
        if self.pidfd is not None:
            os.close(self.pidfd)
            self.pidfd = None


def relay(argv, env):
    """Lets the reader type to a program on a terminal of its own, until it ends; returns its status.
    (A private host has terminals of its own: the reader's can't be opened by name there.)"""
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
    rows, columns = struct.unpack("HHHH", size)[:2]
    before = termios.tcgetattr(0)
    p = Program(argv, env=env, cwd=env["HOME"], rows=rows or 24, columns=columns or 80)

    def resize(*_):
        fcntl.ioctl(p.master, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))

    signal.signal(signal.SIGWINCH, resize)
    try:
        tty.setraw(0)
        while not p.ended():
            can, _, _ = select.select([0, p.master, p.pidfd], [], [])
            if p.master in can:
                try:
                    os.write(1, os.read(p.master, 65536))
                except OSError:
                    select.select([p.pidfd], [], [], 0.05)
            if 0 in can:
                typed = os.read(0, 4096)
                if not typed:
                    break
                os.write(p.master, typed)
        while select.select([p.master], [], [], 0)[0]:
            try:
                os.write(1, os.read(p.master, 65536))
            except OSError:
                break
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        p.close()
    return p.status
