"""A mixed class of twelve, right, wrong and broken: stock Otter over each file, ours over all of an assignment."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from broken import broken_files

from measures.lab import ROOT, Lab, Part, Step
from measures.programs import Cost, autograder, run
from measures.sheets import Sheet
from measures.stock import otter_run

# A fixed choice, with and without training. Broken files are made from the reference.
RIGHT = {"sum": ("reference", "keras-inside", "einsum"), "memory": ("own-way", "svd-norm")}
WRONG = {"sum": ("seed-code", "untrained", "wh-transposed", "template"), "memory": ("frobenius",)}
BROKEN = {"sum": ("missing questions", "truncated JSON"), "memory": ()}
SECONDS = 15.0  # of one of them under stock Otter, or of all of an assignment under ours


@dataclass(frozen=True)
class Member:
    """One of the class. `points`: what it must get under ours, None where nothing is to be compared."""

    assignment: str
    name: str
    kind: str
    notebook: bytes
    points: float | None


class Mixed(Part):
    """See above."""

    name = "mixed"
    about = "a mixed class of twelve, right, wrong and broken: CPU of stock Otter over each, and of ours over all"

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self._stock: dict[str, Cost] = {}
        self._sealed: dict[str, float] = {}
        self._commands: list[Cost] = []

    def steps(self) -> list[Step]:
        found = []
        for assignment in RIGHT:
            names = [*RIGHT[assignment], *WRONG[assignment], *BROKEN[assignment]]
            found += [Step(f"{assignment}: otter run {name}", SECONDS, partial(self._otter, name)) for name in names]
            found.append(Step(f"{assignment}: sealed", SECONDS, partial(self._grade, assignment)))
        return found

    def _members(self) -> list[Member]:
        found = []
        for assignment in RIGHT:
            known = self.lab.known(assignment)
            for kind, names in (("right", RIGHT[assignment]), ("wrong", WRONG[assignment])):
                for name in names:
                    points = sum(map(sum, known[name].expected.values()))
                    found.append(Member(assignment, name, kind, known[name].notebook, points))
            broken = broken_files(known["reference"].notebook)
            found += [Member(assignment, name, "broken", broken[name].data, None) for name in BROKEN[assignment]]
        return found

    def _member(self, name: str) -> Member:
        return next(member for member in self._members() if member.name == name)

    def _put(self, member: Member, folder: Path) -> Path:
        path = folder / f"{member.name.replace(' ', '-')}.ipynb"
        path.write_bytes(member.notebook)
        return path

    def _otter(self, name: str) -> None:
        member = self._member(name)
        path = self._put(member, self.lab.place(f"mixed-stock-{name.replace(' ', '-')}"))
        command = otter_run(self.lab, member.assignment, path)
        self._stock[name] = run(command, path.parent, check=member.kind != "broken")

    def _grade(self, assignment: str) -> None:
        inbox, out = (self.lab.place(f"mixed-{assignment}-{what}") for what in ("inbox", "grades"))
        members = {self._put(one, inbox).stem: one for one in self._members() if one.assignment == assignment}
        command = autograder("grade", assignment, inbox, "--out", out, "--grader", self.lab.grader_zip(assignment))
        self._commands.append(run(command, ROOT, check=False))
        for stem, member in members.items():
            record = json.loads((out / "results" / f"{stem}.json").read_text())
            if member.points is not None and record["score"] != member.points:
                raise RuntimeError(f"{assignment}, {member.name}: {record['score']} points, must be {member.points}.")
            self._sealed[member.name] = record["cpu_seconds"]
        recorded = sum(self._sealed[member.name] for member in members.values())
        if self._commands[-1].cpu_seconds < recorded:
            counted = self._commands[-1].cpu_seconds
            raise RuntimeError(
                f"{assignment}: {counted:.1f} s counted of the command, its records have {recorded:.1f} s."
            )

    def sheets(self) -> list[Sheet]:
        rows = []
        for one in self._members():
            stock, sealed = self._stock[one.name].cpu_seconds, self._sealed[one.name]
            ratio = f"{stock / sealed:.1f}" if sealed else ""
            rows.append((one.assignment, one.name, one.kind, f"{stock:.1f}", f"{sealed:.1f}", ratio))
        stock = sum(cost.cpu_seconds for cost in self._stock.values())
        boxes, commands = sum(self._sealed.values()), sum(cost.cpu_seconds for cost in self._commands)
        rows.append(("", "warming up twice, reading, writing", "", "", f"{commands - boxes:.1f}", ""))
        rows.append(("all", f"{len(self._stock)} submissions", "", f"{stock:.1f}", f"{commands:.1f}", ""))
        rows[-1] = (*rows[-1][:-1], f"{stock / commands:.1f}")
        notes = [
            "CPU seconds, once each. Stock: `otter run` over each file. Sealed: `autograder grade` over an assignment; "
            "of a submission its judge and boxes, of all the whole commands.",
            "What stock Otter refuses counts with what it took to refuse it. Hostile submissions are left out: they "
            "must not run under stock Otter, which does not confine them.",
        ]
        columns = ("assignment", "submission", "kind", "otter run", "sealed", "ratio")
        return [Sheet("A mixed class", columns, rows, notes, left=3)]
