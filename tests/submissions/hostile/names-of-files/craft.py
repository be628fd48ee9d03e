NAMES = [
    "<script>alert(1)<⁄script>.ipynb",
    '"><img src=x onerror=alert(1)>.ipynb',
    "\x1b[2J\x1b]0;owned\x07.ipynb",
    "\u202ebpyni.exe\u2066.ipynb",
    "=cmd|' C calc'!A0.ipynb",
    "--help -rf *.ipynb",
    "$(touch owned) `touch owned`;touch owned.ipynb",
    "{{ 7 * 7 }}{% raise %}%s%n.ipynb",
    "a\\..\\..\\autograder\nstudent,graded,100\n.ipynb",
    "Z" + "\u0335" * 100 + "algo.ipynb",
]


def craft(notebook):
    return dict.fromkeys(NAMES, notebook)
