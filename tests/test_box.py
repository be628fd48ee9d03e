"""What a box cannot do, tried from inside by a program that wants to."""

import ast
import errno
import os
import secrets
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from autograder.sandbox import zygote
from autograder.sandbox.orders import ForkBox
from autograder.sandbox.slots import Slots
from autograder.sandbox.zygote import COMPUTING


def seen_inside(classroom, code: str, *names: str):
    """Run code in a box and return what its names hold, as a test would read them."""
    checks = "\n".join(f"    seen[{name!r}] = env.get({name!r})" for name in names)
    told = f"def test(env):\n    seen = {{}}\n{checks}\n    raise AssertionError('SEEN ' + repr(seen))"
    result = classroom.grade(code, q1=told)
    message = result.questions[0].cases[0].message
    return ast.literal_eval(message.rsplit("SEEN ", 1)[1])


TRY = """
def attempt(action):
    try:
        return repr(action())
    except BaseException as error:
        return type(error).__name__
"""


def test_hidden_tests_and_solutions_have_no_name_inside(classroom, root):
    """The repository, its solutions and other folders of this machine are not there to be opened."""
    places = [str(root / "solutions"), str(root / "tests"), str(root / "course.yml"), "/home", "/var", "/etc/passwd"]
    code = f"{TRY}\nimport os\nfound = [p for p in {places!r} if os.path.exists(p)]"
    assert seen_inside(classroom, code, "found") == {"found": []}


def test_the_environment_holds_nothing_of_the_graders(classroom, monkeypatch):
    """Only a handful of variables, all set by us."""
    code = "import os\nnames = sorted(os.environ)"
    seen = seen_inside(classroom, code, "names")
    ours = {"HOME", "LANG", "MPLCONFIGDIR", "PATH", "TMPDIR", *COMPUTING}
    # the first two are IPython's, the last is epochs.py's
    assert set(seen["names"]) <= ours | {"MPLBACKEND", "PYDEVD_USE_FRAME_EVAL", "XLA_FLAGS"}


def test_arrays_are_multiplied_in_one_thread(classroom):
    """The cores are shared among boxes; NumPy's library would start a thread a core, which wait by spinning."""
    code = """
import os, numpy as np
before = len(os.listdir("/proc/self/task"))
product = np.ones((600, 600)) @ np.ones((600, 600))
started = len(os.listdir("/proc/self/task")) - before
"""
    assert seen_inside(classroom, code, "started") == {"started": 0}


def test_packages_of_the_staff_make_no_box_dearer(classroom):
    """Keras loads scikit-learn where it is installed, and SciPy with it; a notebook that wants it imports it."""
    code = """
import sys, keras
loaded = "sklearn" in sys.modules
import sklearn.utils
found = sklearn.utils.__name__
"""
    assert seen_inside(classroom, code, "loaded", "found") == {"loaded": False, "found": "sklearn.utils"}


def test_the_shell_was_made_before_and_knows_nothing_of_that(classroom):
    """Cells run in `__main__`, import from their own folder first, and find no trace of the warmed process' shell."""
    code = """
import os, sys, pathlib
pathlib.Path("beside.py").write_text("value = 7")
from beside import value
home = sys.modules["__main__"].value == 7 and __name__ == "__main__"
left = [name for name in os.listdir("/tmp")]
"""
    seen = seen_inside(classroom, code, "value", "home", "left")
    assert seen == {"value": 7, "home": True, "left": []}


def test_no_other_process_can_be_seen_or_signalled(classroom):
    """The processes of a box are its own: process 1, which collects orphans, and itself."""
    code = f"""{TRY}
import os
pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
parents_memory = attempt(lambda: open(f"/proc/{{os.getppid()}}/mem", "rb").read(1))
parents_environment = attempt(lambda: open("/proc/1/environ", "rb").read(1))
"""
    seen = seen_inside(classroom, code, "pids", "parents_memory", "parents_environment")
    assert set(seen["pids"]) <= {1, 2}
    assert {seen["parents_memory"], seen["parents_environment"]} <= {"PermissionError", "FileNotFoundError"}


def test_a_listener_on_this_machine_cannot_be_reached(classroom):
    """No network: not even loopback, and no socket but those between processes of the box."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        port = server.getsockname()[1]
        code = f"""{TRY}
import socket
reached = attempt(lambda: socket.create_connection(("127.0.0.1", {port}), timeout=2))
raw = attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
"""
        seen = seen_inside(classroom, code, "reached", "raw")
        assert seen == {"reached": "PermissionError", "raw": "PermissionError"}
        with pytest.raises(TimeoutError):
            server.accept()


def test_nothing_is_left_for_the_next_box(classroom):
    """A file in any writable folder is gone with the box."""
    mark = secrets.token_hex(8)
    places = [f"/tmp/{mark}", f"/dev/shm/{mark}", f"/box/{mark}"]
    write = f"""{TRY}
written = [attempt(lambda: open(p, "w").write("x")) for p in {places!r}]
"""
    assert set(seen_inside(classroom, write, "written")["written"]) <= {"1", "PermissionError"}
    look = f"import os\nfound = [p for p in {places!r} if os.path.exists(p)]"
    assert seen_inside(classroom, look, "found") == {"found": []}
    assert not any(os.path.exists(place) for place in places)


def test_the_interpreter_and_its_packages_cannot_be_changed(classroom):
    """What the next box will import is read-only."""
    code = f"""{TRY}
import numpy, os
target = os.path.join(os.path.dirname(numpy.__file__), "planted.py")
outcome = attempt(lambda: open(target, "w"))
"""
    assert seen_inside(classroom, code, "outcome")["outcome"] in ("OSError", "PermissionError")


def test_no_process_outlives_its_box(classroom):
    """A daemon that left its session and its parents dies with the box."""
    mark = f"autograder-test-{secrets.token_hex(8)}"
    code = f"""
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-I", "-c", "import time; time.sleep(600)", "{mark}"])
    os._exit(0)
os.wait()
started = True
"""
    assert seen_inside(classroom, code, "started") == {"started": True}
    running = [path for path in Path("/proc").glob("[0-9]*/cmdline") if mark.encode() in _read(path)]
    assert running == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("call", ["ptrace", "mount", "unshare", "io_uring_setup", "keyctl", "bpf", "setns"])
def test_dangerous_system_calls_are_refused(classroom, call):
    """The kernel's wider doors are shut, whoever asks."""
    from autograder.sandbox.syscalls import number

    code = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
outcome = (libc.syscall({number(call)}, 0, 0, 0, 0, 0), ctypes.get_errno())
"""
    assert seen_inside(classroom, code, "outcome") == {"outcome": (-1, 1)}


def test_rights_cannot_be_gained(classroom):
    """No capability in any set, no_new_privs, seccomp on, an unprivileged user."""
    code = """
import os
lines = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
status = {name: lines[name].strip() for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "NoNewPrivs", "Seccomp")}
uid = os.getuid()
"""
    seen = seen_inside(classroom, code, "status", "uid")
    assert seen["uid"] != 0
    assert {seen["status"][name] for name in ("CapEff", "CapPrm", "CapInh")} == {"0" * 16}
    assert (seen["status"]["NoNewPrivs"], seen["status"]["Seccomp"]) == ("1", "2")


def test_a_giant_file_is_refused(classroom):
    """Writing ends at the limit; the box and its marks live on."""
    classroom.allow(disk_mb=8)
    code = f"""{TRY}
def fill():
    with open("big", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
outcome = attempt(fill)
"""
    assert seen_inside(classroom, code, "outcome")["outcome"] == "OSError"


def test_a_fork_bomb_costs_only_its_own_cell(classroom):
    """Processes are limited, and the grader is still there afterwards."""
    classroom.allow(cell_seconds=4, memory_mb=500)
    result = classroom.grade("import os\nwhile True: os.fork()", "x = 1", q1="def test(x):\n    assert x == 1")
    assert (result.status, result.score) == ("graded", 1)


def test_two_graders_on_one_machine_never_share_a_user_id():
    """A slot that one process holds is not given to another, and comes back when that one is gone."""
    code = "from autograder.sandbox.slots import Slots; slots = Slots()"
    command = [sys.executable, "-c", f"{code}; print([slots.take() for _ in range(3)], flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        theirs = ast.literal_eval(other.stdout.readline())
        slots = Slots()
        mine = [slots.take() for _ in range(3)]
        if os.geteuid() == 0:
            assert not set(mine) & set(theirs)
        other.communicate("\n")
    for slot in mine:
        slots.give_back(slot)
    again = Slots()
    assert {*mine, *theirs} <= {again.take() for _ in range(40)}


def test_a_box_that_cannot_be_forked_gives_its_slot_back(monkeypatch):
    """A machine that has no room for processes for a while must not run out of slots too."""

    def full(level: str) -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(zygote.jail, "fork", full)
    monkeypatch.setattr(zygote.os, "listdir", lambda folder: ["one thread"])  # pytest may have more
    order = ForkBox("none", memory_mb=64, scratch_mb=8, processes=4, cpu_seconds=5)
    control, ours = socket.socketpair()
    with control, ours:
        server = zygote.Zygote(control, lambda job, judge: None)
        for _ in range(2):
            with pytest.raises(BlockingIOError):
                server._fork_box(server._main, order)
        assert server._slots._locks == {}


def test_boxes_run_side_by_side(classroom):
    """Two submissions at once do not meet."""
    found = {}

    def run(name: str) -> None:
        code = f"open('mine', 'w').write({name!r})\nimport os, time\ntime.sleep(1)\nfiles = sorted(os.listdir('.'))"
        found[name] = seen_inside(classroom, code + "\ntext = open('mine').read()", "files", "text")

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: seen["text"] for name, seen in found.items()} == {"a": "a", "b": "b"}


def test_text_hashes_to_the_same_number_in_every_command(classroom):
    """A set of words has one order, in whatever command and on whatever day: a vocabulary made of it is a grade."""
    code = "import sys\nfixed = sys.flags.hash_randomization == 0\nvalue = hash('sequence')"
    expected = subprocess.run(
        [sys.executable, "-c", "print(hash('sequence'))"], env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True
    )
    assert seen_inside(classroom, code, "fixed", "value") == {"fixed": True, "value": int(expected.stdout)}
