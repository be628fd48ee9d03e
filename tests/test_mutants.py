"""A mutant is the reference with one plausible mistake, and is judged by the question it touches, no more."""

import tempfile
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import COURSE, write_course

from autograder.build import Built, build_assignment
from autograder.course import read_course
from autograder.errors import ConfigError, Fault
from autograder.grader import Grader, read_grader
from autograder.job import Job, Verdict
from autograder.model import CaseResult, QuestionResult
from autograder.proof import mutants
from autograder.proof.changes import changes
from autograder.proof.operators import OPERATORS
from autograder.proof.operators.code import Code

# operator, a solution, all that the operator makes of it
CHANGES = [
    # arrays
    ("axis", "y = x.sum(axis=1)", {"y = x.sum(axis=0)", "y = x.sum()"}),
    ("axis", "y = abs(x).mean(axis=(0, 2))", {f"y = abs(x).mean({a})" for a in ("", "axis=0", "axis=2")}),
    ("axis", "y = np.stack(xs, axis=1)", {"y = np.stack(xs, axis=0)"}),
    ("axis", "y = X[:, t]", {"y = X[t]"}),
    ("axis", "y = X[:, None]", set()),
    ("keepdims", "y = x.mean(axis=1)", {"y = x.mean(axis=1, keepdims=True)"}),
    ("keepdims", "y = np.sum(x, axis=1, keepdims=True)", {"y = np.sum(x, axis=1)"}),
    ("keepdims", "y = x.mean()", set()),
    ("transpose", "y = x @ W", {"y = x @ W.T"}),
    ("transpose", "y = x @ (V + W)", {"y = x @ ((V + W).T)"}),
    ("transpose", "y = x @ W.T", {"y = x @ W"}),
    ("transpose", "y = np.transpose(x)", {"y = x"}),
    ("transpose", "y = np.zeros((n, H))", {"y = np.zeros((H, n))"}),
    ("last-dimension", "y = rng.random((n, T, 1))", {"y = rng.random((n, T))"}),
    ("last-dimension", "y = keras.Input(shape=(T, 1))", {"y = keras.Input(shape=(T,))"}),
    ("last-dimension", "y = (a + b)[:, None] * W", {"y = (a + b) * W"}),
    ("last-dimension", "y = x.ravel()", {"y = x"}),
    ("dtype", "y = rng.random(n, dtype=np.float32)", {"y = rng.random(n, dtype=np.float64)"}),
    ("dtype", 'y = np.zeros(n, dtype="int32")', {'y = np.zeros(n, dtype="float32")'}),
    ("dtype", "y = np.zeros(n, dtype=X.dtype)", {"y = np.zeros(n)"}),
    ("dtype", "y = x.astype(np.float32)", {"y = x", "y = x.astype(np.float64)"}),
    ("off-by-one", "for t in range(T): f()", {"for t in range(T - 1): f()", "for t in range(1, T): f()"}),
    ("off-by-one", "for t in range(n, 0, -1): f()", {f"for t in range({a}, -1): f()" for a in ("n - 1, 0", "n, 1")}),
    ("off-by-one", "y = x[1:-1]", {"y = x[2:-1]", "y = x[1:-2]"}),
    ("off-by-one", "y = x[:500]", set()),
    ("off-by-one", "y = x[:, 0]", {"y = x[:, 1]"}),
    ("off-by-one", "y = x[:, -1]", {"y = x[:, -2]"}),
    ("off-by-one", "for t in steps: f(x[:, t])", {"for t in steps: f(x[:, t - 1])"}),
    ("first-last", "y = x[:, 0]", {"y = x[:, -1]"}),
    ("first-last", "y = x[-1]", {"y = x[0]"}),
    ("first-last", "y = x[::-1]", {"y = x[:]"}),
    ("first-last", "def f(): return X, y", {"def f(): return y, X"}),
    ("first-last", "n, T, _ = X.shape", {"T, n, _ = X.shape"}),
    ("reduction", "y = x.sum(axis=1)", {"y = x.mean(axis=1)"}),
    ("reduction", "y = tf.reduce_mean(x)", {"y = tf.reduce_sum(x)"}),
    ("fill", "h = np.zeros((n, H))", {"h = np.ones((n, H))"}),
    ("fill", "p = np.eye(n)", {"p = np.ones((n, n))"}),
    ("join", "y = np.stack(xs)", {"y = np.concatenate(xs)"}),
    ("seed", "def f(seed): return rng(seed)", {"def f(seed): return rng(0)"}),
    ("seed", "r = np.random.default_rng(7)", {"r = np.random.default_rng()"}),
    ("alias", "y = x.copy()", {"y = x"}),
    ("alias", "y = np.array(x)", {"y = np.asarray(x)"}),
    ("alias", "h = h + x", {"h += x"}),
    ("alias", "def f(X): return X[:, -1] * np.e", {"def f(X): return np.multiply(X[:, -1], np.e, out=X[:, -1])"}),
    ("alias", "def f(X): return X.shape[0] * np.e", set()),
    # layers
    ("layer", "m = keras.layers.SimpleRNN(10)", {"m = keras.layers.LSTM(10)"}),
    ("layer", "m = keras.Sequential([GRU(10)])", {"m = keras.Sequential([keras.layers.SimpleRNN(10)])"}),
    ("units", "m = Dense(1)", {"m = Dense(1 + 1)"}),
    ("units", "def f(T, units=10): return SimpleRNN(units)", {"def f(T, units=10): return SimpleRNN(10)"}),
    ("activation", "m = SimpleRNN(4)", {'m = SimpleRNN(4, activation="relu")'}),
    ("activation", 'm = Dense(1, activation="softmax")', {'m = Dense(1, activation="sigmoid")'}),
    (
        "initializer",
        'm = SimpleRNN(4, recurrent_initializer="identity")',
        {"m = SimpleRNN(4)", 'm = SimpleRNN(4, recurrent_initializer="glorot_uniform")'},
    ),
    ("return-sequences", "m = LSTM(4)", {"m = LSTM(4, return_sequences=True)"}),
    ("return-sequences", "m = LSTM(4, return_sequences=True)", {"m = LSTM(4)"}),
    ("output-layer", "m = Sequential([Input(s), GRU(4), Dense(1)])", {"m = Sequential([Input(s), GRU(4)])"}),
    ("loss", 'm.compile(loss="mse")', {'m.compile(loss="mae")'}),
    ("optimizer", 'm.compile(optimizer="adam")', {'m.compile(optimizer="sgd")'}),
    ("optimizer", "o = keras.optimizers.Adam()", {"o = keras.optimizers.SGD()"}),
    ("learning-rate", "o = Adam(learning_rate=0.001)", {f"o = Adam(learning_rate={r})" for r in ("0.01", "0.0001")}),
    ("learning-rate", "o = Adam(0.01)", {"o = Adam(0.1)", "o = Adam(0.001)"}),
    (
        "learning-rate",
        'm = keras.Model()\nm.compile(optimizer="adam")',
        {"m = keras.Model()\nm.compile(optimizer=keras.optimizers.Adam(0.1))"},
    ),
    ("epochs", "m.fit(X, y, epochs=10)", {"m.fit(X, y, epochs=1)"}),
    ("batch-size", "m.fit(X, y, batch_size=32)", {"m.fit(X, y, batch_size=1024)"}),
    ("unfitted", "h = m.fit(X, y)", {"h = None"}),
    ("leak", "X, y = f(1)\nX_test, y_test = f(2)", {"X, y = f(1)\nX_test, y_test = X, y"}),
    ("leak", "X = f(1)\nmse = g(X_test)", {"X = f(1)\nmse = g(X)"}),
    ("leak", "mse = g(X_test)", set()),
    # gradients
    ("sign", "g = -slope", {"g = slope"}),
    ("sign", "g = a - b", {"g = b - a"}),
    ("sign", "g = 2 * (a - (b + c))", {"g = 2 * (b + c - a)"}),
    ("sign", "e = (a - b) ** 2", set()),
    ("absolute", "p = np.abs(g).mean(axis=0)", {f"p = {t}" for t in ("g.mean(axis=0)", "(g ** 2).mean(axis=0)")}
     | {"p = np.abs(g.mean(axis=0))"}),
    ("absolute", "p = np.mean(np.abs(g), axis=0)", {f"p = np.mean({t}, axis=0)" for t in ("g", "g ** 2")}
     | {"p = np.abs(np.mean(g, axis=0))"}),
    ("norm", "s = np.linalg.norm(J, ord=2)", {"s = np.linalg.norm(J)"}),
    ("norm", "s = np.linalg.norm(J, 2)", {"s = np.linalg.norm(J)"}),
    ("product-order", "p = p @ J", {"p = J @ p"}),
    ("product-order", "p = np.matmul(p, J)", {"p = np.matmul(J, p)"}),
    ("clip", "o = Adam(global_clipnorm=1)", {"o = Adam(clipnorm=1)"}),
    ("clip", "o = Adam(clipnorm=1)", {"o = Adam(clipvalue=1)"}),
    ("clip", "g = np.clip(g, -c, c)", {"g = np.minimum(g, c)"}),
    (
        "clip",
        "gs, norm = tf.clip_by_global_norm(gs, c)",
        {"gs, norm = ([tf.clip_by_value(grad, -c, c) for grad in gs], tf.linalg.global_norm(gs))"},
    ),
    # general
    ("constant", "a = f(3, 0.5, 10_000, True)", {
        "a = f(4, 0.5, 10_000, True)", "a = f(3, 1.0, 10_000, True)",
        "a = f(3, 0.5, 1000, True)", "a = f(3, 0.5, 10_000, False)",
    }),
    ("constant", "a = x[0] + x[1:3].sum(axis=1) + f(seed + 7, epochs=3) + y ** 2", set()),
    ("comparison", "a = n < m", {"a = n <= m", "a = n > m"}),
    ("comparison", "if h is None: f()", {"if h is not None: f()"}),
    ("operator", "a = x + y", {"a = x - y"}),
    ("operator", "a = n - (x + y)", {"a = n + (x + y)", "a = n - (x - y)"}),
    ("operator", "a = x @ W", {"a = x * W"}),
    ("operator", "a += 1", {"a = 1"}),
    ("term", "a = x + y + z", {"a = x + y", "a = x + z", "a = y + z"}),
    ("term", "a = x * y ** 2", {"a = x", "a = y ** 2", "a = x * y"}),
    ("term", "a = (x - y) / n", {"a = x - y", "a = (x) / n"}),
    ("function", "h = np.tanh(x + y) * 2", {"h = (x + y) * 2"}),
    ("branch", "h = zeros() if h0 is None else h0", {"h = zeros()", "h = h0"}),
    ("branch", "if fast: f()", {"if not fast: f()"}),
    ("branch", "g = np.where(z > 0, a, b)", {"g = np.where(z > 0, b, a)"}),
    ("result", "def f(): return a, b", {"def f(): return None", "def f(): return a"}),
    ("result", "def f(): return [a, b, c]", {"def f(): return None", "def f(): return [a, b]"}),
    ("statement", "def f(x):\n    x = x + 1\n    y = 2", {"def f(x):\n    pass\n    y = 2"}),
    ("statement", "model.compile()", {"pass"}),
    ("statement", 'results["a"] = run(1)', {'results["a"] = ...'}),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "before", "after"), CHANGES, ids=[f"{c[0]}: {c[1]}" for c in CHANGES])
def test_an_operator_makes_the_mistake_it_is_named_after(operator, before, after):
    """One change at a time, all else as the author wrote it."""
    code = Code(before)
    made = set()
    for edit in (edit for node in code.nodes() for edit in OPERATORS[operator](node, code)):
        start, end = code.span(edit.node)
        made.add(before[:start] + edit.text + before[end:])
    assert made == after


def test_every_operator_is_in_the_table():
    """One that is added must show what it does."""
    assert {operator for operator, _, _ in CHANGES} == set(OPERATORS)


def cell(*solution: str) -> str:
    return "\n".join(["# BEGIN SOLUTION", *solution, "# END SOLUTION"])


@pytest.mark.parametrize(
    "line",
    [
        'print("sum", a + b)',
        'title = f"{a + b} of {c:3d}"',
        '"A text that stands alone"',
        "plt.plot(a + b, c[1:])",
        "ax.set(ylim=(0, 1 + a))",
    ],
)
def test_what_is_only_shown_is_not_mutated(line):
    """A print, an f-string's inside, a docstring, a plot: nothing in them is changed."""
    made = [changed.splitlines()[1] for _, changed in changes(cell(line))]
    assert [text for text in made if text != "pass" and not text.endswith("= ...")] == []  # left out as a whole


def test_progress_is_not_mutated():
    """`verbose` and `callbacks` change what is shown, not what is learned."""
    made = [changed for _, changed in changes(cell("model.fit(X, verbose=0, callbacks=[Line(3)])"))]
    assert made == [cell("pass")]


def test_only_solution_lines_are_mutated():
    """What students get is no place for their mistakes: neither the signature nor the lines around the marks."""
    source = (
        "def f(a, b=1):\n    c = a + b\n    # BEGIN SOLUTION\n    d = c + a\n    # END SOLUTION\n    return d + 1\n"
    )
    made = {
        changed.replace("    # BEGIN SOLUTION\n", "").replace("    # END SOLUTION\n", "")
        for _, changed in changes(source)
    }
    assert all(
        text.startswith("def f(a, b=1):\n    c = a + b\n") and text.endswith("    return d + 1\n") for text in made
    )
    assert {text.splitlines()[2].strip() for text in made} == {"d = c - a", "d = c", "d = a"}
    marked = [changed for _, changed in changes("a = f(1)  # SOLUTION\nb = g(2)\n")]
    assert marked == ["a = ...  # SOLUTION\nb = g(2)\n", "a = f(2)  # SOLUTION\nb = g(2)\n"]


def test_a_change_that_python_does_not_see_is_none():
    """`1 * x` for `x`, folded constants, the same text from two operators: made once or not at all."""
    texts = [changed for _, changed in changes(cell("def f(x):", "    return x.T @ x, x[0]"))]
    assert len(texts) == len(set(texts))
    assert not list(changes(cell("x = y")))[1:]  # only the answer that was never given


SOURCE = '''\
# %% [raw]
# # ASSIGNMENT CONFIG
# name: tiny

# %% [markdown]
# # Triangles

# %%
import math

# %% [raw]
# # BEGIN QUESTION
# name: q1

# %% [markdown]
# ## Question 1: Triangle

# %% [raw]
# # BEGIN SOLUTION

# %%
def triangle(n):
    """Return 1 + 2 + ... + n."""
    # BEGIN SOLUTION
    total = 0
    while n > 0:
        total += n
        n -= 1
    return total
    # END SOLUTION


def root(n):
    """Return the root of n, which is not negative."""
    # BEGIN SOLUTION
    return math.sqrt(n)
    # END SOLUTION


# %%
slow = sum(triangle(n + 1) for n in range(600))  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: Try 3.
""" # END TEST CONFIG
def test_triangle(triangle):
    """Triangle of three"""
    assert triangle(3) == 6


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Try 2.
""" # END TEST CONFIG
def test_root(root):
    """Root of two"""
    assert abs(root(2) - 2 ** 0.5) < 1e-9


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Look at the list.
""" # END TEST CONFIG
def test_slow(slow):
    """The long way"""
    assert slow == 600 * 601 * 602 / 6


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION
'''


def build(folder: Path, source: str = SOURCE) -> Built:
    root = write_course(folder, source, COURSE.replace("points: 8", "points: 3"))
    course = read_course(root / "course.yml")
    return build_assignment(root, course, course.assignments[0])


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Built:
    return build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def grader(built) -> Grader:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny-autograder.zip"
        path.write_bytes(built.files[built.zip_path])
        return read_grader(path)


def by_change(made, text: str):
    (mutant,) = (one for one in made if one.after.strip() == text)
    return mutant


def test_a_mutant_says_where_in_the_source_it_is(built):
    """Line, text before and after, and the changed cell of the notebook."""
    mutant = by_change(mutants.make(built), "total = n")
    lines = SOURCE.splitlines()
    assert (mutant.question, mutant.operator) == ("q1", "operator")
    assert lines[mutant.line - 1] == mutant.before == "        total += n"
    assert mutant.source == built.solved.cells[mutant.cell].source.replace("total += n", "total = n")


def test_keys_stay_when_other_lines_change(tmp_path, built):
    """An author's reason for an equivalent mutant holds on when a line elsewhere is added."""
    moved = build(tmp_path, SOURCE.replace("import math\n", "import math\nimport numpy as np\n\nOTHER = 1\n"))
    before, after = ({mutant.key: mutant.line for mutant in mutants.make(one)} for one in (built, moved))
    assert {key: line + 3 for key, line in before.items()} == after


def test_equal_changes_have_different_keys(tmp_path):
    """The same line twice: each of its mutants can be named."""
    made = mutants.make(build(tmp_path, SOURCE.replace("        n -= 1\n", "        n -= 1\n        n -= 1\n")))
    assert len([one for one in made if one.after.strip() == "n = 1"]) == 2
    assert len({mutant.key for mutant in made}) == len(made)


def test_mutants_are_killed_or_survive(monkeypatch, engine, built, grader):
    """A wrong sum is noticed, an endless loop ends early, and what makes no difference survives."""
    monkeypatch.setattr(mutants, "LEAST_SECONDS", 2)
    made = mutants.make(built)
    outcomes = {outcome.mutant.key: outcome.killed_by for outcome in mutants.run(engine, built, grader, made, 2)}
    assert set(outcomes) == {mutant.key for mutant in made}
    assert outcomes[by_change(made, "return n").key] == "Root of two"
    assert outcomes[by_change(made, "total = n").key] == "Triangle of three"
    assert outcomes[by_change(made, "n = 1").key]  # for ever
    assert [mutant.after.strip() for mutant in made if not outcomes[mutant.key]] == ["while n >= 0:"]


class Bystander:
    """An engine that notes the jobs and passes them on, or does what it is told instead."""

    def __init__(self, engine, answer=None) -> None:
        self.engine, self.answer = engine, answer
        self.jobs: list[Job] = []

    def job(self, *args) -> Job:
        return self.engine.job(*args)

    def run(self, job: Job) -> Verdict:
        self.jobs.append(job)
        return self.answer(job) if self.answer else self.engine.run(job)

    def close(self) -> None:
        pass


def passes(job: Job) -> Verdict:
    """Return a verdict by which every test case passes."""
    (question,) = job.questions
    titles = [line.split('"""')[1] for line in job.tests[question.name].splitlines() if line.strip().startswith('"""')]
    cases = tuple(CaseResult(title, title, False, True, 1, 1) for title in titles)
    return Verdict(questions=(QuestionResult(question.name, "", 3, 3, cases=cases),))


def test_what_a_mutant_cannot_change_is_not_run(engine, built, grader):
    """One in `root` is judged by its own test alone, one in `triangle` pays for the slow cell only when it must."""
    made = mutants.make(built)
    chosen = [by_change(made, text) for text in ("return n", "total = n", "slow = ...  # SOLUTION")]
    bystander = Bystander(engine, passes)
    assert [one.killed_by for one in mutants.run(bystander, built, grader, tuple(chosen), 1)] == ["", "", ""]
    jobs = [job for job in bystander.jobs if any(one.source in {cell.source for cell in job.cells} for one in chosen)]
    ran = [
        ("slow = sum(" in "".join(cell.source for cell in job.cells), job.tests["q1"].count("def test")) for job in jobs
    ]
    assert ran == [(False, 1), (False, 1), (True, 1), (False, 1)]


def test_a_fault_is_no_killed_mutant(engine, built, grader):
    """It names the mutant and ends the command."""

    def fails(job: Job) -> Verdict:
        if "total = n\n" in "".join(cell.source for cell in job.cells):
            raise Fault("The judge did not answer.")
        return passes(job)

    made = (by_change(mutants.make(built), "total = n"),)
    with pytest.raises(Fault, match=rf"mutant {made[0].key}, line {made[0].line}: The judge did not answer"):
        list(mutants.run(Bystander(engine, fails), built, grader, made, 1))


def test_a_case_that_the_reference_fails_judges_nobody(engine, built, grader):
    """In its slice, and with all cells before the check: then it is the reference that is wrong."""

    def one_fails(job: Job) -> Verdict:
        verdict = passes(job)
        cases = tuple(replace(case, passed=case.title != "Root of two") for case in verdict.questions[0].cases)
        return Verdict(questions=(replace(verdict.questions[0], cases=cases),))

    made = tuple(by_change(mutants.make(built), text) for text in ("return n", "total = n"))
    bystander = Bystander(engine, one_fails)
    assert {one.killed_by for one in mutants.run(bystander, built, grader, made, 1)} == {""}
    asked = [job for job in bystander.jobs if "def test_root" in job.tests["q1"]]
    assert len(asked) == 2 and len(asked[0].cells) < len(asked[1].cells)


def test_rows_are_in_the_order_of_the_source(built):
    """Whatever order the mutants ended in; the change stands in one cell, the outcome says by what or why."""
    made = mutants.make(built)
    outcomes = [mutants.MutantOutcome(mutant, "") for mutant in made]
    equivalent = by_change(made, "while n >= 0:")
    reasons = {equivalent.key: "adds nothing"}
    rows = mutants.rows(outcomes, reasons, {})
    assert mutants.rows(reversed(outcomes), reasons, {}) == rows
    assert [int(row[3]) for row in rows] == sorted(mutant.line for mutant in made)
    (row,) = (row for row in rows if row[0] == equivalent.key)
    line = str(equivalent.line)
    change = "- while n > 0: / + while n >= 0:"
    assert row == (equivalent.key, "comparison", "q1", line, change, "equivalent: adds nothing")
    assert {row[5] for row in rows if row[0] != equivalent.key} == {"survived"}


def test_a_row_says_what_became_of_a_mutant(built):
    """What noticed it, or the author's reason why nothing does."""
    mutant = mutants.make(built)[0]
    reason = {mutant.key: "too rare"}

    def outcome(killed_by: str, equivalents: dict[str, str], survivors: dict[str, str]) -> str:
        return mutants.rows([mutants.MutantOutcome(mutant, killed_by)], equivalents, survivors)[0][5]

    assert outcome("Triangle of three", reason, {}) == "killed by: Triangle of three"
    assert outcome("", {}, reason) == "survived: too rare"
    assert outcome("", {}, {}) == "survived"


def test_reasons_are_read(tmp_path, built):
    """A list of keys with reasons; without a file there is none. Who is not equivalent counts as not killed."""
    made = mutants.make(built)
    path = tmp_path / "mutants.yml"
    assert mutants.read_equivalents(path, made) == mutants.read_survivors(path, made) == {}
    path.write_text(
        f"- mutant: {made[0].key}\n  reason: >-\n    it adds\n    nothing\n"
        f"- mutant: {made[1].key}\n  reason: seen once in a thousand runs\n  equivalent: false\n"
    )
    assert mutants.read_equivalents(path, made) == {made[0].key: "it adds nothing"}
    assert mutants.read_survivors(path, made) == {made[1].key: "seen once in a thousand runs"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "- mutant: q1/axis/000000\n  reason: none\n",
            r"mutants.yml: \[0\].mutant: there is no mutant `q1/axis/000000`",
        ),
        ("- mutant: KEY\n  reason: ' '\n", r"mutants.yml:2: \[0\].reason: .*why no test could tell"),
        (
            "- mutant: KEY\n  reason: a\n- mutant: KEY\n  reason: b\n",
            r"mutants.yml: \[1\].mutant: `KEY` is given twice",
        ),
    ],
)
def test_a_mistake_among_the_reasons_is_named(tmp_path, built, text, message):
    """File, entry, what to do."""
    made = mutants.make(built)
    path = tmp_path / "mutants.yml"
    path.write_text(textwrap.dedent(text).replace("KEY", made[0].key))
    with pytest.raises(ConfigError, match=message.replace("KEY", made[0].key)):
        mutants.read_equivalents(path, made)
