# SPDX-License-Identifier: Apache-2.0
"""What tests do to the private host that they run on: its daemon, its sshd, its local users."""
import contextlib
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from drive import PATIENCE
from people import run

MODULE = subprocess.run(["sh", "-c", "ls /usr/lib/*/security/pam_hcauth.so"], capture_output=True,
                        text=True).stdout.strip()
DIRECTORY = "/var/lib/hcauthd/directory"


def until(what, test, seconds=PATIENCE):
    """Waits for a condition that nothing announces."""
    deadline = time.monotonic() + seconds
    while True:
        value = test()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("%s: not within %g seconds" % (what, seconds))
        time.sleep(0.01)


def pids(program):
    """The pids of the processes that run a program."""
    found = []
    for d in os.listdir("/proc"):
        if d.isdigit():
            with contextlib.suppress(OSError):
                with open("/proc/%s/stat" % d) as f:
                    stat = f.read()
                if stat[stat.index("(") + 1:stat.rindex(")")] == program and stat[stat.rindex(")") + 2] != "Z":
                    found.append(int(d))
    return found


def kill(pid, how=signal.SIGKILL):
    """Kills a process and returns when it has ended."""
    fd = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(fd, how)
        if not select.select([fd], [], [], PATIENCE)[0]:
            raise AssertionError("pid %d does not end by signal %d" % (pid, how))
    finally:
        os.close(fd)


def pid_of(daemon):
    """The pid of a daemon that tests/real/start has started."""
    with open("/run/host/%s.pid" % daemon) as f:
        return int(f.read())


def start(*command):
    """Starts a daemon; returns when it is ready."""
    status, _, _ = run(os.environ["HC_TREE"] + "/tests/real/start", *command)
    if status != 0:
        with open("/run/host/%s.log" % os.path.basename(command[0])) as f:
            raise AssertionError("%s does not start:\n%s" % (command[0], f.read()))


def daemon_pid():
    return pid_of("hcauthd")


def daemon_down(how=signal.SIGTERM):
    kill(daemon_pid(), how)


def daemon_up():
    start("hcauthd")


def take_settings():
    """Has hcauthd read its settings anew; returns when they are in force. Its log has the lines of others as well."""
    def taken():
        with open(os.environ["HCAUTH_LOG"]) as f:
            return f.read().count("hcauthd.conf: taken\n")

    before = taken()
    os.kill(daemon_pid(), signal.SIGHUP)
    until("the settings are taken", lambda: taken() > before)


@contextlib.contextmanager
def without_daemon():
    daemon_down()
    try:
        yield
    finally:
        daemon_up()


@contextlib.contextmanager
def stopped_daemon():
    pid = daemon_pid()
    os.kill(pid, signal.SIGSTOP)
    until("hcauthd is stopped", lambda: open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()[0] == "T")
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def moved_away(path):
    os.rename(path, path + ".away")
    try:
        yield
    finally:
        os.rename(path + ".away", path)


@contextlib.contextmanager
def sshd(*lines):
    """A second sshd with other settings (they come first, so they win); yields its port."""
    folder = tempfile.mkdtemp(dir="/run/host")
    with open("/run/host/sshd_config") as f:
        common = [line for line in f if line.split()[0] not in ("Port", "PidFile")]
    port = next(p for p in range(2222, 2300) if not listening(p))
    with open(folder + "/sshd_config", "w") as f:
        f.write("".join(line + "\n" for line in lines))
        f.write("Port %d\nPidFile %s/pid\n" % (port, folder))
        f.writelines(common)
    subprocess.run(["/usr/sbin/sshd", "-f", folder + "/sshd_config", "-E", folder + "/log"], check=True)
    until("sshd listens", lambda: os.path.exists(folder + "/pid") and os.path.getsize(folder + "/pid"))
    try:
        yield port
    finally:
        with open(folder + "/pid") as f:
            kill(int(f.read()), signal.SIGTERM)


def fast():
    """From here on passwords cost next to nothing, and fast_clock() puts the time forward (tests/fast): for tests of
    what happens very often, or over days. Who has a password by now must choose another."""
    talk = "/usr/libexec/hcauth/hcauth-talk"
    shutil.copy(os.environ["HC_TREE"] + "/build/hcauth-talk-fast", talk + ".new")
    os.rename(talk + ".new", talk)


def fast_clock(seconds):
    """Both clocks of hcauth-talk are so far ahead."""
    with open("/run/host/clock.new", "wb") as f:
        f.write(seconds.to_bytes(8, sys.byteorder))
    os.rename("/run/host/clock.new", "/run/host/clock")


def sshd_gives_up():
    """As sshd does when LoginGraceTime has passed, by its own alarm, but now: whoever is signing in is cut off."""
    for pid in pids("sshd"):
        with contextlib.suppress(OSError), open("/proc/%d/cmdline" % pid) as f:
            if "[priv]" in f.read():
                os.kill(pid, signal.SIGALRM)
    until("the conversation has ended", lambda: not pids("hcauth-talk"))


def kiosk():
    """A service of this workstation that asks for the PIN alone."""
    with open("/etc/hcauth/hcauthd.conf", "a") as f:
        f.write("\n[service kiosk]\nrequire = pin\nlocal = yes\n")
    daemon_down()
    daemon_up()


def listening(port):
    """Whether somebody listens on a TCP port, as /proc/net/tcp has it."""
    with open("/proc/net/tcp") as f:
        return any(line.split()[1].endswith(":%04X" % port) and line.split()[3] == "0A" for line in list(f)[1:])


def local_user(name, uid, password, groups=None):
    """A user of the machine's own, with a password that pam_unix knows."""
    if name not in [u.pw_name for u in pwd.getpwall()]:
        subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", "--uid", str(uid), name], check=True)
    if groups:
        subprocess.run(["usermod", "--append", "--groups", groups, name], check=True)
    local_password(name, password)


def local_password(name, password):
    subprocess.run(["chpasswd", "--crypt-method", "SHA512"], input="%s:%s\n" % (name, password), text=True, check=True)


def pamtester(service, name, *what, answers=(), timeout=2 * PATIENCE, before=()):
    """pamtester with its answers on stdin, one a line; returns status and all that it said."""
    status, out, err = run(*before, "pamtester", "-v", service, name, *(what or ("authenticate",)),
                           given="".join(a + "\n" for a in answers), timeout=timeout)
    return status, out + err
