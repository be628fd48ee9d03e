import io
import zipfile


def pack(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


CLIMBING = [
    "../../../../../../../../tmp/autograder-box-slip",
    "/tmp/autograder-box-slip",
    "/tmp/autograder-box-slip.ipynb",
    "../target.ipynb",
    "..\\target.ipynb",
    "C:\\target.ipynb",
    "a/../../target.ipynb",
    "file:target.ipynb",
]


def craft(notebook):
    return {"Some Body.zip": pack({**dict.fromkeys(CLIMBING, b"slipped"), "target.ipynb": notebook})}
