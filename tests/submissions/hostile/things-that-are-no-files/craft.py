import os
import socket


def place(notebook, folder):
    os.mkfifo(folder / "pipe.ipynb")
    os.mkfifo(folder / "pipe.zip")
    (folder / "folder.ipynb").mkdir()
    here = os.getcwd()
    os.chdir(folder)  # the name of a socket may have 108 bytes, the folder's has more
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.ipynb")
    os.chdir(here)
    for name in ("hole.ipynb", "hole.zip"):
        with open(folder / name, "wb") as file:
            file.truncate(1 << 40)
