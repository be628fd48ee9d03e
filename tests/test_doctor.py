"""`autograder doctor` proves the level in force, and notices where there is none."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from autograder.doctor import examine, probes
from autograder.grading import JUDGE
from autograder.sandbox.box import Warm
from autograder.sandbox.level import try_level


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    warm = Warm(JUDGE)
    yield warm
    warm.close()


@pytest.mark.parametrize("level", ["namespaces", "uid"])
def test_every_probe_sees_what_it_must(warm, level):
    """The machine that runs this has just been attacked from inside."""
    obstacle = try_level(level)
    if obstacle:
        pytest.skip(f"level {level} cannot be had here: {obstacle}")
    assert [finding for finding in examine(warm, level) if not finding.ok] == []


def test_probes_notice_that_nothing_confines_them(warm, monkeypatch):
    """A probe that could not fail would prove nothing: at level none the same programs get through."""
    monkeypatch.setattr("autograder.doctor.probes", harmless_probes)
    through = {finding.name for finding in examine(warm, "none") if not finding.ok}
    assert {"read a test file", "connect to this machine", "leave a file behind", "signal the grader"} <= through


def harmless_probes(around):
    """Return those probes that do no harm when they get through."""
    for probe in probes(around):
        if probe.name in ("read a test file", "connect to this machine", "signal the grader"):
            yield replace(probe, levels=("none",))
