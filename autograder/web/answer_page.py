"""What the page of one answer shows: the text, the student's own numbers and plots, the rubric with what is chosen.

Names are not among it. What a student wrote comes as text, to be escaped, or as HTML that went through the sanitizer.
"""

from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from autograder.answers import Answer, Picture, Work
from autograder.errors import AutograderError
from autograder.web.desk import Desk
from autograder.web.markdown import safe_html
from autograder.web.queue import Paper, Queue


@dataclass(frozen=True)
class ShownWork:
    """A code cell with what it showed; `first`: number of its first picture among those of the notebook."""

    work: Work
    first: int


def answer_values(desk: Desk, queue: Queue, paper: Paper) -> dict[str, object]:
    """Return what the template of an answer needs of the answer itself."""
    answer, trouble = read_answer(desk, queue, paper)
    shown = _shown(answer) if answer else []
    near = set(answer.near) if answer else set()
    return {
        "queue": queue,
        "paper": paper,
        "answer": answer,
        "trouble": trouble,
        "text": html_of(answer.text) if answer else Markup(),
        "elsewhere": [html_of(text) for text in answer.elsewhere] if answer and not answer.written else [],
        "near": [one for one in shown if one.work.cell in near],
        "far": [one for one in shown if one.work.cell not in near],
        "prompt": html_of(queue.question.prompt),
        "model_answer": html_of(queue.question.model_answer),
        "before": queue.neighbour(paper, -1),
        "after": queue.neighbour(paper, 1),
    }


def read_answer(desk: Desk, queue: Queue, paper: Paper) -> tuple[Answer | None, str]:
    """Return an answer, or why it cannot be shown."""
    try:
        return desk.answer(queue.assignment, queue.question.name, paper.sha256), ""
    except AutograderError as trouble:
        return None, str(trouble)


def picture(answer: Answer, number: int) -> Picture | None:
    """Return a picture of the notebook by its number."""
    pictures = [*answer.pictures, *(one for work in answer.work for one in work.pictures)]
    return pictures[number] if 0 <= number < len(pictures) else None


def _shown(answer: Answer) -> list[ShownWork]:
    """Return the cells that show something, or that the student added to the question."""
    shown, first = [], len(answer.pictures)
    for work in answer.work:
        if work.printed or work.pictures or work.dropped or (work.question == answer.question and not work.given):
            shown.append(ShownWork(work, first))
        first += len(work.pictures)
    return shown


@lru_cache(256)
def html_of(text: str) -> Markup:
    """Return Markdown as `safe_html` does; a text made to be slow is slow once."""
    return safe_html(text)
