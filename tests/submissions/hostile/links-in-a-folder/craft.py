def place(notebook, folder):
    elsewhere = folder.parent / f"{folder.name} of a class-mate"
    elsewhere.mkdir()
    (elsewhere / "target.ipynb").write_bytes(notebook)
    links = {
        "a class-mate": elsewhere / "target.ipynb",
        "passwords": "/etc/shadow",
        "memory": "/proc/self/mem",
        "endless": "/dev/zero",
        "itself": "itself.ipynb",
        "nowhere": "/nowhere",
        "folder": elsewhere,
    }
    for name, target in links.items():
        (folder / f"{name}.ipynb").symlink_to(target)
