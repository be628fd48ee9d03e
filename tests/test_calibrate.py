"""proof/calibrate.py: what meets a bound under many seeds, kept, gone on with, and judged; nothing is trained here."""

import contextlib
import json
import random
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from tiny import COURSE, write_course

from autograder.build import build_assignment
from autograder.cli import main
from autograder.course import read_course
from autograder.errors import AutograderError
from autograder.job import CodeCell
from autograder.proof import calibrate as calibrating
from autograder.proof.bounds import instrument
from autograder.proof.calibrate import calibrate, findings, grader_of, plan
from autograder.proof.calibration import Run, Seen, calibration_path, write_calibration
from autograder.proof.summary import count, met_bounds, summaries
from autograder.reports.calibration import calibration_html

QUESTION = '''
# %% [raw]
# # BEGIN QUESTION
# name: {name}

# %% [markdown]
# ## Question {name}: {name}

# %% [raw]
# # BEGIN SOLUTION

# %%
{answer}  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: Look again.
""" # END TEST CONFIG
def test_{name}({parameter}):
    """{title}"""
{test}


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION
'''


def question(name, answer, parameter, title, test):
    lines = "\n".join(f"    {line}" for line in ["import numpy as np", *test])
    return QUESTION.format(name=name, answer=answer, parameter=parameter, title=title, test=lines)


HEAD = """\
# %% [raw]
# # ASSIGNMENT CONFIG
# name: tiny
# files:
#   - numbers.csv

# %% [markdown]
# # Draw numbers

# %%
import numpy as np
"""

DRAW = "np.random.default_rng({}).normal(size=50)"
SOURCE = HEAD + "".join(
    [
        # the mean of 50 normal numbers deviates by 0.14: one bound is far away, the other too near
        question("q1", f"value = float({DRAW.format(7)}.mean())", "value", "Wide", ["assert abs(value) < 1.4"]),
        question(
            "q2", f"other = float({DRAW.format(8)}.mean())", "other", "Tight", ["z = 0.1 / 2", "assert other < z"]
        ),
        question("q3", "two = 1 + 1", "two", "Fixed", ["assert np.isclose(two, 2)"]),
        question("q4", "word = 'x'", "word", "No number", ["assert word == 'x'"]),
    ]
)

CASES = {
    "in-order": ("right", f"value = float(np.sort({DRAW.format(7)}).mean())", "q1", ""),
    "other-word": ("right", "word = 'x' * 1", "q4", ""),  # has no bounds to run for
    "doubled": ("wrong", f"value = 2 + float({DRAW.format(7)}.mean())", "q1", "points:\n  q1: [0]\n"),
    "far": ("wrong", "value = 99.0", "q1", "points:\n  q1: [0]\n"),
}


@pytest.fixture
def tiny(tmp_path):
    """The toy course with its known submissions; returns its folder."""
    root = write_course(tmp_path, SOURCE, COURSE.replace("points: 8", "points: 4"))
    for name, (kind, answer, of, points) in CASES.items():
        folder = root / "tests" / "submissions" / "tiny" / name
        folder.mkdir(parents=True)
        (folder / "case.yml").write_text(f"title: {name}\nkind: {kind}\n{points}")
        (folder / "answers.py").write_text(f"# %% {of}\n{answer}\n")
    return root


def planned(root):
    """Build the toy assignment; return its grader and its calibration so far."""
    course = read_course(root / "course.yml")
    built = build_assignment(root, course, course.assignment("tiny"))
    grader = grader_of(built)
    return grader, plan(root, built, grader)


def calibrated(engine, root, runs, jobs=2):
    grader, calibration = planned(root)
    steps = list(calibrate(engine, grader, calibration, runs, jobs))
    write_calibration(root, calibration)
    return calibration, steps


def by_name(calibration):
    return {(series.question, series.answer): series for series in calibration.series}


def test_a_bound_too_tight_is_named_and_a_good_one_is_not(engine, tiny):
    """Twelve seeds of the reference and of a right answer that differs; a few of wrong ones; five where it is idle."""
    calibration, steps = calibrated(engine, tiny, 12)
    assert {key: len(series.runs) for key, series in by_name(calibration).items()} == {
        ("q1", "reference"): 12,
        ("q1", "in-order"): 12,
        ("q1", "doubled"): 3,
        ("q1", "far"): 3,
        ("q2", "reference"): 12,
        ("q3", "reference"): 5,
    }
    assert steps[-1].done == steps[-1].total == 47
    (tight,) = [finding for finding in findings(calibration, "tiny.py") if "Tight" in finding.text]
    assert "`other < z`" in tight.text and "runs of reference fail" in tight.text
    source = (tiny / "solutions/tiny/tiny.py").read_text().splitlines()
    assert source[tight.line - 1].strip() == "assert other < z"
    assert not [finding for finding in findings(calibration, "tiny.py") if "Wide" in finding.text]
    wide = summaries(calibration)[0]
    assert wide.nearest is not None and wide.nearest.answer == "doubled" and 1.5 < wide.nearest.value < 2.5
    assert wide.tail is not None and wide.tail.margin > 5


def test_an_interrupted_calibration_goes_on_and_ends_in_the_same_bytes(engine, tiny):
    """Stopped in the middle, gone on with one job, extended: the file is that of a run in one go."""
    path = tiny / calibration_path("tiny")
    calibrated(engine, tiny, 6)
    expected = path.read_bytes()
    path.unlink()
    grader, calibration = planned(tiny)
    with contextlib.closing(calibrate(Lasting(engine), grader, calibration, 5, 2)) as running:
        for step in running:
            if step.done >= 9:
                break
    write_calibration(tiny, calibration)
    kept = by_name(planned(tiny)[1])
    assert 9 <= sum(len(series.runs) for series in kept.values()) < 24
    _, steps = calibrated(engine, tiny, 6, jobs=1)
    assert steps[0].done >= 9
    assert path.read_bytes() == expected
    _, steps = calibrated(engine, tiny, 6)
    assert len(steps) == 1  # nothing is left to do
    assert path.read_bytes() == expected


class Lasting:
    """The engine of all tests, which a calibration that is stopped must not close."""

    def __init__(self, engine):
        self.job, self.run = engine.job, engine.run

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def test_a_change_makes_only_its_own_runs_void(engine, tiny):
    """Another answer or test: the runs of that question are done again, and until then a finding says so."""
    calibrated(engine, tiny, 5)
    source = tiny / "solutions/tiny/tiny.py"
    source.write_text(source.read_text().replace("# # Draw numbers", "# # Draw many numbers\n#\n# A story."))
    assert not [one for one in planned(tiny)[1].series if one.outdated]
    source.write_text(source.read_text().replace("z = 0.1 / 2", "z = 0.5"))
    _, calibration = planned(tiny)
    assert [series.question for series in calibration.series if series.outdated] == ["q2"]
    (outdated, *_) = findings(calibration, "tiny.py")
    assert "q2" in outdated.text and "q1" not in outdated.text and "autograder calibrate tiny" in outdated.advice


def test_without_any_run_a_calibration_is_missing(tiny):
    """The gate must not open because nobody has looked."""
    (missing,) = findings(planned(tiny)[1], "tiny.py")
    assert missing.file == "solutions/tiny/calibration.json" and "q1, q2, q3" in missing.text


def test_a_damaged_calibration_is_refused_by_name(tiny):
    """A message, not a trace."""
    (tiny / calibration_path("tiny")).write_text("{}")
    with pytest.raises(AutograderError, match=r"solutions/tiny/calibration\.json.*autograder calibrate tiny"):
        planned(tiny)


def filled(root, runs, value):
    """Return a calibration whose runs were not run: q1 gets what `value` makes of a run's number."""
    _, calibration = planned(root)
    fixed = {"q2": Seen(0.1, 0.25, True), "q3": Seen(0.0, 1.0, True)}
    for series in calibration.series:
        for number in range(runs):
            seen = value(number) if series.question == "q1" else fixed[series.question]
            series.runs[number] = Run(number, [seen if isinstance(seen, Seen) else Seen(seen, 1.4, seen < 1.4)])
    return calibration


def spread(number):
    return round(0.3 + 0.1 * random.Random(number).gauss(0, 1), 6)


@pytest.mark.parametrize(
    ("runs", "value", "said"),
    [
        (200, spread, ""),
        (198, spread, "198 runs are too few"),
        (200, lambda number: 1.5 if number == 17 else spread(number), "1 of 200 runs"),
        (200, lambda number: 0.8 + spread(number), "0 of 200 runs"),  # but only 3 deviations away
        (200, lambda number: Seen(None, 1.4, False) if number == 9 else spread(number), "1 of 200 runs"),
        (5, lambda number: 1.0, ""),
        (4, lambda number: 1.0, "4 runs are too few"),  # whether it depends on the seed is not known yet
        (5, lambda number: 1.6, "5 of 5 runs"),
    ],
)
def test_what_is_refused(tiny, runs, value, said):
    """An upper limit above 1.5 %, an estimate above 0.1 %, too few runs; nothing else."""
    found = findings(filled(tiny, runs, value), "tiny.py")
    assert bool(found) == bool(said)
    assert all(said in finding.text for finding in found)


def test_the_proof_counts_bounds_and_the_worst_limit(tiny):
    """What `verify` writes down and README shows."""
    counted = count(filled(tiny, 200, spread))
    assert (counted.found, counted.random, counted.runs) == (3, 1, 200)
    assert counted.worst_limit == pytest.approx(0.014867, abs=1e-6)


def test_a_case_that_fails_beside_its_bounds_is_named(tiny):
    """A right answer that a seed fails is a fault of the test also where no number is compared."""
    calibration = filled(tiny, 20, spread)
    reference = by_name(calibration)["q1", "reference"]
    reference.runs[3] = replace_run(reference.runs[3], ["Wide"])
    (beside,) = [finding for finding in findings(calibration, "tiny.py") if "not at a numeric bound" in finding.text]
    assert "1 of 20 runs of reference" in beside.text and "run 3" in beside.text


def replace_run(run, lost):
    return Run(run.number, run.seen, lost)


def test_a_test_that_states_the_numbers_of_one_seed_is_not_refused(tiny):
    """It passes at the seed that it names and at no other: that tells nothing of right answers."""
    calibration = filled(tiny, 10, spread)
    fixed = by_name(calibration)["q3", "reference"]
    for number in range(1, 10):
        fixed.runs[number] = Run(number, [Seen(1e4, 1.0, False)])
    assert not [finding for finding in findings(calibration, "tiny.py") if "q3" in finding.text]


SEEDED = [
    "np.random.default_rng(1).random()",
    "np.random.default_rng(seed=1).random()",
    "np.random.RandomState(1).rand()",
    "np.random.Generator(np.random.PCG64(1)).random()",
    "random.Random(1).random()",
    "(np.random.seed(1), np.random.rand())[1]",
    "(random.seed(1), random.random())[1]",
    "(tf.random.set_seed(1), float(tf.random.uniform(())))[1]",
    "(keras.utils.set_random_seed(1), random.random() + np.random.rand() + float(keras.random.uniform(())))[1]",
    "float(keras.initializers.RandomUniform(0, 1, seed=1)((1,))[0])",
    "np.random.default_rng([1, 2]).random()",
]


def test_a_shift_changes_every_seed_and_nothing_else(engine, classroom):
    """Run 0 is the notebook as it stands; the same run twice is the same; each other run is another."""
    imports = "import random, keras; import numpy as np; import tensorflow as tf"
    cells = [imports, "values = [" + ", ".join(SEEDED) + "]", "kept = isinstance(random.Random(1), random.Random)"]
    bodies = [f"def test_{number}(values, kept): assert kept and values[{number}] < 9" for number in range(len(SEEDED))]
    grader = classroom.grader({"q1": "\n".join(bodies)})
    job = engine.job(tuple(CodeCell(number + 1, cell) for number, cell in enumerate(cells)), grader)
    job = replace(job, tests={"q1": instrument("q1", grader.tests["q1"])})
    verdicts = [engine.run(replace(job, shift=shift)) for shift in (0, 1, 1, 2)]
    assert all(case.passed for verdict in verdicts for case in verdict.questions[0].cases)
    plain, one, again, two = ([seen.value for seen in verdict.observed] for verdict in verdicts)
    assert plain[0] == np.random.default_rng(1).random()
    assert one == again
    for number, code in enumerate(SEEDED):
        assert len({plain[number], one[number], two[number]}) == 3, code


@pytest.fixture
def command(engine, tiny, monkeypatch):
    """The command in the toy course, with the engine of all tests."""
    monkeypatch.setattr("autograder.grading.Engine", lambda unsafe: Lasting(engine))
    monkeypatch.chdir(tiny)
    return lambda *args: CliRunner().invoke(main, ["calibrate", *args], catch_exceptions=False)


def test_the_command_shows_a_table_and_writes_runs_and_page(command, tiny):
    """Exit code 1 while there is something to do, and where everything is."""
    result = command("tiny", "--runs", "6")
    assert result.exit_code == 1
    assert "q1:" in result.output and "q2:" in result.output and "changes nothing: 1" in result.output
    assert "6 runs are too few" in result.output
    page = (tiny / ".autograder/calibration/tiny.html").read_text()
    assert page.count('<section class="card bound">') == 2 and "abs(value) &lt; 1.4" in page
    assert "doubled" in page and "http" not in page.replace("http-equiv", "")
    stored = json.loads((tiny / calibration_path("tiny")).read_text())
    assert {(one["question"], one["answer"]): len(one["runs"]) for one in stored["series"]}["q3", "reference"] == 5


def test_ctrl_c_keeps_what_has_run(command, tiny, monkeypatch):
    """The same command goes on from there."""

    def interrupted(*args):
        for step in calibrate(*args):
            yield step
            if step.done >= 4:
                raise KeyboardInterrupt

    monkeypatch.setattr(calibrating, "calibrate", interrupted)
    result = command("tiny", "--runs", "6", "--jobs", "1")
    assert result.exit_code == 130 and "What has run is kept" in result.output
    assert sum(len(series.runs) for series in planned(tiny)[1].series) == 4


def test_a_page_without_any_bound_can_be_read():
    """Nothing to draw is no mistake."""
    assert "Numeric bounds" in calibration_html("Tiny", "Course", met_bounds([]), [])


def test_where_cells_cannot_be_told_apart_all_of_them_run(engine, tiny):
    """A name that is bound in no visible way: without its cell the reference falls short."""
    source = tiny / "solutions/tiny/tiny.py"
    hidden = f'exec("value = float({DRAW.format(7)}.mean())")'
    source.write_text(source.read_text().replace(f"value = float({DRAW.format(7)}.mean())", hidden))
    calibration, _ = calibrated(engine, tiny, 2)
    q1 = by_name(calibration)["q1", "reference"]
    assert q1.whole and len(q1.cells) > 1 and not by_name(calibration)["q2", "reference"].whole
    assert not q1.falls_short(0) and not q1.falls_short(1)
    again = by_name(planned(tiny)[1])["q1", "reference"]
    assert again.whole and not again.outdated and again.runs == q1.runs
