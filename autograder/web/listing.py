"""Students and submissions in lists: standings and results in, names, addresses and short lists out. No layout."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from autograder.attempts import SHA_CHARS
from autograder.model import Result
from autograder.records import Standing

MOST = 12  # names in a list


@dataclass(frozen=True)
class Listed:
    """A student in a list; `path`: of the submission that counts, "" where none was graded."""

    standing: Standing
    path: str


@dataclass(frozen=True)
class Short:
    """The first of a list, how many it leaves out, and the address of all."""

    shown: tuple[Listed, ...]
    more: int
    path: str

    def __len__(self) -> int:
        return len(self.shown) + self.more


class Filed:
    """What was handed in, by the name of a submission: whose it is, and where its page is.

    Args:
        standings: of one assignment, sorted as lists are to be.
        results: `attempts.by_file`: the beginning of a file's sha256 -> its result.
    """

    def __init__(self, assignment: str, standings: Sequence[Standing], results: Mapping[str, Result]) -> None:
        self.assignment, self.standings, self._results = assignment, standings, results
        self._of: dict[str, list[Standing]] = {}
        for one in standings:
            if result := self.result_of(one):
                self._of.setdefault(result.submission, []).append(one)
        self._by_name = {result.submission: result for result in results.values()}

    def result_of(self, standing: Standing) -> Result | None:
        """Return the result of the attempt that counts."""
        attempt = standing.attempt
        return self._results.get(attempt.sha256[:SHA_CHARS]) if attempt and attempt.sha256 else None

    def result(self, name: str) -> Result:
        """Return the result of that name, of a file that counts for somebody.

        Raises:
            KeyError: when there is none.
        """
        if name not in self._of:
            raise KeyError(name)
        return self._by_name[name]

    def counting(self) -> tuple[Result, ...]:
        """Return the results of the files that count, each once."""
        return tuple(self._by_name[name] for name in self._of)

    def people(self, name: str) -> tuple[Standing, ...]:
        """Return those for whom a submission counts."""
        return tuple(self._of.get(name, ()))

    def label(self, name: str) -> str:
        """Return whose a submission is, for people."""
        people = [one.student.name for one in self.people(name)]
        return ", ".join(people[:3]) + (f" and {len(people) - 3} more" if len(people) > 3 else "") or name

    def listed(self, standing: Standing) -> Listed:
        """Return a standing with the address of its submission."""
        result = self.result_of(standing)
        return Listed(standing, self.path(result.submission) if result else "")

    def short(self, standings: Sequence[Standing], show: str) -> Short:
        """Return the first of `standings`; all of them are at people?show=..."""
        first = tuple(self.listed(one) for one in standings[:MOST])
        return Short(first, len(standings) - len(first), people_path(self.assignment, show))

    def path(self, name: str) -> str:
        """Return the address of a submission."""
        return f"/{self.assignment}/submissions/{_quoted(name)}"

    def pair_path(self, a: str, b: str) -> str:
        """Return the address of two submissions side by side."""
        return f"/{self.assignment}/pairs/{_quoted(a)}/{_quoted(b)}"


def people_path(assignment: str, show: str = "", find: str = "", page: int = 1) -> str:
    """Return the address of a page of the table of all."""
    asked: Iterable[tuple[str, str]] = (("show", show), ("find", find), ("page", str(page) if page > 1 else ""))
    query = urlencode([(name, value) for name, value in asked if value], errors="replace")
    return f"/{assignment}/people" + (f"?{query}" if query else "")


def _quoted(name: str) -> str:
    # As the file system spells a name that is not valid UTF-8.
    return quote(name, safe="", errors="surrogateescape")
