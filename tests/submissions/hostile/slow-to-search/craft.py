import json


def craft(notebook):
    document = json.loads(notebook)
    del document["metadata"]["otter"]
    texts = {
        "opened": "Notebook(" + " " * 900_000,
        "opened often": "Notebook( " * 90_000,
        "checked": ".check(" * 100_000 + " " * 90_000,
        "quoted": "Notebook('" + "a" * 199 + "\n" + "Notebook('" * 90_000,
    }
    files = {}
    for name, text in texts.items():
        document["cells"] = [{"cell_type": "code", "metadata": {}, "source": text}] * 5
        files[f"{name}.ipynb"] = json.dumps(document).encode()
    files["strings.ipynb"] = b'{"a": ' + b'"\\\\' * 2_000_000
    files["not a number.ipynb"] = b'{"a": [' + b"NaN," * 2_000_000
    return files
