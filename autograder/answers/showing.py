"""The outputs of a code cell, as a stranger's notebook holds them -> text and pictures that are safe to show.

HTML, SVG and scripts are never taken. Of a picture nothing is decoded but base64: its first bytes say what it is and
how large. What is not read is never built in memory.
"""

import binascii
import re
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import msgspec
from msgspec import Raw, Struct

from autograder.text import shortened

PRINTED_CHARACTERS = 20_000  # of one cell
OUTPUTS = 2_000  # of one cell
PICTURES = 60  # of one notebook
PICTURE_BYTES = 3 * 2**20
SIDE_PIXELS = 4_096
PIXELS = 64_000_000  # of all pictures of a notebook: a browser takes four bytes for each
ALT_CHARACTERS = 1_000

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
JPEG = b"\xff\xd8\xff"
# Escape sequences of terminals (ECMA-48): CSI, OSC, and those of two characters. Linear: nothing backtracks.
ANSI = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]?|\][^\x07\x1b]*+(?:\x07|\x1b\\)?|[ -/]*+[0-Z^-~]?)")

Form = TypeVar("Form")


@dataclass(frozen=True)
class Picture:
    """A picture that a browser may show, of `width` x `height` pixels.

    `text`: what it shows, for those who cannot see it, "" when nobody said.
    """

    data: bytes = field(repr=False)
    kind: Literal["image/png", "image/jpeg"]
    width: int
    height: int
    text: str = ""


@dataclass(frozen=True)
class Shown:
    """What a cell showed; `dropped`: what of it is left out, in words for staff."""

    printed: str = ""
    pictures: tuple[Picture, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass
class Album:
    """The pictures of one notebook are counted together: many small cells must not add up to a page nobody can open."""

    pictures: int = 0
    pixels: int = 0


class _Output(Struct):
    # Required, as in the format: a list of a million empty objects ends at its first.
    output_type: str
    text: Raw = Raw()
    data: Raw = Raw()
    metadata: Raw = Raw()
    ename: Raw = Raw()
    evalue: Raw = Raw()
    png: Raw = Raw()  # nbformat 3 keeps them here
    jpeg: Raw = Raw()


class _Data(Struct):
    """The kinds that are known: any number of others costs no memory."""

    plain: Raw = msgspec.field(name="text/plain", default=Raw())
    png: Raw = msgspec.field(name="image/png", default=Raw())
    jpeg: Raw = msgspec.field(name="image/jpeg", default=Raw())
    svg: Raw = msgspec.field(name="image/svg+xml", default=Raw())
    html: Raw = msgspec.field(name="text/html", default=Raw())
    script: Raw = msgspec.field(name="application/javascript", default=Raw())
    latex: Raw = msgspec.field(name="text/latex", default=Raw())
    markdown: Raw = msgspec.field(name="text/markdown", default=Raw())
    widget: Raw = msgspec.field(name="application/vnd.jupyter.widget-view+json", default=Raw())


class _Alternative(Struct):
    alt: str = ""


class _About(Struct):
    png: _Alternative | None = msgspec.field(name="image/png", default=None)
    jpeg: _Alternative | None = msgspec.field(name="image/jpeg", default=None)


def shown(outputs: Raw, album: Album) -> Shown:
    """Return what a cell showed.

    Args:
        outputs: JSON as it stands in the notebook; empty when the cell has none.
        album: of the notebook; counts on.
    """
    if bytes(outputs) in (b"", b"[]", b"null"):
        return Shown()
    if bytes(outputs).count(b'"output_type"') > OUTPUTS:
        return Shown(dropped=(f"its outputs: more than {OUTPUTS:,}",))
    found = _decoded(outputs, list[_Output])
    if found is None:
        return Shown(dropped=("its outputs: they cannot be read",))
    texts: list[str] = []
    pictures: list[Picture] = []
    dropped: list[str] = []
    for output in found[:OUTPUTS]:
        text, own, lost = _one(output, album)
        texts += [text]
        pictures += own
        dropped += lost
    printed = shorter(_without_terminal(shorter("".join(texts), 10 * PRINTED_CHARACTERS)), PRINTED_CHARACTERS).rstrip()
    return Shown(printed, tuple(pictures), tuple(dict.fromkeys(dropped)))


def pictures_of(attachments: Raw, album: Album) -> tuple[Picture, ...]:
    """Return the pictures that were pasted into a Markdown cell, with their names as text."""
    if bytes(attachments).count(b":") > 4 * PICTURES:  # base64 has no colon, a name hardly one
        return ()
    pictures = []
    for name, data in (_decoded(attachments, dict[str, _Data]) or {}).items():
        for kind, raw in (("png", data.png), ("jpeg", data.jpeg)):
            picture = _picture(raw, kind, shortened(name, 100), album) if bytes(raw) else ""
            pictures += [picture] if isinstance(picture, Picture) else []
    return tuple(pictures)


def _one(output: _Output, album: Album) -> tuple[str, list[Picture], list[str]]:
    """Return text, pictures and what is left out of one output."""
    if output.output_type == "stream":
        return _text(output.text), [], []
    if output.output_type in ("error", "pyerr"):
        return f"{_text(output.ename)}: {_text(output.evalue)}\n", [], []
    data = _decoded(output.data, _Data) or _Data()
    about = _decoded(output.metadata, _About) or _About()
    lost: list[str] = []
    for kind, raw, said in (("png", data.png, about.png), ("jpeg", data.jpeg, about.jpeg)):
        raw = raw if bytes(raw) else getattr(output, kind)
        if bytes(raw):
            picture = _picture(raw, kind, shortened(said.alt, ALT_CHARACTERS) if said else "", album)
            if isinstance(picture, Picture):
                return "", [picture], []
            lost.append(picture)
    kinds = {"SVG": data.svg, "HTML": data.html, "JavaScript": data.script, "a widget": data.widget}
    lost += [kind for kind, raw in kinds.items() if bytes(raw)]
    text = next((text for raw in (data.plain, data.markdown, data.latex, output.text) if (text := _text(raw))), "")
    return f"{text}\n" if text else "", [], lost


def _picture(raw: Raw, kind: str, alternative: str, album: Album) -> Picture | str:
    """Return a picture, or words that say why it is left out."""
    if album.pictures >= PICTURES:
        return f"a picture: the notebook has more than {PICTURES}"
    if len(bytes(raw)) > 2 * PICTURE_BYTES:
        return "a picture of more than 3 MB"
    try:
        data = binascii.a2b_base64(_text(raw))
    except ValueError:
        return "a picture that is damaged"
    if len(data) > PICTURE_BYTES:
        return "a picture of more than 3 MB"
    size = _png_size(data) if kind == "png" else _jpeg_size(data)
    if size is None or 0 in size:
        return f"a picture that is no {kind.upper()}"
    width, height = size
    if max(size) > SIDE_PIXELS or album.pixels + width * height > PIXELS:
        return f"a picture of {width:,} x {height:,} pixels"
    album.pictures += 1
    album.pixels += width * height
    return Picture(data, "image/png" if kind == "png" else "image/jpeg", width, height, alternative)


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG in pixels (ISO/IEC 15948: IHDR is the first chunk)."""
    if not data.startswith(PNG) or len(data) < len(PNG) + 13:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a JPEG in pixels, from its frame header (ITU-T T.81, B.2.2)."""
    if not data.startswith(JPEG):
        return None
    at = 2
    for _ in range(200):  # segments before the frame; cameras write some twenty
        if at + 9 > len(data) or data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None


def _decoded(raw: Raw, form: type[Form]) -> Form | None:
    try:
        return msgspec.json.decode(raw, type=form) if bytes(raw) else None
    except (msgspec.MsgspecError, RecursionError):
        return None


def _text(raw: Raw) -> str:
    """Return text that stands there in one piece or in lines; "" for anything else."""
    found = _decoded(raw, str | list[str])  # type: ignore[arg-type]
    return found if isinstance(found, str) else "".join(found or ())


def _without_terminal(text: str) -> str:
    """Return what a terminal would show in the end: no escape sequences, of a line that was written over the last."""
    lines = ANSI.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def shorter(text: str, most: int) -> str:
    """Return at most about `most` characters, from both ends: the last numbers of a long output tell the most."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half:,} characters are not shown …]\n{text[-half:]}"
