"""The set-up and export cells work where students run them: at home under any file name, and on Colab."""

import os
import subprocess
import sys
import urllib.request
from types import ModuleType, SimpleNamespace

import nbformat
import pytest
from tiny import write_course

from autograder.build import Built, build_assignment
from autograder.course import read_course


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Built:
    root = write_course(tmp_path_factory.mktemp("tiny"))
    course = read_course(root / "course.yml")
    return build_assignment(root, course, course.assignments[0])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A student's folder, with an Otter that reads the notebook's file as the real one does, and no open notebook."""

    def notebook(path):
        with open(path, encoding="utf-8") as file:
            return SimpleNamespace(path=path, text=file.read())

    otter = ModuleType("otter")
    otter.Notebook = notebook
    monkeypatch.setitem(sys.modules, "otter", otter)
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def set_up(built: Built, **names):
    """Run the set-up cell as a notebook does and return `grader`."""
    exec(built.template.cells[1].source, names)
    return names["grader"]


def save(built: Built, path) -> None:
    path.write_bytes(built.files[built.notebook_path])


def test_the_cells_fit_a_screen(tiny):
    """A student can read what runs."""
    assert max(len(cell.source.splitlines()) for cell in tiny.template.cells) <= 45


def test_the_notebook_is_found_under_its_own_name(tiny, folder):
    """The usual case."""
    save(tiny, folder / "tiny.ipynb")
    assert set_up(tiny).path == "tiny.ipynb"


def test_a_renamed_notebook_is_found_among_others(tiny, folder):
    """Browsers save `tiny (1).ipynb`; other assignments lie beside it."""
    save(tiny, folder / "tiny (1).ipynb")
    (folder / "another.ipynb").write_text('{"metadata": {"otter": {"assignment_name": "another"}}}')
    (folder / "broken.ipynb").write_text("{")
    assert set_up(tiny).path == "tiny (1).ipynb"


@pytest.mark.parametrize("editor", ["Jupyter", "VS Code"])
def test_the_open_notebook_goes_before_an_untouched_copy(tiny, folder, monkeypatch, editor):
    """Otherwise the export would hand in the copy nobody worked in."""
    save(tiny, folder / "tiny.ipynb")
    save(tiny, folder / "tiny-anna.ipynb")
    names = {}
    if editor == "Jupyter":
        monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "tiny-anna.ipynb"))
    else:
        names["__vsc_ipynb_file__"] = str(folder / "tiny-anna.ipynb")
    assert set_up(tiny, **names).path == "tiny-anna.ipynb"


def test_a_notebook_that_is_not_there_is_explained(tiny, folder):
    """The message says under which name and in which folder to save it."""
    with pytest.raises(FileNotFoundError, match=f"Save this notebook as tiny.ipynb in the folder {folder}"):
        set_up(tiny)


@pytest.mark.parametrize("package", ["otter", "tensorflow"])
def test_a_missing_package_is_explained(tiny, folder, monkeypatch, package):
    """The message is the command to run."""
    save(tiny, folder / "tiny.ipynb")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=f"{package} is not installed.*%pip install otter-grader==7.0.0"):
        set_up(tiny)


def test_colab_gets_otter_the_public_tests_and_the_data(tiny, folder, monkeypatch):
    """Colab starts with the notebook alone; Otter needs a folder of tests there."""
    public = "https://raw.githubusercontent.com/somebody/tiny-course/main/"
    commands = []

    def fetch(url, name):
        (folder / name).write_bytes(tiny.files[url.removeprefix(public)])

    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setattr(subprocess, "run", lambda command, check: commands.append(command))
    monkeypatch.setattr(urllib.request, "urlretrieve", fetch)
    set_up(tiny)
    assert commands == [[sys.executable, "-m", "pip", "install", "--quiet", "otter-grader==7.0.0"]]
    assert (folder / "tests" / "q1.py").read_text() == tiny.template.metadata.otter.tests.q1
    assert (folder / "numbers.csv").read_text() == "1,2\n"


def test_on_colab_the_export_cell_says_what_to_do(tiny, monkeypatch, capsys):
    """Otter's export raises on Colab."""
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    exec(tiny.template.cells[-1].source, {})
    assert "Download .ipynb" in capsys.readouterr().out


@pytest.mark.slow
def test_a_real_kernel_exports_the_notebook_that_is_open(tiny, tmp_path, monkeypatch):
    """Set-up, checks and export run under stock Otter, and the zip holds the renamed notebook."""
    from nbclient import NotebookClient

    (tmp_path / "tiny (1).ipynb").write_bytes(nbformat.writes(tiny.solved).encode())
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    notebook = nbformat.reads(nbformat.writes(tiny.solved), as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    results = [
        output.get("data", {}).get("text/plain", "") for cell in notebook.cells for output in cell.get("outputs", [])
    ]
    assert "q1 results: All test cases passed!" in results
    (exported,) = tmp_path.glob("*.zip")
    assert exported.name.startswith("tiny (1)_")
