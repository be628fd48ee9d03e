DEPTH = 100_000


def craft(notebook):
    deep = {"lists": b"[" * DEPTH + b"]" * DEPTH, "objects": b'{"a":' * DEPTH + b"1" + b"}" * DEPTH}
    files = {}
    for name, nest in deep.items():
        for key in ("metadata", "cells", "nothing"):
            files[f"{name} in {key}.ipynb"] = notebook.rstrip()[:-1] + b', "' + key.encode() + b'": ' + nest + b"}"
        files[f"{name} alone.ipynb"] = nest
    return files
