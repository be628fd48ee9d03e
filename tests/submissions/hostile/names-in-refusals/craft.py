import io
import json
import zipfile

TEXTS = [
    "<script>alert(1)</script>",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202eowned\u2066",
    "=1+1",
    "{{ 7 * 7 }}",
    "x" * 10_000,
]


def craft(notebook):
    files = {}
    for number, text in enumerate(TEXTS):
        document = json.loads(notebook)
        document["metadata"]["otter"]["assignment_name"] = text
        files[f"name {number}.ipynb"] = json.dumps(document).encode()
        document = json.loads(notebook)
        document["metadata"].update(language_info={"name": text}, kernelspec={})
        files[f"language {number}.ipynb"] = json.dumps(document).encode()
        files[f"text {number}.ipynb"] = text.encode()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(zipfile.ZipInfo(text), b"")
        files[f"member {number}.zip"] = buffer.getvalue()
    return files
