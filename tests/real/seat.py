# SPDX-License-Identifier: Apache-2.0
"""A seat without a screen: lightdm and its GTK greeter on Xvfb, typed at by xdotool, and read from the pixels by
tesseract, as the person in front of it reads.

What must hold: no device of the machine's is touched (lightdm would switch its virtual terminals), so /dev is the
host's own from the first seat on; every wait is for what stands on the screen, and has a deadline."""
import difflib
import os
import re
import subprocess
import time

from drive import PATIENCE
from host import kill, until

FOLDER = "/run/seat"
SEEN = (700, 480, 50, 80)    # width, height and place of what is read: the greeter's window, at its largest
DEVICES = r"""set -e
mkdir %s
mount -t tmpfs -o mode=755 dev %s
cd %s
for n in null zero full random urandom tty; do touch $n; mount --bind /dev/$n $n; done
mkdir pts shm
mount --rbind /dev/pts pts
mount -t tmpfs -o mode=1777 shm shm
ln -s pts/ptmx ptmx
ln -s /proc/self/fd fd
mount --move . /dev
mkdir -p /run/dbus /tmp/.X11-unix
chmod 1777 /tmp/.X11-unix
dbus-daemon --system --fork
""".replace("%s", FOLDER + "/dev")

# What lightdm starts as an X server: it asks for a virtual terminal, which there is none of.
X_SERVER = r"""#!/bin/bash
for a; do
	shift
	case $a in
	vt[0-9]* | -novtswitch) continue ;;
	-seat) seat=next; continue ;;
	esac
	[ "${seat-}" != next ] || { seat=; continue; }
	set -- "$@" "$a"
done
exec Xvfb "$@" -screen 0 800x600x24
"""

# A session: it says who it is, and stays until it is told to end.
SESSION = r"""#!/bin/sh
[ -p /run/seat/end.$(id -un) ] || mkfifo /run/seat/end.$(id -un)
{ date +%s.%N; id -un; id -u; pwd; echo "$HCAUTH_IDENTITY $HCAUTH_ACCOUNT $HCAUTH_PRACTICE"; echo "$DISPLAY"; echo $$; } \
	>/run/seat/session.$$
mv /run/seat/session.$$ /run/seat/session
[ ! -x "$HOME/.session" ] || "$HOME/.session" &
read -r _ </run/seat/end.$(id -un)
"""

CONF = """[LightDM]
minimum-display-number=80
logind-check-graphical=false

[Seat:*]
xserver-command=%s/x-server
session-wrapper=%s/session-wrapper
""" % (FOLDER, FOLDER)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def prepare():
    """Once a host."""
    if os.path.isdir(FOLDER):
        return
    os.mkdir(FOLDER)
    os.chmod(FOLDER, 0o1777)
    subprocess.run(["bash", "-c", DEVICES], check=True)
    write(FOLDER + "/x-server", X_SERVER, 0o755)
    write(FOLDER + "/session-wrapper", SESSION, 0o755)
    write("/etc/lightdm/lightdm.conf", CONF)


class Session:
    """What a session has said of itself."""

    def __init__(self):
        until("a session", lambda: os.path.exists(FOLDER + "/session"))
        with open(FOLDER + "/session") as f:
            self.begun, self.user, self.uid, self.home, self.hcauth, self.display, self.pid = \
                f.read().split("\n")[:7]
        self.begun, self.uid, self.pid = float(self.begun), int(self.uid), int(self.pid)
        os.unlink(FOLDER + "/session")

    def end(self):
        with open(FOLDER + "/end." + self.user, "w") as f:
            f.write("\n")


class Screen:
    """What one sees and types at one of the seat's displays."""

    def __init__(self, number=80):
        self.number = number
        self.env = dict(os.environ, DISPLAY=":%d" % number, XAUTHORITY="/run/lightdm/root/:%d" % number,
                        OMP_THREAD_LIMIT="1")
        self.text = ""
        self.places = {}
        self.typed = None   # when the last answer was sent

    def xdotool(self, *words):
        subprocess.run(["xdotool", *words], env=self.env, check=True, capture_output=True, timeout=PATIENCE)

    def type(self, text, end="Return"):
        if text:
            self.xdotool("type", "--delay", "12", text)
        self.typed = time.time()
        self.xdotool("key", end)

    def key(self, name):
        self.xdotool("key", name)

    def shot(self, path, *how):
        return subprocess.run(["import", "-window", "root", *how, path], env=self.env, capture_output=True,
                              timeout=PATIENCE).returncode == 0

    def settle(self):
        """Waits until the picture stands still."""
        last = None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.shot(FOLDER + "/still.ppm")
            with open(FOLDER + "/still.ppm", "rb") as f:
                now = f.read()
            if now == last:
                return
            last = now
        raise AssertionError("the picture never stands still")

    def ocr(self, kind):
        """What tesseract makes of the pixels."""
        picture = "%s/screen.%d.png" % (FOLDER, self.number)
        if not self.shot(picture, "-crop", "%dx%d+%d+%d" % SEEN, "+repage", "-resize", "300%", "-colorspace", "Gray"):
            return ""
        return subprocess.run(["tesseract", picture, "-", "--psm", "11", *kind], env=self.env, timeout=PATIENCE,
                              capture_output=True, text=True).stdout

    def read(self):
        self.text = re.sub(r"\s+", " ", self.ocr(()))
        return self.text

    def says(self, *patterns, seconds=PATIENCE):
        """Waits until one of the patterns can be read, and returns its number; .match has the match."""
        deadline = time.monotonic() + seconds
        while True:
            self.read()
            for n, pattern in enumerate(patterns):
                self.match = re.search(pattern, self.text)
                if self.match:
                    return n
            if time.monotonic() > deadline:
                raise AssertionError("waited for %s; the screen says: %s" % (" or ".join(patterns), self.text))

    def reads(self, text, seconds=PATIENCE):
        """Waits until a sentence can be read, less a letter or two that tesseract takes for others."""
        deadline = time.monotonic() + seconds
        while True:
            blocks = difflib.SequenceMatcher(None, text, self.read(), autojunk=False).get_matching_blocks()
            if sum(b.size for b in blocks if b.size > 2) > 0.9 * len(text):
                return
            if time.monotonic() > deadline:
                raise AssertionError("waited for %r; the screen says: %s" % (text, self.text))

    def click(self, word, anew=False):
        """On a word, such as a button's; where it stood the last time, unless it is to be looked for anew."""
        if word in self.places and not anew:
            self.xdotool("mousemove", *self.places[word], "click", "1")
            return
        for line in self.ocr(("tsv",)).split("\n")[1:]:
            cell = line.split("\t")
            if len(cell) == 12 and cell[11] == word:
                x, y, wide, high = (int(c) // 3 for c in cell[6:10])
                self.places[word] = (str(SEEN[2] + x + wide // 2), str(SEEN[3] + y + high // 2))
                self.click(word)
                return
        raise AssertionError("no %r to click on: %s" % (word, self.read()))


class Seat:
    """lightdm, with lines of its own for [Seat:*] besides the shipped example."""

    def __init__(self, *lines, example="conf/lightdm/50-hcauth.conf"):
        prepare()
        with open(os.path.join(os.environ["HC_TREE"], example)) as f:
            write("/etc/lightdm/lightdm.conf.d/50-hcauth.conf", f.read())
        write("/etc/lightdm/lightdm.conf.d/90-test.conf", "[Seat:*]\n" + "".join(line + "\n" for line in lines))
        self.log = open(FOLDER + "/lightdm.log", "ab")
        self.lightdm = subprocess.Popen(["lightdm", "--debug"], stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        self.screen = Screen()
        self.screen.says("Log In")

    def __enter__(self):
        return self

    def said(self, text):
        with open(FOLDER + "/lightdm.log") as f:
            return text in f.read()

    def prompted(self):
        """How many prompts and messages lightdm has passed to its greeter."""
        with open(FOLDER + "/lightdm.log") as f:
            return f.read().count("Prompt greeter with")

    def name(self, who):
        """Types a name, and waits for what is asked of whoever it is."""
        before = self.prompted()
        self.screen.type(who)
        until("a prompt for " + who, lambda: self.prompted() > before)
        self.screen.settle()

    def __exit__(self, *_):
        kill(self.lightdm.pid, 15)
        self.lightdm.wait()
        self.log.close()
