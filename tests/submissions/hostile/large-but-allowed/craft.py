import json


def craft(notebook):
    document = json.loads(notebook)
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "x = 1"}
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 18_000_000}
    large = {**document, "cells": [*document["cells"], {**code, "outputs": [output]}]}
    numbers = (
        b', "number": 1'
        + b"0" * 5_000
        + b', "small": 1e-99999, "nan": NaN, "more": ['
        + b"-Infinity," * 99_999
        + b"1]}"
    )
    many = {**document, "cells": [*document["cells"], *[code] * 300]}
    return {
        "outputs.ipynb": json.dumps(large).encode(),
        "numbers.ipynb": notebook.rstrip()[:-1] + numbers,
        "keys.ipynb": notebook.rstrip()[:-1] + b', "key": 1' * 100_000 + b"}",
        "cells.ipynb": json.dumps(many).encode(),
    }
