import io
import zipfile


def craft(notebook):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, target in (("target.ipynb", "/etc/passwd"), ("folder/target.ipynb", "../../../other/target.ipynb")):
            link = zipfile.ZipInfo(name)
            link.external_attr = 0o120777 << 16
            archive.writestr(link, target)
    return {"Some Body.zip": buffer.getvalue()}
