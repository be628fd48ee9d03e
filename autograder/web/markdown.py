"""Markdown of strangers -> HTML that is safe in a staff page: text, tables, code, formulas, links; nothing acts.

Raw HTML is shown as text, formulas become MathML, and what is made goes through a sanitizer with a closed list of tags
and attributes: a mistake in one of the libraries is not enough to run anything.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import nh3
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin

from autograder.text import REPLACEMENT, preformatted

CHARACTERS = 50_000
FORMULAS = 500
FORMULA_CHARACTERS = 2_000

TAGS = {"p", "br", "hr", "h3", "h4", "h5", "h6", "em", "strong", "a", "code", "pre", "blockquote", "ul", "ol", "li"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
MATH_TAGS = {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "mfrac", "msqrt", "mroot", "msub", "msup"}
MATH_TAGS |= {"msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mphantom", "mpadded"}

_REL, _TARGET = "noopener noreferrer nofollow", "_blank"
_YES_NO = re.compile("true|false")
_LENGTH = re.compile(r"\d(\.\d{1,3})?em")
# What each attribute may say; none of them can move a part of the page out of its place or give it another look.
_LINK = re.compile(r"(https?://|mailto:)\S+", re.IGNORECASE)
ATTRIBUTES: dict[str, dict[str, re.Pattern[str]]] = {
    "a": {"href": _LINK},
    "ol": {"start": re.compile(r"\d{1,9}")},
    "math": {"display": re.compile("block|inline")},
    "mi": {"mathvariant": re.compile("normal")},
    "mo": {name: _YES_NO for name in ("stretchy", "fence", "separator", "largeop", "movablelimits", "symmetric")},
    "mover": {"accent": _YES_NO},
    "munder": {"accentunder": _YES_NO},
    "mspace": {"width": _LENGTH},
    "mstyle": {"displaystyle": _YES_NO, "scriptlevel": re.compile("[0-2]")},
    "mpadded": {"width": re.compile("0")},
    "mfrac": {"linethickness": re.compile(r"0(pt|px|em)?")},
}
ATTRIBUTES["mo"] |= {name: _LENGTH for name in ("minsize", "maxsize", "lspace", "rspace")}
ATTRIBUTES["mo"] |= {"form": re.compile("prefix|infix|postfix")}
_HALF = re.compile("[\ud800-\udfff]")  # of a character: no text that can be written anywhere


def safe_html(text: str) -> Markup:
    """Return Markdown (CommonMark, tables, `$...$`, `$$...$$`) as HTML of a closed list of tags and attributes.

    Headings begin at h3. A picture is shown as the text that stands for it, a formula that cannot be read as its
    source. Of a text of more than `CHARACTERS` the rest is left out, and it is said.
    """
    made = _markdown().render(_HALF.sub(REPLACEMENT, text[:CHARACTERS]), {"formulas": 0})
    if len(text) > CHARACTERS:
        made += f"<p><em>[… the rest, {len(text) - CHARACTERS:,} characters, is not shown]</em></p>"
    # Cleaned last: an entity such as `&#x202e;` is a character only now.
    return Markup(preformatted(_cleaner(*sorted(TAGS | MATH_TAGS)).clean(made)))


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    dollarmath_plugin(markdown, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    markdown.core.ruler.push("lower_headings", _lower_headings)
    markdown.add_render_rule("image", _image)
    for kind in ("math_inline", "math_inline_double", "math_block"):
        markdown.add_render_rule(kind, _formula)
    return markdown


@cache
def _cleaner(*tags: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(tags),
        clean_content_tags={"script", "style"},
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items() if tag in tags},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel=_REL,
        # Who follows a link does not lose the comment that is half written.
        set_tag_attribute_values={"a": {"target": _TARGET}} if "a" in tags else {},
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name, value) in (("a", "rel", _REL), ("a", "target", _TARGET)):
        return value
    allowed = ATTRIBUTES.get(tag, {}).get(name)
    return value if allowed and allowed.fullmatch(value) else None


def _lower_headings(state: StateCore) -> None:
    """The page's own headings are h1 and h2; an answer's stand below them."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"


def _image(_: RendererHTML, tokens: Sequence[Token], number: int, options: Any, env: Any) -> str:
    token = tokens[number]
    name = str(token.attrs.get("src", "")).removeprefix("attachment:")
    text = "".join(child.content or " " * (child.type == "softbreak") for child in token.children or ())
    said = text.strip() or (name if token.attrs.get("src") != name else "without a text")
    return str(escape(f"[picture: {said}]"))


def _formula(_: RendererHTML, tokens: Sequence[Token], number: int, options: Any, env: Any) -> str:
    token = tokens[number]
    display = token.type != "math_inline"
    env["formulas"] += 1
    made = _mathml(token.content.strip(), display) if env["formulas"] <= FORMULAS else ""
    made = made or f"<code>{escape(token.markup + token.content + token.markup)}</code>"
    return f"<p>{made}</p>\n" if token.type == "math_block" else made


@lru_cache(maxsize=4_096)
def _mathml(formula: str, display: bool) -> str:
    """Return a formula as MathML, "" when it cannot be read."""
    if not formula or len(formula) > FORMULA_CHARACTERS:
        return ""
    try:
        # Cleaned before, too: each mark of a pile is an element of its own afterwards.
        made = convert(preformatted(formula), display="block" if display else "inline")
    except Exception:  # of many kinds, its own and Python's: it is not made for what strangers write
        return ""
    # It puts what stands in \text there as it is: only MathML may come out of a formula.
    return _cleaner(*sorted(MATH_TAGS)).clean(made)
