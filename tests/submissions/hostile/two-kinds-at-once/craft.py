import io
import zipfile


def pack(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def craft(notebook):
    zipped = pack({"target.ipynb": notebook})
    return {
        "zip by content.ipynb": zipped,
        "notebook by content.zip": notebook,
        "zip in front.ipynb": zipped + notebook,
        "two.zip": pack({"target.ipynb": notebook, "TARGET.ipynb": notebook}),
        "no name.zip": pack({"": notebook, "target.ipynb/": b""}),
    }
