"""A submitted notebook and what was handed out in; out comes the code that the student wrote, by question."""

from hashlib import sha256

from autograder.guide import MarkingGuide
from autograder.notebook import Notebook


def answer_code(notebook: Notebook, guide: MarkingGuide) -> dict[str, str]:
    """Return the student's own code: question -> source of its code cells, a blank line between two.

    A cell that was handed out and is unchanged is nobody's work. Any other belongs to the question of the handed-out
    cell before it, "" where that belongs to none. Ids and metadata play no part: editors lose them.
    """
    given = {cell.sha256: cell.question for cell in guide.cells}
    written: dict[str, list[str]] = {}
    question = ""
    for cell in notebook.cells:
        source = cell.source.strip()
        digest = sha256(source.encode("utf-8", errors="surrogatepass")).hexdigest()
        if digest in given:
            question = given[digest]
        elif cell.kind == "code" and source:
            written.setdefault(question, []).append(source)
    return {name: "\n\n".join(sources) for name, sources in written.items()}
