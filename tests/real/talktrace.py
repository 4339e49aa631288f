# SPDX-License-Identifier: Apache-2.0
"""Conversations under strace, in a private host: hcauth-talk is replaced by a script that starts the real
one, under strace while that is switched on."""
import collections
import contextlib
import os
import re

TALK = "/usr/libexec/hcauth/hcauth-talk"
REAL = "/usr/libexec/hcauth/real/hcauth-talk"      # of the same name: it is found by that
ON = "/run/host/trace"      # strace's arguments, for the conversations that begin while it is there
OUT = "/run/host/traced/calls"

Call = collections.namedtuple("Call", "name line")


def install():
    os.mkdir(os.path.dirname(OUT))
    os.chmod(os.path.dirname(OUT), 0o777)
    os.mkdir(os.path.dirname(REAL), 0o755)
    os.rename(TALK, REAL)
    with open(TALK, "w") as f:
        f.write('#!/bin/sh\nPATH=/usr/bin:/bin\n[ ! -e %s ] || exec strace -o %s $(cat %s) %s "$@"\nexec %s "$@"\n' %
                (ON, OUT, ON, REAL, REAL))
    os.chmod(TALK, 0o755)


@contextlib.contextmanager
def on(*arguments):
    with open(ON, "w") as f:
        f.write(" ".join(arguments))
    try:
        yield
    finally:
        os.unlink(ON)


def calls():
    """The system calls of the last conversation that was traced."""
    found = []
    with open(OUT, errors="replace") as f:
        for line in f:
            m = re.match(r"(\w+)\(", line)
            if m:
                found.append(Call(m.group(1), line))
    return found
