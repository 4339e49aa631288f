# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""A machine whose language is Welsh: login, ssh, sudo, the command, messages. And what is wrong with a catalogue
keeps nobody out."""
import os
import pwd
import re

from drive import Program
from host import daemon_down, daemon_up
from people import RECOVERY, SHELL, SUDO_PASSWORD, Person, practice, run, wait_mail, wait_sms
from tap import case, equal, main, true

CATALOGUE = "/usr/share/locale/cy/LC_MESSAGES/hcauth.mo"
PASSWORD, CODE = r"Cyfrinair: $", r"Cod: $"


def in_language(language):
    with open("/etc/hcauth/hcauthd.conf") as f:
        text = re.sub(r"(?m)^language = .*$", "language = " + language, f.read())
    with open("/etc/hcauth/hcauthd.conf", "w") as f:
        f.write(text)
    daemon_down()
    daemon_up()


practice("stj", "Meddygfa Sant Ioan")
in_language("cy")
nia = Person("nia", 1)
MOBILE = "+447700900111"


@case
def the_first_sign_in():
    with nia.login() as p:
        p.expect(PASSWORD)
        p.secret(nia.activation)
        p.expect("Croeso, Nia Example\\.")
        for prompt in (r"Cyfrinair newydd: $", r"Cyfrinair newydd eto: $"):
            p.expect(prompt)
            p.secret(nia.password)
        p.expect(r"Cyfrinach: ([A-Z2-7 ]+)\r?\n")
        nia.totp = p.match.group(1).replace(" ", "")
        p.expect(r"Cod o'r ap: $")
        p.answer(nia.code(), shown="")
        p.expect(r"Teipiwch \"iawn\" pan fyddwch wedi eu hysgrifennu: $")
        nia.recovery = {int(slot): code for code, slot in re.findall(RECOVERY, p.before.replace("\r", ""))}
        equal(len(nia.recovery), 12, "recovery codes")
        p.answer("iawn")
        in_shell(p, r"Enter[^:]*: $")
        p.type("exit")
        p.end()


def sign_in(p, password=PASSWORD):
    p.expect(password)
    p.secret(nia.password)
    p.expect(CODE)
    p.answer(nia.recovery_code(), shown="")


def in_shell(p, *questions):
    """Past what people are asked once they are in: their phone, another account."""
    while p.expect(SHELL, *questions) > 0:
        p.answer("")


@case
def login_again():
    with nia.login() as p:
        sign_in(p)
        in_shell(p, r"wedi colli eich ffôn\?[^:]*: $", r"Enter[^:]*: $")
        p.type("exit")
        p.end()


@case
def ssh_asks_as_programs_expect_and_tells_nobody_who_exists():
    with nia.ssh("id", "-un") as p:
        sign_in(p, r"Password: $")
        p.expect(r"wedi colli eich ffôn\?[^:]*: $")
        p.answer("")
        p.expect(r"(?m)^niae\r?$")
        equal(p.end(), 0, "status")
    said = []
    for name in (nia.email, "nobody@example.org", nia.user, "HC999999"):
        with nia.ssh("true", name=name) as p:
            p.expect(r"Password: $")
            p.answer("", shown="")
            p.expect(r"Password: $")
            p.secret("not this one")
            p.expect(CODE)
            p.answer("000000")
            p.expect("Permission denied")
            p.end()
            said.append(p.screen.replace(name, "NAME"))
    true("Newydd yma, neu wedi'i anghofio?" in said[0] or "Wedi'i anghofio?" in said[0], said[0])
    for other in said[1:]:
        equal(other, said[0], "what a name is told")


@case
def sudo_finds_its_prompt():
    with open("/etc/sudoers.d/nia", "w") as f:
        f.write("%s ALL=(ALL) ALL\n" % nia.user)
    with Program(["sudo", "id", "-u"], uid=pwd.getpwnam(nia.user).pw_uid) as p:
        sign_in(p, SUDO_PASSWORD)
        p.expect(r"(?m)^0\r?$")


@case
def the_command_and_its_messages():
    uid = pwd.getpwnam(nia.user).pw_uid
    with Program(["hcauth", "status"], uid=uid) as p:
        p.expect("Cyfrinair: yn gweithio")
        p.expect(r"Codau adfer: \d+ ar ôl")
        equal(p.end(), 0, "status")
    with Program(["hcauth", "mobile", MOBILE], uid=uid) as p:
        p.expect(PASSWORD)
        p.secret(nia.password)
        p.expect(CODE)
        p.answer(nia.recovery_code(), shown="")
        p.expect(r"Cod o'r neges destun: $")
        m = wait_sms(MOBILE)
        true(m.text.startswith(m.code + " yw eich cod ar gyfer Meddygfa Sant Ioan"), m.text)
        p.answer(m.code, shown="")
        p.expect("Diolch\\.")
        equal(p.end(), 0, "status")
    with Program(["hcauth", "pin"], uid=uid) as p:
        p.expect(PASSWORD)
        p.secret(nia.password)
        p.expect(CODE)
        p.answer(nia.recovery_code(), shown="")
        for prompt in (r"PIN newydd: $", r"PIN newydd eto: $"):
            p.expect(prompt)
            p.secret("70413")
        p.expect("Mae eich PIN wedi'i newid\\.")
        equal(p.end(), 0, "status")
    m = wait_sms(MOBILE)
    equal(m.text, "Meddygfa Sant Ioan: Newidiwyd eich PIN nawr. Nid chi? Ffoniwch eich practis ar unwaith.", "news")
    status, _, err = run("hcauth", "invite", "--practice", "stj", "--name", "Gwen Ŵyr", "--email", "gwen@example.org", "--send")
    equal(status, 0, err)
    m = wait_mail("gwen@example.org")
    equal(m.subject, "Eich manylion mewngofnodi yn Meddygfa Sant Ioan", "subject")
    true("Annwyl Gwen Ŵyr," in m.text and "Dewiswch eich cyfrinair eich hun" in m.text, m.text)


@case
def a_letter_for_the_printer():
    status, _, err = run("hcauth", "invite", "--practice", "stj", "--name", "Siân Wŷn", "--letter", "/root/llythyr.pdf")
    equal(status, 0, err)
    status, text, err = run("pdftotext", "-layout", "/root/llythyr.pdf", "-")
    equal(status, 0, err)
    for what in ("Meddygfa Sant Ioan", "Siân W", "Cod actifadu:", "Defnyddiwch erbyn:", "Beth i'w wneud"):
        true(what in text.replace("’", "'"), "%s in the letter:\n%s" % (what, text))


def english_and_in():
    with nia.login() as p:
        p.expect(r"Password: $")
        p.secret(nia.password)
        p.expect(r"Code: $")
        p.answer(nia.recovery_code(), shown="")
        in_shell(p, r"lost your phone\?[^:]*: $", r"Enter[^:]*: $")
        p.type("exit")
        p.end()


@case
def a_catalogue_that_cannot_be_used_is_english():
    with open(CATALOGUE, "rb") as f:
        whole = f.read()
    for broken in (whole[:len(whole) // 2], b"", whole.replace(b"%s", b"%n")):
        with open(CATALOGUE, "wb") as f:
            f.write(broken)
        english_and_in()
    os.unlink(CATALOGUE)
    english_and_in()
    with open(os.environ["HCAUTH_LOG"]) as f:
        log = f.read()
    true("language: %s: damaged; English is told" % CATALOGUE in log, "the log says why")
    true(re.search("language: .*No such file or directory; English is told", log), "the log says why")
    with open(CATALOGUE, "wb") as f:
        f.write(whole)
    os.chmod(CATALOGUE, 0o644)
    with nia.login() as p:
        p.expect(PASSWORD)
        p.close()


main()
