"""A slice holds the cells that a test's names depend on, and none whose effect is only to be looked at."""

import textwrap

import pytest
from nbformat import NotebookNode, v4

from autograder.proof.slices import cells_before, cells_for, depends, only_cases, parameters


def notebook(*cells: str) -> NotebookNode:
    return v4.new_notebook(cells=[v4.new_code_cell(textwrap.dedent(cell).strip()) for cell in cells])


def needed(names: str, *cells: str) -> tuple[int, ...]:
    """Return the cells that are needed for these names at the end of a notebook."""
    return cells_for(notebook(*cells), "q1", set(names.split()))


IMPORTS = "import numpy as np, keras"


def test_what_a_function_reads_when_it_is_called_is_needed():
    """Also through another function, and also when it is defined after it."""
    assert needed("f", "a = 1", "def f(x): return g(x)", "b = 2", "def g(x): return x + a") == (0, 1, 3)


def test_local_names_are_no_names_of_the_notebook():
    """An argument or a variable inside a function has nothing to do with the cell that trains a `model`."""
    cells = ("def build(): model = 1; return model", "model = build()", "def use(model): return [m for m in model]")
    assert needed("build use", *cells) == (0, 2)


def test_an_earlier_value_is_not_needed():
    """A name that is given a new value no longer depends on the cell that gave it the old one."""
    assert needed("x", "x = slow()", "x = 1", "y = x") == (1,)


def test_a_value_given_under_a_condition_leaves_the_earlier_one():
    """Nobody knows before the run which of the two it will be."""
    assert needed("x", "x = 1", "if ready:\n    x = 2") == (0, 1)


@pytest.mark.parametrize(
    "change",
    ["x.append(2)", "x[0] = 2", "x.a = 2", "x += [2]", "fill(x)", "fill(x[:1])", "fill(data=[x])", "np.copyto(x, 2)"],
)
def test_a_change_in_place_is_needed(change):
    """A method, an index, an attribute, a function that is given the object."""
    assert needed("x", "import numpy as np\nx = [1]", change, "y = 3") == (0, 1)


@pytest.mark.parametrize("look", ["print(x)", "n = len(x)", "m = np.mean(x)", "plt.plot(x)", "y = [e for e in x]"])
def test_looking_is_no_change(look):
    """A cell that shows or measures is left out."""
    assert needed("x", "import numpy as np\nimport matplotlib.pyplot as plt\nx = [1]", look) == (0,)


@pytest.mark.parametrize("change", ["run.append(2)", "run += [2]", "run[0] = 2"])
def test_a_change_under_another_name_is_needed(change):
    """`run` and `results["a"]` are one object."""
    cells = ("results = {}", 'results["a"] = [1]', 'run = results["a"]', change, "other = [3]")
    assert needed("results", *cells) == (0, 1, 2, 3)


def test_numbers_and_functions_are_not_changed_by_a_call():
    """`draw(10, SEED)` changes neither the seed nor `draw`."""
    assert needed("f", "SEED = 1", "def draw(n, seed): ...", "show(draw, SEED)", "def f(): return draw(1, SEED)") == (
        *(0, 1, 3),
    )


def test_the_seed_set_before_a_training_is_needed_and_costs_nobody_else_anything():
    """A call for its effect on a module counts where that module is used, not where it is only there to be used."""
    cells = (IMPORTS, "def build(): return keras.Model()", "keras.utils.set_random_seed(1)", "model = build()")
    assert needed("model", *cells) == (0, 1, 2, 3)
    assert needed("build", *cells) == (0, 1)


def test_an_object_brings_the_functions_of_its_class_along():
    """A callback's method is called much later, in somebody else's code."""
    cells = ("import time", "class Line:\n    def end(self): return time.time()", "line = Line()", "fit(model, [line])")
    assert needed("line", *cells) == (0, 1, 2, 3)


def test_a_cell_that_is_needed_runs_whole():
    """So it needs what its other statements read, else it would stop at them."""
    assert needed("x", "y = 1", "print(y)\nx = 2") == (0, 1)


def test_only_what_stands_before_the_last_check_counts():
    """Stock Otter keeps the last one; the cell of the check itself is not needed."""
    cells = ("x = 1", 'grader.check("q1")', "x = 2", 'grader.check("q1")', "x = 3")
    assert needed("x", *cells) == (2,)
    assert cells_before(notebook(*cells), "q1") == (0, 1, 2)


def test_magics_and_other_languages_are_no_obstacle():
    """They are not Python; the cells around them are."""
    assert needed("x", "%matplotlib inline\ny = 1", "!ls\nx = y", "%%bash\nx=5", "x.append(") == (0, 1)


def test_a_statement_is_told_from_its_neighbour_in_the_cell():
    """A mutant of one of two functions in a cell is judged by the tests of that function alone."""
    cell = "def lazy(T):\n    return T / 12\n\n\n@cached\ndef build(T):\n    return T"
    made = notebook("def cached(f): return f", cell)
    assert depends(made, "q1", {"lazy"}, 1, 2)
    assert not depends(made, "q1", {"build"}, 1, 2)
    assert depends(made, "q1", {"build"}, 1, 5)
    assert depends(made, "q1", {"build"}, 0, 1)


def test_parameters_of_a_test_are_the_names_it_asks_for():
    """Otter hands them over by name."""
    assert parameters("def test(model, X=None):\n    inner = lambda z: z\n") == {"model", "X"}


def test_a_test_file_can_be_cut_to_some_cases():
    """What is not a test function stays."""
    first, second = (f"@test_case(points=1)\ndef {name}(x):\n    pass\n" for name in ("test_a", "test_b"))
    assert only_cases(f'name = "q1"\n\n{first}\n{second}', {"test_b"}) == f'name = "q1"\n\n\n{second}'
