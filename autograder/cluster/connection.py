"""The way into a cluster: an address in, results out. The one place that knows how Dask is started and reached."""

import contextlib
import logging
import re
import signal
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.cluster import worker
from autograder.cluster.batch import Batch, Work
from autograder.errors import AutograderError, ConfigError
from autograder.grader import Grader
from autograder.model import Regraded, Result, Submission
from autograder.reports import result_json

CONNECT_SECONDS = 15
MAX_LOCAL = 256
LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application", "asyncio")


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Connect to the scheduler at an address, or start a cluster of N processes on this machine for `local:N`.

    Raises:
        ConfigError: when Dask is not installed, or the address is none.
        AutograderError: when no scheduler answers there.
    """
    try:
        import dask
        import distributed
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"--dask: {missing.name} is not installed. In the folder of the kit: `uv sync --extra cluster`, or "
            "`pip install '.[cluster]'`."
        ) from None
    local = re.fullmatch(r"local:([1-9]\d*)", address)
    if not (local and int(local[1]) <= MAX_LOCAL) and "://" not in address:
        raise ConfigError(f"--dask {address}: write tcp://HOST:PORT, tls://HOST:PORT or local:N (1 to {MAX_LOCAL}).")
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters is told by the batch
    warnings.simplefilter("ignore", distributed.versions.VersionMismatchWarning)  # versions are compared by us
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GiB"}))
        try:
            place = _local_cluster(stack, int(local[1])) if local else address
            client = stack.enter_context(distributed.Client(place, timeout=CONNECT_SECONDS, set_as_default=False))
        except (ValueError, TypeError, ImportError) as mistake:
            raise ConfigError(f"--dask {address}: {mistake}") from None
        except OSError as silence:
            raise AutograderError(f"No Dask scheduler answers at {address} ({silence}).") from None
        yield client


def _local_cluster(stack: contextlib.ExitStack, processes: int) -> Any:
    """Start a scheduler and workers on this machine, which end with the stack."""
    import dask
    from distributed import LocalCluster

    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-dask-"))
    # No web pages: they ask for no password.
    web: dict[str, object] = {f"distributed.{one}.http.routes": [] for one in ("scheduler", "worker")}
    stack.enter_context(dask.config.set({"temporary-directory": folder, **web}))
    # The processes inherit this, and are not interrupted before they have read what `preload` names.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        cluster = LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            security=True,  # who can connect to a scheduler can run programs: other users of the machine must not
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # else port 8787, or a warning that it is taken
            memory_limit=0,  # the judges watch the memory of boxes
            preload=[worker.__name__],  # its dask_setup: also where Dask starts a process in place of a dead one
            silence_logs=logging.CRITICAL + 1,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    return stack.enter_context(cluster)


def grade_on_cluster(
    address: str, submissions: tuple[Submission, ...], grader: Grader, unsafe: bool, tell: Callable[[str], None]
) -> Generator[Result]:
    """Yield the result of each submission as it ends, on as many workers as there are, those included that join later.

    When the caller stops iterating or is interrupted, what runs is killed and no result is made of it.

    Args:
        address: of a scheduler (tcp://HOST:PORT, tls://HOST:PORT), or local:N for N processes on this machine.
        unsafe: grade also on workers that cannot isolate.
        tell: shows a sentence to a person: a worker refused, no worker there.

    Raises:
        ConfigError: when Dask is not installed, or the address is none.
        AutograderError: when no scheduler answers, or no worker is left that may grade; the text says which and why.
    """
    works = map(_to_grade, submissions)
    with _connected(address) as client, contextlib.closing(Batch(client, works, grader, unsafe, tell).run()) as running:
        for ended in running:
            yield ended.result


def regrade_on_cluster(
    address: str,
    earlier: Sequence[Result],
    with_evidence: Callable[[Result], Result],
    grader: Grader,
    live: bool,
    unsafe: bool,
    tell: Callable[[str], None],
) -> Generator[Regraded]:
    """Yield each submission, graded by `grader`, as it ends: what `regrade.regrade_batch` does, on a cluster.

    Args:
        earlier: graded results; with_evidence: adds to one of them the evidence of its run, when its turn comes.
        live: run the code of all of them again.
        address, unsafe, tell: as for `grade_on_cluster`, and so are the errors.
    """
    known = {before.submission: before for before in earlier}
    works = (_to_regrade(before, with_evidence, live) for before in earlier)
    with _connected(address) as client, contextlib.closing(Batch(client, works, grader, unsafe, tell).run()) as running:
        for ended in running:
            yield Regraded(known[ended.work.submission.name], ended.result, ended.ran)


def _to_grade(submission: Submission) -> Work:
    return Work(submission, worker.grade, lambda: (submission.notebook, submission.sha256))


def _to_regrade(before: Result, with_evidence: Callable[[Result], Result], live: bool) -> Work:
    def arguments() -> tuple[str, bytes, bool]:
        return result_json(replace(before, submission="", student="")), with_evidence(before).evidence, live

    return Work(Submission(before.submission, before.student, Path(), None), worker.regrade, arguments)
