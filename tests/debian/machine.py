# SPDX-License-Identifier: Apache-2.0
"""On a machine of tests/debian/machine: its /etc, its packages, and how root comes in."""
import glob
import os
import re
import stat
import subprocess
import sys

TREE = os.environ["HC_TREE"]
sys.path.insert(0, TREE + "/tests/real")

NAMES = ["hcauthd", "libnss-hcauth", "libpam-hcauth"]
ROOT_PASSWORD = "the root of all this"

# Copies that useradd and userdel leave of the file before: of whoever ran last, whatever it was.
BACKUPS = {"/etc/" + f for f in ("passwd-", "group-", "shadow-", "gshadow-", "subuid-", "subgid-")}


def run(*argv, given=None, env=None, status=0):
    """Runs a command; returns what it said."""
    p = subprocess.run(argv, input=given, stdin=subprocess.DEVNULL if given is None else None, env=env,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if status is not None and p.returncode != status:
        raise AssertionError("%s: status %d: %s" % (" ".join(argv), p.returncode, p.stdout))
    return p.stdout


def etc():
    """All of /etc: what each file is, whose, and its bytes."""
    found = {}
    for folder, folders, files in os.walk("/etc"):
        for path in (os.path.join(folder, name) for name in folders + files):
            if path in BACKUPS:
                continue
            st = os.lstat(path)
            what = None
            if stat.S_ISLNK(st.st_mode):
                what = os.readlink(path)
            elif stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    what = f.read()
                if path == "/etc/ld.so.cache":  # apt keeps a library that systemd suggests: it may list that
                    what = "hcauth" in run("ldconfig", "-p")
            found[path] = (oct(st.st_mode), st.st_uid, st.st_gid, what)
    return found


def differences(before, after):
    return sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))


def debs(version="0"):
    """The packages in /root: of this tree ("0"), or made from them with a higher version."""
    folder = "/root" if version == "0" else "/root/" + version
    return [glob.glob("%s/%s_*.deb" % (folder, name))[0] for name in NAMES]


def later(version, change=None):
    """Makes packages of another version, with the same files; change(text) makes their scripts of what they were."""
    to = "/root/" + version
    os.makedirs(to)
    for name, deb in zip(NAMES, debs()):
        run("dpkg-deb", "--raw-extract", deb, "/tmp/" + name)
        with open("/tmp/%s/DEBIAN/control" % name) as f:
            control = f.read()
        number = re.search(r"(?m)^Version: (.*)$", control).group(1)
        with open("/tmp/%s/DEBIAN/control" % name, "w") as f:
            f.write(control.replace("Version: " + number, "Version: " + version).replace(
                "(= %s)" % number, "(= %s)" % version))
        for path in glob.glob("/tmp/%s/DEBIAN/p*[mt]" % name) if change else ():
            with open(path, "r+") as f:
                text = f.read()
                f.seek(0)
                f.write(change(text))
        run("dpkg-deb", "-Znone", "--build", "/tmp/" + name, "%s/%s_%s_%s.deb" % (to, name, version, "all"))
        run("rm", "-r", "/tmp/" + name)


def installed(name):
    """dpkg's word for a package: "installed", "config-files", or "" when it knows nothing of it."""
    p = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", name], capture_output=True, text=True)
    return p.stdout if p.returncode == 0 and p.stdout != "not-installed" else ""


def prepare():
    """A password for root."""
    run("chpasswd", "--crypt-method", "SHA512", given="root:%s\n" % ROOT_PASSWORD)


def root_comes_in(*services):
    """By a password, through the services' own stacks."""
    for service in services or ("login", "sshd"):
        said = run("pamtester", "-v", service, "root", "authenticate", "acct_mgmt", given=ROOT_PASSWORD + "\n", status=None)
        if "has been granted" not in said and "successfully authenticated" not in said or "Module is unknown" in said:
            raise AssertionError("root, %s: %s" % (service, said))


def names_module():
    """The files of PAM that ask for our module."""
    return [f for f in sorted(glob.glob("/etc/pam.d/*")) if re.search(r"(?m)^[^#\n]*pam_hcauth\.so", open(f).read())]


def module():
    return glob.glob("/lib/*/security/pam_hcauth.so")
