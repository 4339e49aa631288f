# SPDX-License-Identifier: Apache-2.0
"""tests/host /usr/bin/python3 tests/fault/talk.py [EVERY [PART OF A NAME...]]: faults-talk, with a hash that costs next to nothing."""
import os
import sys

TREE = os.environ["HC_TREE"]
sys.path.insert(0, TREE + "/tests/real")
from host import fast

fast()
os.environ["HC_FAULTS"] = (sys.argv + ["1"])[1]
os.execv(TREE + "/build/faults-talk", ["faults-talk"] + sys.argv[2:])
