"""What a proof found wanting, as a line that tells an author where to look and what to do."""

from msgspec import Struct


class Finding(Struct, frozen=True):
    """One thing that fell short.

    Attributes:
        check: of verify: "reference", "stock", "template", "known", "mutants", "calibration" or "notebook".
        file: relative to the root; line: in it, 0 when it concerns the whole file.
        text: what was found and what was expected.
        advice: what to do.
    """

    check: str
    file: str
    line: int
    text: str
    advice: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.text} {self.advice}"
