"""Makes the notebooks that a made class hands in for `sum`: whose code, which answer, with numbers and plots beside it.

In goes what `build` makes; out come bytes as an editor would have saved them. Nothing is run: what was "printed" and
"plotted" is made here too, a handful of plots once for all.
"""

import base64
import functools
import io
import json
import random
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from staff_words import ATTACKS, Style

from autograder.build import Built

EDITORS = ("jupyter", "jupyter", "jupyter", "colab", "jupyter", "two cells")
PLOTS = 9
ALTS = (
    "Line plot: training loss by epoch on a logarithmic axis, and the lazy answer, 5/12, as a level line.",
    "Two scatter plots, 5 prices and 10 prices: answers of both networks by the true sum, and the line where they fit.",
    "Line plot: answers after 1 to 20 prices, true sum and trained network, with the limit of its states.",
)


@dataclass(frozen=True)
class Show:
    """What a notebook shows: text by a piece of the source of its cell, and the pictures of those that plot.

    Attributes:
        pictures: PNG bytes and alternative text, one a cell that plots.
        more: outputs that stand in every cell with output.
    """

    printed: dict[str, str]
    pictures: tuple[tuple[bytes, str], ...]
    more: tuple[dict[str, Any], ...] = field(default=(), repr=False)


def show(chance: random.Random) -> Show:
    """Return what a training of somebody's own would have shown."""
    errors = [chance.uniform(0.0004, 0.0072), chance.uniform(0.75, 59), chance.uniform(29, 154), chance.uniform(5, 15)]
    rows = zip(("5 prices, 0 to 1", "10 prices, 0 to 1", "20 prices, 0 to 1", "5 prices, 1 to 2"), errors, strict=True)
    table = "".join(f"{kind:>17}{0.417:10.3f}{error:10.4f}{0:10.4f}\n" for kind, error in rows)
    return Show(
        printed={
            "one basket:": "shape of X: (10000, 5, 1)  shape of y: (10000, 1)\nX[0], one basket:\n[[0.51]\n [0.95]]\n",
            "largest difference:": f"largest difference: {chance.uniform(1e-7, 5e-7):.3g}\n",
            "largest error on": f"largest error on 1,000 prices: {chance.uniform(1e-4, 4e-4):.3g}\n",
            "predicted:": f"predicted: [[{chance.uniform(1.4, 1.6):.4f}]]  true: 1.5\n",
            "your guess": f"{'MSE':17}{'lazy':>10}{'trained':>10}{'by hand':>10}\n{table}",
        },
        pictures=tuple((plot(kind + 3 * chance.randrange(PLOTS // 3)), alt) for kind, alt in enumerate(ALTS)),
    )


def hostile_show(number: int) -> Show:
    """Return output of which every part attacks whoever looks at it."""
    attack = ATTACKS[number % len(ATTACKS)]
    pictures = hostile_pictures()
    data = {
        "text/html": attack,
        "image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' onload=alert('evil')>"
        f"<script>{attack}</script></svg>",
        "application/javascript": "alert('evil')",
        "text/latex": f"$\\href{{javascript:alert(1)}}{{evil}}$ {attack}",
        "text/markdown": attack,
        "text/plain": attack,
    }
    colours = "\x1b[31m<b>evil</b>\x1b[0m\x1b]8;;javascript:alert('evil')\x07evil\x1b]8;;\x07\r\x08"
    wrong = {"output_type": "error", "ename": attack, "evalue": attack, "traceback": [colours, attack]}
    return Show(
        printed=dict.fromkeys(("one basket:", "largest difference:", "predicted:", "your guess"), attack + colours),
        pictures=tuple((pictures[(number + place) % len(pictures)], attack) for place in range(3)),
        more=({"output_type": "display_data", "data": data, "metadata": {"image/png": {"alt": attack}}}, wrong),
    )


def notebook(built: Built, style: Style, answer: str, shown: Show, editor: str, remark: str) -> bytes:
    """Return a notebook that hands in the code of a style and an answer; "" leaves the answer's cell as it was given.

    Args:
        editor: one of `EDITORS`: "colab" loses ids and metadata, "two cells" has the answer in a cell more.
        remark: makes it nobody else's file.
    """
    pictures = iter(shown.pictures)
    cells = []
    written = {place for places in built.answers.values() for place in places}
    for place, (given, solved) in enumerate(zip(built.template.cells, built.solved.cells, strict=True)):
        cell = {"cell_type": given.cell_type, "id": given.id, "metadata": dict(given.metadata), "source": given.source}
        if given.cell_type == "code":
            cell["source"] = style.write(solved.source) if place in written else given.source
            cell |= {"outputs": _outputs(cell["source"], shown, pictures), "execution_count": place}
        elif place in written and answer:
            cell["source"] = answer
        cells.append(cell)
        if editor == "two cells" and place in written and given.cell_type == "markdown" and "\n\n" in answer:
            first, rest = answer.split("\n\n", 1)
            cell["source"] = first
            cells.append({"cell_type": "markdown", "id": "added-by-me", "metadata": {}, "source": rest})
    cells.append({"cell_type": "markdown", "id": "remark", "metadata": {}, "source": remark})
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": built.template.metadata, "cells": cells}
    if editor == "colab":
        document |= {"nbformat_minor": 0, "metadata": {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}}
        for cell in cells:
            del cell["id"]
            cell["metadata"] = {"id": "x"}
    return json.dumps(document, ensure_ascii=False, indent=1).encode(errors="replace")


def dressed(data: bytes, answer: str, shown: Show) -> bytes:
    """Return a notebook as if it had been run, with another written answer; "" leaves that cell as it was given."""
    document, pictures = json.loads(data), iter(shown.pictures)
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = _outputs("".join(cell["source"]), shown, pictures)
        elif "otter_answer_cell" in cell["metadata"].get("tags", ()) and answer:
            cell["source"] = answer
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _outputs(source: str, shown: Show, pictures: Any) -> list[dict[str, Any]]:
    texts = [text for piece, text in shown.printed.items() if piece in source]
    found: list[dict[str, Any]] = [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]
    if "display(fig" in source:
        data, alt = next(pictures)
        png = {"image/png": base64.b64encode(data).decode(), "text/plain": "<Figure size 600x350 with 1 Axes>"}
        metadata = {"image/png": {"alt": alt}}
        found.append({"output_type": "display_data", "data": png, "metadata": metadata})
    return found + [dict(one) for one in shown.more if found]


@functools.cache
def plot(number: int) -> bytes:
    """Return one of `PLOTS` plots, PNG, of the three kinds that the notebook makes."""
    chance = np.random.default_rng(number)
    figure, axes = plt.subplots(figsize=(6, 3.5), dpi=72, layout="constrained")
    if number % 3 == 0:
        axes.semilogy(range(1, 11), np.sort(chance.uniform(0.001, 2, 10))[::-1], "k-o", label="your network")
        axes.set(xlabel="epoch", ylabel="training loss", title="Learning to add 5 prices")
    elif number % 3 == 1:
        true = chance.uniform(0, 10, 200)
        axes.plot(true, np.minimum(true, 5 + chance.normal(0, 0.2, 200)), "k.", markersize=4, label="trained")
        axes.plot([0, 10], [0, 10], "+", color="0.5", label="by hand")
        axes.set(xlabel="true sum", ylabel="answer of the network", title="10 prices")
    else:
        steps = np.arange(1, 21)
        axes.plot(steps, steps / 2, "-+", color="0.6", label="true sum so far = by hand")
        axes.plot(steps, 5 * np.tanh(steps / chance.uniform(4, 12)), "k-o", markersize=4, label="trained on 5 prices")
        axes.set(xlabel="prices read", ylabel="answer", title="What the network says after every step")
    axes.legend()
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    plt.close(figure)
    return picture.getvalue()


@functools.cache
def hostile_pictures() -> tuple[bytes, ...]:
    """Return bytes that call themselves PNG: some are one with HTML in it, others are something else or none."""
    good = plot(0)
    html = b"<html><body><script>alert('evil')</script><img src=x onerror=alert('evil')></body></html>"
    head, rest = good[:33], good[33:]  # the signature and IHDR
    chunk = b"tEXt" + b"Comment\0" + html
    text = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    size = struct.pack(">II", 60_000, 60_000)
    jpeg = (
        b"\xff\xd8\xff\xfe" + struct.pack(">H", len(html) + 2) + html + b"\xff\xc0\x00\x11\x08\x00\x10\x00\x10\xff\xd9"
    )
    return (
        head + text + rest,
        good + html,
        html,
        good[:8] + html,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload=\"alert('evil')\"/>",
        b"GIF89a/*" + html + b"*/=1;alert('evil')",
        head[:16] + size + head[24:] + rest,
        good[:100],
        jpeg,
        b"",
    )
