"""The pages of a class."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route


def class_page(request: Request) -> Response:
    """Stand-in until the class page is wired."""
    return RedirectResponse("/", 303)


ROUTES = (Route("/{assignment}/", class_page),)
