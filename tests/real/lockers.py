# SPDX-License-Identifier: Apache-2.0
"""Screen lockers at a person's own desk. What must hold: a locker's state is what the locker itself says (its
process, its own log, what it answers); keys are sent once it says that it takes them."""
import contextlib
import json
import os
import pwd
import re
import shutil
import subprocess
import time

from drive import PATIENCE, Program
from host import MODULE, daemon_down, daemon_up, kill, pids, take_settings, until
from people import CODE, PASSWORD, SHELL, audit

PIN = "70413"


def use_pam_files():
    """The files of conf/pam.d, in place of the packages' own."""
    for name in ("i3lock", "swaylock", "vlock", "xscreensaver"):
        shutil.copy(os.environ["HC_TREE"] + "/conf/pam.d/" + name, "/etc/pam.d/" + name)


def few_tries(n):
    """So many wrong PINs in a row, and a PIN is locked: what counts twice, or not at all, then shows soon."""
    with open("/etc/hcauth/hcauthd.conf") as f:
        settings = f.read()
    with open("/etc/hcauth/hcauthd.conf", "w") as f:
        f.write(settings.replace("\ntries = 10\n", "\ntries = %d\n" % n))
    take_settings()


def replace_module():
    """As an upgrade does: another file under the same name, and hcauthd starts anew."""
    daemon_down()
    shutil.copy2(MODULE, MODULE + ".new")
    os.rename(MODULE + ".new", MODULE)
    daemon_up()


class Desk:
    """Where a person has signed in, at login(1)."""

    def __init__(self, person):
        self.person = person
        self.session = None
        self.uid = pwd.getpwnam(person.user).pw_uid
        self.home = pwd.getpwnam(person.user).pw_dir
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": self.home, "USER": person.user,
                    "LOGNAME": person.user, "TERM": "linux", "LC_ALL": "C.UTF-8"}
        self.sign_in()

    def sign_in(self):
        """A full sign-in, in which a shift begins."""
        self.session = self.person.login()
        self.person.sign_in(self.session, code=self.person.recovery_code())
        self.person.has_phone(self.session)
        self.session.expect(SHELL)

    def sign_out(self):
        self.session.type("exit")
        self.session.end()

    def as_person(self, argv):
        return ["setpriv", "--reuid", str(self.uid), "--regid", str(self.uid), "--init-groups", *argv]

    def run(self, *argv):
        """What a program of hers printed."""
        return subprocess.run(self.as_person(argv), env=self.env, cwd=self.home, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE).stdout

    def start(self, *argv, log, **how):
        with open(log, "wb") as f:
            return subprocess.Popen(self.as_person(argv), env=self.env, cwd=self.home, stdin=subprocess.DEVNULL,
                                    stdout=f, stderr=f, start_new_session=True, **how)

    def program(self, *argv):
        """One on a terminal of its own."""
        return Program(list(argv), uid=self.uid, env=self.env)

    def again(self):
        """Out and in: a new shift."""
        self.sign_out()
        self.sign_in()

    def choose_pin(self):
        with self.program("hcauth", "pin") as p:
            p.expect(PASSWORD)
            p.secret(self.person.password)
            p.expect(CODE)
            p.answer(self.person.recovery_code(), shown="")
            for prompt in (r"New PIN: $", r"New PIN again: $"):
                p.expect(prompt)
                p.secret(PIN)
            p.end()

    def end_shift(self):
        self.run("hcauth", "lock")

    def status(self):
        """What hcauth tells her of herself."""
        return json.loads(self.run("hcauth", "status", "--json"))

    def refused(self, service):
        """Why a service has refused her, oldest first."""
        return [r["detail"] for r in audit(self.person) if r["event"] == "refused" and r["service"] == service]


class Locker:
    """What the four have in common."""

    def fails(self, *answers):
        """Answers; returns when the locker has said that it is wrong."""
        before = self.failures()
        self.answer(*answers)
        until("%s says that %r is wrong" % (self.name, answers), lambda: self.failures() > before)
        if not self.locked():
            raise AssertionError("%s was unlocked by %r" % (self.name, answers))

    def unlocks(self, *answers):
        """Answers; returns the seconds until the screen is open."""
        begin = time.monotonic()
        self.answer(*answers)
        until("%s unlocks by %r" % (self.name, answers), lambda: not self.locked())
        return time.monotonic() - begin

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """However it stands."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                kill(pid)

    def processes(self):
        return [pid for pid in pids(self.name) if pid not in self.before]

    def locked(self):
        return bool(self.processes())

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()


class Screen:
    """An X server of a person's."""

    def __init__(self, desk):
        self.desk = desk
        self.ready, write = os.pipe()   # open for good: it writes there each time that it starts anew
        self.server = desk.start("Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp",
                                 "-noreset", log="/run/host/xvfb.log", pass_fds=[write])
        os.close(write)
        desk.env["DISPLAY"] = ":" + os.read(self.ready, 16).decode().strip()

    def keys(self, *names):
        self.desk.run("xdotool", "key", "--delay", "2", *names)

    def type(self, text):
        self.desk.run("xdotool", "type", "--delay", "2", text)

    def picture(self, path):
        self.desk.run("import", "-window", "root", path)


class I3lock(Locker):
    name = "i3lock"

    def __init__(self, screen, *options):
        self.screen = screen
        self.before = pids(self.name)
        self.log_path = "/run/host/i3lock.log"
        if screen.desk.start("i3lock", "--debug", *options, log=self.log_path).wait(PATIENCE) != 0:   # its parent ends when it has locked
            raise AssertionError("i3lock: " + self.log())

    def answer(self, text):
        self.screen.type(text)
        self.screen.keys("Return")

    def failures(self):
        return self.log().count("Authentication failure")


class Xscreensaver(Locker):
    name = "xscreensaver"
    helper = "xscreensaver-au"      # xscreensaver-auth, as the kernel cuts it

    def __init__(self, screen):
        self.screen = screen
        self.before = []
        self.log_path = "/run/host/xscreensaver.log"
        with open(screen.desk.home + "/.xscreensaver", "w") as f:
            f.write("mode: blank\nfade: False\nunfade: False\n")
        screen.desk.start("xscreensaver", "--no-splash", "--verbose", log=self.log_path)
        until("xscreensaver answers", lambda: "non-blanked" in self.says())

    def says(self):
        return self.screen.desk.run("xscreensaver-command", "-time")

    def lock(self):
        self.screen.desk.run("xscreensaver-command", "-lock")
        until("xscreensaver locks", self.locked)

    def locked(self):
        return "screen locked" in self.says()

    def prompts(self):
        return [text for kind, text in self.shown() if kind.startswith("ECHO")]

    def shown(self):
        """All that it was to show: prompts, and messages if there were any."""
        return re.findall(r'pam_conversation \((\w+)="([^"]*)"', self.log())

    def wake(self):
        """A key that writes nothing, until the dialog is there and asks."""
        asked = len(self.prompts())

        def there():
            if not pids(self.helper):
                self.screen.keys("Shift_L")
            return len(self.prompts()) > asked and pids(self.helper)

        until("xscreensaver asks", there)
        self.hears()

    def hears(self):
        """Until its dialog says that it has seen a key, one that writes nothing."""
        seen = self.keys_seen()
        until("the dialog hears keys", lambda: self.screen.keys("Shift_L") or self.keys_seen() > seen)

    def keys_seen(self):
        return len(re.findall(r"xscreensaver-auth: \S+ XI RawKeyPress", self.log()))

    def rests(self):
        """Until its dialog is gone: it shows for a while what has become of it."""
        until("the dialog is gone", lambda: not pids(self.helper))

    def fails(self, *answers):
        super().fails(*answers)
        self.rests()

    def gives_up(self):
        """Until it has said so where it asks nothing."""
        before, asked = self.log().count("authorization failed"), len(self.prompts())
        until("xscreensaver gives up", lambda: pids(self.helper) or self.screen.keys("Shift_L") or
              self.log().count("authorization failed") > before, 20)
        self.rests()
        until("xscreensaver gives up", lambda: self.log().count("authorization failed") > before)
        if not self.locked() or len(self.prompts()) > asked:
            raise AssertionError("xscreensaver: " + self.log())

    def answer(self, *texts):
        """Wakes it, then answers prompt by prompt."""
        self.wake()
        for n, text in enumerate(texts):
            asked = len(self.prompts())
            self.screen.type(text)
            self.screen.keys("Return")
            if n + 1 < len(texts):
                until("the next prompt", lambda: len(self.prompts()) > asked)
                self.hears()

    def failures(self):
        return self.log().count("Authentication failure")


class Sway:
    """A Wayland compositor of a person's, without a screen."""

    def __init__(self, desk):
        self.desk = desk
        folder = "/run/user/%d" % desk.uid
        os.makedirs(folder)
        os.chown(folder, desk.uid, desk.uid)
        os.chmod(folder, 0o700)
        with open("/run/host/sway.conf", "w") as f:
            f.write("output * bg #336699 solid_color\n")
        desk.env.update({"XDG_RUNTIME_DIR": folder, "WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1",
                         "WLR_RENDERER": "pixman", "WAYLAND_DISPLAY": "wayland-1"})
        self.server = desk.start("sway", "-c", "/run/host/sway.conf", log="/run/host/sway.log")
        until("sway answers", lambda: "HEADLESS-1" in desk.run("swaymsg", "-s", self.socket(folder), "-t", "get_outputs", "-r"))

    def socket(self, folder):
        return next((folder + "/" + n for n in os.listdir(folder) if n.startswith("sway-ipc.")), "/nonexistent")


class Swaylock(Locker):
    name = "swaylock"

    def __init__(self, sway, *options):
        self.sway = sway
        self.before = pids(self.name)
        self.log_path = "/run/host/swaylock.log"
        if sway.desk.start("swaylock", "--daemonize", *options, log=self.log_path).wait(PATIENCE) != 0:     # when it has locked
            raise AssertionError("swaylock: " + self.log())

    def answer(self, text):
        """The delays are wtype's: it makes a keyboard, which must be known before its first key."""
        self.sway.desk.run("wtype", "-s", "200", "-d", "5", *([text] if text else []), "-s", "50", "-k", "Return")

    def failures(self):
        return self.log().count("pam_authenticate failed")


def hears(vlock):
    """After a prompt is on the screen: until vlock waits for a key, as it throws away before what was typed."""
    def waits():
        with open("/proc/%d/syscall" % vlock.pid) as f:
            return f.read().split()[:2] in (["23", "0x1"], ["270", "0x1"])      # select, pselect6 (x86-64) on stdin

    until("vlock waits for a key", waits)


class Vlock(Locker):
    name = "vlock-main"

    def __init__(self, desk):
        self.before = []
        self.program = desk.program("vlock", "--current")
        self.program.expect(r"Please press ")

    def prompt(self, *patterns):
        """Its next prompt, at which it hears; after a refusal it asks for root's password, which nobody types here."""
        while True:
            n = self.program.expect(*patterns, r"root's Password: $", r"\[ENTER\] to unlock")
            hears(self.program)
            if n < len(patterns):
                return n
            self.program.type("")

    def answer(self, *texts):
        """Prompt by prompt, whatever they are."""
        for text in texts:
            self.prompt(r"(?<!root's )(?:Password|PIN|Code): $")
            self.program.secret(text)

    def failures(self):
        self.program.read(0.01)
        return self.program.screen.count("Authentication failure")

    def locked(self):
        self.program.read(0.01)
        return not self.program.ended()

    def processes(self):
        return [] if self.program.ended() else [self.program.pid]

    def end(self):
        self.program.close()
