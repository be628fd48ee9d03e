"""What whoever marks written answers is given: `marking.json` of a grader zip, made by `build` from the source.

It also says which cells students were handed out, so that what they wrote can be told from it. Frozen, no I/O.
"""

from dataclasses import dataclass

from autograder.records import Rubric

GUIDE = "marking.json"  # of a grader zip


@dataclass(frozen=True)
class GivenCell:
    """A cell of the notebook as it was handed out.

    Attributes:
        id: of nbformat 4.5; some editors lose it.
        kind: code, markdown or raw.
        question: it belongs to; "" outside of questions.
        sha256: of its source, white space around it stripped, in UTF-8.
    """

    id: str
    kind: str
    question: str
    sha256: str


@dataclass(frozen=True)
class WrittenQuestion:
    """A question that people mark.

    Attributes:
        prompt, model_answer: Markdown, as in the source.
        misconceptions: what students often write instead; the author's, for whoever marks.
        cells: ids of the cells that await the answer, in `MarkingGuide.cells`.
    """

    name: str
    title: str
    rubric: Rubric
    prompt: str
    model_answer: str
    misconceptions: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class MarkingGuide:
    """All of an assignment that marking needs; empty where nothing is marked by people.

    Attributes:
        cells: in the order of the notebook, with the cells that await an answer.
    """

    cells: tuple[GivenCell, ...] = ()
    written: tuple[WrittenQuestion, ...] = ()

    def question(self, name: str) -> WrittenQuestion:
        """Return the written question of that name.

        Raises:
            KeyError: when it has none.
        """
        for question in self.written:
            if question.name == name:
                return question
        raise KeyError(name)
