# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""Sign-ins on a machine that systemd has booted, by Debian's own ssh.service and by agetty on a terminal, with the
machine key as a file, sealed, both and neither; and what they meet while the daemon stops, dies or can not start."""
import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios
import time

from booted import Staff, main, readme_blocks, shown, systemctl
from drive import Program
from host import kill, listening, pamtester, pids, until
from people import CODE, PASSWORD, SHELL, practice, run
from tap import case, equal, true

PLAIN = "/etc/hcauth/machine.key"
SEALED = "/etc/credstore.encrypted/hcauth.machine.key"
GIVEN = "/run/credentials/hcauthd.service/machine.key"
SETTINGS = "/etc/hcauth/hcauthd.conf"
EXISTS = 6      # exit status: "there is one of that name already"
FOLDERS = ["/", "/etc", "/run", "/tmp", "/var", "/var/tmp", "/dev/shm", "/var/lib/hcauthd", "/usr"]
TPM = "swtpm:host=127.0.0.1,port=2321"
ann = []


class Console(Program):
    """A terminal on which a unit, and not this process, has started a program."""

    def __init__(self, unit):
        self.name, self.watch, self.status, self.rest = unit, None, None, b""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 100, 0, 0))
        self.unit = unit % os.path.basename(os.ttyname(slave))
        self.slave = slave      # held, so that the terminal is there while nobody else has it
        systemctl("start", self.unit)

    def ended(self):
        return False

    def close(self):
        systemctl("stop", self.unit)
        os.close(self.slave)
        os.close(self.master)


def works():
    """A sign-in by login's PAM service; what was said, where it failed, or nothing. By recovery code: for a code from the
    app it might have to wait."""
    slot = min(ann[0].recovery)
    status, said = pamtester("login", ann[0].email, answers=[ann[0].password, ann[0].recovery[slot], ""])
    if status:
        return said
    ann[0].recovery.pop(slot)
    return ""


def restart():
    systemctl("restart", "hcauthd.service")


def flags(pid, folder):
    return os.statvfs("/proc/%d/root%s" % (pid, folder)).f_flag


def status_of(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


@case
def pk10_it_starts_before_whatever_lets_people_in():
    for unit in ("ssh.service", "sshd.service", "systemd-user-sessions.service", "nss-user-lookup.target"):
        true(shown(unit, "Id") in shown("hcauthd.service", "Before").split(), unit)      # one may be the other's alias
    true("nss-user-lookup.target" in shown("hcauthd.service", "Wants").split(), "it provides users")
    true("systemd-user-sessions.service" in shown("container-getty@0.service", "After").split(), "consoles wait")


@case
def by_ssh_and_at_the_console():
    with open("/run/host/sshd_config") as f, open("/etc/ssh/sshd_config", "w") as to:
        to.writelines(line for line in f if not line.startswith("PidFile"))
    systemctl("start", "hcauthd-root.socket", "hcauthd-user.socket", "hcauth-courier.service", "ssh.service")
    practice()
    ann.append(Staff("ann", 1).enrol())
    with ann[0].ssh("id", "-un") as p:
        ann[0].sign_in(p)
        p.expect(r"(?m)^anne\r?$")
        equal(p.end(), 0, "ssh's status")
    with Console("container-getty@%s.service") as p:
        p.expect(r"login: $")
        p.type(ann[0].email)
        ann[0].sign_in(p)
        p.expect(SHELL)
        p.type("id -un; echo $HCAUTH_IDENTITY")
        p.expect(r"\banne\r?\nann@example.org\r?\n")
        p.expect(SHELL)
        p.type("exit")
        p.expect(r"login: $")


@case
def each_conversation_is_a_process_that_can_do_nothing_else():
    before = pids("hcauth-talk")
    with ann[0].login() as a, ann[0].login() as b:
        a.expect(PASSWORD)
        b.expect(PASSWORD)
        talks = [p for p in pids("hcauth-talk") if p not in before]
        equal(len(talks), 2, "conversations")
        for p in talks:
            status = status_of(p)
            equal([status[k] for k in ("Seccomp", "NoNewPrivs", "CapEff", "CapPrm", "CapBnd")],
                  ["2", "1", "0" * 16, "0" * 16, "0" * 16], "pid %d" % p)
            true(os.readlink("/proc/%d/ns/net" % p) != os.readlink("/proc/self/ns/net"), "a network of its own")
            writable = [f for f in FOLDERS if not flags(p, f) & os.ST_RDONLY]
            equal(writable, ["/tmp", "/var/tmp", "/dev/shm", "/var/lib/hcauthd"], "where it can write")
            equal([f for f in writable if not flags(p, f) & os.ST_NOEXEC], [], "where it can write and run")
        a.type("")
        b.type("")


@case
def the_first_login_after_a_stop_starts_it():
    """HOSTILE.md PK-10: whoever comes before the daemon waits for it."""
    systemctl("stop", "hcauthd.service")
    begin = time.monotonic()
    equal(works(), "", "a sign-in")
    true(time.monotonic() - begin < 50, "in time")


@case
def killed_while_somebody_signs_in():
    with ann[0].login() as p:
        p.expect(PASSWORD)
        kill(int(shown("hcauthd.service", "MainPID")))
        p.secret(ann[0].password)
        p.expect(r"Login incorrect|login: $")
    until("no conversation outlives it", lambda: not pids("hcauth-talk"))
    equal(works(), "", "a sign-in afterwards")


@case
def a_reload_ends_nobody_s_sign_in():
    with ann[0].login() as p:
        p.expect(PASSWORD)
        systemctl("reload", "hcauthd.service")
        p.secret(ann[0].password)
        p.expect(CODE)
        p.answer(ann[0].recovery_code(), shown="")
        ann[0].has_phone(p)
        p.expect(SHELL)
        p.type("exit")
        p.end()


@case
def a_daemon_that_can_not_start_is_tried_until_it_can():
    """HOSTILE.md PK-10: whoever comes meanwhile is refused in time; root is not asked about. systemd's limit (5 starts
    in 10 seconds) would close the sockets for good."""
    with open(SETTINGS, "a") as f:
        size = f.tell()
        f.write("\n[machine]\nno-such = setting\n")
    systemctl("stop", "hcauthd.service")
    begin = time.monotonic()
    true(works() != "", "refused")
    true(time.monotonic() - begin < 50, "in time")
    equal(run("su", "-", "root", "-c", "true")[0], 0, "root comes in")
    until("tried more often than systemd's limit", lambda: int(shown("hcauthd.service", "NRestarts")) > 6)
    os.truncate(SETTINGS, size)
    until("it starts by itself", lambda: shown("hcauthd.service", "ActiveState") == "active")
    equal(works(), "", "a sign-in")


# --- the machine key ---

def commands(block):
    """Runs the README's commands for it."""
    for line in readme_blocks("Sealing the machine key")[block]:
        status, out, err = run("sh", "-c", line)
        equal(status, 0, "%s: %s%s" % (line, out, err))


@case
def the_readme_seals_the_key():
    equal(shown("hcauthd.service", "ActiveState"), "active", "with the plain file alone")
    true(not os.path.exists(GIVEN), "no credential yet")
    commands(0)
    true(not os.path.exists(PLAIN) and os.path.exists(SEALED), "the plain key is gone")
    equal(works(), "", "a sign-in")
    with ann[0].login() as p:
        p.expect(PASSWORD)
        talk, = pids("hcauth-talk")
        with open("/proc/%d/environ" % talk) as f:
            equal(f.read(), "CREDENTIALS_DIRECTORY=/run/credentials/hcauthd.service\0", "environment")
        p.type("")
    status, out, err = run("hcauth", "init")
    equal(status, EXISTS, "hcauth init finds the key: " + out + err)


@case
def the_sealed_key_counts_where_there_are_both():
    with open(PLAIN, "wb") as f:
        f.write(os.urandom(32))
    subprocess.run(["chown", "hcauthd:", PLAIN], check=True)
    os.chmod(PLAIN, 0o400)
    restart()
    equal(works(), "", "a sign-in")
    os.unlink(PLAIN)


@case
def a_sealed_key_that_can_not_be_opened_is_no_start():
    with open(SEALED) as f:
        good = f.read()
    with open(SEALED, "w") as f:
        f.write("".join(reversed(good.strip())) + "\n")
    true(run("systemctl", "restart", "hcauthd.service")[0] != 0, "refused")
    equal(run("su", "-", "root", "-c", "true")[0], 0, "root comes in")
    with open(SEALED, "w") as f:
        f.write(good)
    until("it starts by itself", lambda: shown("hcauthd.service", "ActiveState") == "active")
    equal(works(), "", "a sign-in")


@case
def without_any_key_nobody_signs_in():
    os.rename(SEALED, SEALED + ".away")
    restart()
    equal(shown("hcauthd.service", "ActiveState"), "active", "it listens, and refuses")
    true(works() != "", "refused")
    os.rename(SEALED + ".away", SEALED)
    restart()
    equal(works(), "", "a sign-in")


@case
def the_readme_s_last_lines_undo_it():
    commands(1)
    true(os.path.exists(PLAIN) and not os.path.exists(SEALED) and not os.path.exists(GIVEN), "the plain key alone")
    equal(works(), "", "a sign-in")


@contextlib.contextmanager
def tpm(name):
    """A TPM in software, where the machine's systemd looks for one (tests/real/boot)."""
    state = "/run/tpm-" + name
    os.makedirs(state, exist_ok=True)
    with subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state, "--ctrl", "type=tcp,port=2322",
                           "--server", "type=tcp,port=2321", "--flags", "not-need-init,startup-clear"]) as swtpm:
        until("the TPM listens", lambda: listening(2321))
        try:
            yield
        finally:
            swtpm.kill()


@case
def sealed_to_a_tpm_it_opens_there_alone():
    os.mkdir("/run/systemd/system/hcauthd.service.d")
    with open("/run/systemd/system/hcauthd.service.d/tpm.conf", "w") as f:     # a real one is no network's
        f.write("[Service]\nIPAddressAllow=localhost\n")
    systemctl("daemon-reload")
    with tpm("ours"):
        status, out, err = run("systemd-creds", "encrypt", "--with-key=tpm2", "--tpm2-pcrs=7", "--tpm2-device=" + TPM,
                               "--name=machine.key", PLAIN, SEALED)
        equal(status, 0, out + err)
        os.unlink(PLAIN)
        restart()
        equal(works(), "", "a sign-in")
    with tpm("another"):
        true(run("systemctl", "restart", "hcauthd.service")[0] != 0, "another TPM does not open it")
    with tpm("ours"):
        until("it starts by itself", lambda: shown("hcauthd.service", "ActiveState") == "active")
        equal(works(), "", "a sign-in")


main()
