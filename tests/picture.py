"""Makes tests/pictures/demo.png, README's picture, from what `make demo` has left: needs Chromium.

In come .autograder/demo/*/grades; out comes one picture of the terminal's table above the page of the class.
"""

import html
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.terminal_theme import MONOKAI

from autograder.grader import read_grader
from autograder.reports import class_summary, class_table, read_result

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "tests" / "pictures"
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 24px; background: #e8ebef; display: flex; gap: 24px; align-items: flex-start }}
pre {{ margin: 0; background: #1c1f26; color: #e6e6e6; border-radius: 10px; padding: 22px; width: 790px;
       font: 14px/1.45 "DejaVu Sans Mono", "Noto Sans Mono CJK KR", monospace }}
div {{ width: 860px; height: 742px; overflow: hidden; border-radius: 10px; background: white }}
iframe {{ border: 0; width: 1230px; height: 1200px; transform: scale(.7); transform-origin: 0 0 }}
</style><pre>{terminal}</pre><div><iframe src="{page}"></iframe></div>"""
FLAGS = [
    *["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync"],
    *["--disable-background-networking", "--disable-component-update", "--allow-file-access-from-files"],
]


def main() -> None:
    grades = ROOT / ".autograder" / "demo" / "memory" / "grades"
    records = sorted((grades / "results").glob("*.json"))
    if not records:
        sys.exit("Run `make demo` first.")
    results = [read_result(path.read_text(encoding="utf-8")) for path in records]
    questions = read_grader(ROOT / "dist" / "memory-autograder.zip").info.questions
    console = Console(record=True, width=96, force_terminal=True, color_system="truecolor", file=io.StringIO())
    console.print("[dim]$[/] autograder grade memory inbox/\n")
    console.print(class_table(results, questions))
    console.print(class_summary(results, questions))
    console.print("Report: [bold].autograder/grades/memory/index.html[/]")
    terminal = console.export_html(inline_styles=True, code_format="{code}", theme=MONOKAI)
    page = PAGE.format(terminal=terminal, page=html.escape((grades / "index.html").as_uri()))
    target = PICTURES / "demo.png"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page, encoding="utf-8")
        command = ["chromium", *FLAGS, f"--user-data-dir={folder}/profile", f"--screenshot={target}"]
        subprocess.run([*command, "--window-size=1766,884", source.as_uri()], check=True, capture_output=True)
    with Image.open(target) as picture:  # headless Chromium leaves the lower end of its window unpainted
        picture.crop((0, 0, picture.width, 790)).save(target, optimize=True)
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
