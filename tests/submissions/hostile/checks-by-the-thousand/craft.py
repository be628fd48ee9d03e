import json


def craft(notebook):
    document = json.loads(notebook)
    document["cells"][2]["metadata"]["otter"] = {"tests": ["q1"] * 200_000}
    return {"Some Body.ipynb": json.dumps(document).encode()}
