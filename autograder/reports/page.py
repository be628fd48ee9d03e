"""HTML pages: a template and its values in, one self-contained page out.

Every value is cleaned and escaped on its way into the page, and the page forbids itself everything but its own style
and script, so that a name which slips through can still load and run nothing.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.text import number, plain, preformatted, shortened


def render(template: str, script: str | None = None, **values: object) -> str:
    """Return the page that `template` makes of `values`; `script` is the template folder's file to inline."""
    return "".join(parts(template, script, **values))


def parts(template: str, script: str | None = None, **values: object) -> Iterator[str]:
    """Return what `render` does piece by piece, for a page too long to be held."""
    style, code = _asset("page.css"), _asset(script) if script else Markup()
    policy = f"default-src 'none'; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    if code:
        policy += f"; script-src {_hash(code)}"
    # Made of our own hashes: cleaned and escaped, the quotes would still work, but the policy could not be read.
    made = environment("autograder.reports").get_template(template)
    return made.generate(style=style, script=code, policy=Markup(policy), **values)


@cache
def environment(*packages: str) -> Environment:
    """Return the templates of packages, each name from the first that has it, with values cleaned and escaped."""
    found = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["shortened"] = shortened
    found.filters["preformatted"] = lambda text: escape(preformatted(text))
    return found


def _finalize(value: Any) -> Any:
    """Clean whatever a template shows, so that no template can forget to."""
    if value is None or isinstance(value, float):
        return number(value)
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _asset(name: str) -> Markup:
    return Markup(files("autograder.reports").joinpath("templates", name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
