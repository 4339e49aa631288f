# SPDX-License-Identifier: Apache-2.0
"""People on a private host, and the dialogues they have with hcauth: every text that a test waits for."""
import contextlib
import ctypes
import email
import email.policy
import json
import math
import os
import re
import select
import subprocess
import time

from drive import PATIENCE, Program

# What hcauth asks, at the end of what is on the screen (ssh puts "(name@host) " before it).
PASSWORD = r"Password: $"
SUDO_PASSWORD = r"\[sudo\] password for \S+: $"
CODE = r"Code: $"
NEW_PASSWORD = r"New password: $"
NEW_PASSWORD_AGAIN = r"New password again: $"
SECRET = r"Secret: ([A-Z2-7 ]+)\r?\n"
APP_CODE = r"Code from the app: $"
RECOVERY = r"(?m)^\s*((\d\d)-[A-Z0-9]+(?:-[A-Z0-9]+)+)\s*$"
LOST_PHONE = r"Have you lost your phone\?[^:]*: $"
KEPT = r"Type \"yes\" when you have written them down: $"
SHELL = r"[$#] $"
PIN_PROMPT = r"(?<!New )PIN: $"
PIN_NEW = r"New PIN: $"
PIN_AGAIN = r"New PIN again: $"
FORGOTTEN = r"Forgotten it\?[^:]*: $"
YOUR_ADDRESS = r"Is \S+ your own e-mail address\?[^:]*: $"
MAIL_CODE = r"Code from the e-mail: $"
MOBILE = r"Your mobile number[^:]*: $"
SMS_CODE = r"Code from the text message: $"
OTHER_ID = r"Do you have another user ID\?[^:]*: $"
USERID = r"User ID of the other account: $"

IN_MOVED_TO = 0x80      # sys/inotify.h
STEP = 30       # seconds a TOTP code stands for (RFC 6238)


def run(*argv, env=None, given=None, timeout=2 * PATIENCE):
    """Runs a command without a terminal; returns status, stdout and stderr."""
    r = subprocess.run(argv, input=given, stdin=subprocess.DEVNULL if given is None else None,
                       capture_output=True, text=True, errors="replace", timeout=timeout,
                       env=dict(os.environ, **(env or {})))
    return r.returncode, r.stdout, r.stderr


def hcauth(*args):
    """Runs hcauth as root; returns what it printed."""
    status, out, err = run("hcauth", *args)
    if status != 0:
        raise AssertionError("hcauth %s: status %d: %s%s" % (" ".join(args), status, out, err))
    return out


def audit(person):
    """The audit's records about a person, oldest first."""
    return [r for r in json.loads(hcauth("audit", "--json")) if r["who"] == person.email]


class Message:
    """An e-mail or a text message that has arrived (tests/host): number, to, subject, text, code."""

    def __init__(self, folder, number):
        with open("%s/%04d" % (folder, number), "rb") as f:
            self.parsed = email.message_from_bytes(f.read(), policy=email.policy.default)
        self.number = number
        self.to = self.parsed["To"]
        self.id = self.parsed["Message-ID"]     # an e-mail that is sent twice has the same
        self.subject = self.parsed["Subject"]
        self.text = self.parsed.get_payload(decode=True).decode().replace("\r\n", "\n").strip()
        found = re.search(r"\b\d{6}\b", self.text)
        self.code = found and found.group()


def arrived(folder):
    """How many messages have."""
    return sum(name.isdigit() for name in os.listdir(folder))


def mails():
    return arrived(os.environ["MAIL_DIR"])


def mail(n):
    """The e-mail that arrived as the nth, from 1 on."""
    return Message(os.environ["MAIL_DIR"], n)


given_out = {}  # to: the number of the last message that a test has waited for
given_ids = set()


@contextlib.contextmanager
def watched(folder):
    """A descriptor from which something can be read once a file has got its name in a folder (inotify(7))."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_CLOEXEC)
    if fd < 0 or libc.inotify_add_watch(fd, folder.encode(), IN_MOVED_TO) < 0:
        raise OSError(ctypes.get_errno(), folder)
    try:
        yield fd
    finally:
        os.close(fd)


def wait_message(folder, to, since, seconds, again=False):
    with watched(folder) as fd:
        return next_message(fd, folder, to, since, time.monotonic() + seconds, again)


def next_message(fd, folder, to, since, deadline, again):
    n = given_out.get(to, 0) if since is None else since
    while True:
        while n < arrived(folder):
            n += 1
            m = Message(folder, n)
            if m.to == to and (again or m.id not in given_ids):
                given_out[to] = n
                given_ids.update({m.id} - {None})
                return m
        if not select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]:
            raise AssertionError("nothing to %s in %s in time" % (to, folder))
        os.read(fd, 65536)


def wait_mail(to, since=None, seconds=PATIENCE, again=False):
    """Waits for the next e-mail to an address: the first that no test has waited for, or the first after
    number since (say, mails() before what causes it). One that came before, and is sent again as hcauthd
    was restarted while the courier spoke to it, is passed over, unless again is true."""
    return wait_message(os.environ["MAIL_DIR"], to, since, seconds, again)


def wait_sms(to, since=None, seconds=PATIENCE):
    """The same for a text message to a number, "+44..."."""
    return wait_message(os.environ["SMS_DIR"], to, since, seconds)


def practice(key="stj", name="St John's Surgery"):
    hcauth("practice", "add", key, name)


class Person:
    """Somebody with an identity and an account; signed in for the first time by enrol()."""

    def __init__(self, first, number, practice="stj", groups=None, existing=False):
        self.name = first.capitalize() + " Example"
        self.email = first + "@example.org"
        self.user_id = "HC%06d" % number
        self.user = first + "e"
        self.password = "%s likes tall green hills" % first
        self.totp = None            # the secret, in base32
        self.step = 0               # the last one used
        self.recovery = {}          # slot: code as it is typed
        self.activation = hcauth("identity", "add", self.email, "--name", self.name).split("\n")[-2].strip()
        args = ["account", "add", self.user_id, "--practice", practice, "--identity", self.email, "--user", self.user]
        if groups:
            args += ["--groups", groups]
        if existing:
            args += ["--existing"]
        hcauth(*args)

    def code_at(self, step):
        """The code of a step, by a tool that is not ours."""
        return subprocess.run(["oathtool", "--totp", "-b", "-N", "@%d" % (step * STEP), self.totp],
                              check=True, capture_output=True, text=True).stdout.strip()

    def code(self):
        """A code that will be accepted. A step is used once and only ever greater ones are, so this takes the
        smallest one that is left and waits for the clock only if that lies more than one step ahead. The step
        before the present one is taken only if the present one will last for long enough to type it, and for hcauthd
        to come to it, on a loaded machine."""
        now = time.time()
        left = STEP - now % STEP
        first = math.floor(now / STEP) - (1 if left > 20 else 0)
        step = max(self.step + 1, first)
        ahead = (step - 1) * STEP - time.time()
        if ahead > 0:
            time.sleep(ahead + 0.05)
        self.step = step
        return self.code_at(step)

    def wrong_code(self):
        """Six digits that no step near the present one has."""
        now = math.floor(time.time() / STEP)
        near = {self.code_at(now + k) for k in range(-3, 5)}
        return next(c for c in ("%06d" % n for n in range(100)) if c not in near)

    def recovery_code(self):
        slot = min(self.recovery)
        return self.recovery.pop(slot)

    def first_sign_in(self, p):
        """Answers the dialogue of a first sign-in, from the prompt for the password on."""
        p.expect(PASSWORD)
        p.secret(self.activation)
        p.expect(NEW_PASSWORD)
        p.secret(self.password)
        p.expect(NEW_PASSWORD_AGAIN)
        p.secret(self.password)
        p.expect(SECRET)
        self.totp = p.match.group(1).replace(" ", "")
        self.qr = p.before
        p.expect(APP_CODE)
        p.answer(self.code(), shown="")
        p.expect(KEPT)
        self.recovery = {int(slot): code for code, slot in re.findall(RECOVERY, p.before.replace("\r", ""))}
        if len(self.recovery) != 12:
            raise AssertionError("not 12 recovery codes:\n" + p.before)
        p.answer("yes")

    def sign_in(self, p, code=None, password=None, prompt=PASSWORD):
        """Answers the dialogue of a sign-in, from the prompt for the password on."""
        p.expect(prompt)
        p.secret(self.password if password is None else password)
        p.expect(CODE)
        code = self.code() if code is None else code
        p.answer(code, shown=code)

    def has_phone(self, p):
        """Answers what is asked after a recovery code that was right."""
        p.expect(LOST_PHONE)
        p.answer("", shown="")

    def login(self, name=None, **how):
        """login(1), up to and with the name."""
        p = Program(["login"], **how)
        p.expect(r"login: $")
        p.type(self.email if name is None else name)
        return p

    def ssh(self, *command, name=None, options=(), **how):
        return Program(["ssh", *options, "-p", os.environ["SSH_PORT"], "-o", "NumberOfPasswordPrompts=1",
                        "%s@testhost" % (self.email if name is None else name), *command], **how)

    def enrol(self):
        """The first sign-in, at login(1)."""
        with self.login() as p:
            self.first_sign_in(p)
            p.expect(SHELL)
            p.type("exit")
            p.end()
        return self
