"""The tables that the notebooks show are those that were measured, in the files beside their sources."""

import ast
import csv
import re
from collections import defaultdict
from pathlib import Path
from statistics import median

SOLUTIONS = Path(__file__).resolve().parent.parent / "solutions"


def rows(path: str) -> list[dict[str, str]]:
    with (SOLUTIONS / path).open(newline="") as file:
        return list(csv.DictReader(file))


def stated(assignment: str, name: str) -> object:
    """Return what a source assigns to a name at the top of a cell: a literal, or `dict(...)` of literals."""
    tree = ast.parse((SOLUTIONS / assignment / f"{assignment}.py").read_text(encoding="utf-8"))
    (value,) = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    if isinstance(value, ast.Call):
        return {keyword.arg: ast.literal_eval(keyword.value) for keyword in value.keywords}
    return ast.literal_eval(value)


def test_the_solve_rates_of_memory_are_those_of_its_runs():
    """(runs, solved) of each length."""
    measured = {int(row["T"]): (int(row["runs"]), int(row["solved"])) for row in rows("memory/solve_rates.csv")}
    assert stated("memory", "SOLVE_RATES") == measured


def test_the_kinds_of_layers_of_seq2seq_are_those_of_their_runs():
    """Lowest, middle and highest of ten runs, with one clause and with two."""
    measured: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows("seq2seq/cells.csv"):
        measured[row["kind"]].append((float(row["one_clause"]), float(row["two_clauses"])))
    assert {len(runs) for runs in measured.values()} == {10}
    expected = {
        kind: tuple(
            tuple(float(f"{of(shares):.2f}") for of in (min, median, max)) for shares in zip(*runs, strict=True)
        )
        for kind, runs in measured.items()
    }
    assert stated("seq2seq", "table") == expected


def test_the_rubric_of_gradients_tells_what_ten_seeds_gave():
    """How many runs solved the task with both remedies, with each alone and with neither."""
    solved = {row["mix"]: int(row["solved"]) for row in rows("gradients/solve_rates.csv")}
    source = (SOLUTIONS / "gradients" / "gradients.py").read_text(encoding="utf-8")
    told = re.search(
        r"identity and clipping (\d+) solved, clipping with Glorot's start (\d+),\s+#\s+identity without clipping none",
        source,
    )
    assert told and [int(number) for number in told.groups()] == [solved["identity and clipping"], solved["clipping"]]
    assert solved["identity"] == solved["neither"] == solved["identity, clipping, batch norm"] == 0
