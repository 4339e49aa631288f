# SPDX-License-Identifier: Apache-2.0
"""Where secrets could be found: in the memory of processes, in their arguments and environments, in what a session
inherits. And what a program's crash in the middle, or a host's name, is worth."""
import glob
import os
import pwd
import re
import shutil
import subprocess

import wire
from host import MODULE, daemon_pid, pids, sshd
from packets import as_user
from people import CODE, PASSWORD, SECRET, Person, hcauth, practice
from tap import case, equal, main, true

practice()
ann = Person("ann", 1).enrol()
ben = Person("ben", 2).enrol()
CHUNK = 1 << 20


def uid_of(name):
    return pwd.getpwnam(name).pw_uid


def refused(pid):
    """Whether the kernel keeps this process's caller from another's memory."""
    for how in ("/proc/%d/mem", "/proc/%d/environ", "/proc/%d/maps"):
        try:
            with open(how % pid, "rb") as f:
                f.read(1)
            return False
        except PermissionError:
            pass
    return True


def core(pid):
    """What a core file of the process would hold: all of its memory that is not kept from one."""
    image = []
    with open("/proc/%d/smaps" % pid) as f:
        maps = re.findall(r"(?m)^([0-9a-f]+)-([0-9a-f]+) (\S+) .*\n(?:(?![0-9a-f]+-).*\n)*?VmFlags:(.*)$", f.read())
    with open("/proc/%d/mem" % pid, "rb") as f:
        for begin, end, rights, flags in maps:
            at, end = int(begin, 16), int(end, 16)
            if "r" not in rights or "dd" in flags.split() or "s" in rights:
                continue    # or the store's map, whose rows are sealed
            while at < end:
                try:
                    f.seek(at)
                    image.append(f.read(min(CHUNK, end - at)))
                except OSError:
                    break   # [vvar] and the like
                at += CHUNK
    return b"".join(image)


@case
def sh02_a_conversations_memory_is_nobodys():
    with wire.Talk(wire.AUTH, "login", ann.email) as t:
        t.expect(PASSWORD)
        t.answer(ann.password)
        t.expect(CODE)
        talk = pids("hcauth-talk")
        equal(len(talk), 1, "conversations")
        for user in ("hcauthd", ben.user, ann.user):
            for pid in talk + [daemon_pid()]:
                if user == "hcauthd" and pid == daemon_pid():
                    continue    # it holds no secret, and links libc alone
                true(as_user(uid_of(user), lambda: refused(pid)), "%s reads %d" % (user, pid))


@case
def sh03_a_core_holds_no_password_that_was_typed_before():
    """Besides: there is no core, as neither daemon may write one. What Ann is typing now is in her own conversation,
    once, until it ends."""
    with open("/etc/hcauth/machine.key", "rb") as f:
        key = f.read()
    with wire.Talk(wire.AUTH, "login", ann.email) as t, wire.Talk(wire.AUTH, "login", ben.email) as other:
        t.expect(PASSWORD)
        hers = pids("hcauth-talk")
        other.expect(PASSWORD)
        t.answer(ann.password)
        t.expect(CODE)
        for pid in [daemon_pid()] + pids("hcauth-talk"):
            image = core(pid)
            true(b"hcauth" in image and len(image) > 100000, "there is something to look at: %d" % len(image))
            true(image.count(ann.password.encode()) <= (pid in hers), "process %d holds Ann's password" % pid)
            true(ben.password.encode() not in image, "process %d holds Ben's password" % pid)
            true(key not in image, "process %d holds the machine key" % pid)
            if pid != daemon_pid():
                with open("/proc/%d/limits" % pid) as f:
                    true(re.search(r"(?m)^Max core file size +0 +0 ", f.read()), "a core could be written")


@case
def sh06_a_session_inherits_nothing():
    with ben.ssh("ls -l /proc/self/fd; env") as p:
        ben.sign_in(p)
        p.end()
    fds = re.findall(r"(?m) (\d+) -> (\S+?)\r?$", p.screen)
    true(fds and all(int(n) < 4 for n, _ in fds), repr(fds))
    true("hcauthd" not in "".join(to for _, to in fds) and "socket" not in dict(fds).get("3", ""), repr(fds))


@case
def ot10_a_secret_is_in_no_argument_and_no_command():
    cat = Person("cat", 3)
    with cat.login() as p:
        p.expect(PASSWORD)
        p.secret(cat.activation)
        for _ in range(2):
            p.expect(r"[Pp]assword(?: again)?: $")
            p.secret(cat.password)
        p.expect(SECRET)
        secret = p.match.group(1).replace(" ", "")
        shown = [secret, p.match.group(1), cat.password, cat.activation]
        for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(path, "rb") as f:
                    text = f.read()
            except (FileNotFoundError, ProcessLookupError):
                continue
            for s in shown:
                true(s.encode() not in text, path)
        for words in (["identity", "show", cat.email], ["account", "show", cat.user_id], ["status", "--json"],
                      ["audit", "--json"]):
            said = hcauth(*words)
            for s in shown:
                true(s not in said, " ".join(words))


@case
def ss10_a_hosts_name_makes_nobody_local():
    for host in ("localhost", "127.0.0.1", "::1", "testhost", "login.example"):
        with wire.Talk(wire.AUTH, "login", ann.email, "tty1", host) as t:
            t.expect(PASSWORD)
            t.answer("a password that is not hers")
            t.expect(CODE)      # at the workstation it would be refused by now
    hcauth("unlock", ann.email)
    with sshd("UseDNS yes") as port, ben.ssh("true", options=("-o", "Port=%d" % port)) as p:
        p.expect(PASSWORD)
        p.secret("a password that is not his")
        p.expect(CODE)
    hcauth("unlock", ben.email)


@case
def ss12_a_crash_inside_the_module_lets_nobody_in():
    source = "/run/host/crash.c"
    with open(source, "w") as f:
        f.write("#include <stdlib.h>\nint pam_sm_authenticate(void *h, int f, int n, char **v) { abort(); }\n"
                "int pam_sm_setcred(void *h, int f, int n, char **v) { return 0; }\n")
    shutil.copy2(MODULE, MODULE + ".kept")
    subprocess.run(["gcc", "-shared", "-fPIC", "-w", "-o", MODULE, source], check=True)
    try:
        with ann.ssh("echo in") as p:
            status = p.end()
        true(status == 255 and "\nin" not in p.screen, p.screen)
    finally:
        os.rename(MODULE + ".kept", MODULE)
    with ann.ssh("echo in") as p:
        ann.sign_in(p)
        equal(p.end(), 0, "with the module that is ours")


main()
