# SPDX-License-Identifier: Apache-2.0
"""What is measured side by side: hcauth, and what people would use instead, from Debian's packages. Each is a PAM
service of its own, bench-NAME, and a program of that name that is sshd (sshd takes its service from its name); each has
people of its own, with the same passwords and apps.

What must hold: nothing is made easier for hcauth. What the peers keep stands on the same disk as the daemon's store, they
have fewer people (so shorter files), and pam_faillock never locks anybody: else one code refused would count as many."""
import glob
import os
import re
import subprocess
import sys
import time

TREE = os.environ["HC_TREE"]
sys.path.insert(0, os.path.join(TREE, "tests/real"))
sys.dont_write_bytecode = True

if not os.path.exists(os.path.join(TREE, "build/unpacked/peers")):
    sys.exit("what hcauth is measured beside is not there: run tests/setup bench")
FOLDER = os.environ.get("HC_BENCH_STATE", "/run/host/bench")      # on a disk: tests/bench/all says which
PEERS = 160     # users of the peers

UNIX = "auth required pam_unix.so\n"
FAILLOCK = ("auth required pam_faillock.so preauth deny=1000\nauth [success=1 default=bad] pam_unix.so\n"
            "auth [default=die] pam_faillock.so authfail deny=1000\n")
ACCOUNT = "account required pam_unix.so\nsession required pam_unix.so\n"


def module(package, name):
    return glob.glob("%s/build/unpacked/%s/lib/*/security/%s" % (TREE, package, name))[0]


def stacks():
    """{name: the file in pam.d}, in the order in which they are shown."""
    ours = "".join("%s required pam_hcauth.so\n" % phase for phase in ("auth", "account", "session"))
    floor = "".join("%s required pam_permit.so\n" % phase for phase in ("auth", "account", "session"))
    oath = "auth required %s usersfile=%s/users.oath window=1 digits=6\n" % (module("libpam-oath", "pam_oath.so"), FOLDER)
    google = ("auth required %s secret=%s/google/${USER} user=root\n" %
              (module("libpam-google-authenticator", "pam_google_authenticator.so"), FOLDER))
    return {
        "hcauth": ours,
        "oath": FAILLOCK + oath + "auth required pam_faillock.so authsucc\naccount required pam_faillock.so\n" + ACCOUNT,
        "google": UNIX + google + ACCOUNT,
        "unix": UNIX + ACCOUNT,
        "permit": floor,
    }


TITLES = {
    "hcauth": "hcauth",
    "oath": "pam_unix, faillock, pam_oath",
    "google": "pam_unix, google-authenticator",
    "unix": "pam_unix alone, no code",
    "permit": "pam_permit: the floor",
}


def people(verifier="hcauth"):
    with open("%s/%s.people" % (FOLDER, verifier)) as f:
        return [line.rstrip("\n").split("\t") for line in f]


def hex_of(secret):
    import base64
    return base64.b32decode(secret + "=" * (-len(secret) % 8)).hex()


def hashed(password):
    """As Debian's passwd(1) hashes it."""
    subprocess.run(["useradd", "--no-create-home", "hashed"], check=True)
    subprocess.run(["chpasswd", "--crypt-method", "YESCRYPT"], input="hashed:%s\n" % password, text=True, check=True)
    with open("/etc/shadow") as f:
        found = next(line.split(":")[1] for line in f if line.startswith("hashed:"))
    subprocess.run(["userdel", "hashed"], check=True)
    return found


def make_peers():
    """Users of the machine's own, with the passwords and apps of the first of hcauth's people."""
    chosen = [("peer%d" % n, password, secret) for n, (_, password, secret) in enumerate(people()[:PEERS])]
    yescrypt = hashed(chosen[0][1])
    day = int(time.time() / 86400)
    with open("/etc/passwd", "a") as passwd, open("/etc/shadow", "a") as shadow:
        for n, (user, _, _) in enumerate(chosen):
            passwd.write("%s:x:%d:100::/:/bin/sh\n" % (user, 3000 + n))
            shadow.write("%s:%s:%d:0:99999:7:::\n" % (user, yescrypt, day))
    os.makedirs(FOLDER + "/google")
    before = os.umask(0o077)
    with open(FOLDER + "/users.oath", "w") as f:
        f.writelines("HOTP/T30/6\t%s\t-\t%s\n" % (user, hex_of(secret)) for user, _, secret in chosen)
    for user, _, secret in chosen:
        with open("%s/google/%s" % (FOLDER, user), "w") as f:
            f.write('%s\n" TOTP_AUTH\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n' % secret)
        os.chmod(f.name, 0o400)
    os.umask(before)
    for name in ("oath", "google", "unix", "permit"):
        with open("%s/%s.people" % (FOLDER, name), "w") as f:
            f.writelines("\t".join(p) + "\n" for p in chosen)


def make(n):
    """n people of hcauth's, who have signed in once, and the peers; on this machine."""
    os.makedirs(FOLDER, exist_ok=True)
    print("%d people sign in for the first time" % n, flush=True)
    began = time.monotonic()
    crowd_lines("make", FOLDER, str(n))
    print("  in %.0f s" % (time.monotonic() - began), flush=True)
    make_peers()
    for name, text in stacks().items():
        with open("/etc/pam.d/bench-" + name, "w") as f:
            f.write(text)
        if not os.path.exists("/usr/sbin/bench-" + name):
            os.symlink("sshd", "/usr/sbin/bench-" + name)


def made():
    return os.path.exists("/etc/pam.d/bench-permit")


def crowd_lines(*arguments, before=()):
    p = subprocess.run([*before, TREE + "/build/bench_crowd", *arguments], capture_output=True, text=True)
    if p.returncode != 0:
        sys.exit("bench_crowd %s: %s%s" % (" ".join(arguments), p.stdout[-2000:], p.stderr[-2000:]))
    return p.stdout.splitlines()


class Went:
    """What came of some sign-ins: milliseconds of those that PAM granted, and how many it refused."""

    def __init__(self, lines):
        rows = [[float(x) for x in line.split()] for line in lines[:-1]]
        self.granted = [r for r in rows if r[0] == 0]
        self.refused = len(rows) - len(self.granted)
        self.all, self.auth, self.account, self.late = ([r[i] for r in self.granted] for i in (1, 2, 3, 4))
        self.who = {int(r[5]) for r in self.granted}
        self.wall = float(lines[-1].split()[1]) / 1000
        self.rate = len(self.granted) / self.wall


def run(name, parallel, count, before=()):
    return Went(crowd_lines("run", FOLDER, name, "bench-" + name, str(parallel), str(count), before=before))


def again(name, parallel, count):
    """Codes that were accepted a moment ago, once more."""
    return Went(crowd_lines("again", FOLDER, name, "bench-" + name, str(parallel), str(count)))


def empty(name, parallel, count):
    """Hung up at the first prompt; the account phase follows."""
    return Went(crowd_lines("empty", FOLDER, name, "bench-" + name, str(parallel), str(count)))


def storm(name, seconds, count):
    return Went(crowd_lines("storm", FOLDER, name, "bench-" + name, str(seconds), str(count)))


def argon2(parallel, count):
    return Went(crowd_lines("argon2", str(parallel), str(count)))


def sync():
    """Milliseconds of one fdatasync of a page, on the disk that all of them write to."""
    fd = os.open(FOLDER + "/sync", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(fd, b"x" * 4096, 0)
        began = time.monotonic()
        os.fdatasync(fd)
        return (time.monotonic() - began) * 1000
    finally:
        os.close(fd)


class Traced:
    """What processes wrote to files, by strace: syncs, and bytes."""
    CALLS = "write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync_file_range,msync,mmap,execve"

    def __init__(self, path):
        self.syncs = self.written = self.argon2 = self.conversations = 0
        with open(path, errors="replace") as f:
            for line in f:
                self.take(line)

    def take(self, line):
        m = re.match(r"\d+ +(\w+)\((.*)", line)
        if not m:
            return
        call, rest = m.groups()
        if call in ("fsync", "fdatasync", "msync", "sync_file_range"):
            self.syncs += 1
        elif call == "execve" and "hcauth-talk" in rest:
            self.conversations += 1
        elif call == "mmap":
            size = re.match(r"NULL, (\d+), .*MAP_ANONYMOUS", rest)
            self.argon2 += bool(size and 19 << 20 <= int(size.group(1)) < 38 << 20)
        else:
            done = re.match(r"\d+</(?!dev/|proc/)[^>]*>.*\) = (\d+)$", rest)
            self.written += int(done.group(1)) if done else 0
