import json

PASS = """from otter.test_files import test_case
OK_FORMAT = False
name = "q2"
points = 100

@test_case(points=100, hidden=False)
def test_three_prices():
    assert True
"""


def craft(notebook):
    document = json.loads(notebook)
    otter = document["metadata"]["otter"]
    otter["tests"] = {name: PASS for name in ("q1", "q2", "q3", "q4", "q5", "q99")}
    otter.update(OK_FORMAT=True, seed=7, all_or_nothing=False, points=100, max_score=100, files=["/etc/passwd"])
    for cell in document["cells"]:
        if "def running_totals" in "".join(cell["source"]):
            cell["source"] = "def running_totals(prices):\n    return prices"
            cell["metadata"]["otter"] = {"tests": ["q2", "q99"], "points": 100}
    return {"Some Body.ipynb": json.dumps(document).encode()}
