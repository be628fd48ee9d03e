"""Both kinds of page: hostile text stays text, nothing is loaded, everything can be read."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from autograder.model import CaseResult, Question, QuestionResult, Result
from autograder.reports import (
    feedback_html,
    index_html,
)
from autograder.text import plain

from .made_up import (
    HOSTILE,
    QUESTIONS,
    Page,
    a_result,
)


def hostile_result(text: str) -> Result:
    """Return a result with `text` wherever text can stand."""
    case = CaseResult(text, text, True, False, 0.0, 1.0, text, text, "")
    question = QuestionResult(
        text, text, 0.0, 1.0, cases=(case, replace(case, hidden=False), replace(case, cause=text))
    )
    return replace(a_result(text, text), questions=(question,), note=text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_tag_and_no_attribute_to_a_page(text: str) -> None:
    """Whatever a name holds, a browser sees the same elements as for a tame one."""

    def skeleton(text: str) -> list[Page]:
        result, questions = hostile_result(text), [Question(text, text, 1.0)]
        return [Page(feedback_html(result, text, text)), Page(index_html([result], questions, text, text))]

    for hostile, tame in zip(skeleton(text or "tame"), skeleton("tame"), strict=True):
        assert hostile.tags == tame.tags
        assert [name for name, _ in hostile.attributes] == [name for name, _ in tame.attributes]
        assert hostile.inline == tame.inline


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_cleaned(text: str) -> None:
    """The name is there, as words; no control character and no override is left in the page."""
    page = feedback_html(a_result(student=text), "Sum")
    assert plain(text) in Page(page).text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)


def pages_of(results: list[Result]) -> list[str]:
    """Return one page of each kind."""
    return ["".join(index_html(results, QUESTIONS, "Sum")), *(feedback_html(result, "Sum") for result in results)]


def test_a_page_allows_itself_its_own_style_and_script_only(a_class: list[Result]) -> None:
    """The policy names the hash of each inline part and nothing else."""
    for text in pages_of(a_class):
        page = Page(text)
        policy = page.values("content")[0]
        allowed = re.findall(r"(style|script)-src 'sha256-([^']+)'", policy)
        assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
        assert dict(allowed) == {
            kind: base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
            for kind, code in page.inline.items()
            if kind in ("style", "script")
        }


def test_a_page_needs_nothing_that_its_policy_forbids(a_class: list[Result]) -> None:
    """No style attribute, no handler, no outside resource."""
    for text in pages_of(a_class):
        page = Page(text)
        assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on") or name == "src"]
        assert "url(" not in page.inline["style"] and "@import" not in page.inline["style"]
        assert not {"img", "link", "iframe", "object", "form"} & set(page.tags)
        assert all(re.match(r"(#|grades\.csv$|feedback/|results/)", link) for link in page.values("href"))


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours such as #fff (WCAG 2.1, relative luminance)."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_text_can_be_read_in_light_dark_and_print() -> None:
    """Every colour of text has a contrast of at least 4.5 on every ground it stands on, bars have 3."""
    style = Page(feedback_html(a_result(), "Sum")).inline["style"]
    schemes = [dict(re.findall(r"--(\w+): (#\w+)", block)) for block in re.findall(r":root \{([^}]*)\}", style)]
    assert len(schemes) == 3
    for colours in schemes:
        for ground in ("paper", "card", "soft", "hint"):
            inks = ("ink",) if ground == "hint" else ("ink", "muted", "accent", "good", "bad", "amber")
            assert all(contrast(colours[ink], colours[ground]) >= 4.5 for ink in inks), ground
        assert contrast(colours["bar"], colours["card"]) >= 3
