# SPDX-License-Identifier: Apache-2.0
"""Test cases and their output (TAP, https://testanything.org). A case is a function marked with @case; it
fails when it raises. What it was driving then is in the exception's text."""
import sys
import time
import traceback

cases = []


def case(f):
    cases.append(f)
    return f


def equal(got, want, what="value"):
    if got != want:
        raise AssertionError("%s: %r, not %r" % (what, got, want))


def true(value, what):
    if not value:
        raise AssertionError(what)


def main():
    """Runs the cases, or those whose names are arguments."""
    chosen = [c for c in cases if not sys.argv[1:] or c.__name__ in sys.argv[1:]]
    failed = 0
    for n, c in enumerate(chosen, 1):
        begin = time.monotonic()
        try:
            c()
            result = "ok"
        except Exception:   # whatever it is, the other cases must run
            failed += 1
            result = "not ok"
            for line in traceback.format_exc().splitlines():
                print("# " + line.replace("\r", ""))
        print("%s %d - %s (%.1f s)" % (result, n, c.__name__.replace("_", " "), time.monotonic() - begin), flush=True)
    print("1..%d" % len(chosen))
    sys.exit(1 if failed or not chosen else 0)
