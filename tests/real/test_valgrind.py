# SPDX-License-Identifier: Apache-2.0
"""pam_hcauth under valgrind, in pamtester: no error, nothing lost, in every phase."""
from host import pamtester, without_daemon
from people import Person, practice
from tap import case, equal, main, true

practice()
ann = Person("ann", 1).enrol()
VALGRIND = ["valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=99"]


def pam(*what, answers=(), name=None):
    status, said = pamtester("sshd", name or ann.email, *what, answers=answers, before=VALGRIND, timeout=120)
    true(status != 99 and "==" not in said, "valgrind is silent:\n" + said)
    return status


@case
def a_sign_in():
    equal(pam("authenticate", "acct_mgmt", "setcred", "open_session", "close_session",
              answers=[ann.password, ann.code()]), 0, "status")


@case
def a_wrong_code():
    true(pam("authenticate", answers=[ann.password, ann.wrong_code()]) != 0, "refused")


@case
def an_unknown_name():
    true(pam("authenticate", answers=[ann.password, "000000"], name="nobody@example.org") != 0, "refused")


@case
def no_more_answers():
    true(pam("authenticate", answers=[ann.password]) != 0, "refused")
    true(pam("authenticate") != 0, "refused")


@case
def an_answer_that_is_too_long():
    true(pam("authenticate", answers=["x" * 500, "0" * 511]) != 0, "refused")


@case
def a_first_sign_in_with_its_long_messages():
    bob = Person("bob", 2)
    true(pam("authenticate", answers=[bob.activation, bob.password, bob.password, "000000"], name=bob.email) != 0,
         "cut off")


@case
def the_daemon_down():
    with without_daemon():
        true(pam("authenticate", "acct_mgmt", "open_session") != 0, "refused")


main()
