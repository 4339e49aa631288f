# SPDX-License-Identifier: Apache-2.0
"""What a person with an account tries against colleagues: hand-made packets, and setuid programs by the dozen."""
import pwd

import wire
from drive import Program
from host import daemon_down, daemon_up, pids, until
from packets import AUTH, COMMAND, Talk, as_user, hello
from people import PASSWORD, SHELL, Person, audit, practice
from tap import case, equal, main

practice()
ann = Person("ann", 1).enrol()
ben = Person("ben", 2).enrol()
REFUSED = 0
CALLER_PLACES = 8
GREETER_PLACES = 16


def uid_of(person):
    return pwd.getpwnam(person.user).pw_uid


@case
def a_packet_names_no_easier_rule_for_a_change():
    with open("/etc/hcauth/hcauthd.conf", "a") as f:
        f.write("\n[service kiosk]\nrequire = password\nlocal = yes\n")
    daemon_down()
    daemon_up()

    def change():
        t = Talk(hello(COMMAND, "kiosk", args=["codes"]))
        return [t.said(), t.answer(ann.password)]
    equal(as_user(uid_of(ann), change), ["Password: ", "Code: "], "what is asked")


@case
def wp09_a_packet_asks_nothing_of_a_colleague():
    before = audit(ann)

    def ask():
        return [Talk(hello(AUTH, "login", name)).said() for name in (ann.email, ann.user, "nobody@example.org", "root")]
    equal(as_user(uid_of(ben), ask), [REFUSED] * 4, "what is said")
    equal(audit(ann), before, "the audit")
    with ann.ssh("true") as p:
        ann.sign_in(p)
        equal(p.end(), 0, "ann's sign-in at once after it")


@case
def su_by_the_dozen_keeps_nobody_else_out():
    with ben.login() as here:   # his session at the workstation, so his su is no call from the network
        ben.sign_in(here)
        here.expect(SHELL)
        many = [Program(["su", ann.user], uid=uid_of(ben)) for _ in range(140)]
        try:
            until("all that he gets are taken", lambda: len(pids("hcauth-talk")) >= CALLER_PLACES)
            until("the rest has been refused", lambda: sum(p.ended() for p in many) == 140 - CALLER_PLACES)
            equal(len(pids("hcauth-talk")), CALLER_PLACES, "conversations")
            with ann.login() as p:
                ann.sign_in(p)
                p.expect(SHELL)
        finally:
            for p in many:
                p.close()
        until("his places are free again", lambda: not pids("hcauth-talk"))
        with Program(["su", ann.user, "-c", "id -un"], uid=uid_of(ben)) as p:
            ann.sign_in(p)
            p.expect(r"(?m)^%s\r?$" % ann.user)


@case
def greeters_by_the_dozen_keep_nobody_else_out():
    """Whoever may talk to lightdm by D-Bus gets a greeter on any X server of theirs, and each waits for hours."""
    talks, ends = [], []
    try:
        for n in range(140):
            talks.append(wire.Talk(wire.AUTH, "lightdm", ann.email, tty=":%d" % n))
            ends.append(talks[-1].expect(PASSWORD, "Many people are signing in"))
        equal((ends.count(0), ends.count(1)), (GREETER_PLACES, 140 - GREETER_PLACES), "who waits, who is refused")
        for door in (ann.login, ann.ssh):
            with door() as p:
                p.expect(PASSWORD)
    finally:
        for t in talks:
            t.socket.close()
    until("their places are free again", lambda: not pids("hcauth-talk"))
    with wire.Talk(wire.AUTH, "lightdm", ann.email, tty=":0") as t:
        t.expect(PASSWORD)


main()
