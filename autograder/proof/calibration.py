"""What met each numeric bound in many runs, kept beside the source as solutions/<id>/calibration.json.

A Series is one question of one answer under many seeds. Nothing runs here.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Struct

from autograder.errors import AutograderError
from autograder.job import CodeCell
from autograder.proof.bounds import Bound

SCHEMA = 1
FIRST_RUNS = 5  # after so many equal values a bound is taken not to depend on the seed


class Seen(Struct, frozen=True, array_like=True):
    """What met a bound in one run, to 6 significant digits; None for what is no finite number."""

    value: float | None
    limit: float | None
    held: bool


class Run(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One run of a series.

    Attributes:
        number: the shift of all seeds; 0 is the notebook as it stands.
        seen: for each bound of the question; None for one that was not reached.
        lost: titles of test cases that failed although all their bounds held.
    """

    number: int
    seen: list[Seen | None]
    lost: list[str] = []


@dataclass
class Series:
    """One question of one answer under many seeds.

    Attributes:
        answer: "reference" or the name of a known submission; kind: "right" or "wrong".
        cells: that have to run for it; sha256: of all that its values depend on, but for the kit.
        all_cells: up to the question's check; `whole`: they are run, since the reference fell short without.
        runs: by number.
        outdated: there are runs, but of other cells, tests or data files.
    """

    question: str
    answer: str
    kind: str
    cells: tuple[CodeCell, ...]
    all_cells: tuple[CodeCell, ...]
    sha256: str
    whole: bool = False
    runs: dict[int, Run] = field(default_factory=dict)
    outdated: bool = False

    def is_decided(self) -> bool:
        """Tell whether it is known if the values depend on the seed."""
        return all(number in self.runs for number in range(FIRST_RUNS))

    def varies(self) -> bool:
        """Tell whether any run differs from the others."""
        runs = list(self.runs.values())
        return any((run.seen, run.lost) != (runs[0].seen, runs[0].lost) for run in runs)

    def wants(self, runs: int) -> int:
        """Return how many runs it is to have when `runs` are asked for: a few when they are all alike."""
        return min(runs, FIRST_RUNS) if self.is_decided() and not self.varies() else runs

    def falls_short(self, number: int) -> bool:
        """Tell whether a run has lost any test case."""
        run = self.runs[number]
        return bool(run.lost) or any(seen is not None and not seen.held for seen in run.seen)

    def seen(self, number: int) -> list[Seen]:
        """Return what met one bound, run by run, without the runs that did not reach it."""
        runs = (self.runs[run] for run in sorted(self.runs))
        return [seen for run in runs if (seen := run.seen[number]) is not None]


@dataclass(frozen=True)
class Place:
    """A bound and where it stands: `number` among those of its question, `line` in the source."""

    bound: Bound
    number: int
    line: int


@dataclass(frozen=True)
class Calibration:
    """All series of an assignment, those without any run yet among them.

    Attributes:
        source: path of the source, relative to the root.
        places: all numeric bounds, in the order of the source.
    """

    assignment: str
    source: str
    places: tuple[Place, ...]
    series: tuple[Series, ...]


def calibration_path(assignment: str) -> str:
    """Return the path of an assignment's calibration, relative to the root."""
    return f"solutions/{assignment}/calibration.json"


class Stored(Struct, forbid_unknown_fields=True):
    """A series as it stands in the file; see Series."""

    question: str
    answer: str
    kind: str
    sha256: str
    whole: bool
    runs: list[Run]


class _File(Struct, forbid_unknown_fields=True):
    schema: int
    assignment: str
    bounds: list[dict[str, str]]
    series: list[Stored]


def read_runs(root: Path, assignment: str) -> dict[tuple[str, str], Stored]:
    """Return (question, answer) -> what is stored of it; empty where nothing is.

    Raises:
        AutograderError: when the file is not a calibration; the text names it and the command that makes it.
    """
    name = calibration_path(assignment)
    try:
        file = msgspec.json.decode((root / name).read_bytes(), type=_File)
        if (file.schema, file.assignment) != (SCHEMA, assignment):
            raise msgspec.ValidationError(f"schema {file.schema} of {file.assignment!r}")
    except FileNotFoundError:
        return {}
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise AutograderError(
            f"{name}: not a calibration ({error}). Delete it and make it with `autograder calibrate {assignment}`."
        ) from None
    return {(series.question, series.answer): series for series in file.series}


def write_calibration(root: Path, calibration: Calibration) -> None:
    """Put a calibration beside its source, under a temporary name first; a run is a line."""
    path = root / calibration_path(calibration.assignment)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(_text(calibration), encoding="utf-8")
    temporary.replace(path)


def _text(calibration: Calibration) -> str:
    bounds = [
        {"question": place.bound.question, "case": place.bound.case, "bound": place.bound.text}
        for place in calibration.places
    ]
    series = [_series_text(one) for one in calibration.series if one.runs]
    return (
        f'{{"schema": {SCHEMA}, "assignment": {_json(calibration.assignment)},\n"bounds": {_lines(bounds)},\n'
        f'"series": [\n{f",{chr(10)}".join(series)}\n]}}\n'
    )


def _series_text(series: Series) -> str:
    head = {name: getattr(series, name) for name in ("question", "answer", "kind", "sha256", "whole")}
    runs = _lines(series.runs[number] for number in sorted(series.runs))
    return f'{_json(head)[:-1]}, "runs": {runs}}}'


def _json(thing: object) -> str:
    return json.dumps(msgspec.to_builtins(thing), ensure_ascii=False)


def _lines(things: Iterable[object]) -> str:
    return "[\n" + ",\n".join(map(_json, things)) + "\n]"
