# SPDX-License-Identifier: Apache-2.0
"""Those who answer for names besides hcauth, each filled with the people of bench-people and started on the private
host that this runs on: Debian's packages, from build/unpacked (tests/setup bench).

What must hold: no more than one of them runs at a time, and it is ready (it answers rightly) before it is measured.
What keeps answers is asked for the same 200 over and over and so has them all (nscd beside large files: 25): filling
it with everybody takes minutes (sssd takes some 10 ms for each)."""
import glob
import os
import shutil
import signal
import subprocess
import sys
import time

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOT = 200


def install():
    """What was unpacked, in this host's own folders; the libraries among it are looked for again."""
    packages = os.path.join(TREE, "build/unpacked/peers")
    if not os.path.exists(packages):
        sys.exit("what hcauth is measured beside is not there: run tests/setup bench")
    for package in open(packages).read().split("\n", 1)[1].split():
        for folder in ("etc", "lib", "usr", "var"):
            source = os.path.join(TREE, "build/unpacked", package, folder)
            if os.path.isdir(source):
                subprocess.run(["cp", "-a", source + "/.", "/%s/" % folder], check=True)
    library = os.path.dirname(glob.glob("/usr/lib/*/libnss_hcauth.so.2")[0])
    shutil.copy(os.path.join(TREE, "build/.libs/libnss_nothing.so.2"), library)
    subprocess.run(["ldconfig"], check=True)


def wait_for(what, happened, daemons, seconds=60):
    end = time.monotonic() + seconds
    while not happened():
        for d in daemons:
            if d.poll() is not None:
                raise RuntimeError("%s ended with status %d" % (d.args[-1], d.returncode))
        if time.monotonic() > end:
            raise RuntimeError("no %s after %d seconds" % (what, seconds))
        time.sleep(0.02)


class Peer:
    """One that needs no filling and no daemon."""
    name = service = None
    upto = 1000000  # more take too long to fill
    keeps_hits = keeps_misses = False  # asked again, it answers from memory that the caller shares
    single = ()  # the kinds that it answers wrongly to two threads at once

    def __init__(self, state):
        self.state = state
        self.daemons = []

    def keys(self, people):
        return people

    def keeps(self, kind):
        return self.keeps_misses if kind.startswith("no-") else self.keeps_hits

    def fill(self, people):
        pass

    def start(self):
        pass

    def path(self, name):
        return os.path.join(self.state, name)

    def write(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)

    def daemon(self, *command):
        """Which uses the machine's own files for names, whatever the machine itself uses."""
        log = open(self.path(self.name + ".log"), "ab")
        self.daemons.append(subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c",
             'mount --bind "$0" /etc/nsswitch.conf && exec "$@"', self.path("nsswitch.files"), *command],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True))
        log.close()

    def answers(self):
        got = subprocess.run(["getent", "-s", self.service, "passwd", "user0-stj"], stdout=subprocess.PIPE)
        return got.stdout.startswith(b"user0-stj:")

    def stop(self):
        for d in reversed(self.daemons):
            d.terminate()
            try:
                d.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(d.pid, signal.SIGKILL)
                d.wait()
        self.daemons = []


class Files(Peer):
    name = service = "files"


class Db(Peer):
    """Its getgrouplist leaves groups out when two threads ask."""
    name, service = "libnss-db", "db"
    single = ("groups", "no-groups")
    recipe = os.path.join(TREE, "build/unpacked/libnss-db/var/lib/misc/Makefile")

    def fill(self, people):
        subprocess.run(["make", "-s", "-f", self.recipe, "ETC=/etc",
                        "DBS=passwd group", "VAR_DB=" + self.path("misc")], check=True, stdout=subprocess.DEVNULL)


class Nslcd(Peer):
    name, service = "nslcd", "ldap"
    upto = 100000

    def fill(self, people):
        self.write(self.path("slapd.conf"), """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %(run)s/slapd.pid
sizelimit unlimited
database mdb
suffix "dc=bench"
directory %(db)s
maxsize 17179869184
envflags nosync
index objectClass,uid,cn,uidNumber,gidNumber,memberUid eq
access to * by * read
""" % {"run": "/run/host", "db": self.path("ldap")})
        shutil.rmtree(self.path("ldap"), ignore_errors=True)
        os.mkdir(self.path("ldap"))
        subprocess.run(["slapadd", "-q", "-f", self.path("slapd.conf"), "-l", self.path("ldif")], check=True)
        self.write("/etc/nslcd.conf", "uri ldapi://%2Frun%2Fhost%2Fldapi\nbase dc=bench\n", 0o600)

    def start(self):
        os.makedirs("/run/nslcd", exist_ok=True)
        self.daemon("slapd", "-f", self.path("slapd.conf"), "-h", "ldapi://%2Frun%2Fhost%2Fldapi", "-d", "0")
        wait_for("slapd", lambda: os.path.exists("/run/host/ldapi"), self.daemons)
        self.daemon("nslcd", "-n")
        wait_for("nslcd", self.answers, self.daemons)


class Sssd(Peer):
    """Its proxy asks hcauth's own module: quicker than files, so that filling it takes no longer than it must."""
    name, service = "sssd", "sss"
    upto = 10000
    keeps_hits = True

    def keys(self, people):
        return min(people, HOT)

    def fill(self, people):
        for folder in ("db", "mc"):
            for f in glob.glob("/var/lib/sss/%s/*" % folder):
                os.unlink(f)
        self.write("/etc/sssd/sssd.conf", """[sssd]
services = nss
domains = bench
[nss]
filter_users = root
filter_groups = root
entry_negative_timeout = 3600
[domain/bench]
id_provider = proxy
proxy_lib_name = hcauth
auth_provider = none
chpass_provider = none
entry_cache_timeout = 86400
""", 0o600)

    def start(self):
        os.makedirs("/run/sssd", exist_ok=True)
        self.daemon("sssd", "-i", "--logger=files")
        wait_for("sssd", self.answers, self.daemons)


class Nscd(Peer):
    """Before files."""
    name, service = "nscd", "files"
    keeps_hits = keeps_misses = True

    def keys(self, people):
        return min(people, HOT if people <= 10000 else HOT // 8)

    def fill(self, people):
        lines = ["paranoia no", "enable-cache hosts no", "enable-cache services no", "enable-cache netgroup no"]
        for database in ("passwd", "group"):
            lines += ["%s %s %s" % (option, database, value) for option, value in (
                ("enable-cache", "yes"), ("positive-time-to-live", 3600), ("negative-time-to-live", 3600),
                ("suggested-size", 10007), ("check-files", "yes"), ("persistent", "no"), ("shared", "yes"),
                ("max-db-size", 134217728))]
        self.write(self.path("nscd.conf"), "\n".join(lines) + "\n")

    def start(self):
        shutil.rmtree("/run/nscd", ignore_errors=True)
        os.mkdir("/run/nscd", 0o755)
        self.daemon("nscd", "-F", "-f", self.path("nscd.conf"))
        wait_for("nscd", lambda: os.path.exists("/run/nscd/socket"), self.daemons)

    def stop(self):
        super().stop()
        shutil.rmtree("/run/nscd", ignore_errors=True)


PEERS = (Files, Db, Nslcd, Sssd, Nscd)
