# SPDX-License-Identifier: Apache-2.0
"""Debian's packages of this tree, as tests/debian/build made them twice: the same bytes, in good order, and with nothing
in them that opens the machine to anybody."""
import glob
import os
import subprocess
import sys

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/real")
from tap import case, equal, main, true  # noqa: E402

NAMES = ["hcauthd", "libnss-hcauth", "libpam-hcauth"]
BUILT = TREE + "/build/debian"


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def package(name):
    found, = glob.glob("%s/%s_*.deb" % (BUILT, name))
    return found


def files(name):
    """Mode, owner and path of each file of a package."""
    for line in run("dpkg-deb", "--contents", package(name)).splitlines():
        mode, owner, _, _, _, path = line.split(None, 5)
        yield mode, owner, path.split(" -> ")[0].lstrip(".")


@case
def two_builds_are_the_same_bytes():
    debs = sorted(os.path.basename(f) for f in glob.glob(BUILT + "/*.deb"))
    equal(len(debs), 2 * len(NAMES), "packages, each with one for debuggers")
    for deb in debs:
        subprocess.run(["cmp", "%s/%s" % (BUILT, deb), "%s/again/%s" % (BUILT, deb)], check=True)


@case
def lintian_has_nothing_to_say():
    changes, = glob.glob(BUILT + "/*.changes")
    p = subprocess.run(["lintian", "--allow-root", "--display-info", "--fail-on", "error,warning,info", changes],
                       capture_output=True, text=True)
    equal((p.returncode, p.stdout), (0, ""), "lintian: " + p.stderr)


@case
def pk08_nothing_is_setuid_and_only_root_may_write():
    for name in NAMES:
        for mode, owner, path in files(name):
            equal(owner, "root/root", path)
            true("s" not in mode.lower() and "t" not in mode, "%s: %s" % (path, mode))
            true(mode[0] == "l" or (mode[5] == "-" and mode[8] == "-"), "%s: %s" % (path, mode))


@case
def pk08_every_program_is_hardened():
    """As the build's own flags have it (tests/elf.sh), here of what is in the packages."""
    count = 0
    for name in NAMES:
        folder = "%s/unpacked/%s" % (BUILT, name)
        subprocess.run(["rm", "-rf", folder], check=True)
        os.makedirs(folder)
        subprocess.run(["dpkg-deb", "--extract", package(name), folder], check=True)
        for f in glob.glob(folder + "/**", recursive=True):
            if os.path.islink(f) or not os.path.isfile(f) or open(f, "rb").read(4) != b"\x7fELF":
                continue
            count += 1
            elf = run("readelf", "--wide", "--file-header", "--program-headers", "--dynamic", "--notes", f)
            true("DYN (" in elf, f + ": position-independent")
            true("GNU_RELRO" in elf and "BIND_NOW" in elf, f + ": relocations are read-only")
            true("RPATH" not in elf and "RUNPATH" not in elf, f + ": no path of its own to libraries")
            true("GNU_STACK" in elf and "RWE" not in elf, f + ": no memory to write and to execute")
    equal(count, 7, "programs and modules")


@case
def modules_export_what_they_must_and_nothing_else():
    for name, path, prefix, some in (
            ("libpam-hcauth", "/lib/*/security/pam_hcauth.so", "pam_sm_", 6),
            ("libnss-hcauth", "/usr/lib/*/libnss_hcauth.so.2", "_nss_hcauth_", 5)):
        module, = glob.glob("%s/unpacked/%s%s" % (BUILT, name, path))
        symbols = [line.split()[-1].split("@")[0] for line in
                   run("nm", "--dynamic", "--defined-only", "--extern-only", module).splitlines()]
        functions = [s for s in symbols if s.startswith(prefix)]
        true(len(functions) >= some, "%s: %s" % (name, symbols))
        true(all(s.startswith((prefix, "HCAUTH", "NSS")) for s in symbols), "%s: %s" % (name, symbols))


main()
