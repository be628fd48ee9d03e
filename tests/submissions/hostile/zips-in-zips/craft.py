import io
import zipfile


def pack(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def craft(notebook):
    inner = pack({"target.ipynb": notebook})
    for _ in range(4):
        inner = pack({f"{number}.zip": inner for number in range(10)})
    return {"Some Body.zip": inner, "notebook by name.zip": pack({"target.ipynb": pack({"target.ipynb": notebook})})}
