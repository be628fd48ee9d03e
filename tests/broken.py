"""Makes the files that no batch may stumble over, each with what must become of it, from one good notebook's bytes."""

import io
import json
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from autograder.model import Status


@dataclass(frozen=True)
class Broken:
    """A file and its fate.

    Attributes:
        status: graded for a file that only looks odd.
        found: words that the note must hold: what was found in the file.
    """

    file_name: str
    data: bytes
    status: Status
    found: str = ""


def pack(members: dict[str, bytes], *, compress: bool = False) -> bytes:
    """Return a zip of these members, as Otter's export makes it (stored), with the same bytes every time."""
    return pack_all(list(members.items()), compress=compress)


def pack_all(members: list[tuple[str, bytes]], *, compress: bool = False) -> bytes:
    """Return a zip whose member names may repeat."""
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")  # about a name that is there twice
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return buffer.getvalue()


def export_zip(notebook: bytes, name: str = "sum") -> bytes:
    """Return what Otter's `grader.export()` makes: the notebook, a log that is never read, and the zip's own name."""
    log = b"\x80\x04cos\nabort\n)R."
    return pack({f"{name}.ipynb": notebook, ".OTTER_LOG": log, "__zip_filename__": f"{name}_2026_11_02.zip".encode()})


def edit(notebook: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return a notebook after `change` has been made to its JSON in place."""
    document = json.loads(notebook)
    change(document)
    return json.dumps(document).encode()


def broken_files(notebook: bytes) -> dict[str, Broken]:
    """Return one broken or odd file of each kind, keyed by kind, made from a good notebook of nbformat 4."""
    return {**_unreadable(notebook), **_foreign(notebook), **_zips(notebook), **_odd(notebook)}


def _unreadable(notebook: bytes) -> dict[str, Broken]:
    text = b"x_1 + x_2 = y\nThis is my homework.\n"
    return {
        "not a notebook": Broken("Amira Haddad.ipynb", text, Status.REJECTED, "begins with 'x_1 + x_2 = y"),
        "a PDF": Broken("Bjørn Dæhlie.pdf", b"%PDF-1.7\n", Status.REJECTED, "'Bjørn Dæhlie.pdf' is neither"),
        "empty": Broken("Carmen Ortiz.ipynb", b"", Status.REJECTED, "empty (0 bytes)"),
        "truncated JSON": Broken("Dmitri Volkov.ipynb", notebook[: len(notebook) // 2], Status.REJECTED, "cut off"),
        "UTF-16": Broken("Eun-ji Park.ipynb", notebook.decode().encode("utf-16"), Status.REJECTED, "UTF-16"),
    }


def _foreign(notebook: bytes) -> dict[str, Broken]:
    def rename(document: dict[str, Any]) -> None:
        document["metadata"]["otter"]["assignment_name"] = "seq2seq"

    return {
        "wrong assignment": Broken("Fatou Diop.ipynb", edit(notebook, rename), Status.REJECTED, "'seq2seq'"),
        "old nbformat": Broken(
            "Giulia Ricci.ipynb",
            edit(notebook, lambda document: document.update(nbformat=2)),
            Status.REJECTED,
            "format 2",
        ),
        "no Python": Broken(
            "Hans Müller.ipynb",
            edit(notebook, lambda document: document["metadata"].update(language_info={"name": "R"}, kernelspec={})),
            Status.REJECTED,
            "written in 'R'",
        ),
    }


def _zips(notebook: bytes) -> dict[str, Broken]:
    two = pack({"sum.ipynb": notebook, "sum-final.ipynb": notebook})
    return {
        "two notebooks in one zip": Broken(
            "Ioana Popescu.zip", two, Status.REJECTED, "2 notebooks ('sum.ipynb', 'sum-final.ipynb')"
        ),
        "zip without a notebook": Broken("Jamal Carter.zip", pack({"sum.pdf": b"%PDF"}), Status.REJECTED, "'sum.pdf'"),
        "zip bomb": Broken("Kwame Mensah.zip", zip_bomb(), Status.REJECTED, "unpacks to more than 20 MiB"),
        "corrupt zip": Broken("Lerato Nkosi.zip", export_zip(notebook)[:-40], Status.REJECTED, "damaged or not a zip"),
    }


@cache
def zip_bomb() -> bytes:
    """Return 100 kB that unpack to 100 MiB."""
    return pack({"sum.ipynb": bytes(100 * 2**20)}, compress=True)


def _odd(notebook: bytes) -> dict[str, Broken]:
    """Files that look odd and are graded all the same."""

    def same_ids(document: dict[str, Any]) -> None:
        for cell in document["cells"]:
            cell["id"] = "same"

    return {
        "byte-order mark": Broken("María José Núñez.ipynb", b"\xef\xbb\xbf" + notebook, Status.GRADED),
        "nbformat 3": Broken("Nguyễn Văn An.ipynb", edit(notebook, to_nbformat_3), Status.GRADED),
        "missing questions": Broken("Olumide Adeyemi.ipynb", edit(notebook, drop_questions), Status.GRADED),
        "duplicate cell ids": Broken("Priya Raghunathan.ipynb", edit(notebook, same_ids), Status.GRADED),
        "a name with spaces": Broken("  van der  Berg, Anna .ipynb", notebook, Status.GRADED),
        "a name with quotes": Broken('Siobhán "Shiv" O\'Brien.ipynb', notebook, Status.GRADED),
        "a name in Unicode": Broken("李小龙 (ليلى) 🎓.ipynb", notebook, Status.GRADED),
        "a name that is a formula": Broken('=HYPERLINK("http:example.org";"A").ipynb', notebook, Status.GRADED),
    }


def drop_questions(document: dict[str, Any]) -> None:
    """Keep the cells up to the first check alone: all later questions are missing."""
    cells = document["cells"]
    code = [(index, "".join(cell["source"])) for index, cell in enumerate(cells) if cell["cell_type"] == "code"]
    checks = [index for index, source in code if ".check(" in source]
    if checks:
        del cells[checks[0] + 1 :]


def to_nbformat_3(document: dict[str, Any]) -> None:
    """Write a document as IPython 2 did: cells in a worksheet, code as `input`."""
    cells = document.pop("cells")
    for cell in cells:
        cell.pop("id", None)
        if cell["cell_type"] == "code":
            cell.update(input=cell.pop("source"), language="python", outputs=[], prompt_number=None)
            cell.pop("execution_count", None)
    document.update(nbformat=3, nbformat_minor=0, worksheets=[{"cells": cells, "metadata": {}}])
