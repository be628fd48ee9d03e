import io
import zipfile


def pack(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


CLIMBING = ["../target.ipynb", "/tmp/target.ipynb", "..\\target.ipynb", "C:\\target.ipynb", ".hidden/target.ipynb"]


def craft(notebook):
    return {f"{number}.zip": pack({name: notebook}) for number, name in enumerate(CLIMBING)}
