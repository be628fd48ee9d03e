"""`autograder doctor` proves the level in force, and notices where there is none."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import ground
import pytest
from click.testing import CliRunner

from autograder.cli import main
from autograder.doctor import examine, probes
from autograder.grading import JUDGE
from autograder.sandbox.box import Warm
from autograder.sandbox.level import try_level
from autograder.sandbox.orders import Hello

# level and user; on an ordinary user's machine the second needs no ground
PLACES = {
    "namespaces as root": ("namespaces", 0),
    "namespaces as an ordinary user": ("namespaces", ground.ORDINARY),
    "uid as root": ("uid", 0),
}
OBSTACLE = ground.obstacle()
COMMAND = sys.modules["autograder.cli.doctor"]  # the module; the package calls its command by the same name


def on_ground(place: str, *command: str) -> str:
    """Run Python with a command at a place and return what it printed; skip by the name of what is missing."""
    level, uid = PLACES[place]
    if not OBSTACLE:
        return ground.run(uid, sys.executable, *command).stdout
    if uid == 0 or os.geteuid() == 0:
        pytest.skip(f"{place}: {OBSTACLE}")
    if missing := try_level(level):
        pytest.skip(f"{place}: {missing}")
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False).stdout


@pytest.mark.skipif(bool(OBSTACLE), reason=f"ground: {OBSTACLE}")
def test_the_ground_of_these_tests_leaves_nothing(tmp_path):
    """Neither a file in /tmp nor a process, nor a mount."""
    mounts = Path("/proc/self/mountinfo").read_text()
    script = f"echo x > /tmp/{tmp_path.name}; sleep 61 & echo $$ $(id -u) $(ls /tmp)"
    shell, uid, *files = ground.run(ground.ORDINARY, "/bin/sh", "-c", script).stdout.split()
    assert (int(shell) > 1000, int(uid)) == (True, ground.ORDINARY)
    assert set(files) - ground.own_in_tmp() == {"home", tmp_path.name}
    assert not Path("/tmp", tmp_path.name).exists()
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert b"sleep\x0061\0" not in command_lines()


def command_lines() -> Iterator[bytes]:
    """Yield the command lines of this machine's processes."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            yield path.read_bytes()


@pytest.mark.parametrize("place", PLACES)
def test_every_probe_sees_what_it_must(place):
    """The machine that runs this has just been attacked from inside."""
    printed = on_ground(place, "-m", "autograder.cli", "doctor", "--level", PLACES[place][0])
    assert [" ".join(line.split()) for line in printed.splitlines() if "DIFFERS" in line] == []
    assert "probes saw what they must" in printed


ORPHAN = """
import os
import signal
import sys
import time
from pathlib import Path
from autograder.doctor import descendants_of, parent_of
from autograder.grading import JUDGE
from autograder.model import Limits
from autograder.sandbox import wire
from autograder.sandbox.box import Box, Warm
from autograder.sandbox.orders import ForkJudge

def state(pid):
    try: return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError: return "gone"

warm = Warm(JUDGE)
judge, _ = warm.fork(ForkJudge())
zygote = parent_of(judge)
box = Box(warm, sys.argv[1], Limits(), 0, {})
if sys.argv[2] == "and a daemon":
    code = "import os, time\\nif os.fork() == 0:\\n    os.setsid()\\n    time.sleep(60)\\n    os._exit(0)"
    box.ask(lambda nonce: wire.Execute(nonce, code), "")
started = set(descendants_of(zygote))
assert len(started) >= 2 + (sys.argv[2] == "and a daemon")
os.kill(zygote, signal.SIGKILL)
end = time.monotonic() + 5
while time.monotonic() < end and (left := [pid for pid in started if state(pid) not in ("gone", "Z")]):
    time.sleep(0.05)
print(f"{len(left)} of {len(started)} live on" if left else "all are gone", flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("what", ["a box", "and a daemon"])
@pytest.mark.parametrize("place", PLACES)
def test_no_box_outlives_a_warmed_process_that_was_killed(place, what):
    """A process that gets SIGKILL can end nothing that it has started; the kernel must."""
    assert on_ground(place, "-c", ORPHAN, PLACES[place][0], what) == "all are gone\n"


@pytest.fixture
def warm() -> Iterator[Warm]:
    with closing(Warm(JUDGE)) as warm:
        yield warm


HARMLESS = {
    *("read a test file", "connect to this machine", "connect to an abstract socket", "hold a capability"),
    *("read the files of a box beside it", "signal a box beside it", "watch the folder of a box beside it"),
    *("see the processes of a box beside it", "use process_vm_readv"),
    *("meet a box beside it at an abstract socket", "meet a box beside it at a lock"),
    *(f"{action} the {who}" for action in ("signal", "open the files of") for who in ("grader", "judge")),
}


def test_probes_notice_that_nothing_confines_them(warm, monkeypatch):
    """A probe that could not fail would prove nothing: at level none the same programs get through."""
    monkeypatch.setattr("autograder.doctor.probes", harmless_probes)
    through = {finding.name for finding in examine(warm, "none") if not finding.ok}
    root_only = {"hold a capability"} if os.geteuid() else set()
    assert HARMLESS - root_only | {"leave a file behind"} <= through


def harmless_probes(around):
    """Yield those probes that do no harm when they get through."""
    for probe in probes(around):
        if probe.name in HARMLESS:
            yield replace(probe, levels=("none",))


def test_what_a_box_prints_would_be_noticed_if_it_were_kept(warm, monkeypatch):
    """The probe of the printed gigabyte sees memory that stays."""
    monkeypatch.setattr("autograder.doctor.KEPT_MB", 0)
    monkeypatch.setattr("autograder.doctor.probes", lambda around: [])
    findings = {finding.name: finding for finding in examine(warm, "none")}
    assert not findings["print 1024 MiB"].ok


class NoIsolation:
    """A warmed process on a machine that confines nothing."""

    hello = Hello("none", "unshare: Operation not permitted", {})

    def __init__(self, judge: str) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_machine_without_isolation_is_refused(monkeypatch):
    """Nothing is examined as if it were confined: exit code 2, the reason, and what to do."""
    monkeypatch.setattr(COMMAND, "Warm", NoIsolation)
    run = CliRunner().invoke(main, ["doctor"])
    assert run.exit_code == 2
    assert "unshare: Operation not permitted" in run.output and "--unsafe" in run.output


def test_a_lower_level_is_never_examined_without_saying_so(monkeypatch):
    """Who asks for a level reads that another one is in force here."""
    monkeypatch.setattr(NoIsolation, "hello", Hello("namespaces", "", {}))
    monkeypatch.setattr(COMMAND, "Warm", NoIsolation)
    monkeypatch.setattr(COMMAND, "examine", lambda warm, level: [])
    run = CliRunner().invoke(main, ["doctor", "--level", "uid"])
    assert "This level was asked for; grading on this machine uses namespaces." in run.output
