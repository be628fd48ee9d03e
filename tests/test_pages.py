"""Memory in huge pages holds what it held, and a child's writing stays the child's."""

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import os, re
from autograder.sandbox.pages import HUGE, collapse

def huge():
    return 1024 * sum(int(kib) for kib in re.findall(r"AnonHugePages: +([0-9]+)", open("/proc/self/smaps").read()))

content = [bytearray(os.urandom(3 * HUGE)) for _ in range(3)]
copies = [bytes(part) for part in content]
before = huge()
gathered = collapse()
print(gathered, huge() - before)
assert content == copies
child = os.fork()
if child == 0:
    content[1][:100] = bytes(100)
    os._exit(0 if content[1] != copies[1] else 1)
assert os.waitpid(child, 0)[1] == 0
assert content == copies
"""


@pytest.mark.skipif(sys.platform != "linux", reason="grading needs Linux")
def test_pages_are_gathered_and_hold_what_they_held():
    """A kernel from 6.1 on gathers at least some; an older one leaves all as it is."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env={"PATH": os.defpath})
    assert ran.returncode == 0, ran.stderr
    gathered, huge = map(int, ran.stdout.split())
    release = tuple(map(int, platform.release().split(".")[:2]))
    if release >= (6, 1):
        assert min(gathered, huge) >= 2 << 20, (gathered, huge)
    else:
        assert gathered == 0
