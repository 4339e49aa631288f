# SPDX-License-Identifier: Apache-2.0
"""ssh keys from the store, with a real sshd: conf/sshd_config.d as it is shipped, key and code, whose keys sshd is
told, and that it is told without the daemon."""
import json
import os
import pwd
import re
import subprocess

from drive import Program
from host import daemon_down, daemon_up, local_user, sshd, without_daemon
from people import CODE, LOST_PHONE, PASSWORD, Person, audit, hcauth, practice, run
from tap import case, equal, main, true

TREE = os.environ["HC_TREE"]
CONF = "/etc/hcauth/hcauthd.conf"
with open(CONF) as f:
    plain_conf = f.read()
with open(TREE + "/conf/sshd_config.d/hcauth-keys.conf") as f:
    EXAMPLE = [line for line in f.read().splitlines() if line and line[0] != "#"]
STRICT = [line if "AuthenticationMethods" not in line else "AuthenticationMethods publickey,keyboard-interactive:pam"
          for line in EXAMPLE]


def rule(require):
    daemon_down()
    with open(CONF, "w") as f:
        f.write(plain_conf + "\n[service sshd]\nrequire = %s\n" % require)
    daemon_up()


def new_key(name, kind="ed25519", *more):
    path = "/run/host/key-" + name
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *more, "-N", "", "-C", name, "-f", path], check=True)
    return path


def command(person, *words):
    return Program(["hcauth", "ssh-keys", *words], uid=pwd.getpwnam(person.user).pw_uid)


def add_key(person, key):
    os.chmod(key + ".pub", 0o644)
    with command(person, "add", key + ".pub") as p:
        person.sign_in(p, code=person.recovery_code())
        p.expect("Added: ")
        equal(p.end(), 0, "hcauth ssh-keys add")


def authorized(user):
    """What sshd is told, as the user that it asks as."""
    uid = pwd.getpwnam("hcauthd").pw_uid
    status, out, err = run("setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "hcauth", "authorized-keys", user)
    equal((status, err), (0, ""), "hcauth authorized-keys %s" % user)
    return out.splitlines()


def public(key):
    with open(key + ".pub") as f:
        return " ".join(f.read().split()[:2])


def with_key(n, key):
    return ("-o", "Port=%d" % n, "-o", "IdentitiesOnly=yes", "-i", key)


def signs_in(person, n, key, code=None, **how):
    """Whether key and code (a recovery code, as they are at hand) sign in; no password may be asked for."""
    with person.ssh("id", "-un", options=with_key(n, key), **how) as p:
        if p.expect(CODE, PASSWORD, "Permission denied|Connection closed") != 0:
            return False
        code = code or person.recovery_code()
        p.answer(code, shown=code)
        if p.expect(LOST_PHONE, r"(?m)^%s\r?$" % person.user, "Permission denied") == 0:
            p.answer("", shown="")
        return p.end() == 0 and bool(re.search(r"(?m)^%s\r?$" % person.user, p.screen))


def sign_ins(person):
    return [r["detail"] for r in audit(person) if r["event"] == "sign-in" and r["service"] == "sshd"]


def fingerprint(key):
    return run("ssh-keygen", "-l", "-f", key + ".pub")[1].split()[1]


practice()
ann = Person("ann", 1).enrol()
bob = Person("bob", 2).enrol()
hers, unknown = new_key("hers"), new_key("unknown")
rule("key | password, totp")


@case
def she_adds_a_key_and_sees_it():
    add_key(ann, hers)
    with command(ann) as p:
        p.expect(r" 1  not used +ssh-ed25519 +" + re.escape(fingerprint(hers)) + " +hers")
        equal(p.end(), 0, "status")
    equal([r["detail"] for r in audit(ann) if r["event"] == "credential-set"][-1:], ["ssh key " + fingerprint(hers)], "audit")
    equal(authorized(ann.user), [public(hers)], "sshd is told")
    equal(authorized(bob.user), [], "not for Bob")


@case
def colleagues_do_not_see_by_her_key_which_users_are_hers():
    for uid in (pwd.getpwnam(bob.user).pw_uid, 65534):
        for user in (ann.user, bob.user, "nobody", "nosuchuser"):
            status, out, err = run("setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups",
                                   "hcauth", "authorized-keys", user)
            true(status != 0 and out == "" and "Only root and hcauthd" in err, "%s: %s%s" % (user, out, err))
        status, out, _ = run("setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "grep", "-rlF",
                             public(hers).split()[1], "/var/lib/hcauthd")
        equal((status == 0, out), (False, ""), "a file that holds it")


@case
def key_and_code_sign_in():
    with sshd(*EXAMPLE) as n:
        true(signs_in(ann, n, hers, code=ann.code()), "by her e-mail address")
        equal(sign_ins(ann)[-1], "key right, totp right", "audit")
        true(signs_in(ann, n, hers, name=ann.user), "by her system user's name")
        with ann.ssh("true", options=with_key(n, hers)) as p:
            p.expect(CODE)
            code = ann.wrong_code()
            p.answer(code, shown=code)
            p.expect("Permission denied")
    with command(ann, "--json") as p:
        p.expect(r"\]")
        keys = json.loads(p.before.replace("\r", "") + "]")
    true(keys[0]["last_used"], "when it was used: %s" % keys)


@case
def without_a_key_password_and_code_are_asked_for():
    with sshd(*EXAMPLE) as n:
        with bob.ssh("true", options=with_key(n, unknown)) as p:
            bob.sign_in(p)
            equal(p.end(), 0, "status")
    equal(sign_ins(bob)[-1], "password right, totp right", "audit")


def own_file(person, key):
    """A key that sshd takes for good, and hcauth does not know."""
    folder = "/home/%s/.ssh" % person.user
    subprocess.run(["install", "-d", "-m", "700", "-o", person.user, folder], check=True)
    subprocess.run(["install", "-m", "600", "-o", person.user, key + ".pub", folder + "/authorized_keys"], check=True)


@case
def a_key_in_her_own_file_counts_for_nothing():
    own_file(ann, unknown)
    with sshd(*STRICT) as n:
        with ann.ssh("true", options=with_key(n, unknown)) as p:
            p.expect(PASSWORD)     # which the step leaves
        rule("key, totp")
        true(signs_in(ann, n, hers), "the key that is known")
        with ann.ssh("true", options=with_key(n, unknown)) as p:
            p.expect(CODE)     # as with a key that is right
            code = ann.code()
            p.answer(code, shown=code)
            p.expect("Permission denied")
        with open(os.environ["HCAUTH_LOG"]) as f:
            true("key missing, totp not looked at" in f.read(), "the log says why")


@case
def another_s_key_is_no_key_of_hers():
    his = new_key("his")
    add_key(bob, his)
    own_file(ann, his)      # sshd lets it pass
    with sshd(*STRICT) as n:
        true(not signs_in(ann, n, his), "Bob's key for Ann")
        true(signs_in(bob, n, his), "Bob's key for Bob")


@case
def every_type_of_key_signs_in():
    with sshd(*STRICT) as n:
        for kind, more in (("rsa", ("-b", "3072")), ("ecdsa", ("-b", "521")), ("ecdsa", ("-b", "256"))):
            key = new_key("of-" + kind + more[1], kind, *more)
            add_key(bob, key)
            true(signs_in(bob, n, key), "%s %s" % (kind, more[1]))
    short = new_key("short", "rsa", "-b", "2048")
    with command(bob, "add", short + ".pub") as p:
        p.expect("shorter than 3072 bits")
        equal(p.end(), 1, "status")
    with command(bob, "add", "/run/host/key-his") as p:
        p.expect("can't be read")      # it is root's
        equal(p.end(), 1, "status")


@case
def a_key_can_be_pasted():
    pasted = new_key("pasted")
    with open(pasted + ".pub") as f:
        line = f.read().strip()
    with command(bob, "add") as p:
        bob.sign_in(p, code=bob.recovery_code())
        p.expect("Public key[^:]*: ")
        p.type(line)
        p.expect("Added: pasted ")
        equal(p.end(), 0, "status")
    true(public(pasted) in authorized(bob.user), "published")


@case
def a_key_that_was_removed_is_refused_at_the_next_sign_in():
    gone = new_key("gone")
    add_key(ann, gone)
    with sshd(*STRICT) as n:
        true(signs_in(ann, n, gone), "before")
        with command(ann, "remove", "gone") as p:
            ann.sign_in(p, code=ann.recovery_code())
            p.expect("Removed: gone " + re.escape(fingerprint(gone)))
            equal(p.end(), 0, "status")
        true(not signs_in(ann, n, gone), "after")
    equal(authorized(ann.user), [public(hers)], "what is left")


@case
def sshd_is_told_without_the_daemon():
    with without_daemon():
        equal(authorized(ann.user), [public(hers)], "her keys")


@case
def whoever_is_switched_off_or_has_left_has_no_keys():
    cat = Person("cat", 3).enrol()
    key = new_key("cat")
    add_key(cat, key)
    own_file(cat, key)
    with sshd(*STRICT) as n:
        true(signs_in(cat, n, key), "before")
        for off, on in ((("identity", "disable", cat.email), ("identity", "enable", cat.email)),
                        (("account", "disable", cat.user_id), ("account", "enable", cat.user_id))):
            hcauth(*off)
            equal(authorized(cat.user), [], " ".join(off))
            true(not signs_in(cat, n, key), "while switched off")
            hcauth(*on)
            equal(authorized(cat.user), [public(key)], " ".join(on))
        hcauth("leave", cat.email)
        equal(authorized(cat.user), [], "has left")
        true(not signs_in(cat, n, key), "has left")


@case
def a_local_user_of_the_same_name_is_somebody_else():
    """A name that hcauth gave, and that a local user has got since: sshd would mean the local one."""
    dan = Person("dan", 4).enrol()
    add_key(dan, new_key("dan"))
    equal(len(authorized(dan.user)), 1, "before")
    with open("/etc/passwd", "a") as f:
        f.write("%s:x:3100:100::/home/other:/bin/bash\n" % dan.user)
    equal(authorized(dan.user), [], "for a local user")
    local_user("boss", 1000, "a word of the boss")
    for name in ("root", "boss", "nobody", "", "no-such", "../etc", ann.email, "a" * 300):
        equal(authorized(name), [], name)


@case
def keys_are_not_shown_by_other_databases():
    for what in (("id", ann.user), ("getent", "passwd", ann.user), ("getent", "passwd"), ("getent", "group")):
        true("ssh-" not in run(*what)[1], " ".join(what))


@case
def among_a_thousand_keys_one_look_up_takes_milliseconds():
    with open("/run/host/people.csv", "w") as f:
        f.write("practice,name,email,user\n")
        f.writelines("stj,Person %s,p%d@example.org,p%de\n" % ("".join(chr(97 + int(c)) for c in str(i)), i, i) for i in range(1000))
    hcauth("import", "/run/host/people.csv")
    true(int(run(TREE + "/build/add_keys")[1]) >= 1000, "everybody has a key more")
    hcauth("status")    # publishes
    equal(len(authorized("p999e")), 1, "hers")
    before = os.times()
    for i in range(50):
        equal(len(authorized("p%de" % (20 * i))), 1, "p%d" % (20 * i))
    after = os.times()
    took = (after.children_user + after.children_system - before.children_user - before.children_system) / 50
    print("# one look-up, with the start of setpriv and hcauth: %.1f ms of processor" % (1000 * took))
    true(took < 0.1, "%.1f ms" % (1000 * took))


main()
