"""A proof holds for the files that it was made of, and a grader zip is made only with one."""

import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from tiny import claim_proven, write_course

from autograder.build import build_assignment
from autograder.cli import main
from autograder.course import read_course
from autograder.errors import AutograderError
from autograder.grader import read_grader
from autograder.model import Course
from autograder.proof.findings import Finding
from autograder.proof.record import (
    README_BEGIN,
    README_END,
    BoundCount,
    MutantCount,
    Proof,
    obstacle,
    proof_inputs,
    proofs_table,
    read_proof,
    readme_with_proofs,
    write_proof,
)

ROOT = Path(__file__).parents[1]
FINDING = Finding("known", "solutions/tiny/tiny.py", 7, "wh-transposed gets 1, expected 0.", "Mend the test case.")
PROOF = Proof(
    assignment="tiny",
    inputs={},
    questions=3,
    manual=1,
    public=2,
    hidden=5,
    known={"reference": 1, "right": 2, "template": 1, "wrong": 6},
    mutants=MutantCount(made=40, equivalent=3, killed=36),
    bounds=BoundCount(found=9, random=4, runs=200, worst_limit=0.014867),
)


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """The tiny course with a known submission and a claim that its grader is proven."""
    root = write_course(tmp_path / "course")
    case = root / "tests" / "submissions" / "tiny" / "wrong"
    case.mkdir(parents=True)
    (case / "case.yml").write_text("title: Wrong\nkind: wrong\n")
    claim_proven(root)
    monkeypatch.chdir(root)
    return root


def why_not(root: Path) -> str:
    course: Course = read_course(root / "course.yml")
    return obstacle(root, course.assignments[0])


# The file


def test_a_proof_is_read_as_it_was_written(tmp_path):
    """Findings and all, and the same bytes when it is written again."""
    (tmp_path / "solutions" / "tiny").mkdir(parents=True)
    proof = Proof("tiny", {"b": "2", "a": "1"}, questions=1, findings=[FINDING])
    write_proof(tmp_path, proof)
    path = tmp_path / "solutions" / "tiny" / "proof.json"
    before = path.read_bytes()
    assert read_proof(tmp_path, "tiny") == proof
    write_proof(tmp_path, Proof("tiny", {"a": "1", "b": "2"}, questions=1, findings=[FINDING]))
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["proof.json"]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"assignment": "tiny", "inputs": {}, "schema": 99}', "\udcff"])
def test_a_damaged_proof_is_none(root, text):
    """The message names the file and the command that makes it; a build is refused."""
    (root / "solutions" / "tiny" / "proof.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(AutograderError, match=r"solutions/tiny/proof\.json: not a proof .*`autograder verify tiny`"):
        read_proof(root, "tiny")
    assert "not a proof" in why_not(root)


def test_a_proof_of_another_assignment_is_none(root):
    """As after copying a folder."""
    write_proof(root, PROOF)
    path = root / "solutions" / "tiny" / "proof.json"
    path.write_text(path.read_text().replace('"tiny"', '"sum"'))
    assert "not a proof" in why_not(root)


# What it rests on


def test_a_proof_holds_while_nothing_changes(root):
    """Also after a build, a run of the source, and a look at it in an editor."""
    for name in ("__pycache__/tiny.pyc", ".ipynb_checkpoints/tiny.py"):
        path = root / "solutions" / "tiny" / name
        path.parent.mkdir()
        path.write_text("x")
    assert why_not(root) == ""


CHANGES = {
    "the source": ("solutions/tiny/tiny.py", "changed"),
    "a data file": ("solutions/tiny/numbers.csv", "changed"),
    "a known submission": ("tests/submissions/tiny/wrong/case.yml", "changed"),
    "a new known submission": ("tests/submissions/tiny/wrong/answers.py", "is new"),
    "the reasons of mutants": ("solutions/tiny/mutants.yml", "is new"),
    "the calibration": ("solutions/tiny/calibration.json", "is new"),
}


@pytest.mark.parametrize(("name", "how"), CHANGES.values(), ids=CHANGES)
def test_a_proof_ends_with_what_it_rests_on(root, name, how):
    """The message names what changed and the command that proves it again."""
    with open(root / name, "a") as file:
        file.write("\n")
    assert f"is out of date, since {name} {how}; run `autograder verify tiny`" in why_not(root)


def test_a_rubric_may_change(root):
    """People mark by it and change its items while they do: no proof rests on it."""
    source = root / "solutions" / "tiny" / "tiny.py"
    text = source.read_text()
    changed = text.replace("points: 3\n#     text: Names", "points: 2\n#     text: Says")
    changed = changed.replace("#   - Subtraction", "#   - Division too\n#   - Subtraction")
    assert text.count("\n") + 1 == changed.count("\n") and "Says the commutative law" in changed
    source.write_text(changed)
    assert why_not(root) == ""
    source.write_text(changed.replace("Why does the sum", "When does the sum"))
    assert "tiny.py changed" in why_not(root)


@pytest.mark.parametrize(
    "text",
    [
        "x = '''\n# %% [raw]\n# # RUBRIC\n# a\n'''\n",
        "# %% [raw]\n# # RUBRIC\n# a\n\n# %% [raw]\n# # RUBRIC\n# a\n",
        "# %% [raw]\n# # BEGIN QUESTIONS\n\n# %% [raw]\n# # RUBRIC\n# a\n",
        "# %% [raw]\n# # RUBRIC\n# caf\udce9\n",
    ],
    ids=["in a string", "twice", "in no source", "no text"],
)
def test_what_is_no_rubric_for_certain_is_proven(root, text):
    """What only looks like one, or cannot be told, is part of the hash as any other line."""
    source = root / "solutions" / "tiny" / "tiny.py"
    course = read_course(root / "course.yml")
    hashes = []
    for letter in "ab":
        source.write_bytes(text.replace("# a\n", f"# {letter}\n").encode(errors="surrogateescape") + letter.encode())
        hashes.append(proof_inputs(root, course.assignments[0])["solutions/tiny/tiny.py"])
    assert hashes[0] != hashes[1] and hashes[1] == sha256(source.read_bytes()).hexdigest()


def test_a_file_that_is_gone_ends_a_proof(root):
    """Fewer known answers prove less."""
    shutil.rmtree(root / "tests")
    assert "tests/submissions/tiny/wrong/case.yml is gone" in why_not(root)


@pytest.mark.parametrize(
    ("old", "new", "voids"),
    [
        ("points: 8", "points: 9", True),
        ("due:", "limits: {cell_seconds: 9}\n    due:", True),
        ("title: Add and explain", "title: Add", False),
        ("2026-12-07", "2026-12-08", False),
    ],
)
def test_of_the_course_only_points_and_limits_count(root, old, new, voids):
    """A due date that moves proves nothing anew."""
    path = root / "course.yml"
    path.write_text(path.read_text().replace(old, new))
    assert ("course.yml changed" in why_not(root)) == voids


def test_a_proof_with_findings_is_an_obstacle(root):
    """The first one is said, with its place and what to do, and how many follow."""
    course = read_course(root / "course.yml")
    inputs = proof_inputs(root, course.assignments[0])
    write_proof(root, Proof("tiny", inputs, findings=[FINDING, FINDING, FINDING]))
    assert f"{FINDING} And 2 more." in why_not(root)
    assert "solutions/tiny/tiny.py:7: wh-transposed gets 1" in why_not(root)


# The table


def test_the_table_has_one_line_an_assignment():
    """Questions, tests, known answers, mutants that could be told, and the worst limit with its runs."""
    line = proofs_table([PROOF]).splitlines()[2]
    assert line == "| `tiny` | 3 | 2, 5 | 3, 7 | 36 of 37 | 1.49 % (200 runs) |"
    assert "findings: 1" in proofs_table([Proof("a", {}, findings=[FINDING])])


def test_the_table_is_put_between_its_marks():
    """Once more changes nothing, and a README without marks stays as it is."""
    readme = f"# Course\n\n{README_BEGIN}\nold\n{README_END}\n\nMore.\n"
    renewed = readme_with_proofs(readme, [PROOF])
    assert "old" not in renewed and proofs_table([PROOF]) in renewed
    assert renewed.startswith("# Course") and renewed.endswith("\n\nMore.\n")
    assert readme_with_proofs(renewed, [PROOF]) == renewed
    assert readme_with_proofs("# Course\n", [PROOF]) == "# Course\n"


def test_our_readme_shows_what_is_proven():
    """Whoever verifies an assignment commits the table, too."""
    course = read_course(ROOT / "course.yml")
    proofs = [proof for entry in course.assignments if (proof := read_proof(ROOT, entry.id))]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert README_BEGIN in readme and readme_with_proofs(readme, proofs) == readme


# The gate


def built(*words: str):
    return CliRunner().invoke(main, ["build", *words])


def test_without_a_proof_no_grader_zip_is_made(root):
    """The notebook is made all the same; exit code 1, and the message says what to run."""
    (root / "solutions" / "tiny" / "proof.json").unlink()
    shown = built()
    assert shown.exit_code == 1
    assert (root / "assignments" / "tiny" / "tiny.ipynb").is_file() and not (root / "dist").exists()
    said = " ".join(shown.output.split())
    assert "dist/tiny-autograder.zip was not made: solutions/tiny/proof.json is missing" in said
    assert "run `autograder verify tiny`" in said and "`autograder build --unverified tiny`" in said


def test_a_proof_opens_the_gate(root):
    """The zip says that it is verified, as it does each time."""
    assert built().exit_code == 0
    assert read_grader(root / "dist" / "tiny-autograder.zip").info.verified
    assert "tiny is current" in built().output
    assert built("--check").exit_code == 0


def test_an_unverified_zip_is_marked(root):
    """It is made on request, says so itself, and gives way to a verified one when there is a proof."""
    (root / "solutions" / "tiny" / "proof.json").unlink()
    shown = built("--unverified")
    assert shown.exit_code == 0 and "(not verified)" in shown.output
    assert not read_grader(root / "dist" / "tiny-autograder.zip").info.verified
    claim_proven(root)
    assert "dist/tiny-autograder.zip is stale" in built("--check").output
    assert "not verified" not in built("--unverified").output
    assert read_grader(root / "dist" / "tiny-autograder.zip").info.verified


def test_a_zip_of_before_stays_when_a_new_one_is_refused(root):
    """It was proven; the message says that it is not the new one."""
    built()
    zip_path = root / "dist" / "tiny-autograder.zip"
    before = zip_path.read_bytes()
    source = root / "solutions" / "tiny" / "tiny.py"
    source.write_text(source.read_text().replace("A short story.", "Another story."))
    shown = built()
    assert shown.exit_code == 1 and "was not made" in shown.output
    assert "Another story." in (root / "assignments" / "tiny" / "tiny.ipynb").read_text()
    assert zip_path.read_bytes() == before


def test_a_check_asks_for_the_proof(root):
    """CI needs no run to see that nobody has proven what is committed."""
    built()
    (root / "solutions" / "tiny" / "proof.json").unlink()
    shown = built("--check")
    assert shown.exit_code == 1 and "proof.json is missing" in shown.output


def test_a_grader_is_unverified_unless_somebody_says_otherwise(root):
    """Who builds in memory and reads no proof makes no claim."""
    course = read_course(root / "course.yml")
    made = build_assignment(root, course, course.assignments[0])
    (root / "own.zip").write_bytes(made.files[made.zip_path])
    assert not read_grader(root / "own.zip").info.verified
