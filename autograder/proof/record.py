"""solutions/<id>/proof.json: what `verify` has proven, of which files, written and read again.

No times, no versions: the same source and the same outcome give the same bytes, and a new kit makes no proof void.
"""

import csv
import hashlib
import io
import json
import os
from dataclasses import asdict
from pathlib import Path

import msgspec
from msgspec import Struct

from autograder.build import read_percent
from autograder.errors import AutograderError, SourceError
from autograder.model import Assignment
from autograder.proof.findings import Finding
from autograder.source import parts

SCHEMA = 1
CHECKS = ("reference", "stock", "template", "known", "mutants", "calibration", "notebook")
SLOW = frozenset({"stock", "mutants"})
README_BEGIN, README_END = "<!-- proofs: made by `autograder verify` -->", "<!-- end of proofs -->"
_RAW = "# %% [raw]\n"
_COLUMNS = (
    *("", "questions", "test cases: public, hidden", "known answers: right, wrong", "mutants killed"),
    "worst false-fail limit",
)


class MutantCount(Struct, frozen=True, forbid_unknown_fields=True):
    """How many mutants were made, how many of them are equivalent to the reference, how many lost points."""

    made: int = 0
    equivalent: int = 0
    killed: int = 0


class BoundCount(Struct, frozen=True, forbid_unknown_fields=True):
    """How many numeric bounds depend on the seed, and the worst of them.

    Attributes:
        found: all numeric bounds; `random`: those whose value is another with another seed.
        runs: fewest runs of any of those.
        worst_limit: largest upper limit (95 %) of the chance that a right answer fails one; 0 without any.
    """

    found: int = 0
    random: int = 0
    runs: int = 0
    worst_limit: float = 0.0


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    """What was proven.

    Attributes:
        inputs: path relative to the root -> SHA-256 of each file that the outcome depends on; for course.yml, of the
            assignment's entry.
        questions: how many; `manual`: how many of them people mark.
        public, hidden: how many test cases.
        known: kind -> how many known submissions.
        findings: what fell short; empty when the grader may go out.
    """

    assignment: str
    inputs: dict[str, str]
    questions: int = 0
    manual: int = 0
    public: int = 0
    hidden: int = 0
    known: dict[str, int] = {}
    mutants: MutantCount = MutantCount()
    bounds: BoundCount = BoundCount()
    findings: list[Finding] = []
    schema: int = SCHEMA


def proof_path(assignment: str) -> str:
    """Return the path of an assignment's proof, relative to the root."""
    return f"solutions/{assignment}/proof.json"


def proof_inputs(root: Path, assignment: Assignment) -> dict[str, str]:
    """Return the hash of each file that a proof of this assignment rests on, by path relative to the root.

    These are the source without its rubrics, the files beside it but for the proof itself, the known submissions, and
    the points and limits of course.yml.

    Args:
        root: folder of course.yml.
        assignment: its entry.
    """
    entry = json.dumps([assignment.points, asdict(assignment.limits)], sort_keys=True)
    inputs = {"course.yml": _sha256(entry.encode())}
    source = root / "solutions" / assignment.id / f"{assignment.id}.py"
    for folder in (root / "solutions" / assignment.id, root / "tests" / "submissions" / assignment.id):
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(root).as_posix()
            passing = any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)
            if path.is_file() and not passing and name != proof_path(assignment.id):
                content = path.read_bytes()
                inputs[name] = _sha256(_without_rubrics(content) if path == source else content)
    return inputs


def _without_rubrics(source: bytes) -> bytes:
    """Return a source without the text of its rubrics: people mark by them, and they change while people do.

    Of all checks only the search for what a notebook gives away reads them. What cannot be told for certain stays in: a
    source that is none, a rubric that stands there twice.
    """
    try:
        text = source.decode()
        rubrics = [part.cell.source for part in parts(read_percent(text), "") if part.kind == "rubric"]
    except (SourceError, ValueError):
        return source
    for rubric in rubrics:
        cell = _RAW + "".join(f"# {line}".rstrip() + "\n" for line in rubric.splitlines())
        if text.count(cell) == 1:
            text = text.replace(cell, _RAW)
    return text.encode()


def write_proof(root: Path, proof: Proof) -> None:
    """Put a proof beside its source, under a temporary name first."""
    text = json.dumps(msgspec.to_builtins(proof), ensure_ascii=False, indent=2, sort_keys=True)
    _write(root / proof_path(proof.assignment), text + "\n")


def write_mutants(root: Path, assignment: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Write the report on mutants beside the source: one line each."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    _write(root / "solutions" / assignment / "mutants.csv", text.getvalue())


def read_proof(root: Path, assignment: str) -> Proof | None:
    """Return an assignment's proof, None where there is none.

    Raises:
        AutograderError: when the file is not one; the text names it and the command that makes it.
    """
    path = root / proof_path(assignment)
    try:
        proof = msgspec.json.decode(path.read_bytes(), type=Proof)
        if (proof.schema, proof.assignment) != (SCHEMA, assignment):
            raise msgspec.ValidationError(f"schema {proof.schema} of {proof.assignment!r}")
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise AutograderError(
            f"{proof_path(assignment)}: not a proof ({error}). Make it with `autograder verify {assignment}`."
        ) from None
    return proof


def obstacle(root: Path, assignment: Assignment) -> str:
    """Return why the grader of an assignment may not go out, and what to do; empty when it may."""
    place, todo = proof_path(assignment.id), f"run `autograder verify {assignment.id}`."
    try:
        proof = read_proof(root, assignment.id)
    except AutograderError as damaged:
        return str(damaged)
    if proof is None:
        return f"{place} is missing: nobody has proven this grader; {todo}"
    changed = _changes(proof.inputs, proof_inputs(root, assignment))
    if changed:
        return f"{place} is out of date, since {changed}; {todo}"
    if proof.findings:
        first, more = proof.findings[0], len(proof.findings) - 1
        others = f" And {more} more." if more else ""
        return f"{place} holds findings; mend them and {todo} {first}{others}"
    return ""


def _changes(before: dict[str, str], now: dict[str, str]) -> str:
    """Say in a few words which inputs differ."""
    said = [f"{path} is new" for path in now.keys() - before.keys()]
    said += [f"{path} is gone" for path in before.keys() - now.keys()]
    said += [f"{path} changed" for path in now.keys() & before.keys() if now[path] != before[path]]
    said.sort()
    return ", ".join(said[:3]) + (f" and {len(said) - 3} more" if len(said) > 3 else "")


def proofs_table(proofs: list[Proof]) -> str:
    """Return the table of README: one line an assignment, in Markdown."""
    rows = [_COLUMNS, ("---",) * len(_COLUMNS), *map(_cells, proofs)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _cells(proof: Proof) -> tuple[str, ...]:
    mutants, bounds = proof.mutants, proof.bounds
    right = proof.known.get("right", 0) + proof.known.get("reference", 0)
    wrong = sum(proof.known.get(kind, 0) for kind in ("wrong", "template", "hostile"))
    limit = f"{100 * bounds.worst_limit:.2f} % ({bounds.runs} runs)" if bounds.random else "no bound depends on luck"
    return (
        f"`{proof.assignment}`",
        f"{proof.questions}",
        f"{proof.public}, {proof.hidden}",
        f"{right}, {wrong}",
        f"{mutants.killed} of {mutants.made - mutants.equivalent}",
        f"{limit}; findings: {len(proof.findings)}" if proof.findings else limit,
    )


def readme_with_proofs(readme: str, proofs: list[Proof]) -> str:
    """Return README with the table between its two marks; unchanged where it has no marks."""
    head, begin, rest = readme.partition(README_BEGIN)
    _, end, tail = rest.partition(README_END)
    if not (begin and end):
        return readme
    return f"{head}{begin}\n\n{proofs_table(proofs)}\n\n{end}{tail}"


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
