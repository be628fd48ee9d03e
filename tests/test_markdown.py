"""What students write is shown as they meant it, and nothing acts: no tag, no attribute outside the closed list."""

import time
from html.parser import HTMLParser
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.web.markdown import ATTRIBUTES, CHARACTERS, FORMULAS, MATH_TAGS, TAGS, safe_html

OURS = {"a": {"rel": "noopener noreferrer nofollow", "target": "_blank"}}
VOID = {"br", "hr"}


class Inspector(HTMLParser):
    """Fails at the first tag or attribute that is not in the list, and where tags are not nested as they are opened."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS | MATH_TAGS, tag
        assert "math" in self.open or tag == "math" or tag in TAGS, tag
        assert tag in MATH_TAGS or "math" not in self.open, tag
        if tag == "a":
            assert "a" not in self.open
            assert {name for name, _ in attrs} - {"href"} == {"rel", "target"}
        for name, value in attrs:
            known = ATTRIBUTES.get(tag, {}).get(name)
            assert value is not None
            assert OURS.get(tag, {}).get(name) == value or (known and known.fullmatch(value)), (tag, name, value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"comment {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


def seen(text: str) -> str:
    """Check what is made of a text, and return what is read of it."""
    html = str(safe_html(text))
    for character in html.replace("\n", ""):
        assert category(character) not in ("Cc", "Cf", "Cs") or character in "\u200c\u200d", hex(ord(character))
    return "".join(Inspector(html).texts)


# What is meant


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"),
        ("a\\\nb", "<p>a<br>\nb</p>"),
        ("# One\n\n## Two\n\n###### Six", "<h3>One</h3>\n<h4>Two</h4>\n<h6>Six</h6>"),
        ("2. a\n3. b", '<ol start="2">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("```python\nif a < b:\n```", "<pre><code>if a &lt; b:\n</code></pre>"),
        ("> a\n\n---", "<blockquote>\n<p>a</p>\n</blockquote>\n<hr>"),
        ("![the **loss**](attachment:image.png)", "<p>[picture: the loss]</p>"),
        ("![](attachment:image.png)", "<p>[picture: image.png]</p>"),
        ("![](https://evil/pixel.png)", "<p>[picture: without a text]</p>"),
        ("It cost $5, then $10.", "<p>It cost $5, then $10.</p>"),
        ("It cost 5$-10$ a day.", "<p>It cost 5$-10$ a day.</p>"),
        ("$\\frac{$", "<p><code>$\\frac{$</code></p>"),
        ("a<br>b & c", "<p>a&lt;br&gt;b &amp; c</p>"),
    ],
)
def test_markdown_is_shown_as_it_is_meant(text, html):
    """The subset that explanations are written in."""
    assert str(safe_html(text)) == html
    seen(text)


def test_a_table_is_one():
    """With formulas in its cells."""
    html = str(safe_html("| T | MSE |\n|---|----:|\n| $10$ | .083 |"))
    assert "<th>MSE</th>" in html and '<td><math display="inline"><mrow><mn>10</mn></mrow></math></td>' in html
    Inspector(html)


@pytest.mark.parametrize(
    ("text", "display"), [("so $x^2$ is", "inline"), ("so $$x^2$$ is", "block"), ("$$\nx^2\n$$", "block")]
)
def test_formulas_are_mathml(text, display):
    """In the line, and on a line of their own."""
    html = str(safe_html(text))
    assert f'<math display="{display}"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>' in html
    Inspector(html)


@pytest.mark.parametrize(
    "formula", [r"\sin x", r"\sum_{t=1}^T x_t", r"\operatorname{diag}(1-h^2)\,W_h^\top", r"\binom n k"]
)
def test_usual_formulas_leave_no_strange_character(formula):
    """What a formula holds for reading aloud is not shown as a character that cannot be shown."""
    assert "\ufffd" not in seen(f"${formula}$") and "<math" in safe_html(f"${formula}$")


def test_a_link_leads_away_and_tells_nobody_from_where():
    """The page with the half written comment stays open."""
    rel = 'rel="noopener noreferrer nofollow"'
    html = str(safe_html("[a](https://arxiv.org/abs/1 'title') <mailto:a@b.c>"))
    assert html.count('target="_blank"') == html.count(rel) == html.count("href=") == 2 and "title" not in html
    Inspector(html)


def test_a_long_text_is_cut_and_it_is_said():
    """Nobody takes the part for the whole."""
    text = seen("a " * CHARACTERS)
    assert len(text) < CHARACTERS + 100 and text.endswith(f"[… the rest, {CHARACTERS:,} characters, is not shown]")


def test_of_very_many_formulas_the_rest_is_shown_as_written():
    """Time is bounded, and nothing is lost."""
    html = str(safe_html("$x$ " * (FORMULAS + 3)))
    assert html.count("<math") == FORMULAS and html.count("<code>$x$</code>") == 3


def test_a_very_long_formula_is_shown_as_written():
    """Nobody writes one by hand."""
    assert "<math" not in safe_html("$" + "x+" * 1_000 + "1$") and "<math" in safe_html("$" + "x+" * 900 + "1$")


# What is not


X = "alert(1)"
HOSTILE = [
    f"<script>{X}</script>",
    f"<SCRIPT SRC=//evil/x.js></SCRIPT >{X}",
    f"<scr<script>ipt>{X}</scr</script>ipt>",
    f"<img src=x onerror={X}>",
    f"<img/src='x'/onerror={X}>",
    f"<svg onload={X}>",
    f"<svg><script>{X}</script></svg>",
    f"<svg><style><img src=x onerror={X}></style></svg>",
    f"<svg></p><style><a id='</style><img src=1 onerror={X}>'>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={X}&gt;'>",
    f"<math><annotation-xml encoding='text/html'><script>{X}</script></annotation-xml></math>",
    f"<math href='javascript:{X}'>x</math>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={X}>",
    f"<noscript><p title='</noscript><img src=x onerror={X}>'>",
    f"<iframe srcdoc='<script>{X}</script>'></iframe>",
    f"<iframe src=javascript:{X}>",
    "<object data=data:text/html;base64,PHNjcmlwdD4=></object><embed src=x>",
    "<form action=/mark method=post><input name=points value=12><button>next</button></form>",
    "<style>body{display:none}</style><link rel=stylesheet href=//evil>",
    "<p style='position:fixed;inset:0'>over</p>",
    "<base href=//evil/><meta http-equiv=refresh content=0;url=//evil>",
    f"<details open ontoggle={X}>",
    f"<body onload={X}><template><script>{X}</script></template>",
    "<!-- <!--> --> <![CDATA[ x ]]> <?php x ?> <!DOCTYPE html>",
    "<textarea><title><plaintext>",
    "<a id=marking name=form>x</a>",
    f"[x](javascript:{X})",
    f"[x](JaVaScRiPt:{X})",
    f"[x](java\tscript:{X})",
    f"[x](<java\nscript:{X}>)",
    f"[x](&#x6A;avascript:{X})",
    f"[x](&#106;&#97;vascript&colon;{X})",
    f"[x](\x01javascript:{X})",
    f"[x](vbscript:{X})",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](file:///etc/passwd) [y](//evil) [z](/sum/mark/q7?undo=1) [w](#main)",
    f'[x](https://a.b/"onmouseover={X})',
    f"[x](https://a.b 'x\" onmouseover={X}')",
    f"[x]: javascript:{X}\n\n[x]",
    f"<javascript:{X}> <https://a.b/'\"onclick={X}>",
    f"![x](javascript:{X})",
    f'![x" onerror={X}](https://a.b)',
    f"![<img src=x onerror={X}>](x)",
    f"`<img src=x onerror={X}>`",
    f"```<img onerror={X}>\n</code></pre><script>{X}</script>\n```",
    f'``` " onclick={X}\nx\n```',
    f"&lt;script&gt;{X}&lt;/script&gt; &#60;script&#62;{X} &LT;script&GT;",
    f"$\\text{{<script>{X}</script>}}$",
    f"$\\text{{<img src=x onerror={X}>}}$",
    f"$\\text{{</mtext></math><img src=x onerror={X}>}}$",
    "$\\text{<h1>Full marks</h1><a href=//evil>x</a>}$",
    f'$\\text{{<style><img title="</style><img src onerror={X}>">}}$',
    f"$\\href{{javascript:{X}}}{{x}}$",
    "$\\style{position:fixed}{x}$ $\\class{mark}{x}$ $\\id{main}{x}$",
    "$\\hspace{9999em}x$ $\\hspace{-99em}x$ $\\rule{99em}{99em}$ $\\color{white}x$",
    "$<script>$ $a<b>c$ $\\&lt;script\\&gt;$",
    f"$$\n</math><script>{X}</script>\n$$",
    f"| <script>{X} | $\\text{{|}}$ |\n|:-:|--:|\n| `|` | <img onerror={X}> |",
    "\u202eevil\u202c \u2066x\u2069 \u200b\u2060\ufeff \x1b[31m \x00 \x85 \ud800",
    "&#x202e;evil &#8294; &#0; &#xd800; &#x200b; &#27;[31m &NegativeMediumSpace;",
    "z" + "\u0300\u0316\u0489" * 200,
    "$" + "x" + "\u0300" * 200 + "$",
    "\ufdfd\u0bf5\U000e0041 \U0010ffff",
    ">" * 5_000 + "x",
    "- " * 5_000 + "x",
    "[" * 5_000 + "x" + "](y)" * 5_000,
    "$" + "{" * 900 + "}" * 900 + "$",
    "$" + "\\frac{" * 300 + "$",
    "**a *b " * 3_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_acts_comes_through(text):
    """No tag, attribute or address outside the list, no character that reorders, hides or piles up; soon."""
    start = time.process_time()
    read = seen(text)
    assert time.process_time() - start < 1
    assert "\u0300" * 5 not in read


def test_addresses_of_other_kinds_lead_nowhere():
    """The staff pages' own addresses are others' too: a link must not undo a mark."""
    for text in HOSTILE:
        for part in str(safe_html(text)).split('href="')[1:]:
            assert part.startswith(("https://a.b", "mailto:"))


def test_a_formula_keeps_its_place_and_size():
    """No space that pushes the page apart or pulls a text over another, no colour, no box."""
    html = str(
        safe_html(r"$\hspace{99em}a\hspace{-9em}b\rule{99em}{9em}\color{white}c\style{position:fixed}{d}\quad e$")
    )
    assert html.count("<mspace") == 4 and html.count("=") == 2 and '<mspace width="1em">' in html


def test_nothing_is_hidden():
    """What is not carried out is still to be read: a marker sees the attempt."""
    assert seen(HOSTILE[0]) == HOSTILE[0] and seen(HOSTILE[17]) == HOSTILE[17]


PIECES = [
    "<",
    ">",
    "&",
    "&#x",
    "`",
    "```\n",
    "$",
    "$$",
    "\\text{",
    "}",
    "{",
    "\\",
    "[",
    "](",
    ")",
    "!",
    "|",
    "|-|\n",
    "\n",
]
PIECES += [
    "\n\n",
    "# ",
    "- ",
    "> ",
    "*",
    "_",
    "<!--",
    "-->",
    "]]>",
    "<script>",
    "</script>",
    "<svg>",
    "<math>",
    "<style>",
]
PIECES += [
    "</math>",
    "javascript:",
    "https://a.b",
    "mailto:",
    "'",
    '"',
    " onclick=x",
    "=",
    ";",
    "x",
    " ",
    "\t",
    "\u202e",
]
PIECES += [
    "\\href{",
    "\\style{",
    "\\frac",
    "^",
    "&lt;",
    "<img src=x onerror=x>",
    "\\begin{matrix}",
    "\\end{matrix}",
    "\u0300",
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join))
def test_no_text_made_of_pieces_gets_out(text):
    """Whatever stands beside what: only tags and attributes of the list."""
    seen(text)


SLOW = {
    "brackets": "![" * 25_000,
    "emphasis": "*a_ **b" * 8_000,
    "table": "|" + "a|" * 2_000 + "\n|" + "-|" * 2_000 + "\n" + "|a\n" * 10_000,
    "definitions": "".join(f"[{n}]: x\n" for n in range(3_000)) + "[1] " * 5_000,
    "formulas": "".join(f"${n}" + "x^{2}+" * 330 + "1$ " for n in range(25)),
    "roots": "".join(f"${n}" + "\\sqrt[" * 330 + "$ " for n in range(25)),
    "accents": "a" + "\u0300" * 49_999,
    "quotes": "".join(">" * n + "\n" for n in range(310)),
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_texts_made_to_be_slow_are_not(text):
    """A page with one such answer opens as others do, a little later."""
    start = time.process_time()
    safe_html(text)
    assert time.process_time() - start < 3
