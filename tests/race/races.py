#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/host tests/race/races.py PART ROUNDS: the races of tests/race on a daemon with cheap hashes and rules of
their own."""
import os
import sys

if len(sys.argv) != 3 or "HC_TREE" not in os.environ:
    sys.exit("usage: tests/host tests/race/races.py codes|guesses|orders|soak HOW_MANY (of a soak: 1024 or more)")
TREE = os.environ["HC_TREE"]
sys.path.insert(0, TREE + "/tests/real")

from host import daemon_down, daemon_up, fast  # noqa: E402

RULES = """
[service race-code]
require = fingerprint, totp
local = yes
[service race-yubikey]
require = fingerprint, yubikey
local = yes
[service race-password]
require = password, totp
local = yes
[service race-finger]
require = fingerprint
local = yes
[service race-pin]
require = pin
local = yes
[service race-shift]
require = password, totp
local = yes
shift = yes
"""

conf = "/etc/hcauth/hcauthd.conf"
with open(conf) as f:
    text = f.read()
# Messages stay in the outbox, from where their codes are taken.
if sys.argv[1] != "soak":
    text = text.replace("#sms = ", "sms = ", 1)
    RULES += "[service race-sms]\nrequire = password, sms\nlocal = yes\n"
text = text.replace("break-glass = no", "break-glass = yes")
with open(conf, "w") as f:
    f.write(text + RULES)
daemon_down()
fast()
daemon_up()
os.execv(TREE + "/build/races", ["races"] + sys.argv[1:])
