"""Comments that TAs keep for the next answer to a question: added and removed from the page of an answer."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from autograder.records import Snippet
from autograder.web.draft import COMMENT_CHARACTERS
from autograder.web.pages import fragment
from autograder.web.place import Place, place_of


def keep(request: Request, form: FormData) -> Response:
    """Keep the comment that stands in the form."""
    place = place_of(request)
    text = str(form.get("comment", "")).replace("\r\n", "\n").strip()[:COMMENT_CHARACTERS]
    if not text:
        return _list(place, "Write a comment first, then keep it.")
    place.desk.gradebook.add_snippet(Snippet(*place.asked, text), place.desk.now(), place.staff)
    return _list(place, "Kept.")


def remove(request: Request, _form: FormData) -> Response:
    """Keep a comment no longer."""
    place = place_of(request)
    place.desk.gradebook.remove_snippet(request.path_params["number"], place.desk.now(), place.staff)
    return _list(place, "Removed.")


def _list(place: Place, said: str) -> Response:
    kept = place.desk.gradebook.snippets(*place.asked)
    return fragment("snippets.html", place=place, queue=place.queue, snippets=kept, said=said)
