# SPDX-License-Identifier: Apache-2.0
"""OpenSSH's sshd and the stock ssh client."""
import os
import stat
import subprocess
import time

from drive import Program
from host import pids, sshd, until
from people import CODE, PASSWORD, Person, audit, hcauth, practice, run
from tap import case, equal, main, true

practice()
ann = Person("ann", 1).enrol()
PORT = os.environ["SSH_PORT"]


def port(n):
    return ("-o", "Port=%d" % n)


def refused(p):
    p.expect("Permission denied")
    equal(p.end(), 255, "ssh's exit status")


def askpass(person, code):
    """An environment in which ssh asks a script instead of a terminal."""
    path = "/run/host/askpass"
    with open(path, "w") as f:
        f.write('#!/bin/sh\necho "$1" >>/run/host/asked\ncase $1 in *Password:*) echo "%s" ;; *Code:*) echo %s ;; esac\n'
                % (person.password, code))
    os.chmod(path, 0o700)
    return {"SSH_ASKPASS": path, "SSH_ASKPASS_REQUIRE": "force"}


@case
def password_and_code():
    with ann.ssh("id", "-un") as p:
        ann.sign_in(p)
        p.expect(r"(?m)^%s\r?$" % ann.user)
        equal(p.end(), 0, "status")


@case
def first_sign_in_over_ssh_makes_an_0700_home():
    bob = Person("bob", 2)
    true(not os.path.exists("/home/" + bob.user), "no home yet")
    with bob.ssh("pwd; id -un") as p:
        bob.first_sign_in(p)
        p.expect(r"/home/%s\r?\n%s\r?\n" % (bob.user, bob.user))
        equal(p.end(), 0, "status")
    st = os.stat("/home/" + bob.user)
    equal(oct(stat.S_IMODE(st.st_mode)), "0o700", "mode")
    equal(st.st_uid, int(run("id", "-u", bob.user)[1]), "owner")


@case
def sh07_the_session_knows_who_it_is():
    eve = Person("eve", 3).enrol()
    with eve.ssh("env; echo; ls -l /proc/self/fd") as p:
        eve.sign_in(p)
        p.expect(r"\n\r?\n")
        env = dict(line.split("=", 1) for line in p.before.replace("\r", "").splitlines() if "=" in line)
        equal(p.end(), 0, "status")
    equal((env["USER"], env["LOGNAME"], env["HOME"]), (eve.user, eve.user, "/home/" + eve.user), "names")
    ours = {k: v for k, v in env.items() if k.startswith("HCAUTH")}
    equal(ours, {"HCAUTH_IDENTITY": eve.email, "HCAUTH_ACCOUNT": eve.user_id, "HCAUTH_PRACTICE": "stj"}, "ours")
    true("hcauth" not in p.screen[p.mark:], "no descriptor of ours is left open")


@case
def by_system_user():
    dot = Person("dot", 4).enrol()
    with dot.ssh("id", "-un", name=dot.user) as p:
        dot.sign_in(p)
        p.expect(r"(?m)^%s\r?$" % dot.user)
        equal(p.end(), 0, "status")


@case
def refuses_wrong_password_wrong_code_and_unknown_name_alike():
    fay = Person("fay", 5).enrol()
    said = []
    for name, password, code in ((fay.email, "not her password at all", fay.code()),
                                 (fay.email, fay.password, fay.wrong_code()),
                                 ("nobody@example.org", fay.password, fay.wrong_code())):
        with fay.ssh(name=name) as p:
            fay.sign_in(p, password=password, code=code)
            refused(p)
            said.append(p.screen.replace(name, "NAME").replace(code, "CODE").replace("\u2022", ""))
    equal(said[1], said[0], "wrong code")
    equal(said[2], said[0], "unknown name")


@case
def a_code_works_once():
    gil = Person("gil", 6).enrol()
    code = gil.code()
    with gil.ssh("true") as p:
        gil.sign_in(p, code=code)
        equal(p.end(), 0, "the first time")
    with gil.ssh("true") as p:
        gil.sign_in(p, code=code)
        refused(p)


@case
def a_recovery_code_works_once():
    hal = Person("hal", 7).enrol()
    code = hal.recovery_code()
    with hal.ssh("true") as p:
        hal.sign_in(p, code=code)
        hal.has_phone(p)
        equal(p.end(), 0, "the first time")
    with hal.ssh("true") as p:
        hal.sign_in(p, code=code)
        refused(p)


@case
def through_askpass():
    ida = Person("ida", 8).enrol()
    status, out, err = run("ssh", "-p", PORT, "-o", "NumberOfPasswordPrompts=1", "-l", ida.email, "testhost", "id -un",
                           env=askpass(ida, ida.code()))
    equal((status, out.strip()), (0, ida.user), "ssh (%s)" % err)


@case
def ss09_scp_and_sftp():
    jon = Person("jon", 9).enrol()
    with open("/tmp/note", "w") as f:
        f.write("for Jon\n")
    status, _, err = run("scp", "-P", PORT, "/tmp/note", "scp://%s@testhost:%s/byscp" %
                         (jon.email.replace("@", "%40"), PORT), env=askpass(jon, jon.code()))
    equal(status, 0, "scp (%s)" % err)
    with open("/tmp/batch", "w") as f:
        f.write("put /tmp/note bysftp\n")
    status, _, err = run("sftp", "-o", "BatchMode=no", "-b", "/tmp/batch", "-P", PORT, "%s@testhost" % jon.email,
                         env=askpass(jon, jon.code()))
    equal(status, 0, "sftp (%s)" % err)
    for name in ("byscp", "bysftp"):
        with open("/home/%s/%s" % (jon.user, name)) as f:
            equal(f.read(), "for Jon\n", name)


@case
def ss09_batch_mode_and_no_terminal_fail_at_once_and_count_nothing():
    kim = Person("kim", 10).enrol()
    for options in (("-o", "BatchMode=yes"), ()):
        for _ in range(8):      # more than the throttle allows, were they counted
            begin = time.monotonic()
            status, _, err = run("setsid", "-w", "ssh", "-p", PORT, *options, "-l", kim.email, "testhost", "true",
                                 env={"SSH_ASKPASS_REQUIRE": "never"})
            equal(status, 255, "status (%s)" % err)
            if options:
                true(time.monotonic() - begin < 30, "fails at once")
    with kim.ssh("true") as p:
        kim.sign_in(p)
        equal(p.end(), 0, "a sign-in after these")


@case
def pc14_ss01_the_password_method_fails_cleanly_and_counts_no_code():
    """sshd gives the one password as the answer to every prompt. It is a right one, and no guess at a code."""
    liz = Person("liz", 11).enrol()
    with sshd("PasswordAuthentication yes") as n:
        for _ in range(3):
            with liz.ssh("true", options=(*port(n), "-o", "PreferredAuthentications=password")) as p:
                p.expect(r"password: $")
                p.secret(liz.password)
                refused(p)
    refusals = [r["detail"] for r in audit(liz) if r["event"] == "refused"]
    equal(refusals, ["password right, recovery not looked at, one answer to every prompt"] * 3, "what the audit says")
    with open(os.environ["HCAUTH_LOG"]) as f:
        true("]: sshd: the program gave" in f.read(), "the log says what to do about it")
    with liz.ssh("true") as p:
        liz.sign_in(p)
        equal(p.end(), 0, "a sign-in after these")


@case
def what_sshd_makes_up_for_an_unknown_name_is_no_mistake_in_its_settings():
    """It gives rubbish as long as what was typed: the same to both prompts, if they were as long."""
    with open(os.environ["HCAUTH_LOG"]) as f:
        f.seek(0, os.SEEK_END)
        with Program(["ssh", "-p", PORT, "-o", "NumberOfPasswordPrompts=1", "nobody@example.org@testhost"]) as p:
            p.expect(r"Password: $")
            p.secret("abcdef")
            p.expect(r"Code: $")
            p.secret("123456")
            refused(p)
        said = f.read()
    true("unknown name" in said, "the refusal is logged: %s" % said)
    true("PasswordAuthentication" not in said, "and nothing to mend: %s" % said)


def key_of(person):
    key = "/run/host/key-" + person.user
    if not os.path.exists(key):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        folder = "/home/%s/.ssh" % person.user
        subprocess.run(["install", "-d", "-m", "700", "-o", person.user, "-g", str(os.stat("/home/" + person.user).st_gid),
                        folder], check=True)
        subprocess.run(["install", "-m", "600", "-o", person.user, key + ".pub", folder + "/authorized_keys"], check=True)
    return key


@case
def ss05_key_then_password_and_code():
    meg = Person("meg", 12).enrol()
    key = key_of(meg)
    with sshd("AuthenticationMethods publickey,keyboard-interactive") as n:
        with meg.ssh("id", "-un", options=(*port(n), "-i", key)) as p:
            meg.sign_in(p)
            p.expect(r"(?m)^%s\r?$" % meg.user)
            equal(p.end(), 0, "status")
        with meg.ssh("true", options=(*port(n), "-i", key)) as p:
            meg.sign_in(p, code=meg.wrong_code())
            refused(p)
        with meg.ssh("true", options=port(n)) as p:
            equal(p.expect("Permission denied", PASSWORD), 0, "without the key there is no prompt")
            equal(p.end(), 255, "status")


@case
def ss04_a_key_alone_lets_in_until_the_person_is_disabled():
    ned = Person("ned", 13).enrol()
    key = key_of(ned)
    how = ("-i", key, "-o", "PreferredAuthentications=publickey")
    with ned.ssh("id", "-un", options=how) as p:
        p.expect(r"(?m)^%s\r?$" % ned.user)
        equal(p.end(), 0, "status")
    hcauth("identity", "disable", ned.email)
    with ned.ssh("true", options=how) as p:
        equal(p.end(), 255, "a disabled person")
        true("Connection closed" in p.screen or "Permission denied" in p.screen, "refused: " + p.screen)
    with ned.ssh("true") as p:
        ned.sign_in(p)
        refused(p)
    hcauth("identity", "enable", ned.email)
    with ned.ssh("true", options=how) as p:
        equal(p.end(), 0, "enabled again")


@case
def ss06_a_dropped_client_frees_its_conversation():
    for prompt in (PASSWORD, CODE):
        with ann.ssh() as p:
            p.expect(PASSWORD)
            true(pids("hcauth-talk"), "a conversation is on")
            if prompt == CODE:
                p.secret(ann.password)
                p.expect(CODE)
        until("the conversation has ended", lambda: not pids("hcauth-talk"), 30)   # not the 55 of hcauthd's patience
    with ann.ssh("true") as p:
        ann.sign_in(p)
        equal(p.end(), 0, "a sign-in after these")


@case
def ss02_many_devices_make_no_more_guesses():
    """CVE-2015-5600: a client that names the pam device ten thousand times."""
    oli = Person("oli", 14).enrol()
    with oli.ssh(options=("-o", "KbdInteractiveDevices=" + ",".join(["pam"] * 10000))) as p:
        oli.sign_in(p, code=oli.wrong_code())
        refused(p)


main()
