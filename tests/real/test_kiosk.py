# SPDX-License-Identifier: Apache-2.0
"""A kiosk: choose or type a name, type a PIN, and be in. Text (greetd with agreety; agetty with login) and graphical
(lightdm with a list of names), with the configuration in conf/kiosk."""
import os
import re
import shutil
import subprocess
import time

from drive import PATIENCE, Program
from greetd import write
from host import daemon_down, daemon_up, until
from people import SHELL, Person, audit, practice, run
from seat import FOLDER, Screen, Seat, Session
from tap import case, equal, main, true

TREE = os.environ["HC_TREE"]
KIOSK = TREE + "/conf/kiosk/"
# greetd may say behind the next prompt what PAM said, and that the greeter before hung up.
SAID = r"((pam_authenticate|client loop failed): [^\n]*\n)*$"
NAME = "login: " + SAID
PIN = "PIN: " + SAID
WRONG_PIN = "That PIN is not right. Press Enter to go on."


def settings(*lines):
    with open(KIOSK + "hcauthd.conf") as f:
        write("/etc/hcauth/hcauthd.conf", f.read() + "".join(line + "\n" for line in lines))
    equal(run("hcauthd", "--check")[0], 0, "the settings")
    daemon_down()
    daemon_up()


class Nurse(Person):
    """Somebody who has chosen a PIN at the first sign-in."""
    pin = "70413"

    def first_sign_in(self, p):
        super().first_sign_in(p)
        for prompt in (r"New PIN: $", r"New PIN again: $"):
            p.expect(prompt)
            p.secret(self.pin)


settings()
for service in ("kiosk", "greetd"):
    shutil.copy(TREE + "/conf/pam.d/kiosk", "/etc/pam.d/" + service)
practice()
ann = Nurse("ann", 1).enrol()
bob = Nurse("bob", 2).enrol()


# Nobody comes to this one for longer than hcauthd waits for an answer elsewhere (55 seconds).
idle = subprocess.Popen(["pamtester", "-v", "kiosk", ann.email, "authenticate"], stdin=subprocess.PIPE, text=True,
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
idle_since = time.monotonic()


def events(person, service):
    return [r["event"] for r in audit(person) if r["service"] == service]


def in_and_out(p, person):
    p.expect(SHELL)
    p.type("id -un; pwd; echo $HCAUTH_ACCOUNT")
    p.expect(r"\n%s\r?\n/home/%s\r?\n%s\r?\n" % (person.user, person.user, person.user_id))
    p.expect(SHELL)
    p.type("exit")


@case
def text_greetd_with_agreety():
    """As shipped, but for the terminal: there is no virtual one here, so agreety gets one by script(1)."""
    with open(KIOSK + "greetd.toml") as f:
        config = re.sub(r"vt = .*", 'vt = "none"', f.read())
    config, n = re.subn(r'command = "(.*)"', r'command = "env SHELL=/bin/sh script -qfc \\"\1\\" /dev/null"', config)
    equal(n, 1, "the greeter's command")
    write("/etc/greetd/config.toml", config)
    with Program(["greetd"]) as p:
        p.expect(NAME)
        p.type(ann.email)
        p.expect(PIN)
        p.type("70414")
        p.expect(NAME)          # agreety asks for the name again
        p.type(ann.user)
        p.expect(PIN)
        p.type(ann.pin)
        in_and_out(p, ann)
        p.expect(NAME)          # and is there for the next person
        p.type(bob.email)
        p.expect(PIN)
        p.type(bob.pin)
        in_and_out(p, bob)
        p.expect(NAME)
    equal(events(ann, "greetd"), ["refused", "sign-in", "session-open", "session-close"], "the audit")
    equal(events(bob, "greetd"), ["sign-in", "session-open", "session-close"], "the audit")


def choose(seat, person):
    """With the arrow keys: up to the list's first name, and down again."""
    for key in ("Up", "Up", "Up", "Down", "Down"):
        if seat.screen.says(person.name, r"Log In|Unlock") == 0:
            break
        seat.screen.key(key)
        seat.screen.settle()
    seat.screen.says(person.name + r".*PIN:")


def switch(session):
    """As the session's own program does, which lightdm has told its seat."""
    subprocess.run(["setpriv", "--reuid", str(session.uid), "--regid", str(session.uid), "--clear-groups",
                    "env", "XDG_SEAT_PATH=/org/freedesktop/DisplayManager/Seat0", "dm-tool", "switch-to-greeter"],
                   check=True, timeout=PATIENCE)


def picture(screen, name):
    folder = os.environ.get("HC_PICTURES")
    if folder:
        screen.shot("%s/%s.png" % (folder, name), "-crop", "560x300+120+150", "+repage", "+dither", "-colors", "32")


@case
def graphical_a_name_is_chosen_or_typed():
    with Seat(example="conf/kiosk/lightdm.conf") as seat:
        screen = seat.screen
        choose(seat, bob)
        picture(screen, "kiosk-pin")
        screen.type("70414")
        screen.reads(WRONG_PIN)
        picture(screen, "kiosk-wrong-pin")
        screen.type("")
        screen.says(bob.name + r".*PIN:")
        screen.type(bob.pin)
        session = Session()
        equal((session.user, session.home), (bob.user, "/home/" + bob.user), "whose session")
        print("# from the PIN to the session: %.2f s" % (session.begun - screen.typed))
        session.end()
        screen.says("Log In")
        while screen.says("Other", "Log In") != 0:
            screen.key("Down")
            screen.settle()
        seat.name(ann.email)
        screen.says("PIN:")
        screen.type(ann.pin)
        session = Session()
        equal(session.user, ann.user, "whose session")
        session.end()
        screen.says("Log In")
    equal(events(bob, "kiosk"), ["refused", "sign-in", "session-open", "session-close"], "the audit")


@case
def graphical_another_takes_over_and_the_first_comes_back():
    with Seat(example="conf/kiosk/lightdm.conf") as seat:
        before = len(events(ann, "kiosk"))
        choose(seat, ann)
        seat.screen.type(ann.pin)
        first = Session()
        equal(first.user, ann.user, "the first")
        switch(first)
        seat.screen = Screen(81)
        seat.screen.says("Log In|Unlock")
        choose(seat, bob)
        picture(seat.screen, "kiosk-take-over")
        seat.screen.type(bob.pin)
        second = Session()
        equal((second.user, second.display), (bob.user, ":81"), "the second, on a display of their own")
        true(os.path.exists("/proc/%d" % first.pid), "the first session goes on")
        switch(second)
        seat.screen = Screen(82)
        seat.screen.says("Log In|Unlock")
        choose(seat, ann)
        seat.screen.says("Unlock")
        picture(seat.screen, "kiosk-unlock")
        seat.screen.type("70414")
        seat.screen.reads(WRONG_PIN)
        seat.screen.type("")
        seat.screen.says(ann.name + r".*PIN:")
        seat.screen.type(ann.pin)
        until("ann is back in her session", lambda: seat.said("Returning to existing user session " + ann.user))
        true(not os.path.exists(FOLDER + "/session"), "no other session of ann's")
        first.end()
        second.end()
        until("both sessions are closed", lambda: events(ann, "kiosk")[-1:] == events(bob, "kiosk")[-1:] == ["session-close"])
        equal(events(ann, "kiosk")[before:], ["sign-in", "session-open", "refused", "sign-in", "session-close"], "the audit")


@case
def a_greeter_that_has_asked_for_long_takes_the_first_answer():
    until("a minute", lambda: time.monotonic() - idle_since > 58, 2 * PATIENCE)
    equal(idle.poll(), None, "it still asks")
    said, _ = idle.communicate(ann.pin + "\n", timeout=PATIENCE)
    equal(idle.returncode, 0, said)


@case
def text_agetty_with_login():
    shutil.copy(TREE + "/conf/pam.d/login", "/etc/pam.d/login")
    settings("[service login]", "require = pin")
    with Program(["agetty", "--noclear", "--noissue", "-", "dumb"]) as p:
        p.expect(NAME)
        p.type(bob.email)
        p.expect(r"Password: $", PIN)
        p.secret("70414")
        p.expect(r"Login incorrect\r?\n(.*\n)*.*login: $")
        p.type(bob.email)
        p.expect(PIN)
        p.secret(bob.pin)
        in_and_out(p, bob)
        equal(p.end(), 0, "exit status")
    settings()


main()
