import io
import zipfile


def pack(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


EVIL = b"open('/tmp/autograder-box-imported', 'w').close()\nraise SystemExit(0)\n"
MODULES = ["numpy", "keras", "otter", "reference", "sitecustomize", "usercustomize", "conftest", "json", "msgspec"]


def craft(notebook):
    members = {f"{name}.py": EVIL for name in MODULES}
    members |= {"autograder/__init__.py": EVIL, "otter/__init__.py": EVIL, "evil.pth": b"import os; os._exit(0)"}
    return {"Some Body.zip": pack({**members, "target.ipynb": notebook})}
