import json


def _edited(notebook, path, value):
    document = json.loads(notebook)
    part = document
    for key in path[:-1]:
        part = part.setdefault(key, {}) if isinstance(part, dict) else part[key]
    part[path[-1]] = value
    return json.dumps(document).encode()


def craft(notebook):
    paths = {
        ("metadata",): [7, "text", [7]],
        ("metadata", "otter"): [7, "text", [7]],
        ("metadata", "otter", "assignment_name"): [7, ["target"], {"target": 1}],
        ("metadata", "language_info"): [7, "python"],
        ("cells",): [7, "text", {"0": {}}, [7], [[]], [None]],
        ("cells", 1, "source"): [7, {"a": 1}, [7], None],
        ("cells", 1, "cell_type"): [7, "code ", None, ["code"]],
        ("cells", 1, "metadata"): [7, "text", [7]],
        ("cells", 1, "metadata", "otter"): [7, [7], {"tests": 7}, {"tests": [7]}, {"ignore": "yes"}],
        ("cells", 1, "metadata", "tags"): [7, {"a": 1}, [7]],
        ("nbformat",): [None, "4", 4.5, [4], 10**30, -4],
    }
    return {
        f"{' '.join(str(key) for key in path)} {number}.ipynb": _edited(notebook, path, value)
        for path, values in paths.items()
        for number, value in enumerate(values)
    }
