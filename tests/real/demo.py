# SPDX-License-Identifier: Apache-2.0
"""The demo: what Ada Example sees, from her activation code to a refused guess. Runs on a private host."""
import os
import stat
import sys
import time

import drive
from people import SHELL, Person, hcauth, practice
from tap import equal


def say(text):
    sys.stdout.write(text.replace("\r", ""))
    sys.stdout.flush()


def heading(text):
    say("\n--- %s %s\n\n" % (text, "-" * max(3, 92 - len(text))))


def as_root(*args):
    say("# hcauth %s\n" % " ".join('"%s"' % a if " " in a else a for a in args))
    out = hcauth(*args)
    say(out)
    return out


class Ada(Person):
    def __init__(self):
        import people
        people.hcauth, before = as_root, people.hcauth
        try:
            practice()
            super().__init__("ada", 12345)
        finally:
            people.hcauth = before


def in_a_shell(p, ada):
    """Looks round as somebody who has just signed in, and leaves."""
    p.expect(SHELL)
    p.type("whoami; pwd; echo $HCAUTH_IDENTITY at $HCAUTH_PRACTICE")
    p.expect(r"(?m)^%s\r?$" % ada.user)
    p.expect(r"(?m)^/home/%s\r?$" % ada.user)
    p.expect(r"(?m)^%s at stj\r?$" % ada.email)
    p.expect(SHELL)
    p.type("exit")
    equal(p.end(), 0, "exit status")


def first(ada):
    heading("Ada's first sign-in, at the console, with the activation code from her letter")
    with ada.login(watch=say) as p:
        ada.first_sign_in(p)
        in_a_shell(p, ada)
    equal(oct(stat.S_IMODE(os.stat("/home/" + ada.user).st_mode)), "0o700", "mode of her home")


def over_ssh(ada):
    heading("Over ssh, with password and code")
    command(ada)
    with ada.ssh(watch=say) as p:
        ada.sign_in(p)
        in_a_shell(p, ada)


def command(ada):
    say("$ ssh %s@testhost\n" % ada.email)


def at_the_console(ada):
    heading("At the console")
    with ada.login(watch=say) as p:
        ada.sign_in(p)
        in_a_shell(p, ada)


def with_a_recovery_code(ada):
    heading("Her phone is at home: a recovery code in place of the code")
    command(ada)
    with ada.ssh(watch=say) as p:
        ada.sign_in(p, code=ada.recovery_code())
        ada.has_phone(p)
        in_a_shell(p, ada)


def with_a_wrong_code(ada):
    heading("Somebody who has seen her password guesses a code")
    command(ada)
    with ada.ssh(watch=say) as p:
        ada.sign_in(p, code=ada.wrong_code())
        p.expect("Permission denied")
        equal(p.end(), 255, "ssh's exit status")


# "code" gives the next code that is not used yet, if it is good already: from one step before its own.
BASHRC = """
PS1='testhost# '
bind 'set enable-bracketed-paste off'
step=%d
code()
{
	local now=$(($(date +%%s) / 30))
	if ((step > now)); then
		echo "Used up: the next one is good in $(((step * 30) - $(date +%%s))) seconds." >&2
		return 1
	fi
	((step = step < now ? now : step + 1))
	oathtool --totp -b -N @$((step * 30)) %s
}
"""


def hands_on(ada):
    heading("Your turn")
    say(ada.qr + """
Scan this with an authenticator app, or type "code" below for a code. You are root on the private host.

    ssh %s@testhost     password: %s
    login %s            the same, at the console's login
    su - %s                     become her, as root may; then try: sudo -k, passwd, hcauth accounts
    hcauth help                   what you can do as root; %s is her practice
    code                          the code for now (each is good once, for about 30 seconds)
    less $HCAUTH_LOG              what hcauthd has said

Recovery codes, each good once:  %s
"exit" ends the host, and nothing of it stays.

""" % (ada.email, ada.password, ada.email, ada.user, "stj", ",  ".join(list(ada.recovery.values())[:3])))
    with open("/root/.bashrc", "w") as f:
        f.write(BASHRC % (ada.step, ada.totp))
    env = {k: v for k, v in os.environ.items() if k in ("TERM", "HCAUTH_LOG", "SSHD_LOG", "SSH_PORT")}
    drive.relay(["bash"], dict(env, HOME="/root", USER="root", LANG="C.UTF-8"))


def main():
    begin = time.monotonic()
    say("What is typed where the terminal shows nothing stands as dots (passwords) or as it is (codes).\n")
    heading("The practice's manager enters Ada")
    ada = Ada()
    steps = [first, over_ssh, at_the_console, with_a_recovery_code, with_a_wrong_code]
    if sys.argv[1:] == ["--hands-on"]:
        first(ada)
        hands_on(ada)
        return
    for step in steps:
        step(ada)
    heading("%d sign-ins in %.0f seconds: each did what it should" % (len(steps), time.monotonic() - begin))


try:
    main()
except (drive.Unexpected, AssertionError) as e:
    with open(os.environ["HCAUTH_LOG"]) as log:
        say("\n\nhcauthd's log ends:\n" + "".join(log.readlines()[-20:]))
    sys.exit("demo: %s" % str(e).replace("\r", ""))
