import json


def craft(notebook):
    document = json.loads(notebook)
    cells = document["cells"]
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "x = 1"}
    return {
        "bytes.ipynb": notebook + b" " * (21 << 20),
        "cells.ipynb": json.dumps({**document, "cells": cells + [code] * 2_000}).encode(),
        "characters.ipynb": json.dumps({**document, "cells": [*cells, {**code, "source": "#" * 1_000_001}]}).encode(),
        "lines.ipynb": json.dumps({**document, "cells": [*cells, {**code, "source": ["#\n"] * 600_000}]}).encode(),
    }
